"""What just happened: the last requests, the clients, and the command that shows them."""
import json
import os
import signal
import subprocess

from lab.case import main
from lab.intercepting import HOST, InterceptingScenario
from lab.listening import Listening
from lab.origin import answer, fresh
from lab.proxy import binary
from lab.wire import TIME_LIMIT, request_bytes


class Requests(Listening):
    def test_the_last_ones_come_first_and_filters_narrow(self):
        paths = [self.path("/tv") for _ in range(3)]
        for path in paths:
            self.origin.on(path, answer("x"))
            self.ask(path)
        self.ask(paths[0])

        def asked(query=""):
            return [r["url"] for r in self.proxy.admin("GET", "/api/v1/requests" + query).data["requests"]]
        self.assertEqual([self.url(path) for path in (paths[0], *reversed(paths))], asked("?limit=4"))
        self.assertEqual([self.url(paths[0])], asked("?limit=1&result=hit&upstream=local&client=127.0.0.1"))
        self.assertEqual([self.url(paths[1])], asked("?text=" + paths[1]))

    def test_errors_are_told_with_their_reason(self):
        self.assertGreaterEqual(self.proxy.ask("http://dead.invalid/x").status, 500)
        request = self.proxy.admin("GET", "/api/v1/requests?result=error&limit=1").data["requests"][0]
        self.assertGreater(len(request["error"]), 5)
        self.assertGreaterEqual(request["status"], 500)

    def test_each_way_is_told(self):
        proxy = self.start(reverse=["local"], config={"access": {"connect_ports": [self.origin.port]}})
        self.origin.on("/w", answer("x"))
        proxy.ask(self.url("/w"))
        proxy.visit("/local/w")
        proxy.visit("/w", host="local.test")
        proxy.visit("/w", upstream="local")
        ways = [r["way"] for r in proxy.admin("GET", "/api/v1/requests").data["requests"]]
        self.assertEqual(["listener", "host", "mount", "proxy"], ways)


class Clients(Listening):
    def test_who_asks_is_told_by_address_and_user_agent(self):
        path = self.path("/tv")
        self.origin.on(path, answer("x"))
        for agent in ("Sonarr/4", "Sonarr/4", "Radarr/5"):
            self.ask(path, headers={"User-Agent": agent})
        self.proxy.visit("/local" + path, headers={"User-Agent": "Sonarr/4"})
        clients = {c["userAgent"]: c for c in self.proxy.admin("GET", "/api/v1/clients").data["clients"]}
        sonarr = clients["Sonarr/4"]
        known = {"address": "127.0.0.1", "requests": 3, "hits": 2, "ways": ["proxy", "mount"], "trustsAuthority": None}
        self.assertEqual(known, {name: sonarr[name] for name in known})
        self.assertEqual((1, 1), (clients["Radarr/5"]["requests"], clients["Radarr/5"]["hits"]))
        self.assertRegex(sonarr["lastSeen"], r"^20\d\d-.*Z$")


class ClientsOfHttps(InterceptingScenario):
    def test_whether_a_client_trusts_the_authority_is_told(self):
        proxy = self.another()
        self.origin.on("/x", fresh("x"))
        wire = self.tls(proxy=proxy)
        wire.send(request_bytes("GET", "/x", HOST, [("User-Agent", "Believer/1")]))
        wire.read_response()

        def clients():
            return {c["userAgent"]: c for c in proxy.admin("GET", "/api/v1/clients").data["clients"]}

        def is_left_alone():
            """Once its refusal of the certificate is noted, which may be after it has come again."""
            try:
                strict = self.tls(proxy=proxy, context=self.strict(), headers=[("User-Agent", "Doubter/1")])
                self.get(strict, "/x")
                strict.sock.close()
            except OSError:
                pass
            return "Doubter/1" in clients()
        self.until(is_left_alone)
        believer, doubter = clients()["Believer/1"], clients()["Doubter/1"]
        self.assertEqual((True, ["intercepted"]), (believer["trustsAuthority"], believer["ways"]))
        self.assertEqual((False, ["tunnel"], [HOST]), (doubter["trustsAuthority"], doubter["ways"], doubter["untouchedHosts"]))


class Command(Listening):
    def follow(self, proxy, *arguments):
        process = subprocess.Popen([binary(), "requests", "-f", "--config", proxy.config_file, *arguments], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, TIME_LIMIT)
        self.addCleanup(process.kill)
        return process

    def line_with(self, process, text):
        for line in process.stdout:
            if text in line:
                return line
        return self.fail("it ended: %r" % process.stderr.read())

    def test_the_last_requests_are_a_table_and_json(self):
        path = self.path("/tv")
        self.origin.on(path, answer("x"))
        self.ask(path)
        self.ask(path)
        lines = self.proxy.command("requests", "--limit", "2").stdout.splitlines()
        self.assertEqual(3, len(lines), lines)
        self.assertRegex(lines[0], "^TIME +CLIENT .*REQUEST$")
        self.assertRegex(lines[1], r"^\d\d:\d\d:\d\d +127\.0\.0\.1 +proxy +miss +200 .* local +GET %s$" % self.url(path))
        self.assertRegex(lines[2], " hit ")
        listed = json.loads(self.proxy.command("requests", "--json", "--limit", "2", "--upstream", "local").stdout)
        self.assertEqual(["hit", "miss"], [r["result"] for r in listed])
        self.assertEqual(1, len(json.loads(self.proxy.command("requests", "--json", "--result", "hit", "--text", path).stdout)))

    def test_wrong_usage_ends_with_2_and_no_instance_with_1(self):
        self.assertEqual(2, self.proxy.command("requests", "--result", "x").returncode)
        result = subprocess.run([binary(), "requests", "-f"], capture_output=True, text=True, timeout=TIME_LIMIT, check=False,
                                env={"CACHEARR__STATE_DIR": os.path.join(self.proxy.folder, "nowhere"), "HOME": self.proxy.folder})
        self.assertEqual(1, result.returncode, result)
        self.assertIn("no instance is running", result.stderr)

    def test_following_shows_requests_as_they_end_until_ctrl_c(self):
        before, after = self.path(), self.path()
        self.ask(before)
        process = self.follow(self.proxy)
        self.line_with(process, before)
        self.ask(after)
        self.assertNotIn("\x1b", self.line_with(process, after))
        process.send_signal(signal.SIGINT)
        self.assertEqual(0, process.wait(TIME_LIMIT))
        self.assertEqual("", process.stderr.read())

    def test_following_with_json_is_one_object_a_line_and_filters_hold(self):
        process = self.follow(self.proxy, "--json", "--text", "/wanted/")
        wanted = self.path("/wanted")
        self.ask(self.path("/unwanted"))
        self.ask(wanted)
        self.assertEqual(self.url(wanted), json.loads(process.stdout.readline())["url"])

    def test_following_goes_on_where_the_instance_restarts(self):
        proxy = self.start()
        proxy.ask(self.url("/first"))
        process = self.follow(proxy)
        self.line_with(process, "/first")
        proxy.signal(signal.SIGTERM)
        self.assertEqual(0, proxy.process.wait(TIME_LIMIT))
        self.assertIn("gone", process.stderr.readline())
        proxy.launch()
        proxy.log.wait_for("ready")
        proxy.ask(self.url("/second"))
        self.line_with(process, "/second")


if __name__ == "__main__":
    main()
