"""What the cache has saved: the ledger by day, upstream and client, and the lists of keys, against what the origin was asked."""
import signal
import threading
from urllib.parse import quote

from lab.case import Scenario, local, main
from lab.origin import answer, fresh
from lab.wire import connect, parse_cache_status, request_bytes

SUMS = ("calls", "bytes", "quotaUnits", "seconds")
RULE = {"name": "tv", "match": {"path": "/tv/{id:int}"}, "key": "tv:{id}", "ttl": "1h", "policy": "override", "type": "series", "expect": "any"}
SLOW = 0.06  # seconds that the origin takes; less than that no fetch has cost


def slowly(steps):
    """The answer of an origin that takes its time."""
    return lambda _wire, _request: threading.Event().wait(SLOW) or steps


class SavingsScenario(Scenario):
    def savings(self, proxy=None, days=1):
        response = (proxy or self.proxy).admin("GET", "/api/v1/savings?days=%d" % days)
        self.assertEqual(200, response.status, response.body)
        return response.data

    def assertSumsAgree(self, data):
        for name in SUMS:
            for part in ("days", "upstreams", "clients"):
                self.assertAlmostEqual(data["total"][name], sum(row[name] for row in data[part]), 6, (part, name, data))

    def rows(self, data, what):
        return {row[what[:-1]]: row for row in data[what]}

    def ask_from(self, source, url, proxy=None, headers=()):
        proxy = proxy or self.proxy
        with connect(proxy.address, (source, 0)) as wire:
            wire.send(request_bytes("GET", url, url.split("/")[2], list(headers) + [("Connection", "close")]))
            response = wire.read_response()
            response.cache = parse_cache_status(response["cache-status"])
            return response


class AScriptedSequence(SavingsScenario):
    """Every answer says by Cache-Status whether the origin was asked for it; the ledger must come to the same."""

    def setUp(self):
        self.origin = self.another_origin()

    def start_with_two_upstreams(self, config=None):
        rules = local(self.origin, rules=[RULE], rate={"quota": [{"limit": 1000, "per": "day"}, {"limit": 500, "per": "hour"}]})
        return self.start(rules, dict({"access": {"private_upstreams": "allow"}}, **(config or {})))

    def run_sequence(self, proxy):
        """Two clients, two upstreams (one of them named by no rule), hits of several kinds. What must have been saved."""
        saved = {}
        other = self.another_origin()
        other.on("/plain", fresh("x" * 1000))
        for number in (1, 2):
            self.origin.on("/tv/%d" % number, slowly(fresh("a" * (100 * number))))
        script = [("127.0.0.1", self.url("/tv/1"), 4, "local", 100), ("127.0.0.2", self.url("/tv/1"), 3, "local", 100),
                  ("127.0.0.2", self.url("/tv/2"), 5, "local", 200), ("127.0.0.3", self.url("/plain", other).replace("127.0.0.1", "localhost"), 2, "", 1000)]
        for source, url, times, upstream, size in script:
            for _ in range(times):
                response = self.ask_from(source, url, proxy)
                self.assertEqual(200, response.status, response)
                row = saved.setdefault((source, upstream), [0, 0, 0])
                if "hit" in response.cache:
                    row[0] += 1
                    row[1] += size
                    row[2] += 2 if upstream else 0
        self.assertEqual([1, 1, 1], [self.origin.count("/tv/1"), self.origin.count("/tv/2"), other.count("/plain")])
        return saved

    def assertSaved(self, data, saved):
        self.assertSumsAgree(data)
        for index, what in ((0, "clients"), (1, "upstreams")):
            rows = self.rows(data, what)
            for name in {whom[index] for whom in saved}:
                wanted = [sum(values) for values in zip(*(row for whom, row in saved.items() if whom[index] == name))]
                self.assertEqual(wanted, [rows[name][sum_] for sum_ in SUMS[:3]], (what, name))
            self.assertEqual(len({whom[index] for whom in saved}), len(rows))

    def test_the_sums_are_those_of_the_requests(self):
        proxy = self.start_with_two_upstreams()
        saved = self.run_sequence(proxy)
        self.assertEqual(11, sum(row[0] for row in saved.values()), "14 requests, 3 of which the origins were asked for")
        data = self.savings(proxy)
        self.assertSaved(data, saved)
        self.assertGreaterEqual(self.rows(data, "upstreams")["local"]["seconds"], 10 * SLOW)
        used = {key["key"]: key for key in proxy.admin("GET", "/api/v1/keys/top").data["keys"]}
        self.assertEqual((6, 7, 85.71), tuple(used["tv:1"][name] for name in ("hits", "requests", "hitRate")))
        for name in SUMS:
            self.assertAlmostEqual(data["total"][name], sum(key["saved"][name] for key in used.values()), 6, name)

    def test_they_survive_a_restart_and_a_kill(self):
        proxy = self.start_with_two_upstreams({"disk": {"path": "store"}})
        saved = self.run_sequence(proxy)
        before = self.savings(proxy)
        proxy.signal(signal.SIGTERM)
        self.assertEqual(0, proxy.process.wait())
        proxy.launch()
        self.assertTrue(proxy._wait_until_ready())
        self.assertEqual(before, self.savings(proxy))
        self.assertHit(self.ask_from("127.0.0.1", self.url("/tv/1"), proxy))
        saved["127.0.0.1", "local"] = [old + more for old, more in zip(saved["127.0.0.1", "local"], (1, 100, 2))]
        after = self.savings(proxy)
        self.assertSaved(after, saved)
        # Who was told a sum has had it folded; a purge is acknowledged once all that was put before it is in the file.
        proxy.admin("POST", "/api/v1/purge", body={"keys": ["nothing"]})
        proxy.signal(signal.SIGKILL)
        proxy.process.wait()
        proxy.launch()
        self.assertTrue(proxy._wait_until_ready())
        self.assertEqual(after, self.savings(proxy))


