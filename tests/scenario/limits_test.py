"""Limits of our own: rate, quota, concurrency, breaker, modes, and refreshing within what they leave."""
import datetime
import gzip
import socket
import threading
import time

from lab.case import Scenario, local, main
from lab.origin import CLOSE, answer, fresh, head
from lab.wire import connect, request_bytes

JSON = {"Content-Type": "application/json"}


def stale(body, kind="application/json"):
    return answer(body, 200, [("Cache-Control", "max-age=60"), ("Age", "100"), ("ETag", '"1"'), ("Content-Type", kind)])


class LimitScenario(Scenario):
    def proxy_with(self, rate=None, rules=(), **upstream):
        return self.start(local(self.origin, "limited", rules=rules, **({"rate": rate} if rate else {}), **upstream))

    def pages(self, count, body="x"):
        paths = [self.path() for _ in range(count)]
        for path in paths:
            self.origin.on(path, *fresh(body))
        return paths


class Rate(LimitScenario):
    def test_a_bucket_lets_the_burst_through_and_then_one_at_a_time(self):
        proxy, paths = self.proxy_with({"per_second": 20, "burst": 3, "max_wait": "20s"}), self.pages(9)
        started = time.monotonic()
        for path in paths:
            self.assertAnswered(self.ask(path, proxy=proxy), "x")
        self.assertGreaterEqual(time.monotonic() - started, 0.29, "six tokens of a twentieth of a second each")
        for path in paths:
            self.assertHit(self.ask(path, proxy=proxy))

    def test_whoever_cannot_make_it_hears_so_at_once(self):
        proxy, (first, second) = self.proxy_with({"per_second": 0.01, "burst": 1, "max_wait": "5s"}), self.pages(2)
        self.assertAnswered(self.ask(first, proxy=proxy), "x")
        response = self.ask(second, proxy=proxy)
        self.assertProblem(response, 429)
        self.assertTrue(50 <= int(response["retry-after"]) <= 100, response)
        self.assertEqual("limited", response.cache.get("detail"))
        self.assertEqual(0, self.origin.count(second))

    def test_errors_of_an_indexer_are_xml(self):
        proxy, (first, second) = self.proxy_with({"per_second": 0.01, "burst": 1}, errors="newznab"), self.pages(2)
        self.ask(first, proxy=proxy)
        response = self.ask(second, proxy=proxy)
        self.assertEqual((429, "application/xml"), (response.status, response["content-type"]))
        self.assertIn(b'<error code="500"', response.body)

    def test_a_quota_counts_and_survives_a_reload(self):
        proxy, paths = self.proxy_with({"quota": [{"limit": 2, "per": "day"}]}), self.pages(3)
        for path in paths[:2]:
            self.assertAnswered(self.ask(path, proxy=proxy), "x")
        self.assertEqual(200, proxy.admin("POST", "/api/v1/reload", body={}).status)
        response = self.ask(paths[2], proxy=proxy)
        self.assertProblem(response, 429)
        self.assertGreater(int(response["retry-after"]), 80000)
        self.assertEqual(0, self.origin.count(paths[2]))
        self.assertEqual(0, proxy.metric("cachearr_upstream_quota_remaining", upstream="limited", per="day"))

    def test_an_upstream_that_counts_by_address_has_one_budget_for_all_credentials(self):
        for scope, last in (("credential", 200), ("address", 429)):
            with self.subTest(scope):
                proxy = self.proxy_with({"quota": [{"limit": 1, "per": "day"}], "scope": scope}, credentials={"query": ["apikey"]})
                statuses = []
                for path, key in zip(self.pages(2), ("anna", "bert")):
                    statuses.append(self.ask(path + "?apikey=" + key, proxy=proxy).status)
                self.assertEqual([200, last], statuses)

    def test_each_indexer_behind_an_aggregator_has_a_budget_of_its_own(self):
        self.origin.on("/1/api", *fresh("one")).on("/2/api", *fresh("two"))
        proxy = self.proxy_with({"quota": [{"limit": 1, "per": "day"}], "each": "indexer"}, rules=[{"name": "all", "match": {"path": "/{indexer:int}/api"}}])
        answers = [self.ask(path, proxy=proxy).status for path in ("/1/api?q=a", "/2/api?q=a", "/1/api?q=b")]
        self.assertEqual([200, 200, 429], answers)

    def test_a_stale_answer_goes_before_a_refusal(self):
        path, (other,) = self.path(), self.pages(1)
        self.origin.on(path, *stale('{"kept":1}'))
        proxy = self.proxy_with({"per_second": 0.01, "burst": 2}, rules=[
            {"name": "all", "match": {"path": "/**"}, "policy": "respect", "stale": {"while_revalidate": "0s", "if_limited": "30d"}}])
        self.ask(path, proxy=proxy)
        self.ask(other, proxy=proxy)
        response = self.ask(path, proxy=proxy)
        self.assertAnswered(response, '{"kept":1}')
        self.assertEqual("limited", response.cache.get("detail"), response["cache-status"])
        self.assertEqual(1, self.origin.count(path))

    def test_what_is_sent_again_counts_again(self):
        proxy = self.proxy_with({"per_second": 0.001, "burst": 1, "max_wait": "0s"})
        path = self.path()
        self.origin.sequence(path, [CLOSE], answer("late"))
        self.assertProblem(self.ask(path, proxy=proxy), 502)
        self.assertEqual(1, self.origin.count(path))
        free = self.proxy_with()
        self.assertAnswered(self.ask(path, proxy=free), "late")

    def test_writes_count_too(self):
        path = self.path()
        self.origin.on(path, *answer("written"))
        proxy = self.proxy_with({"quota": [{"limit": 1, "per": "day"}]})
        self.assertAnswered(self.ask(path, "POST", proxy=proxy), "written")
        self.assertProblem(self.ask(path, "POST", proxy=proxy), 429)

    def test_so_many_at_one_time_and_no_more(self):
        gate, (first, second) = threading.Event(), self.pages(2)
        self.addCleanup(gate.set)
        self.origin.on(first, gate, *fresh("x"))
        proxy = self.proxy_with({"concurrency": 1, "max_wait": "20s"})
        wires = []
        for path in (first, second):
            wires.append(proxy.connect())
            self.addCleanup(wires[-1].close)
            wires[-1].send(request_bytes("GET", self.url(path), self.origin.authority))
            self.origin.wait_for(first)
        for _ in range(5):
            self.assertEqual("OK", proxy.admin("GET", "/ping").data["status"])
        self.assertEqual(0, self.origin.count(second))
        gate.set()
        for wire in wires:
            self.assertAnswered(wire.read_response(), "x")

    def test_a_stream_that_lives_takes_nobodys_place(self):
        stream, (other,) = self.path(), self.pages(1)
        gate = threading.Event()
        self.addCleanup(gate.set)
        self.origin.on(stream, head(200, {"Content-Type": "text/event-stream"}), b"data: 1\n\n", gate)
        proxy = self.proxy_with({"concurrency": 1, "max_wait": "20s"})
        with proxy.connect() as wire:
            wire.send(request_bytes("GET", self.url(stream), self.origin.authority))
            self.assertEqual(200, wire.read_final_head().status)
            self.assertAnswered(self.ask(other, proxy=proxy), "x")

    def test_what_never_reached_the_upstream_costs_nothing_of_its_quota(self):
        with socket.socket() as sock:
            sock.bind(("127.0.0.1", 0))
            away = "http://127.0.0.1:%d" % sock.getsockname()[1]  # bound, and nobody listens
            proxy = self.start({"upstreams": {"away": {"origin": away, "mount": "/away", "rate": {"quota": [{"limit": 2, "per": "day"}]}}}})
            for number in range(4):
                self.assertProblem(proxy.visit("/away/%d" % number), 502)

    def test_a_client_that_leaves_gives_its_place_back(self):
        gate, (first, second, third) = threading.Event(), self.pages(3)
        self.addCleanup(gate.set)
        self.origin.on(first, gate, *fresh("x"))
        proxy = self.proxy_with({"concurrency": 1, "max_wait": "20s"})
        holding, leaving = proxy.connect(), proxy.connect()
        self.addCleanup(holding.close)
        holding.send(request_bytes("GET", self.url(first), self.origin.authority))
        self.origin.wait_for(first)
        leaving.send(request_bytes("GET", self.url(second), self.origin.authority))
        self.until(lambda: proxy.metric("cachearr_upstream_waiting", upstream="limited") == 1)
        leaving.close()
        gate.set()
        self.assertAnswered(holding.read_response(), "x")
        self.assertAnswered(self.ask(third, proxy=proxy), "x")

    def test_a_thousand_clients_on_one_cold_key_cost_one_token(self):
        path, gate = self.path(), threading.Event()
        self.addCleanup(gate.set)
        self.origin.on(path, gate, *fresh("for all"))
        proxy = self.proxy_with({"quota": [{"limit": 1, "per": "day"}]})
        wires = [proxy.connect() for _ in range(1000)]
        for wire in wires:
            self.addCleanup(wire.close)
            wire.send(request_bytes("GET", self.url(path), self.origin.authority))
        self.origin.wait_for(path)
        gate.set()
        for wire in wires:
            self.assertAnswered(wire.read_response(), "for all")
        self.assertEqual(1, self.origin.count(path))

    def test_one_upstream_that_hangs_slows_no_other(self):
        gate, (hung, quick) = threading.Event(), self.pages(2)
        self.addCleanup(gate.set)
        self.origin.on(hung, gate, *fresh("x"))
        rules = local(self.origin, "slow", rate={"concurrency": 1, "max_wait": "20s"})
        rules["upstreams"]["slow"]["hosts"] = ["slow.test"]
        rules["upstreams"]["quick"] = {"hosts": ["quick.test"], "origin": self.origin.url, "mount": "/quick"}
        proxy = self.start(rules)
        for _ in range(20):
            wire = proxy.connect()
            self.addCleanup(wire.close)
            wire.send(request_bytes("GET", "/slow%s?%d" % (hung, id(wire)), "x"))
        self.origin.wait_for(hung)
        self.assertAnswered(proxy.visit("/quick" + quick), "x")
        self.assertEqual(1, self.origin.count(hung))


