"""What a request owns until its end: reloads, stand-stills and access changes while requests, tunnels and disk reads run."""
import json
import socket
import threading
import time

from lab.case import Scenario, local, main
from lab.origin import answer, fresh
from lab.wire import TIME_LIMIT, WireError, request_bytes

class OverReloads(Scenario):
    """Each reload frees the rules before it; a sanitizer build sees who still looks into them."""

    def test_a_tunnel_to_a_named_upstream_outlives_the_rules_that_it_was_opened_by(self):
        echo = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(echo.close)
        port = echo.getsockname()[1]
        rules = {"upstreams": {"echo": {"hosts": ["127.0.0.1"], "origin": self.origin.url}}}
        proxy = self.start(rules, {"access": {"connect_ports": [443, 80, port]}})
        with proxy.connect() as wire:
            wire.send(b"CONNECT 127.0.0.1:%d HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % (port, port))
            self.assertEqual(200, wire.read_head().status)
            far, _ = echo.accept()
            with far:
                for round_ in range(4):
                    proxy.write_rules({"upstreams": {"other%d" % round_: {"hosts": ["h%d.test" % round_]}}})
                    self.assertEqual(0, proxy.command("reload").returncode)
                far.sendall(b"late")
                self.assertEqual(b"late", wire.exactly(4))
        line = proxy.log.wait_for(r"CONNECT 127\.0\.0\.1:%d" % port)
        self.assertRegex(line, r"upstream=echo|\becho\b")
        self.until(lambda: proxy.metric("cachearr_request_duration_seconds_count", result="tunnel") == 1,
                   "the tunnel was never counted as one")
        self.assertEqual(0, proxy.metric("cachearr_request_duration_seconds_count", result="bypass"))

    def test_answers_on_disk_are_refreshed_by_the_rules_that_they_were_found_by(self):
        rule = {"name": "all", "match": {"path": "/**"}, "ttl": "1s", "stale": {"while_revalidate": "1h"}}
        rules = local(self.origin, rules=[rule])
        proxy = self.start(rules, {"disk": {"path": "store"}, "memory": {"max_bytes": "1MiB"}})
        body = "x" * 60000
        paths = [self.path("/disk") for _ in range(40)]
        for path in paths:
            self.origin.on(path, answer(body))
            self.assertAnswered(self.ask(path, proxy=proxy), body)
        stop = threading.Event()
        failures = []

        def ask_all():
            while not stop.is_set():
                for path in paths:
                    try:
                        response = self.ask(path, proxy=proxy)
                    except (WireError, OSError) as problem:
                        failures.append(repr(problem))
                        return
                    if response.status != 200 or response.body != body.encode():
                        failures.append((path, response.status))

        clients = [threading.Thread(target=ask_all) for _ in range(4)]
        for client in clients:
            client.start()
        for round_ in range(25):
            rules["upstreams"]["local"]["rate"] = {"per_second": 1000 + round_, "burst": 1000}
            proxy.write_rules(rules)
            self.assertEqual(0, proxy.command("reload").returncode)
        stop.set()
        for client in clients:
            client.join(TIME_LIMIT)
        self.assertEqual([], failures)

    def test_a_request_that_lives_over_a_reload_is_counted_under_the_type_of_its_own_rules(self):
        def rules(kind):
            return local(self.origin, rules=[{"name": "all", "match": {"path": "/**"}, "type": kind, "ttl": "1h"}])

        proxy = self.start(rules("series"))
        gate = threading.Event()
        path = self.path()
        self.origin.on(path, [gate] + fresh("late"))
        got = []
        client = threading.Thread(target=lambda: got.append(self.ask(path, proxy=proxy)))
        client.start()
        self.until(lambda: any(request.target == path for request in self.origin.requests), "never asked")
        proxy.write_rules(rules("episode"))
        self.assertEqual(0, proxy.command("reload").returncode)
        gate.set()
        client.join(TIME_LIMIT)
        self.assertAnswered(got[0], "late")
        self.assertEqual(1, proxy.metric("cachearr_cache_misses_total", type="series"))
        self.assertEqual(0, proxy.metric("cachearr_cache_misses_total", type="episode"))

    def test_a_client_that_a_reload_takes_out_of_the_access_list_loses_its_connections(self):
        proxy = self.start()
        path = self.path()
        self.origin.on(path, fresh("x"))
        with proxy.connect() as wire:
            wire.send(request_bytes("GET", self.url(path), "127.0.0.1"))
            self.assertEqual(200, wire.read_response().status)
            with open(proxy.config_file) as file:
                changed = dict(json.load(file), access={"clients": ["192.0.2.1"]})
            with open(proxy.config_file, "w") as file:
                json.dump(changed, file)
            self.assertEqual(0, proxy.command("reload").returncode)
            self.assertTrue(wire.at_end())


class StandStill(Scenario):
    config = {"timeouts": {"upstream_header": "2s"}}

    def test_an_answer_that_came_while_the_process_stood_still_is_taken(self):
        path, asked, gate = self.path(), threading.Event(), threading.Event()
        self.origin.on(path, [lambda wire, request: asked.set(), gate] + fresh("came meanwhile"))
        got = []
        client = threading.Thread(target=lambda: got.append(self.ask(path)))
        client.start()
        self.assertTrue(asked.wait(TIME_LIMIT))
        with self.proxy.standing_still():
            gate.set()
            time.sleep(4)  # the stand-still itself: longer than the limit
        client.join(TIME_LIMIT)
        self.assertAnswered(got[0], "came meanwhile")


class Refused(Scenario):
    """A request with a body that is refused before it goes upstream."""

    def test_it_says_that_the_connection_ends_where_its_body_was_not_read(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        proxy = self.start({"upstreams": {"dead": {"mount": "/dead", "origin": "http://127.0.0.1:%d" % port}}})
        with proxy.connect() as wire:
            wire.send(b"POST /dead/x HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n\r\n")
            response = wire.read_response("POST")
            self.assertEqual(502, response.status)
            self.assertEqual("close", response["connection"])


class Counted(Scenario):
    @classmethod
    def rules_of(cls, origin):
        return local(origin, rules=[{"name": "all", "match": {"path": "/**"}, "ttl": "1s"}])

    def test_a_stale_answer_that_the_client_allowed_counts_as_stale(self):
        path = self.path()
        self.origin.on(path, answer("old"))
        self.ask(path)
        before = self.proxy.metric("cachearr_request_duration_seconds_count", result="stale")

        def stale():
            response = self.ask(path, headers={"Cache-Control": "max-stale=3600"})
            self.assertHit(response)
            return response.cache["ttl"] < 0

        self.until(stale)
        self.until(lambda: self.proxy.metric("cachearr_request_duration_seconds_count", result="stale") > before)


if __name__ == "__main__":
    main()
