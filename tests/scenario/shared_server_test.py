"""What becomes of instances whose Redis answers, but not what was asked: it loads, hangs in a script, cannot save, lacks rights."""
import os
import re
import threading

from lab.case import main
from lab.origin import fresh
from lab.redis_server import RedisError
from lab.shared import Sharing
from lab.shared_limits import BURST, Limits


class CannotSave(Sharing):
    """Their Redis may lose its disk."""

    redis_options = ("--enable-protected-configs", "yes")

    def cannot_save(self):
        folder = os.path.join(self.redis.folder, "gone")
        os.mkdir(folder)
        self.call("CONFIG", "SET", "dir", folder)
        self.call("CONFIG", "SET", "save", "3600 1")
        os.rmdir(folder)
        self.call("SET", "another", "x")
        self.call("BGSAVE")
        self.until(lambda: b"rdb_last_bgsave_status:err" in self.call("INFO", "persistence"), "it can save")

    def can_write_again(self):
        self.call("CONFIG", "SET", "stop-writes-on-bgsave-error", "no")


class States(CannotSave):
    def problem(self, proxy):
        return self.status(proxy)["problem"] or ""

    def test_one_that_loads_its_data_is_not_there_until_it_has(self):
        one, two = self.instance("one"), self.instance("two")
        for number in range(200):
            self.call("SET", "another:%d" % number, "x" * 100)
        self.call("SAVE")
        self.redis.kill()
        self.away(one)
        self.redis.options = ("--key-load-delay", "20000", "--loading-process-events-interval-bytes", "1024")
        starting = threading.Thread(target=self.redis.start)
        starting.start()
        self.until(lambda: "LOADING" in self.problem(one), "it does not say so")
        self.answers(one)
        starting.join()
        self.ready(one)
        self.ready(two)
        self.shares(one, two)

    def test_a_script_that_hangs_is_as_slow(self):
        one, two = self.instance("one", lookup_timeout="50ms"), self.instance("two")
        self.call("CONFIG", "SET", "busy-reply-threshold", 100)
        hanging = self.redis.connect()
        self.addCleanup(hanging.close)
        hanging.send("EVAL", "while true do end", 0)
        self.until(lambda: self.is_busy(), "the script does not hang")
        self.answers(one, 20)
        self.until(lambda: self.status(one)["breaker"] == "open" or self.status(one)["state"] != "ready", "it is asked again and again")
        self.call("SCRIPT", "KILL")
        with self.assertRaises(RedisError):
            hanging.read()
        for proxy in (one, two):
            self.until(lambda proxy=proxy: self.status(proxy)["breaker"] == "closed" and self.status(proxy)["state"] == "ready")
        self.shares(one, two)

    def is_busy(self):
        try:
            return self.call("PING") != "PONG"
        except RedisError as error:
            return str(error).startswith("BUSY")

    def test_one_that_cannot_save_is_as_full(self):
        one, two = self.instance("one"), self.instance("two")
        self.cannot_save()
        self.answers(one)
        one.admin("POST", "/api/v1/purge", body={"keys": ["none"]})
        self.until(lambda: "MISCONF" in self.problem(one) or self.status(one)["records"]["dropped"].get("full"), "it does not say so")
        self.can_write_again()
        self.ready(one)
        self.ready(two)
        self.heard(one, two)

    def test_the_command_that_a_right_is_missing_for_is_told(self):
        self.call("ACL", "SETUSER", "poor", "on", ">secret", "~*", "&*", "+@all", "-evalsha", "-eval")
        one = self.instance("one", ready=False, redis_url="redis://poor:secret@127.0.0.1:%d" % self.redis.port)
        self.until(lambda: "evalsha" in self.problem(one), "it does not say so")
        self.assertIn("evalsha", one.admin("GET", "/api/v1/health").body.decode())
        self.answers(one)
        tries = len([line for line in one.log.text.splitlines() if "evalsha" in line])
        self.assertLessEqual(tries, 2, "each try is told")

    def test_a_value_of_half_a_gigabyte_is_skipped(self):
        one, two = self.instance("one"), self.instance("two")
        path = self.path()
        self.origin.on(path, fresh("right"))
        self.ask(path, proxy=one)
        self.written(one, 1)
        key = self.call("KEYS", "cachearr:r1:*")[0]
        self.call("SETRANGE", key, 500 * 1024 * 1024, "x")
        self.answers(two, 3)
        before = two.resident_bytes()
        self.assertMiss(self.ask(path, proxy=two))
        self.until(lambda: self.status(two)["records"]["rejected"].get("size", 0) + self.status(two)["records"]["timeouts"] >= 1)
        self.assertLess(two.resident_bytes() - before, 8 * 1024 * 1024)
        self.ready(two)