class NoAnswer(LimitScenario):
    """What is no answer is not stored and replaces nothing."""

    KEEP = {"while_revalidate": "0s", "if_error": "30d"}
    WRECKS = (answer("<html><title>Just a moment...</title></html>", 200, {"Content-Type": "text/html"}),
              answer("<html>maintenance</html>", 200, JSON), answer('{"cut":', 200, JSON), answer("", 200, JSON),
              answer('{"success":false,"status_message":"no"}', 200, JSON),
              answer("Could not connect to mysql", 200, {"Content-Type": "text/plain"}), answer("PHP Fatal error:  Uncaught Error", 200, JSON),
              answer("Down for maintenance", 200, {"Content-Type": "text/plain"}), answer("", 200),
              answer("<rss><channel/></rss>", 200, {"Content-Type": "application/rss+xml"}),
              answer(gzip.compress(b'{"cut":1}')[:-9], 200, {"Content-Type": "application/json", "Content-Encoding": "gzip"}),
              answer(b'{"plain":1}', 200, {"Content-Type": "application/json", "Content-Encoding": "gzip"}))
    # What no API says: web servers, captive portals and challenges in front of it.
    ERRORS = (answer("<html><title>Just a moment...</title></html>", 403, {"Content-Type": "text/html"}),
              answer("<!DOCTYPE html><html>Log in</html>", 401, {"Content-Type": "text/html"}),
              answer("<html><h1>404 Not Found</h1></html>", 404, {"Content-Type": "text/html"}),
              answer("404 page not found", 404, {"Content-Type": "text/plain"}))

    @classmethod
    def rules_of(cls, origin):
        kept = {"type": "metadata_series", "ttl": "1h", "policy": "respect"}
        return local(origin, rules=[{"name": "feed", "match": {"path": "/feed/**"}, "expect": "feed", **kept},
                                    {"name": "any", "match": {"path": "/any/**"}, "expect": "any", **kept},
                                    {"name": "data", "match": {"path": "/**"}, "type": "metadata_series", "ttl": "1h", "policy": "respect", "stale": cls.KEEP,
                                     "refuse_if": [{"json": "/success", "equals": False}]}])

    def test_it_is_passed_on_and_never_stored(self):
        for wreck in self.WRECKS:
            with self.subTest(wreck):
                path = self.path()
                self.origin.sequence(path, wreck, fresh('{"fine":1}', headers=JSON))
                self.assertEqual("refused", self.ask(path).cache.get("detail"))
                self.assertAnswered(self.ask(path), '{"fine":1}')

    def test_a_stored_answer_stands_in_and_stays(self):
        for wreck in self.WRECKS:
            with self.subTest(wreck):
                path = self.path()
                self.origin.sequence(path, stale('{"kept":1}'), wreck)
                self.ask(path)
                for _ in range(2):
                    response = self.ask(path)
                    self.assertAnswered(response, '{"kept":1}')
                    self.assertEqual("refused", response.cache.get("detail"), response["cache-status"])

    def test_a_stored_answer_stands_in_for_an_error_that_is_not_the_apis(self):
        for error in self.ERRORS:
            with self.subTest(error):
                path = self.path()
                self.origin.sequence(path, stale('{"kept":1}'), error)
                self.ask(path)
                for _ in range(2):
                    self.assertAnswered(self.ask(path), '{"kept":1}')

    def test_without_a_stored_answer_such_an_error_is_passed_on_and_not_kept(self):
        for error in self.ERRORS:
            with self.subTest(error):
                path = self.path()
                self.origin.sequence(path, error, fresh('{"fine":1}', headers=JSON))
                self.assertGreaterEqual(self.ask(path).status, 400)
                self.assertAnswered(self.ask(path), '{"fine":1}')

    def test_an_error_of_the_api_is_told_even_where_an_answer_is_stored(self):
        path = self.path()
        self.origin.sequence(path, stale('{"kept":1}'), answer('{"status_message":"gone"}', 404, JSON))
        self.ask(path)
        self.assertEqual(404, self.ask(path).status)

    def test_what_is_expected_is_stored_whatever_its_type(self):
        for name, body, kind in (("", '{"fine":[1,2]}', "application/json; charset=utf-8"), ("", '{"fine":1}', "text/html"),
                                 ("/feed", "<rss><channel/></rss>", "application/rss+xml"), ("/feed", "<rss><channel/></rss>", "text/plain"),
                                 ("/any", "plain", "text/plain")):
            path = self.path(name)
            self.origin.on(path, *fresh(body, headers={"Content-Type": kind}))
            self.ask(path)
            self.assertHit(self.ask(path))


