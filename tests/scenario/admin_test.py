"""The admin listener: what it answers, and whom it refuses (reliability first: any web page may be asking)."""
import json
import os
import shutil
import socket
import subprocess
import unittest

from lab.case import Scenario, local, main
from lab.origin import answer, fresh
from lab.proxy import API_KEY, Proxy
from lab.wire import TIME_LIMIT, connect, request_bytes

CLOSED = ("/api/v1/rules", "/api/v1/explain?url=http://a.test/", "/api/v1/system/status")


class Answers(Scenario):
    @classmethod
    def rules_of(cls, origin):
        return local(origin, credentials={"query": ["apikey"]},
                     rules=[{"name": "tv", "match": {"path": "/tv/{id:int}"}, "key": "tv:{id}", "ttl": "1h", "type": "series", "expect": "any"}])

    def test_ping_is_open_and_answers_head_too(self):
        response = self.proxy.admin("GET", "/ping", key=None)
        self.assertEqual((200, {"status": "OK"}), (response.status, response.data))
        self.assertEqual(200, self.proxy.admin("HEAD", "/ping", key=None).status)

    def test_health_is_open_and_healthy(self):
        response = self.proxy.admin("GET", "/health/cache", key=None)
        self.assertEqual(200, response.status)
        self.assertEqual("healthy", response.data["data"]["status"])
        self.assertIn("message", response.data["data"])

    def test_stats_count_the_bytes_that_came_and_went(self):
        self.origin.on("/counted", *answer("x" * 5000))
        self.proxy.ask(self.url("/counted"))
        self.until(lambda: self.proxy.admin("GET", "/health/cache/stats").data["data"]["bytesToClients"] >= 5000)
        self.assertGreaterEqual(self.proxy.admin("GET", "/health/cache/stats").data["data"]["bytesFromUpstreams"], 5000)

    def test_status_is_shaped_as_the_applications_shape_it(self):
        data = self.proxy.admin("GET", "/api/v1/system/status").data
        self.assertEqual("cachearr", data["appName"].lower())
        self.assertRegex(data["version"], r"^\d+\.\d+")

    def test_rules_lists_what_is_in_force(self):
        self.assertIn("tv", self.proxy.admin("GET", "/api/v1/rules").body.decode())

    def test_explain_gives_the_decision_as_data_and_sends_nothing_upstream(self):
        response = self.proxy.admin("GET", "/api/v1/explain?method=GET&url=" + self.url("/tv/5").replace(":", "%3A").replace("/", "%2F"))
        self.assertEqual(200, response.status, response.body)
        self.assertIn("tv:5", response.body.decode())
        self.assertEqual(0, self.origin.count("/tv/5"))
        self.assertEqual(400, self.proxy.admin("GET", "/api/v1/explain").status)

    def test_validate_is_a_dry_run_that_names_every_problem(self):
        good = self.proxy.admin("POST", "/api/v1/rules/validate", body={"rules": []})
        self.assertEqual(200, good.status, good.body)
        bad = self.proxy.admin("POST", "/api/v1/rules/validate", body={"rules": [{"name": "x", "upstream": "nobody", "ttl": "soon"}], "what": 1})
        self.assertIn(bad.status, (200, 400, 422))
        for word in ("nobody", "a duration is expected", "what"):
            self.assertIn(word, bad.body.decode())
        self.assertIn("tv", self.proxy.admin("GET", "/api/v1/rules").body.decode())

    def test_reload_answers_what_happened(self):
        self.assertEqual(200, self.proxy.admin("POST", "/api/v1/reload", body={}).status)

    def test_the_key_may_come_as_header_query_or_bearer(self):
        self.assertEqual(200, self.proxy.admin("GET", "/api/v1/rules").status)
        self.assertEqual(200, self.proxy.admin("GET", "/api/v1/rules?apikey=" + API_KEY, key=None).status)
        self.assertEqual(200, self.proxy.admin("GET", "/api/v1/rules", key=None, headers={"Authorization": "Bearer " + API_KEY}).status)

    def test_an_unknown_path_is_a_404_in_json(self):
        response = self.proxy.admin("GET", "/api/v1/nothing")
        self.assertEqual(404, response.status)
        self.assertIn("json", response.fields["content-type"])

    def test_the_unix_socket_speaks_the_same_api(self):
        names = [name for name in os.listdir(os.path.join(self.proxy.folder, "state")) if name.endswith(".sock") or "sock" in name]
        self.assertEqual(1, len(names), names)
        path = os.path.join(self.proxy.folder, "state", names[0])
        self.assertEqual(0, os.stat(path).st_mode & 0o007)
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(TIME_LIMIT)
            sock.connect(path)
            sock.sendall(b"GET /ping HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            data = b""
            while piece := sock.recv(65536):
                data += piece
        self.assertTrue(data.startswith(b"HTTP/1.1 200"), data)

    def test_a_key_is_made_and_kept_to_itself_when_none_is_configured(self):
        proxy = self.start(config={"admin": {"api_key": None}})
        state = os.path.join(proxy.folder, "state")
        self.assertEqual(0, os.stat(state).st_mode & 0o077)
        found = False
        for name in os.listdir(state):
            path = os.path.join(state, name)
            if os.path.isfile(path):
                self.assertEqual(0, os.stat(path).st_mode & 0o077, name)
                with open(path, errors="replace") as file:
                    text = file.read().strip()
                if "key" in name.lower() and 200 == proxy.admin("GET", "/api/v1/rules", key=text).status:
                    found = True
                    self.assertGreaterEqual(len(text), 32)
                    self.assertNotIn(text, proxy.log.text)
        self.assertTrue(found, os.listdir(state))


PAC_QUESTION = """
const vm = require('vm'), input = JSON.parse(require('fs').readFileSync(0));
const browser = { isPlainHostName: (host) => !host.includes('.') };  // as the netscape specification has it
vm.runInNewContext(input.file, browser);
console.log(JSON.stringify(input.urls.map((url) => browser.FindProxyForURL(url, new URL(url).hostname))));
"""


class Listening(Proxy):
    """A proxy whose first listener has these settings too, and that has these others."""

    def __init__(self, first, *others, **config):
        super().__init__(config=config)
        self.first, self.others = first, list(others)

    def write_config(self):
        super().write_config()
        with open(self.config_file) as file:
            config = json.load(file)
        config["listeners"][0].update(self.first)
        config["listeners"] += self.others
        with open(self.config_file, "w") as file:
            json.dump(config, file)


class ProxyAutoConfiguration(Scenario):
    def listening(self, *settings, **config):
        proxy = Listening(*settings, **config)
        self.addCleanup(proxy.stop)
        return proxy.start()

    def fetch(self, proxy, host=None):
        response = proxy.admin("GET", "/proxy.pac", key=None, host=host)
        self.assertEqual(response.body, proxy.admin("GET", "/wpad.dat", key=None, host=host).body)
        self.assertEqual((200, "application/x-ns-proxy-autoconfig"), (response.status, response.fields["content-type"]))
        return response.body.decode()

    def test_it_is_open_and_names_the_listener_that_takes_every_host(self):
        self.assertIn("PROXY 127.0.0.1:%d;" % self.proxy.port, self.fetch(self.proxy))

    def test_a_listener_on_every_address_is_found_by_the_name_that_was_asked(self):
        proxy = self.listening({"tls": True}, {"address": "0.0.0.0:0"}, admin={"hosts": ["nas.home"]})
        text = {host: self.fetch(proxy, host) for host in ("nas.home:9798", "192.0.2.7", "[2001:db8::7]:9798")}
        self.assertRegex(text["nas.home:9798"], r"PROXY nas\.home:\d+;")
        self.assertRegex(text["192.0.2.7"], r"PROXY 192\.0\.2\.7:\d+;")
        self.assertRegex(text["[2001:db8::7]:9798"], r"PROXY \[2001:db8::7\]:\d+;")
        self.assertEqual(421, proxy.admin("GET", "/proxy.pac", key=None, host="evil.test").status)

    def test_without_such_a_listener_there_is_none(self):
        proxy = self.listening({"tls": True})
        self.assertEqual(404, proxy.admin("GET", "/proxy.pac", key=None).status)

    @unittest.skipUnless(shutil.which("node"), "node is not installed")
    def test_a_browser_finds_the_proxy_for_http_and_https_and_nothing_at_home(self):
        file = self.fetch(self.proxy)
        through = "PROXY 127.0.0.1:%d; DIRECT" % self.proxy.port
        expected = {"http://a.test/": through, "https://a.test/x": through, "HTTPS://a.test/": through, "https://192.0.2.1/": through,
                    "https://127.example.test/": through, "ftp://a.test/": "DIRECT", "wss://a.test/": "DIRECT", "http://nas/": "DIRECT",
                    "http://localhost:8080/": "DIRECT", "http://127.0.0.1:8989/": "DIRECT", "http://[::1]:8989/": "DIRECT",
                    "http://x.localhost/": "DIRECT"}
        done = subprocess.run(["node", "-e", PAC_QUESTION], capture_output=True, text=True, check=True,
                              input=json.dumps({"file": file, "urls": list(expected)}))
        self.assertEqual(expected, dict(zip(expected, json.loads(done.stdout))))


class Metrics(Scenario):
    def test_requests_are_counted_by_result(self):
        path = self.path()
        self.origin.on(path, fresh("x"))
        self.ask(path)
        hits, misses = (self.proxy.metric("cachearr_cache_%s_total" % kind) for kind in ("hits", "misses"))
        self.ask(path)
        self.assertEqual(hits + 1, self.proxy.metric("cachearr_cache_hits_total"))
        self.ask(self.path())
        self.assertGreater(self.proxy.metric("cachearr_cache_misses_total"), misses)
        self.assertGreater(self.proxy.metric("cachearr_upstream_requests_total", upstream="local"), 0)

    def test_the_named_families_are_there(self):
        path = self.path()
        self.origin.on(path, fresh("x"))
        self.ask(path)
        self.ask(path)
        text = self.proxy.admin("GET", "/metrics", key=None).body.decode()
        for name in ("cache_hits_total", "cache_misses_total", "cache_hit_ratio", "cache_size_bytes", "cache_keys", "cache_ttl_seconds",
                     "request_duration_seconds", "upstream_duration_seconds", "upstream_requests_total", "stale_served_total", "collapsed_total",
                     "evictions_total", "connections", "build_info"):
            self.assertIn("# TYPE cachearr_%s " % name, text)
        self.assertIn("process_resident_memory_bytes", text)

    def test_no_url_becomes_a_label_and_no_label_breaks_a_line(self):
        nasty = "/" + "%22%0A%5C" * 3 + "unmistakable"
        self.origin.on(nasty, fresh("x"))
        self.ask(nasty)
        text = self.proxy.admin("GET", "/metrics").body.decode()
        self.assertNotIn("unmistakable", text)
        for line in text.splitlines():
            self.assertRegex(line, r"^(#.*|[a-z_]+(\{.*\})? \S+)$")

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed")
    def test_promtool_finds_nothing_to_complain_about(self):
        self.ask(self.path())
        text = self.proxy.admin("GET", "/metrics").body
        result = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False)
        self.assertEqual((0, b"", b""), (result.returncode, result.stdout, result.stderr))

    def test_metrics_can_be_closed(self):
        proxy = self.start(config={"admin": {"open_metrics": False}})
        self.assertEqual(401, proxy.admin("GET", "/metrics", key=None).status)
        self.assertEqual(200, proxy.admin("GET", "/metrics").status)


