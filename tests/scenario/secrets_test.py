"""A credential in any position shows up nowhere: not in a log line, key, header, metric, explain answer or file name."""
import json
import os
from urllib.parse import quote

from lab.case import Scenario, local, main
from lab.listening import Listener
from lab.origin import answer
from lab.wire import request_bytes

QUERY = ("apikey", "api_key", "ApiKey", "token", "access_token", "passkey", "torrent_pass", "authkey", "rsskey", "r", "auth", "password", "pwd",
         "jackett_apikey", "X-Plex-Token", "client_secret", "sid", "session", "mykey")
HEADERS = ("Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key", "X-Plex-Token", "trakt-api-key", "X-Emby-Token", "X-Own-Secret")
PATHS = ("/rss/download/1/{}", "/announce/{}", "/{}/announce", "/dl/{}/file.nzb", "/getnzb/abc.nzb&i=1&r={}")


class Secrets(Scenario):
    config = {"log": {"level": "trace"}, "access": {"connect_ports": [*range(1024, 65536)]}}

    @classmethod
    def rules_of(cls, origin):
        return local(origin, credentials={"query": ["sid", "session", "mykey"], "headers": ["X-Own-Secret", "trakt-api-key"]},
                     rules=[{"name": "all", "match": {"path": "/**"}, "ttl": "1h"}])

    @staticmethod
    def canary(number):
        """32 hex digits, as indexers' keys look, recognisable by their beginning."""
        return "c0ffee%026x" % (0x1234567890ABCDEF1234 + number * 7919)

    def plant(self):
        """Sends one request for each position, hits and misses and errors; gives all secrets, once the log is complete."""
        self.origin.default = answer("{}")
        secrets, shown = [], []

        def send(path, headers=()):
            for _ in range(2):
                response = self.ask(path, headers=headers)
                shown.append(repr(response.fields) + response.text)
        for number, name in enumerate(QUERY):
            secrets.append(self.canary(number))
            send("/q%d?t=search&%s=%s" % (number, name, secrets[-1]))
        for number, name in enumerate(HEADERS, 100):
            secrets.append(self.canary(number))
            value = {"Authorization": "Bearer ", "Cookie": "sid=", "Proxy-Authorization": "Basic "}.get(name, "") + secrets[-1]
            send("/h%d" % number, {name: value})
        for number, form in enumerate(PATHS, 200):
            secrets.append(self.canary(number))
            send(form.format(secrets[-1]))
        secrets.append(self.canary(300))
        response = self.proxy.ask("http://dead.invalid/x?apikey=" + secrets[-1])
        shown.append(response.text)
        with self.proxy.connect() as wire:
            secrets.append(self.canary(301))
            wire.send(request_bytes("GET", "http://user:%s@%s/" % (secrets[-1], self.origin.authority), self.origin.authority))
            shown.append(repr(wire.read_response()))
        # Each worker writes its lines when it comes to it, in whatever order: two for each place and one for each of the others.
        lines = 2 * (len(secrets) - 2) + 2
        self.until(lambda: self.proxy.log.text.count("|access|") >= lines, "the log stays incomplete")
        return secrets, shown

    def every_answer(self):
        """What each reading call of the API gives, of each key where it is about one."""
        shown = []
        for path, operations in self.proxy.admin("GET", "/api/v1/openapi.json").data["paths"].items():
            if "get" in operations and "{" not in path and path != "/api/v1/events":
                query = {"/api/v1/requests": "?limit=2000", "/api/v1/history": "?series=requests"}.get(path, "")
                shown.append(self.proxy.admin("GET", path + query).body.decode(errors="replace"))
        keys = self.proxy.admin("GET", "/api/v1/keys?limit=1000").data["keys"]
        self.assertGreater(len(keys), len(QUERY))
        for key in keys:
            for about in ("?meta=1", "/ttl"):
                shown.append(self.proxy.admin("GET", "/api/v1/keys/" + quote(key["key"], safe="") + about).body.decode())
        for command in ("stats", "requests", "upstreams", "keys", "alerts"):
            shown.append(self.proxy.command(command).stdout)
        return shown

    def test_no_secret_is_shown_anywhere(self):
        listener = Listener(self.proxy)
        self.addCleanup(listener.close)
        secrets, shown = self.plant()
        shown += self.every_answer()
        listener.wait_for(lambda event: "dead.invalid" in event["data"].get("url", ""))
        shown += [json.dumps(event) for event in listener.events]
        for number, name in enumerate(QUERY):
            url = "%s?t=search&%s=%s" % (self.url("/q%d" % number), name, secrets[number])
            shown.append(self.proxy.command("explain", url, "--json").stdout)
            shown.append(self.proxy.command("explain", url).stdout)
        for folder, _, files in os.walk(self.proxy.folder):
            shown.append(json.dumps([folder, files]))
        log = self.proxy.log.text
        self.assertGreater(log.count("***"), 10, "the log does not even show that something was taken out")
        everything = "\n".join(shown + [log])
        leaked = {secret: everything[max(0, everything.index(secret) - 120):everything.index(secret) + 40] for secret in secrets if secret in everything}
        self.assertEqual({}, leaked)

    def test_json_log_lines_are_json_and_as_silent(self):
        proxy = self.start(config={"log": {"format": "json"}})
        self.origin.default = answer("{}")
        proxy.ask(self.url("/j?apikey=" + self.canary(400) + '&title="quoted"%0A'))
        line = proxy.log.wait_for(r"/j\?")
        record = json.loads(line)
        self.assertNotIn(self.canary(400), line)
        self.assertIn("***", line)
        self.assertTrue({"status", "method"} <= {name.lower() for name in record}, record)
        self.assertRegex(record["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")


class RuledSecrets(Scenario):
    """What only the rules know to be a secret, and what hides inside of a value."""

    @classmethod
    def rules_of(cls, origin):
        return local(origin, credentials={"path": ["pass"]},
                     rules=[{"name": "feed", "match": {"path": "/feed/{pass}/new"}, "ttl": "1h"}])

    def test_a_path_segment_that_a_rule_calls_secret_and_a_secret_in_a_nested_url_are_not_shown(self):
        self.origin.default = answer("{}")
        shown = ""
        for path in ("/feed/plainword/new", "/go?to=http%3A%2F%2Fy%2F%3Fapikey%3Dplainword"):
            shown += repr(self.ask(path, headers={"Cache-Control": "no-cache"}).fields)
        shown += self.proxy.admin("GET", "/api/v1/keys").body.decode()
        for told in (r"/feed/\*\*\*/new", "/go"):  # by two workers, perhaps: in any order
            self.proxy.log.wait_for(told)
        self.assertNotIn("plainword", shown + self.proxy.log.text)


class AccessLog(Scenario):
    @classmethod
    def rules_of(cls, origin):
        return local(origin, rules=[{"name": "named-rule", "match": {"path": "/logged/{id:int}"}, "key": "logged:{id}", "ttl": "1h"}])

    def test_a_line_tells_client_method_url_status_bytes_upstream_rule_key_and_decision(self):
        self.origin.on("/logged/7", answer("x" * 321))
        self.ask("/logged/7")
        self.ask("/logged/7")
        line = self.proxy.log.wait_for(r"/logged/7.*\bhit\b")
        for word in ("127.0.0.1", "GET", "200", "321", "local", "named-rule", "logged:7"):
            self.assertIn(word, line)


if __name__ == "__main__":
    main()