class KindsOfAnswers(SavingsScenario):
    @classmethod
    def rules_of(cls, origin):
        return local(origin, rules=[RULE])

    def difference(self, act):
        before = self.savings()["total"]
        act()
        after = self.savings()["total"]
        return tuple(after[name] - before[name] for name in SUMS[:3])

    def test_those_who_waited_for_the_fetch_of_another_have_saved_it(self):
        path, gate = self.path(), threading.Event()
        self.origin.on(path, gate, *fresh("0123456789"))
        wires = [self.proxy.connect() for _ in range(8)]

        def all_at_once():
            for wire in wires:
                self.addCleanup(wire.close)
                wire.send(request_bytes("GET", self.url(path), self.origin.authority))
            self.origin.wait_for(path)
            self.until(lambda: self.proxy.unread() == 0)
            gate.set()
            for wire in wires:
                self.assertAnswered(wire.read_response(), "0123456789")
        self.assertEqual((7, 70, 0), self.difference(all_at_once))
        self.assertEqual(1, self.origin.count(path))

    def test_a_stale_answer_saves_a_call_and_its_refresh_none(self):
        path, gate = self.path(), threading.Event()
        self.origin.sequence(path, answer("old!", 200, [("Cache-Control", "max-age=60, stale-while-revalidate=3600"), ("Age", "100"), ("ETag", '"1"')]),
                             [gate, *fresh("newer")])
        self.ask(path)
        self.assertEqual((1, 4, 0), self.difference(lambda: self.assertAnswered(self.ask(path), "old!")))
        gate.set()
        self.until(lambda: self.ask(path).body == b"newer")

    def test_a_stale_answer_instead_of_an_error_that_was_asked_for_saves_nothing(self):
        path = self.path()
        self.origin.sequence(path, answer("kept", 200, [("Cache-Control", "max-age=60, stale-if-error=3600"), ("Age", "100")]), answer("broken", 503))
        self.ask(path)
        self.assertEqual((0, 0, 0), self.difference(lambda: self.assertAnswered(self.ask(path), "kept")))

    def test_a_confirmed_answer_saves_what_the_whole_has_cost(self):
        path = self.path()
        self.origin.sequence(path, answer("whole", 200, [("Cache-Control", "max-age=60"), ("Age", "100"), ("ETag", '"1"')]),
                             answer(b"", 304, [("Cache-Control", "max-age=600"), ("ETag", '"1"')]))
        self.ask(path)
        self.assertEqual((0, 0, 0), self.difference(lambda: self.assertAnswered(self.ask(path), "whole")), "the origin was asked")
        self.assertEqual((1, 5, 0), self.difference(lambda: self.assertHit(self.ask(path))))

    def test_what_is_not_stored_saves_nothing(self):
        path = self.path()
        self.origin.on(path, answer("mine", 200, [("Cache-Control", "no-store")]))
        self.assertEqual((0, 0, 0), self.difference(lambda: [self.ask(path) for _ in range(3)]))

    def test_the_metrics_count_the_same_calls(self):
        self.origin.on("/tv/9", fresh("nine"))
        before = self.proxy.metric("cachearr_cache_hits_total")
        saved = self.difference(lambda: [self.ask("/tv/9") for _ in range(4)])
        self.assertEqual(saved[0], self.proxy.metric("cachearr_cache_hits_total") - before)
        keys = self.proxy.admin("GET", "/api/v1/keys?pattern=tv:9").data["keys"]
        self.assertEqual([(3, 75.0)], [(key["hits"], key["hitRate"]) for key in keys])


