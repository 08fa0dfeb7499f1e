"""Several instances before one upstream: together they never ask it more than it allows, whatever becomes of their Redis.

The origin keeps the ledger. Requests may come late on a slow machine, never early: of the first k, counted from the moment when
the bucket was known to be full, the last one may not come before the bucket could have filled for it.
"""
import signal
import time

from lab.case import local, main
from lab.origin import answer
from lab.shared import RULES, rights_of_the_manual, secret_file
from lab.shared_limits import BURST, Limits


class Connected(Limits):
    def test_two_instances_share_one_bucket(self):
        self.assertOneBucket()

    def test_four_instances_share_one_quota(self):
        self.rate = {"quota": [{"limit": 10, "per": "day"}], "max_wait": "3s"}
        proxies = [self.limited_instance(name) for name in ("one", "two", "three", "four")]
        for proxy in proxies * 3:
            proxy.ask(self.limited.url + self.path())
        self.until(lambda: proxies[0].ask(self.limited.url + self.path()).status == 429 and len(self.arrivals) >= 10,
                   "the quota is never used up")
        for proxy in proxies:
            self.assertProblem(proxy.ask(self.limited.url + self.path()), 429)
        self.assertEqual(10, len(self.arrivals))
        for proxy in proxies:
            self.until(lambda proxy=proxy: self.left_of(proxy) == [0], "it does not know what the others have spent")
            self.until(lambda proxy=proxy: "quota-spent" in self.alerts(proxy), "nobody says that the quota is spent")

    @staticmethod
    def left_of(proxy):
        upstreams = proxy.admin("GET", "/api/v1/upstreams").data["upstreams"]
        return [quota["remaining"] for each in upstreams if each["name"] == "limited" for quota in each["quota"]]

    @staticmethod
    def alerts(proxy):
        return [alert["id"] for alert in proxy.admin("GET", "/api/v1/alerts").data["firing"]]

    def test_a_pause_that_one_is_told_holds_the_other(self):
        one, two = self.limited_instance("one"), self.limited_instance("two")
        self.until(lambda: two.ask(self.limited.url + self.path()).status == 200, "it never begins")
        refusing = self.path()
        self.limited.on(refusing, answer("slow down", 429, [("Retry-After", "600")]))
        self.assertEqual(429, one.ask(self.limited.url + refusing).status)
        self.until(lambda: two.ask(self.limited.url + self.path()).status == 429, "the other one goes on asking")
        self.assertTrue(one.admin("POST", "/api/v1/upstreams/limited", body={"reset": ["cooldown"]}).status < 300)
        self.assertTrue(two.admin("POST", "/api/v1/upstreams/limited", body={"reset": ["cooldown"]}).status < 300)
        self.until(lambda: two.ask(self.limited.url + self.path()).status == 200, "the pause never ends")


class WithoutLimits(Limits):
    """Nothing is drawn there, and still a pause is one for all."""

    def instance_without(self, name, **more):
        return self.instance(name, rules=local(self.limited, "limited", shared=True, rules=RULES), records=False, **more)

    def answers_of(self, proxy):
        return proxy.ask(self.limited.url + self.path()).status

    def refuse_one_of(self, one, two, *fields):
        for proxy in (one, two):
            self.assertEqual(200, self.answers_of(proxy))
            self.until(lambda proxy=proxy: self.standings(proxy) == {"connected"}, "it never joins")
        refusing = self.path()
        self.limited.on(refusing, answer("slow down", 429, list(fields)))
        self.assertEqual(429, one.ask(self.limited.url + refusing).status)
        self.until(lambda: self.answers_of(two) == 429, "the other one goes on asking")

    def test_a_pause_that_one_is_told_holds_the_other(self):
        one, two = self.instance_without("one"), self.instance_without("two")
        self.refuse_one_of(one, two, ("Retry-After", "600"))
        asked = len(self.arrivals)
        self.assertEqual([429, 429], [self.answers_of(one), self.answers_of(two)])
        self.assertEqual(asked, len(self.arrivals))
        self.assertLess(two.admin("POST", "/api/v1/upstreams/limited", body={"reset": ["cooldown"]}).status, 300)
        for proxy in (one, two):
            self.until(lambda proxy=proxy: self.answers_of(proxy) == 200, "the pause never ends")

    def test_a_pause_that_is_a_guess_holds_the_other_as_well(self):
        self.refuse_one_of(self.instance_without("one"), self.instance_without("two"))

    def test_who_has_another_secret_is_alone_and_says_so(self):
        one = self.instance_without("one")
        self.assertEqual(200, self.answers_of(one))
        self.until(lambda: self.standings(one) == {"connected"}, "it never joins")
        self.secret = secret_file(self, "f" * 64)
        two = self.instance_without("two", ready=False)
        self.assertEqual(200, self.answers_of(two))
        self.until(lambda: self.standings(two) == {"alone"}, "it is said to share")
        self.assertEqual({"connected"}, self.standings(one))

    def test_nobody_waits_where_there_is_no_redis(self):
        self.redis.kill()
        one = self.instance_without("one", ready=False, limits_when_away="refuse")
        self.assertEqual([200] * 10, [self.answers_of(one) for _ in range(10)])
        self.until(lambda: self.standings(one) == {"away"}, "it is never away")
        self.assertEqual(200, self.answers_of(one))
        self.redis.start()

    def test_a_rate_that_comes_and_goes_while_there_is_no_redis_holds_and_ends(self):
        one = self.instance_without("one", limits_when_away="refuse")
        self.assertEqual(200, self.answers_of(one))
        self.redis.kill()
        self.until(lambda: self.standings(one) == {"away"}, "it is never away")
        for rate, status in (({"per_second": 20, "max_wait": "1s"}, 429), ({}, 200)):
            one.write_rules(local(self.limited, "limited", shared=True, rules=RULES, rate=rate))
            self.assertEqual(0, one.command("reload").returncode)
            self.until(lambda status=status: self.answers_of(one) == status, "the new rate does not count")
            if status == 429:
                response = one.ask(self.limited.url + self.path())
                self.assertLessEqual(int(response["retry-after"]), 5)
                self.assertIn("Redis is away", self.assertProblem(response, 429)["detail"])
        self.redis.start()