class Breaker(LimitScenario):
    KEEP = {"while_revalidate": "0s", "if_error": "30d"}

    def test_it_opens_serves_stale_and_closes_again(self):
        path, cold, bad = self.path(), self.path(), self.path()
        broken = threading.Event()
        broken.set()
        self.origin.sequence(path, stale('{"kept":1}'), fresh("new"))
        self.origin.on(bad, lambda _wire, _request: [CLOSE] if broken.is_set() else fresh("well again"))
        self.origin.on(cold, *fresh("cold"))
        proxy = self.proxy_with(rules=[{"name": "all", "match": {"path": "/**"}, "policy": "respect", "stale": self.KEEP}])
        self.ask(path, proxy=proxy)
        for _ in range(10):
            self.assertEqual(502, self.ask(bad, proxy=proxy).status)
        asked = self.origin.count()
        response = self.ask(path, proxy=proxy)
        self.assertAnswered(response, '{"kept":1}')
        self.assertEqual("offline", response.cache.get("detail"), response["cache-status"])
        response = self.ask(cold, proxy=proxy)
        self.assertProblem(response, 503)
        self.assertTrue(1 <= int(response["retry-after"]) <= 5, response)
        self.assertEqual(asked, self.origin.count())
        self.assertEqual("open", self.about(proxy)["breaker"]["state"])
        broken.clear()
        self.until(lambda: self.ask(cold, proxy=proxy).status == 200)
        self.assertAnswered(self.ask(cold, proxy=proxy), "cold")
        self.assertEqual("closed", self.about(proxy)["breaker"]["state"])

    def about(self, proxy):
        return next(each for each in proxy.admin("GET", "/api/v1/upstreams").data["upstreams"] if each["name"] == "limited")

    def test_an_upstream_that_is_down_all_the_time_still_answers(self):
        origin = self.another_origin()
        proxy = self.start(local(origin, "dying", rules=[{"name": "all", "match": {"path": "/**"}, "policy": "respect", "stale": {"if_error": "30d"}}]))
        origin.on("/x", *stale("remembered", "text/plain"))
        proxy.ask(origin.url + "/x")
        origin.die()
        for _ in range(30):
            response = proxy.ask(origin.url + "/x")
            self.assertAnswered(response, "remembered")
            self.assertIn(response.cache.get("detail"), ("stale-if-error", "offline"))
            self.assertGreaterEqual(int(response["age"]), 100)


