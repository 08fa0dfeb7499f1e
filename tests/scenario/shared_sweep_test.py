"""What was invalidated is removed from the Redis: by one instance for all, and nothing else with it."""
import time

from lab.case import local, main
from lab.origin import fresh
from lab.shared import RULES, Sharing

LONG = 150  # seconds: what is younger than half a minute is left to the next sweep


class Sweeps(Sharing):
    def setUp(self):
        super().setUp()
        rules = local(self.origin, rules=RULES, shared=True, rate={"per_second": 1000, "burst": 1000})
        self.one, self.two = (self.instance(name, rules=rules) for name in ("one", "two"))
        self.rules = rules

    def fill(self, stem, count):
        paths = [self.path(stem) for _ in range(count)]
        before = self.status(self.one)["records"]["written"]
        for path in paths:
            self.origin.on(path, fresh("of " + path))
            self.ask(path, proxy=self.one)
        self.written(self.one, before + count)
        return paths

    def sweeps(self):
        return [self.status(proxy)["sweep"] for proxy in (self.one, self.two)]

    def test_it_begins_by_itself_and_one_instance_does_it_for_all(self):
        self.fill("/named", 3)
        self.one.admin("POST", "/api/v1/purge", body={"pattern": "*/named/*"})
        self.until(lambda: sum(each["sweeps"] for each in self.sweeps()) == 1, "nobody sweeps")
        self.until(lambda: self.call("GET", "cachearr:k1:{news}") == b"done")
        self.assertGreater(self.call("PTTL", "cachearr:k1:{news}"), 0)
        self.assertEqual(1, sum(each["sweeps"] for each in self.sweeps()))

    def test_what_was_purged_goes_and_everything_else_stays(self):
        named, others = self.fill("/named", 30), self.fill("/other", 30)
        self.call("SET", "cachearr:r1:{of-somebody-else}", "no record of ours")
        self.call("SET", "elsewhere:r1:{a}", "of another prefix")
        self.call("RPUSH", "cachearr:r1:{no-text}", "a list")
        self.one.admin("POST", "/api/v1/purge", body={"pattern": "*/named/*"})
        self.heard(self.one, self.two)
        self.until(lambda: self.call("KEYS", "cachearr:l1:*"), "no limits are shared")
        end = time.monotonic() + LONG
        while len(self.call("KEYS", "cachearr:r1:*")) > len(others) + 2:
            self.assertLess(time.monotonic(), end, "it never removes anything: %r" % self.sweeps())
            result = self.two.command("shared", "sweep")
            self.assertEqual(0, result.returncode, result)
            time.sleep(1)
        self.assertEqual(len(others) + 2, len(self.call("KEYS", "cachearr:r1:*")))
        self.until(lambda: sum(each["removed"] for each in self.sweeps()) == len(named), "not each is counted")
        self.assertTrue(self.call("KEYS", "cachearr:l1:*"))
        self.assertEqual(b"of another prefix", self.call("GET", "elsewhere:r1:{a}"))
        three = self.instance("three", rules=self.rules)
        for path in others:
            self.assertEqual("shared", self.ask(path, proxy=three).cache.get("detail"))
        for path in named:
            self.assertMiss(self.ask(path, proxy=three))

    def test_without_anything_shared_there_is_nothing_to_sweep(self):
        self.assertEqual(409, self.proxy.admin("POST", "/api/v1/shared/sweep").status)
        self.redis.kill()
        self.away(self.one)
        self.assertEqual(503, self.one.admin("POST", "/api/v1/shared/sweep").status)
        self.assertEqual(1, self.one.command("shared", "sweep").returncode)


if __name__ == "__main__":
    main()