class LostScripts(Limits):
    rate = {"quota": [{"limit": 5, "per": "day"}], "max_wait": "3s"}

    def test_a_draw_whose_script_is_lost_is_drawn_once(self):
        one = self.limited_instance("one")
        self.until(lambda: one.ask(self.limited.url + self.path()).status == 200, "it never begins")
        for _ in range(4):
            self.call("SCRIPT", "FLUSH")
            self.assertEqual(200, one.ask(self.limited.url + self.path()).status)
        self.call("SCRIPT", "FLUSH")
        self.assertEqual(429, one.ask(self.limited.url + self.path()).status)
        self.assertEqual(5, len(self.arrivals))


class FullWithLimits(Limits):
    def fill_up(self):
        self.call("CONFIG", "SET", "maxmemory", "1")
        self.assertEqual([b"maxmemory-policy", b"noeviction"], self.call("CONFIG", "GET", "maxmemory-policy"))
        with self.assertRaisesRegex(RedisError, "^OOM"):
            self.call("SET", "another", "x")

    def test_full_it_goes_on_sharing_one_bucket(self):
        one, two = self.limited_instance("one"), self.limited_instance("two")
        end, wrong = self.load(one, two)
        self.more(BURST + 2)
        self.fill_up()
        draws = self.draws(one), self.draws(two)
        self.until(lambda: self.draws(one) > draws[0] + 4 and self.draws(two) > draws[1] + 4, "nobody draws any more")
        self.more(6)
        for proxy in (one, two):
            self.assertEqual({"connected"}, self.standings(proxy))
        self.assertEqual("sent", one.admin("POST", "/api/v1/purge", body={"all": True}).data["shared"])
        self.heard(one, two)
        end()
        self.assertEqual([], wrong)
        self.assertWithinLimits()
        self.assertNotIn("limits are not shared", one.admin("GET", "/api/v1/health").body.decode())

    def test_full_from_the_beginning_it_gives_out_one_quota(self):
        self.rate = {"quota": [{"limit": 10, "per": "day"}], "max_wait": "3s"}
        self.fill_up()
        proxies = [self.limited_instance(name) for name in ("one", "two", "three")]
        self.until(lambda: [429] * 3 == [proxy.ask(self.limited.url + self.path()).status for proxy in proxies]
                   and len(self.arrivals) >= 10, "the quota is never used up")
        self.assertEqual(10, len(self.arrivals))
        for proxy in proxies:
            self.assertEqual({"connected"}, self.standings(proxy))

    def draws(self, proxy):
        return sum(lane["draws"] for lane in self.status(proxy)["limits"])


class CannotSaveWithLimits(CannotSave, Limits):
    def test_one_that_cannot_save_is_named_and_each_goes_by_its_part(self):
        proxies = [self.limited_instance(name) for name in ("one", "two")]
        end, wrong = self.load(*proxies)
        self.more(BURST + 2)
        self.cannot_save()
        for proxy in proxies:
            self.until(lambda proxy=proxy: self.standings(proxy) == {"away"}, "it never goes by its share")
            self.until(lambda proxy=proxy: re.search("limits are not shared.*MISCONF", self.health(proxy)), "it does not say why")
        self.more(4)
        self.can_write_again()
        for proxy in proxies:
            self.until(lambda proxy=proxy: self.standings(proxy) == {"connected"}, "it never comes back")
            self.until(lambda proxy=proxy: "MISCONF" not in self.health(proxy), "it says so for ever")
        self.more(4)
        end()
        self.assertEqual([], wrong)
        self.assertWithinLimits()

    def health(self, proxy):
        return proxy.admin("GET", "/api/v1/health").body.decode()


if __name__ == "__main__":
    main()