class Modes(LimitScenario):
    def file(self, mode):
        return local(self.origin, "limited", mode=mode, rules=[{"name": "all", "match": {"path": "/**"}, "policy": "respect", "stale": {"while_revalidate": "0s"}}])

    def test_offline_opens_no_connection(self):
        path, unknown = self.path(), self.path()
        self.origin.on(path, *stale("kept", "text/plain")).on(unknown, *fresh("never"))
        proxy = self.start(self.file("live"))
        self.ask(path, proxy=proxy)
        proxy.write_rules(self.file("offline"))
        self.assertEqual(200, proxy.admin("POST", "/api/v1/reload", body={}).status)
        before = self.origin.connections
        response = self.ask(path, proxy=proxy)
        self.assertAnswered(response, "kept")
        self.assertHit(response)
        self.assertEqual("offline", response.cache.get("detail"))
        for method in ("GET", "POST"):
            self.assertProblem(self.ask(unknown, method, proxy=proxy), 504)
        self.assertEqual(before, self.origin.connections)
        self.assertGreaterEqual(proxy.metric("cachearr_stale_served_total", reason="offline"), 1)

    def test_offline_opens_no_tunnel_either(self):
        proxy = self.start(self.file("offline"))
        wire = connect(proxy.address)
        self.addCleanup(wire.close)
        wire.send(request_bytes("CONNECT", "limited.test:443", "limited.test:443"))
        refused = wire.read_response()
        self.assertProblem(refused, 504)
        self.assertIn("detail=offline", refused["cache-status"])
        before = self.origin.connections
        inside = connect(proxy.address)
        self.addCleanup(inside.close)
        inside.send(request_bytes("CONNECT", self.origin.authority, self.origin.authority))
        self.assertEqual(200, inside.read_head().status)
        inside.send(b"\x16\x03\x01 no HTTP")
        self.assertTrue(inside.at_end())
        self.assertEqual(before, self.origin.connections)

    def test_prefer_cache_serves_what_there_is_and_refreshes_behind(self):
        path, gate = self.path(), threading.Event()
        self.addCleanup(gate.set)
        self.origin.sequence(path, stale("old", "text/plain"), [gate, *fresh("new")])
        proxy = self.start(self.file("prefer-cache"))
        self.ask(path, proxy=proxy)
        response = self.ask(path, proxy=proxy)
        self.assertAnswered(response, "old")
        self.assertHit(response)
        self.origin.wait_for(path, 2)
        gate.set()
        self.until(lambda: self.ask(path, proxy=proxy).body == b"new")
        self.assertEqual(2, self.origin.count(path))