class TheOptimizer(SavingsScenario):
    config = {"cache": {"optimizer": "suggest"}}

    @classmethod
    def rules_of(cls, origin):
        return local(origin, rules=[RULE])

    def test_halves_the_ttl_of_a_rule_whose_keys_are_hardly_hit(self):
        self.origin.on("/tv/1", fresh("one"))
        for _ in range(25):
            self.assertMiss(self.ask("/tv/1", headers={"Cache-Control": "no-cache"}))
        look = self.proxy.admin("POST", "/api/v1/optimizer", body={"apply": False})
        self.assertEqual(200, look.status, look.body)
        (rate,) = look.data["halve"]
        self.assertEqual(("local", "tv", "tv:*", 25, 3600, 1800), tuple(rate[name] for name in ("upstream", "rule", "pattern", "requests", "ttl", "halvedTtl")))
        explain = "/api/v1/explain?url=" + quote(self.url("/tv/1"), safe="")
        self.assertEqual((3600, False), self.ttl_of(explain))
        self.assertTrue(self.proxy.admin("POST", "/api/v1/optimizer", body={"apply": True}).data["applied"])
        self.proxy.log.wait_for(r"optimizer: rule tv of local \(tv:\*\): hit in 0 % of 25 requests; its TTL is 30m")
        self.assertEqual((1800, True), self.ttl_of(explain))
        self.ask("/tv/1", headers={"Cache-Control": "no-cache"})
        self.assertIn(int(self.ask("/tv/1").cache["ttl"]), range(1700, 1801))
        (in_force,) = self.proxy.admin("GET", "/api/v1/optimizer").data["inForce"]
        self.assertEqual("tv", in_force["rule"])
        self.assertEqual(0, self.proxy.command("reload").returncode)
        self.assertEqual((1800, True), self.ttl_of(explain), "a reload keeps it")

    def ttl_of(self, explain):
        data = self.proxy.admin("GET", explain).data
        return data["ttl"], "halved by the optimizer" in data["ttlSource"]


class SecretsInKeys(SavingsScenario):
    CANARY = "cafe0123456789abcdefcafe01234567"

    @classmethod
    def rules_of(cls, origin):
        return local(origin, rules=[{"name": "all", "match": {"path": "/tv/**"}, "ttl": "1h", "expect": "any"}], credentials={"query": ["apikey"]})

    def test_never_leave_by_a_list(self):
        path = "/tv/1?apikey=%s&token=%s" % (self.CANARY, self.CANARY)
        self.origin.on("/tv/1", fresh("body"))
        for _ in range(25):
            self.ask(path)
        for call in ("savings", "keys/top", "keys/expiring?within=100d", "keys/low-hit-rate?below=100"):
            response = self.proxy.admin("GET", "/api/v1/" + call)
            self.assertEqual(200, response.status)
            self.assertNotIn(self.CANARY, response.body.decode())
        (key,) = self.proxy.admin("GET", "/api/v1/keys/top").data["keys"]
        self.assertEqual((24, 25), (key["hits"], key["requests"]))


if __name__ == "__main__":
    main()