class Refusals(Scenario):
    """The mechanical checks of a service that any web page in a browser nearby can reach."""

    def test_no_key_and_wrong_keys_are_401(self):
        for path in CLOSED:
            for key in (None, "", "wrong", API_KEY[:-1], API_KEY + "0", API_KEY.upper() + "x"):
                with self.subTest((path, key)):
                    self.assertEqual(401, self.proxy.admin("GET", path, key=key).status)

    def test_hosts_that_are_not_ours_are_421(self):
        port = self.proxy.admin_port
        for host in ("evil.test", "127.0.0.1.evil.test", "evil.test:%d" % port, "localhost.evil.test", "notlocalhost"):
            for path in ("/ping", "/api/v1/rules", "/metrics"):
                with self.subTest((host, path)):
                    self.assertEqual(421, self.proxy.admin("GET", path, host=host).status)

    def test_our_own_names_are_accepted_with_and_without_port(self):
        port = self.proxy.admin_port
        for host in ("localhost", "127.0.0.1", "[::1]", "localhost:%d" % port, "LOCALHOST", "192.168.1.20:%d" % port):
            with self.subTest(host):
                self.assertEqual(200, self.proxy.admin("GET", "/ping", host=host).status)

    def test_a_foreign_origin_may_change_nothing(self):
        for headers in ({"Origin": "http://evil.test"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
            with self.subTest(headers):
                self.assertEqual(403, self.proxy.admin("POST", "/api/v1/reload", headers=headers, body={}).status)

    def test_a_form_is_415(self):
        for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"):
            with self.subTest(kind):
                response = self.proxy.admin("POST", "/api/v1/rules/validate", headers={"Content-Type": kind}, body=b"a=b")
                self.assertEqual(415, response.status)

    def test_reading_a_changing_route_is_405_with_allow(self):
        for path in ("/api/v1/reload", "/api/v1/rules/validate"):
            response = self.proxy.admin("GET", path)
            self.assertEqual(405, response.status)
            self.assertIn("POST", response.fields["allow"])

    def test_no_answer_allows_another_origin_or_a_frame(self):
        for method, path in (("OPTIONS", "/api/v1/reload"), ("GET", "/ping"), ("GET", "/api/v1/rules"), ("GET", "/nothing")):
            response = self.proxy.admin(method, path, headers={"Origin": "http://evil.test", "Access-Control-Request-Method": "POST"})
            self.assertNotIn("access-control-allow-origin", response.fields)
            self.assertEqual("nosniff", response.fields.get("x-content-type-options"))
            framing = response.fields.get("content-security-policy", "") + response.fields.get("x-frame-options", "")
            self.assertRegex(framing, "frame-ancestors 'none'|DENY")

    def test_paths_out_of_the_tree_are_404(self):
        for path in ("/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc/passwd", "//etc/passwd"):
            with self.subTest(path):
                response = self.proxy.admin("GET", path)
                self.assertIn(response.status, (400, 401, 404))
                self.assertNotIn(b"root:", response.body)

    def test_a_huge_body_is_413(self):
        with connect(("127.0.0.1", self.proxy.admin_port)) as wire:
            headers = {"X-Api-Key": API_KEY, "Content-Type": "application/json", "Content-Length": str(10 << 20)}
            wire.send(request_bytes("POST", "/api/v1/rules/validate", "127.0.0.1", headers))
            self.assertEqual(413, wire.read_final_head().status)

    def test_deeply_nested_json_is_refused_not_fatal(self):
        response = self.proxy.admin("POST", "/api/v1/rules/validate", headers={"Content-Type": "application/json"}, body=b"[" * 500000)
        self.assertIn(response.status, (200, 400, 413, 422))
        self.assertEqual(200, self.proxy.admin("GET", "/ping").status)

    def test_slow_clients_of_the_admin_port_do_not_touch_the_proxy(self):
        path = self.path()
        self.origin.on(path, fresh("quick"))
        for _ in range(200):
            wire = connect(("127.0.0.1", self.proxy.admin_port))
            self.addCleanup(wire.close)
            wire.send(b"GET /pi")
        for _ in range(10):
            self.assertAnswered(self.ask(path), "quick")

    def test_the_proxy_port_does_not_serve_the_admin_api(self):
        for path in ("/api/v1/rules", "/metrics"):
            self.assertNotEqual(200, self.proxy.visit(path, headers={"X-Api-Key": API_KEY}).status)

    def test_a_path_of_the_cache_is_shown_as_data_never_as_markup(self):
        response = self.proxy.admin("GET", "/api/v1/explain?url=http%3A%2F%2Fa.test%2F%3Cscript%3E")
        self.assertIn("json", response.fields["content-type"])


if __name__ == "__main__":
    main()