class Ahead(LimitScenario):
    def test_what_is_asked_for_near_its_end_is_refreshed_behind(self):
        path, gate = self.path(), threading.Event()
        self.addCleanup(gate.set)
        self.origin.sequence(path, fresh("one"), [gate, *fresh("two")])
        proxy = self.proxy_with(rules=[{"name": "all", "match": {"path": "/**"}, "ttl": "60s", "refresh_ahead": 0.01}])

        def body():
            response = self.ask(path, proxy=proxy)
            self.assertHit(response)
            return response.text
        self.ask(path, proxy=proxy)
        self.until(lambda: body() == "one" and self.origin.count(path) == 2)
        for _ in range(5):
            self.assertEqual("one", body())
        self.assertEqual(2, self.origin.count(path), "one refresh is enough")
        gate.set()
        self.until(lambda: body() == "two")
        self.until(lambda: proxy.metric("cachearr_prefetch_total", result="changed") == 1)

    def test_the_first_who_asks_after_the_share_has_it_refreshed(self):
        path = self.path()
        self.origin.sequence(path, fresh("one"), fresh("two"))
        proxy = self.proxy_with(rules=[{"name": "all", "match": {"path": "/**"}, "ttl": "60s", "refresh_ahead": 0.000001}])
        self.ask(path, proxy=proxy)
        threading.Event().wait(0.01)  # longer than the share
        self.assertHit(self.ask(path, proxy=proxy))
        self.origin.wait_for(path, 2)

    def test_what_a_client_wants_of_a_cache_goes_along_with_no_refresh(self):
        path = self.path()
        self.origin.sequence(path, stale("old", "text/plain"), fresh("new"))
        proxy = self.proxy_with(rules=[{"name": "all", "match": {"path": "/**"}, "policy": "respect", "stale": {"while_revalidate": "1h"}}])
        self.ask(path, proxy=proxy)
        self.assertAnswered(self.ask(path, headers={"Cache-Control": "only-if-cached, max-stale", "Pragma": "x"}, proxy=proxy), "old")
        self.origin.wait_for(path, 2)
        refresh = self.origin.asked(path)[-1]
        self.assertEqual([None, None], [refresh[name] for name in ("cache-control", "pragma")])

    def test_only_within_what_the_budget_leaves(self):
        path = self.path()
        self.origin.sequence(path, fresh("one"), fresh("two"))
        proxy = self.proxy_with({"per_second": 0.01, "burst": 1}, rules=[{"name": "all", "match": {"path": "/**"}, "ttl": "90s", "refresh_ahead": 0.01}])
        self.ask(path, proxy=proxy)
        age = 0
        while age < 3:  # from 0.9 s on it would be refreshed
            response = self.ask(path, proxy=proxy)
            self.assertAnswered(response, "one")
            age = int(response["age"])
            threading.Event().wait(0.05)
        self.assertEqual(1, self.origin.count(path))

    def test_a_key_is_fetched_anew_within_the_budget_or_it_is_said_when_there_is_room(self):
        path = "/once"
        self.origin.sequence(path, fresh("one"), fresh("two"), fresh("three"))
        proxy = self.proxy_with({"per_second": 0.01, "burst": 2}, rules=[{"name": "all", "match": {"path": path}, "key": "only", "ttl": "1h"}])
        self.ask(path, proxy=proxy)
        self.until(lambda: proxy.admin("GET", "/api/v1/keys/only?meta=1").status == 200)
        begun = time.time()
        told = [proxy.admin("POST", "/api/v1/keys/only/refresh", body={}).data for _ in range(3)]
        self.assertEqual([0, 0], [each["failed"] + each["pending"] for each in told[1:]], told)
        sent = sum(each["fetched"] for each in told)
        self.assertEqual(1 + sent, self.origin.count(path))
        self.assertLessEqual(sent, 1, "more than the budget allows")
        last = told[-1]
        self.assertEqual((0, 1), (last["fetched"], last["later"]), last)
        self.assertGreater(datetime.datetime.fromisoformat(last["until"].replace("Z", "+00:00")).timestamp(), begun)
        self.assertHit(self.ask(path, proxy=proxy))

    def test_room_that_comes_soon_is_waited_for_when_a_key_is_fetched_anew(self):
        path = "/paced"
        self.origin.sequence(path, fresh("one"), fresh("two"), fresh("three"))
        proxy = self.proxy_with({"per_second": 50, "quota": [{"limit": 86400, "per": "day"}]}, rules=[{"name": "all", "match": {"path": path}, "key": "paced", "ttl": "1h"}])
        self.ask(path, proxy=proxy)
        self.until(lambda: proxy.admin("GET", "/api/v1/keys/paced?meta=1").status == 200)
        told = [proxy.admin("POST", "/api/v1/keys/paced/refresh", body={}).data for _ in range(2)]
        self.assertEqual([1, 1], [each["fetched"] for each in told], told)
        self.assertHit(self.ask(path, proxy=proxy))

    def test_a_lifetime_is_learned(self):
        path = self.path()
        self.origin.on(path, *answer("same", 200, {"ETag": '"1"'}))
        proxy = self.proxy_with(rules=[{"name": "all", "match": {"path": "/**"}, "ttl": {"fresh": "100s", "learn": {"min": "60s", "max": "180s"}}}])
        lifetimes = []
        for _ in range(4):
            self.ask(path, headers={"Cache-Control": "no-cache"}, proxy=proxy)
            lifetimes.append(self.ask(path, proxy=proxy).cache["ttl"])
        for expected, seen in zip((100, 150, 180, 180), lifetimes):
            self.assertTrue(expected - 25 <= seen <= expected, lifetimes)
        self.origin.on(path, *answer("other", 200, {"ETag": '"2"'}))
        self.ask(path, headers={"Cache-Control": "no-cache"}, proxy=proxy)
        self.assertTrue(65 <= self.ask(path, proxy=proxy).cache["ttl"] <= 90)


if __name__ == "__main__":
    main()
