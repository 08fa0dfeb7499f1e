"""Prefetch on schedule: what is used is renewed before its end, what nobody uses is not, and it ends where it is of no use."""
import signal

from lab.case import Scenario, local, main
from lab.origin import answer

LIFE = 4  # seconds
RULE = {"name": "tv", "match": {"path": "/tv/{id:int}"}, "key": "series:{id}", "ttl": "%ds" % LIFE, "policy": "override", "type": "series", "expect": "any"}
SETTINGS = {"prefetch": [{"trigger": "schedule", "interval": "1s", "patterns": ["series:*"]}], "prefetch_keys": 50}


class Prefetch(Scenario):
    @classmethod
    def setUpClass(cls):
        """Each test has its own."""

    def setUp(self):
        self.origin = self.another_origin()
        self.origin.default = answer("x", headers=[("ETag", '"1"')])

    def begin(self, **settings):
        return self.start(local(self.origin, rules=[RULE]), {"cache": dict(SETTINGS, **settings)})

    def visit(self, proxy, number):
        response = proxy.visit("/local/tv/%d" % number)
        self.assertEqual(200, response.status)
        return response

    def prefetch(self, proxy):
        return proxy.admin("GET", "/api/v1/jobs").data["prefetch"]

    def test_renews_what_is_used_before_its_end_and_lets_go_of_what_is_not(self):
        proxy = self.begin()
        for number in (1, 1, 2, 2):
            self.visit(proxy, number)
        misses = []

        def enough():
            if "hit" not in self.visit(proxy, 1).cache:
                misses.append(self.origin.count("/tv/1"))
            return self.origin.count("/tv/1") >= 6
        self.until(enough)
        self.assertEqual([], misses, "it was renewed each time before its end")
        self.assertLessEqual(self.origin.count("/tv/2"), 3, "nobody asked for it in two lives")
        self.until(lambda: proxy.metric("cachearr_prefetch_total", result="useful") >= 3)
        self.until(lambda: proxy.metric("cachearr_prefetch_total", result="useless") >= 1)
        rules = self.prefetch(proxy)["rules"]
        self.assertEqual([("local", "tv", None)], [(rule["upstream"], rule["rule"], rule["endedUntil"]) for rule in rules])

    def test_ends_by_itself_where_nothing_of_it_is_used(self):
        proxy = self.begin()
        for number in range(100, 130):
            self.visit(proxy, number)
            self.visit(proxy, number)
        rule = self.until(lambda: [rule for rule in self.prefetch(proxy)["rules"] if rule["endedUntil"]])[0]
        self.assertGreaterEqual(rule["useless"], 20)
        self.assertEqual(0, rule["useful"])
        proxy.log.wait_for("prefetch for rule tv of local ends for a day")
        self.visit(proxy, 1), self.visit(proxy, 1)
        rounds = self.prefetch(proxy)["rounds"]
        self.until(lambda: self.prefetch(proxy)["rounds"] > rounds + LIFE)
        self.assertEqual(1, self.origin.count("/tv/1"))

    def test_counts_what_it_cannot_ask_for_after_a_restart(self):
        settings = {"prefetch": [{"trigger": "schedule", "interval": "6s", "patterns": ["series:*"]}]}
        proxy = self.start(local(self.origin, rules=[dict(RULE, ttl="12s")]), {"disk": {"path": "store"}, "cache": settings})
        self.visit(proxy, 1)
        proxy.signal(signal.SIGTERM)
        self.assertEqual(0, proxy.process.wait())
        proxy.launch()
        self.assertTrue(proxy._wait_until_ready())
        self.assertHit(self.visit(proxy, 1))
        self.until(lambda: proxy.metric("cachearr_prefetch_total", result="unknown") == 1)
        self.assertEqual((1, 0), (self.prefetch(proxy)["unknown"], self.prefetch(proxy)["taken"]))
        self.assertEqual(1, self.origin.count("/tv/1"), "by which request it came was in memory alone")

    def test_takes_nothing_that_the_budget_does_not_leave(self):
        self.origin.default = answer("x")
        rules = local(self.origin, rules=[RULE], rate={"quota": [{"limit": 12, "per": "hour", "reserve": 8}]})
        proxy = self.start(rules, {"cache": SETTINGS})
        for number in range(1, 5):
            self.visit(proxy, number)
            self.visit(proxy, number)
        self.until(lambda: proxy.metric("cachearr_prefetch_total", result="denied") >= 1)
        self.assertEqual(4, self.origin.count(), "all that is left is for clients")


if __name__ == "__main__":
    main()