class Paused(Limits):
    rate = {"per_second": 20, "burst": 20, "max_wait": "1s"}

    def setUp(self):
        super().setUp()
        self.proxies = self.one, self.two = self.limited_instance("one"), self.limited_instance("two")
        for proxy in self.proxies:
            self.until(lambda proxy=proxy: proxy.ask(self.limited.url + self.path()).status == 200, "it never begins")
        refusing = self.path()
        self.limited.on(refusing, answer("slow down", 429, [("Retry-After", "600")]))
        self.assertEqual(429, self.one.ask(self.limited.url + refusing).status)
        self.until(lambda: self.paused(self.two), "the other one does not take it over")

    def seconds_of_pause(self, proxy):
        upstreams = proxy.admin("GET", "/api/v1/upstreams").data["upstreams"]
        return next(each["cooldownSeconds"] or 0 for each in upstreams if each["name"] == "limited")

    def paused(self, proxy):
        return self.seconds_of_pause(proxy) > 500

    def assertRefused(self, *proxies):
        asked = len(self.arrivals)
        for proxy in proxies:
            response = proxy.ask(self.limited.url + self.path())
            self.assertProblem(response, 429)
            self.assertGreater(int(response["retry-after"]), 400)
        self.assertEqual(asked, len(self.arrivals))

    def test_one_that_is_ended_on_one_instance_ends_on_all(self):
        self.assertRefused(*self.proxies)
        self.assertLess(self.two.admin("POST", "/api/v1/upstreams/limited", body={"reset": ["cooldown"]}).status, 300)
        for proxy in self.proxies:
            self.until(lambda proxy=proxy: proxy.ask(self.limited.url + self.path()).status == 200, "the pause never ends")
        self.assertFalse(any(self.paused(proxy) for proxy in self.proxies))

    def test_one_outlives_the_redis(self):
        self.redis.kill()
        self.until(lambda: self.standings(self.two) == {"away"}, "it never goes by its share")
        self.assertRefused(*self.proxies)
        self.redis.start()
        for proxy in self.proxies:
            self.until(lambda proxy=proxy: self.standings(proxy) == {"connected"}, "it never comes back")
        self.assertRefused(*self.proxies, self.limited_instance("three"))

    def test_one_is_told_again_where_it_was_lost(self):
        self.call("FLUSHALL")
        self.until(lambda: any(self.call("HGET", key, "pause0") for key in self.call("KEYS", "cachearr:l1:*}")), "it was forgotten")
        self.assertRefused(*self.proxies, self.limited_instance("three"))


    def test_one_of_years_that_a_stranger_wrote_holds_for_a_day(self):
        lane, = (key for key in self.call("KEYS", "cachearr:l1:*}") if self.call("HGET", key, "pause0"))
        self.call("HSET", lane, "pause0", "%d 1" % ((time.time() + 10 * 365 * 86400) * 1000))
        self.until(lambda: self.seconds_of_pause(self.two) > 600, "it never hears of it")
        self.assertLessEqual(self.seconds_of_pause(self.two), 86400)
        end = int(self.call("HGET", lane, "pause0").split()[0]) / 1000
        self.assertLessEqual(end, time.time() + 86400, "whoever draws is told of the same end")


