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

    def begin(self, ttl=RULE["ttl"]):
        return self.start(local(self.origin, rules=[dict(RULE, ttl=ttl)]), {"cache": SETTINGS})

    def visit(self, proxy, number):
        response = proxy.visit("/local/tv/%d" % number)
        self.assertEqual(200, response.status)
        return response

    def prefetch(self, proxy):
        return proxy.admin("GET", "/api/v1/jobs").data["prefetch"]

    def ask_until(self, proxy, numbers, is_enough):
        """Asks for all of these over and over; those that were no hit."""
        misses = []

        def ask():
            misses.extend(number for number in numbers if "hit" not in self.visit(proxy, number).cache)
            return is_enough()
        self.until(ask)
        return misses

    def lives(self, number):
        return self.origin.count("/tv/%d" % number)

    def test_renews_what_is_asked_for_all_the_time_before_its_end_and_lets_go_of_what_is_not(self):
        proxy = self.begin()
        self.visit(proxy, 2), self.visit(proxy, 2)
        misses = self.ask_until(proxy, (1, 3), lambda: self.lives(1) >= 2 and self.lives(3) >= 2)
        self.assertEqual([1, 1, 3, 3], sorted(misses), "one life says nothing")
        misses = self.ask_until(proxy, (1, 3), lambda: self.lives(3) >= 3)
        misses += self.ask_until(proxy, (1,), lambda: self.lives(1) >= 6)
        self.assertEqual([], misses, "it was renewed each time before its end")
        self.assertEqual(1, self.lives(2), "it was asked for in one life alone")
        self.assertLessEqual(self.lives(3), 4, "nobody asks for it any more")
        self.until(lambda: proxy.metric("cachearr_prefetch_total", result="useful") >= 3)
        rules = self.prefetch(proxy)["rules"]
        self.assertEqual([("local", "tv", None)], [(rule["upstream"], rule["rule"], rule["endedUntil"]) for rule in rules])

    def test_leaves_alone_what_is_asked_for_seldom(self):
        proxy = self.begin()
        for life in (1, 2):
            self.until(lambda: self.visit(proxy, 1).cache and self.lives(1) == life)
            self.assertHit(self.visit(proxy, 1))
            self.assertHit(self.visit(proxy, 1))
            self.until(lambda: self.prefetch(proxy)["seldom"] >= 1)
            rounds = self.prefetch(proxy)["rounds"]
            self.until(lambda: self.prefetch(proxy)["rounds"] > rounds + LIFE)
            self.assertEqual(life, self.lives(1))
        self.assertEqual([], self.prefetch(proxy)["rules"])

    def test_ends_by_itself_where_nothing_of_it_is_used(self):
        proxy = self.begin(ttl="10s")
        keys = range(100, 124)
        self.ask_until(proxy, keys, lambda: all(self.lives(number) >= 2 for number in keys))
        for _ in range(5):
            self.ask_until(proxy, keys, lambda: True)
        rule = self.until(lambda: [rule for rule in self.prefetch(proxy)["rules"] if rule["endedUntil"]])[0]
        self.assertGreaterEqual(rule["useless"], 20)
        self.assertEqual(0, rule["useful"])
        proxy.log.wait_for("prefetch for rule tv of local ends for a day")
        self.ask_until(proxy, (1,), lambda: self.prefetch(proxy)["notWorth"] >= 1)

    def test_on_access_refreshes_before_the_end_what_serves_two_for_each_call(self):
        settings = {"prefetch": [{"trigger": "access", "interval": "60s", "patterns": ["series:*"]}]}
        proxy = self.start(local(self.origin, rules=[dict(RULE, ttl="20s")]), {"cache": settings})
        for number in (1, 1, 2, 2, 2):
            self.visit(proxy, number)
        # The last fifth of a life.
        self.until(lambda: proxy.admin("GET", "/api/v1/keys/series%3A1/ttl").data["ttl"] <= 3)
        self.assertHit(self.visit(proxy, 1))
        self.assertHit(self.visit(proxy, 2))
        self.until(lambda: self.lives(2) == 2)
        self.assertEqual(1, self.lives(1), "one more call would serve too few")

    def test_knows_after_a_restart_by_which_request_to_ask_for_what_was_asked_for_since(self):
        settings = {"prefetch": [{"trigger": "schedule", "interval": "12s", "patterns": ["series:*"]}]}
        proxy = self.start(local(self.origin, rules=[dict(RULE, ttl="30s")]), {"disk": {"path": "store"}, "cache": settings})
        self.visit(proxy, 1)
        proxy.signal(signal.SIGTERM)
        self.assertEqual(0, proxy.process.wait())
        proxy.launch()
        self.assertTrue(proxy._wait_until_ready())
        self.assertHit(self.visit(proxy, 1))
        fetched = proxy.admin("POST", "/api/v1/keys/series%3A1/refresh", body={}).data
        self.assertEqual((1, 0), (fetched["fetched"], fetched["failed"]))
        self.assertEqual(2, self.origin.count("/tv/1"))
        self.until(lambda: self.prefetch(proxy)["rounds"] >= 1)
        self.assertEqual(0, self.prefetch(proxy)["unknown"])

    def test_takes_nothing_that_the_budget_does_not_leave(self):
        rules = local(self.origin, rules=[RULE], rate={"quota": [{"limit": 12, "per": "hour", "reserve": 8}]})
        proxy = self.start(rules, {"cache": SETTINGS})
        misses = self.ask_until(proxy, (1, 2), lambda: proxy.metric("cachearr_prefetch_total", result="denied") >= 1)
        self.assertEqual(len(misses), self.origin.count(), "all that is left is for clients")


if __name__ == "__main__":
    main()
