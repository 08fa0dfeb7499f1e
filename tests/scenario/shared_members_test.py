"""Instances that share a Redis and do not agree: their clocks differ, or their rules."""
import os
import subprocess
import tempfile
import time

from lab import wire
from lab.case import local, main
from lab.origin import head
from lab.shared import RULES, Sharing

THREE_HOURS = 3 * 3600
LIFE = 600


class Members(Sharing):
    def health(self, proxy):
        return proxy.admin("GET", "/api/v1/health").body.decode()


class WrongClock(Members):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.library = os.path.join(tempfile.mkdtemp(prefix="wrong-clock-", dir=cls.proxy.folder), "wrong_clock.so")
        source = os.path.join(os.path.dirname(wire.__file__), "wrong_clock.c")
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", source, "-o", cls.library], check=True)

    def setUp(self):
        super().setUp()
        self.rules = local(self.origin, shared=True)

    def answers_with(self, path, body, seconds):
        """Without a Date, which who has a wrong clock would compare with its own before anything is shared (RFC 9111, section 4.2.3)."""
        fields = [("Cache-Control", "max-age=%d" % seconds), ("Content-Length", str(len(body)))]
        self.origin.on(path, [head(200, fields, date=False) + body.encode()])

    def stores(self, proxy, path):
        before = self.status(proxy)["records"]["written"]
        self.assertMiss(self.ask(path, proxy=proxy))
        self.written(proxy, before + 1)

    def wrong_by(self, seconds, **more):
        proxy = self.start(self.rules, {"shared": self.shared(instance="wrong", **more)},
                           environment={"LD_PRELOAD": self.library, "WRONG_CLOCK_SECONDS": str(seconds)})
        self.ready(proxy)
        return proxy

    def shares_with_its_lifetime(self, one, two):
        """Stored by one, found by two: what is left of its life is the same there, but for the time that has gone by."""
        path, began = self.path(), time.monotonic()
        self.answers_with(path, "shared", LIFE)
        self.stores(one, path)
        for detail in ("shared", None):
            response = self.ask(path, proxy=two)
            self.assertHit(response)
            self.assertEqual(detail, response.cache.get("detail"))
            gone = time.monotonic() - began
            self.assertLessEqual(LIFE - gone - 2, int(response.cache["ttl"]))
            self.assertLessEqual(int(response.cache["ttl"]), LIFE + 1)
            self.assertLessEqual(int(response["age"] or 0), gone + 2)

    def test_what_others_have_stored_is_as_fresh_with_a_clock_that_is_wrong(self):
        right = self.instance("right", rules=self.rules)
        for seconds in (THREE_HOURS, -THREE_HOURS):
            with self.subTest(seconds):
                wrong = self.wrong_by(seconds)
                self.assertAlmostEqual(-seconds * 1000, self.status(wrong)["clockOffsetMs"], delta=2000)
                self.shares_with_its_lifetime(right, wrong)
                self.shares_with_its_lifetime(wrong, right)
                self.end(wrong)

    def test_what_has_become_stale_is_so_for_a_clock_that_is_wrong(self):
        right = self.instance("right", rules=self.rules, min_ttl="1s")
        for seconds in (THREE_HOURS, -THREE_HOURS):
            wrong = self.wrong_by(seconds, min_ttl="1s")
            for one, two in ((right, wrong), (wrong, right)):
                with self.subTest(seconds, by_the_right_one=one is right):
                    path = self.path()
                    self.answers_with(path, "old", 4)
                    self.stores(one, path)
                    self.answers_with(path, "new", LIFE)
                    self.until(lambda two=two, path=path: self.ask(path, proxy=two).body == b"new", "it lives for ever")
            self.end(wrong)

    def test_a_purge_reaches_those_with_a_clock_that_is_wrong_and_theirs_the_others(self):
        right, wrong = self.instance("right", rules=self.rules), self.wrong_by(THREE_HOURS)
        for one, two in ((right, wrong), (wrong, right)):
            path = self.path()
            self.answers_with(path, "old", LIFE)
            self.stores(one, path)
            self.assertAnswered(self.ask(path, proxy=two), "old")
            self.answers_with(path, "new", LIFE)
            self.assertEqual("sent", one.admin("POST", "/api/v1/purge", body={"pattern": "*"}).data["shared"])
            self.heard(right, wrong)
            self.assertAnswered(self.ask(path, proxy=two), "new")
            self.assertAnswered(self.ask(path, proxy=one), "new")

    def test_health_says_that_a_clock_is_wrong(self):
        right, wrong = self.instance("right", rules=self.rules), self.wrong_by(THREE_HOURS)
        self.until(lambda: "clocks of the Redis and of this machine are 10" in self.health(wrong), "it does not say so")
        self.assertNotIn("clocks of the Redis", self.health(right))
        for proxy in (right, wrong):
            self.until(lambda proxy=proxy: len(self.status(proxy)["members"]) == 2, "they do not know of each other")
            self.assertNotIn("has not been seen", self.health(proxy))


class OtherRules(Members):
    def test_health_names_who_has_other_rules(self):
        one, two = self.instance("one"), self.instance("two")
        for proxy in (one, two):
            self.until(lambda proxy=proxy: all(member["rules"] for member in self.known(proxy, 2)), "it does not know their rules")
            self.assertNotIn("other rules", self.health(proxy))
        two.write_rules(local(self.origin, rules=[dict(RULES[0], ttl="2h")], shared=True))
        self.assertEqual(0, two.command("reload").returncode)
        self.until(lambda: "two has other rules" in self.health(one), "it is not told")
        self.until(lambda: "one has other rules" in self.health(two), "it is not told")
        two.write_rules(local(self.origin, rules=RULES, shared=True))
        self.assertEqual(0, two.command("reload").returncode)
        for proxy in (one, two):
            self.until(lambda proxy=proxy: "other rules" not in self.health(proxy), "it is told for ever")
        self.shares(one, two)

    def known(self, proxy, count):
        return self.until(lambda: (members := self.status(proxy)["members"]) and len(members) == count and members)


if __name__ == "__main__":
    main()
