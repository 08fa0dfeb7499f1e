"""What several instances share, seen from outside: explain, metrics, check."""
import json
import threading
import urllib.parse

from lab.case import local, main
from lab.origin import fresh
from lab.proxy import run_program
from lab.shared import RULES, Sharing

NAMES = ("cachearr_shared_up", "cachearr_shared_breaker_open", "cachearr_shared_command_seconds_bucket", "cachearr_shared_timeouts_total",
         "cachearr_shared_gaps_total", "cachearr_shared_lag_seconds", "cachearr_shared_members", "cachearr_shared_memory_ratio",
         "cachearr_limiter_mode")


class Seen(Sharing):
    def explained(self, proxy, path):
        answer = proxy.admin("GET", "/api/v1/explain?url=" + urllib.parse.quote(self.url(path), safe=""))
        self.assertEqual(200, answer.status, answer.body)
        return answer.data["shared"]

    def test_explain_says_whether_an_answer_is_shared_and_what_lies_there(self):
        rules = local(self.origin, rules=RULES, shared=True, rate={"per_second": 50, "burst": 100, "quota": [{"limit": 1000, "per": "day"}]})
        one, two = (self.instance(name, rules=rules) for name in ("one", "two"))
        path = self.path()
        self.origin.on(path, fresh("body"))
        told = self.explained(two, path)
        self.assertEqual((True, "a rule says so"), (told["applies"], told["why"]))
        self.assertFalse(told["record"]["there"])
        self.ask(path, proxy=one)
        self.written(one, 1)
        self.assertTrue(self.explained(two, path)["record"]["there"])
        self.assertRegex(self.explained(two, path)["record"]["freshUntil"], r"^\d{4}-")
        limits = self.until(lambda: self.explained(one, path)["limits"])
        self.assertEqual("connected", limits["mode"])
        self.assertEqual([999], limits["quotasLeft"])
        self.assertEqual("not used yet", self.explained(two, path)["limits"]["mode"])
        one.admin("POST", "/api/v1/purge", body={"pattern": "*"})
        self.heard(one, two)
        self.assertEqual("invalidated", self.explained(two, path)["record"]["notBelieved"])
        self.assertEqual(0, self.status(two)["records"]["hits"] + self.status(two)["records"]["misses"])

    def test_explain_names_who_fetches_it_just_now(self):
        one, two = self.instance("one"), self.instance("two")
        path, gate = self.path(), threading.Event()
        self.addCleanup(gate.set)
        self.origin.on(path, gate, *fresh("late"))
        asker = threading.Thread(target=self.ask, args=(path,), kwargs={"proxy": one})
        asker.start()
        self.origin.wait_for(path)
        self.assertEqual("one", self.explained(two, path)["record"]["fetchedBy"])
        gate.set()
        asker.join()

    def test_explain_says_why_an_answer_is_not_shared(self):
        one = self.instance("one", rules=local(self.origin, rules=RULES))
        told = self.explained(one, self.path())
        self.assertEqual((False, "its address is in a private network"), (told["applies"], told["why"]))
        self.assertIsNone(self.proxy.admin("GET", "/api/v1/explain?url=http%3A%2F%2Fx.test%2F").data["shared"])

    def test_the_metrics_tell_of_the_tier(self):
        rules = local(self.origin, rules=RULES, shared=True, rate={"per_second": 50, "burst": 100})
        one, two = (self.instance(name, rules=rules) for name in ("one", "two"))
        path = self.path()
        self.origin.on(path, fresh("body"))
        self.ask(path, proxy=one)
        self.written(one, 1)
        self.ask(path, proxy=two)
        self.until(lambda: two.metric("cachearr_cache_hits_total", tier="shared") == 1)
        self.until(lambda: two.metric("cachearr_shared_look_ups_total", result="hit") == 1)
        self.until(lambda: one.metric("cachearr_limiter_mode", upstream="local") == 1)
        self.assertEqual(1, two.metric("cachearr_shared_command_seconds_count", command="get"))
        self.assertEqual(0, two.metric("cachearr_shared_breaker_open"))
        text = one.admin("GET", "/metrics").body.decode()
        for name in NAMES:
            self.assertIn("\n" + name, text)
        self.assertIn('cachearr_shared_breaker_open{for="write"}', text)
        self.redis.kill()
        self.until(lambda: one.metric("cachearr_limiter_mode", upstream="local") >= 2)

    def test_check_warns_of_an_open_way_through_a_public_network(self):
        environment = {"CACHEARR__SHARED__SECRET_FILE": self.secret, "HOME": self.proxy.folder}
        for url, warned in (("redis://cache.example.com", True), ("rediss://cache.example.com", False), ("redis://10.0.0.7", False),
                            ("redis://8.8.8.8:6379", True)):
            with self.subTest(url):
                result = run_program("check", "--json", environment=dict(environment, REDIS_URL=url))
                self.assertEqual(0, result.returncode, result)
                self.assertEqual(warned, any("rediss://" in note for note in json.loads(result.stdout)["notes"]))
        del environment["CACHEARR__SHARED__SECRET_FILE"]
        result = run_program("check", environment=dict(environment, REDIS_URL="redis://10.0.0.7"))
        self.assertIn("secret_file", result.stdout)


if __name__ == "__main__":
    main()