class WithLeastRights(Limits):
    def user(self, *without):
        rights = [right for right in rights_of_the_manual() if right[1:] not in without]
        self.call("ACL", "SETUSER", "cachearr", "reset", "on", ">pw", *rights)
        return {"username": "cachearr", "password_file": secret_file(self, "pw")}

    def test_what_the_manual_lists_is_enough(self):
        user = self.user()
        one, two = [self.limited_instance(name, **user) for name in ("one", "two")]
        end, wrong = self.load(one, two)
        self.more(BURST + 4)
        end()
        self.assertEqual([], wrong)
        for proxy in (one, two):
            self.assertEqual({"connected"}, self.standings(proxy))
        self.shares(*[self.instance(name, **user) for name in ("three", "four")])
        self.assertEqual([], self.call("ACL", "LOG"))

    def test_a_missing_right_is_named_once_and_the_share_goes_on(self):
        proxy = self.limited_instance("one", **self.user("zrange"))
        self.until(lambda: proxy.ask(self.limited.url + self.path()).status == 200, "it never goes by its share")
        self.assertIn("zrange", proxy.admin("GET", "/api/v1/health").body.decode())
        self.more_of(proxy, 6)
        self.assertEqual(1, proxy.log.text.count("the shared limits are away"))
        self.user()
        self.call("CLIENT", "KILL", "USER", "cachearr")
        self.until(lambda: self.standings(proxy) == {"connected"}, "it never comes back")
        self.assertNotIn("zrange", proxy.admin("GET", "/api/v1/health").body.decode())

    def more_of(self, proxy, count):
        before = len(self.arrivals)
        self.until(lambda: proxy.ask(self.limited.url + self.path()) and len(self.arrivals) >= before + count)


class Lost(Limits):
    def test_killed_and_restarted_empty(self):
        proxies = [self.limited_instance(name) for name in ("one", "two")]
        end, wrong = self.load(*proxies)
        self.more(BURST + 2)
        self.redis.kill()
        for proxy in proxies:
            self.until(lambda proxy=proxy: self.standings(proxy) == {"away"}, "it never goes by its share")
        self.more(4)
        self.redis.start()
        for proxy in proxies:
            self.until(lambda proxy=proxy: self.standings(proxy) == {"connected"}, "it never comes back")
        self.more(4)
        end()
        self.assertEqual([], wrong)
        self.assertWithinLimits()

    def test_stopped_for_a_while_and_flushed(self):
        proxies = [self.limited_instance(name) for name in ("one", "two")]
        end, wrong = self.load(*proxies)
        self.more(BURST + 2)
        self.redis.process.send_signal(signal.SIGSTOP)
        try:
            for proxy in proxies:
                self.until(lambda proxy=proxy: "away" in self.standings(proxy), "it never goes by its share")
            self.more(2)
        finally:
            self.redis.process.send_signal(signal.SIGCONT)
        for proxy in proxies:
            self.until(lambda proxy=proxy: self.standings(proxy) == {"connected"}, "it never comes back")
        self.more(2)
        self.call("FLUSHALL")
        self.more(4)
        end()
        self.assertEqual([], wrong)
        self.assertWithinLimits()

    def test_what_one_has_sent_counts_though_it_comes_back_later_than_the_others(self):
        self.rate = {"quota": [{"limit": 20, "per": "day"}], "max_wait": "1s"}
        one, late = self.limited_instance("one"), self.limited_instance("late")
        for proxy in (one, late):
            self.until(lambda proxy=proxy: proxy.ask(self.limited.url + self.path()).status == 200, "it never begins")
        self.until(lambda: late.ask(self.limited.url + self.path()).status == 429, "it never has sent its part")
        sent = len(self.arrivals)
        self.assertGreater(sent, 10)
        late.process.send_signal(signal.SIGSTOP)
        try:
            self.call("FLUSHALL")
            self.until(lambda: [2] == [self.call("ZCARD", key) for key in self.call("KEYS", "cachearr:m1:*")], "the other one is forgotten")
            for _ in range(3):
                self.assertEqual(429, one.ask(self.limited.url + self.path()).status)
            self.assertEqual(sent, len(self.arrivals))
        finally:
            late.process.send_signal(signal.SIGCONT)
        self.until(lambda: one.ask(self.limited.url + self.path()).status == 200, "it never goes on")
        self.until(lambda: one.ask(self.limited.url + self.path()).status == 429, "the quota is never used up")
        self.assertLessEqual(len(self.arrivals), 20)


if __name__ == "__main__":
    main()
