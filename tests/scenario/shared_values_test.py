"""Values put by hand, and times of keys that are changed by hand, where several instances share a Redis."""
from urllib.parse import quote

from lab.case import local, main
from lab.origin import fresh
from lab.shared import RULES, Sharing

KEY = "user:1:preferences"


class Values(Sharing):
    def key(self, proxy, method, key=KEY, rest="", **more):
        return proxy.admin(method, "/api/v1/keys/" + quote(key, safe="") + rest, **more)

    def put(self, proxy, value, key=KEY, rest=""):
        return self.key(proxy, "PUT", key, rest, body=value.encode(), headers={"Content-Type": "text/plain"})

    def shared_put(self, proxy, value, key=KEY, rest=""):
        """Returns once the others can find it."""
        before = self.status(proxy)["records"]["written"]
        response = self.put(proxy, value, key, rest)
        self.assertEqual("sent", response.data["shared"])
        self.written(proxy, before + 1)
        return response

    def value(self, proxy, key=KEY):
        response = self.key(proxy, "GET", key)
        return response.body.decode() if response.status == 200 else None

    def time_to_live(self, proxy, key=KEY):
        return self.key(proxy, "GET", key, "/ttl").data["ttl"]


class SharedValues(Values):
    def test_what_is_put_on_one_is_found_on_the_other(self):
        one, two = self.instance("one"), self.instance("two")
        self.assertIsNone(self.value(two))
        self.assertEqual(201, self.shared_put(one, "dark").status)
        response = self.key(two, "GET")
        self.assertEqual((200, "dark", "text/plain"), (response.status, response.body.decode(), response.getheader("content-type")))
        self.assertEqual(200, self.key(two, "HEAD").status)
        self.redis.kill()
        self.away(two)
        self.assertEqual("dark", self.value(two), "it was not kept")

    def test_what_exists_elsewhere_exists_and_tells_its_time(self):
        one, two, three = self.instance("one"), self.instance("two"), self.instance("three")
        self.shared_put(one, "dark", rest="?ttl=500")
        self.shared_put(one, "for good", "plain")
        self.assertEqual(200, self.key(two, "HEAD").status)
        self.assertIn(self.time_to_live(three), range(490, 501))
        self.assertEqual(-1, self.time_to_live(three, "plain"))
        self.assertEqual(-2, self.time_to_live(three, "nowhere"))

    def test_what_is_put_over_a_value_is_what_everybody_finds(self):
        one, two, three = self.instance("one"), self.instance("two"), self.instance("three")
        self.shared_put(one, "dark")
        self.assertEqual("dark", self.value(two))
        response = self.shared_put(three, "light")
        self.assertEqual((200, True), (response.status, response.data["replaced"]))
        self.heard(one, two, three)
        for proxy in (one, two, three):
            self.assertEqual("light", self.value(proxy))

    def test_what_is_deleted_on_one_comes_back_nowhere(self):
        one, two, three = self.instance("one"), self.instance("two"), self.instance("three")
        self.shared_put(one, "dark")
        self.assertEqual("dark", self.value(two))
        self.assertEqual(1, self.key(three, "DELETE").data["deleted"], "it is not here, but elsewhere")
        self.heard(one, two, three)
        for proxy in (one, two, three):
            self.assertIsNone(self.value(proxy))
        self.assertEqual(404, self.key(two, "DELETE").status)

    def test_what_is_put_after_a_delete_is_believed(self):
        one, two = self.instance("one"), self.instance("two")
        self.shared_put(one, "dark")
        self.assertEqual("dark", self.value(two))
        self.key(two, "DELETE")
        self.shared_put(two, "light")
        self.heard(one, two)
        for proxy in (one, two):
            self.assertEqual("light", self.value(proxy))

    def test_many_of_one_and_of_the_other_are_got_at_once(self):
        one, two = self.instance("one"), self.instance("two")
        names = ["user:%d:view" % number for number in range(250)]
        self.put(two, "here", "user:here:view")
        for number, name in enumerate(names):
            self.put(one, "value %d" % number, name)
        self.written(one, len(names))
        response = two.admin("POST", "/api/v1/keys/mget", body={"keys": names + ["nowhere", "user:here:view"]})
        values = [each and each["body"] for each in response.data["values"]]
        self.assertEqual(["value %d" % number for number in range(len(names))] + [None, "here"], values)

    def test_many_large_ones_are_all_found_and_hold_up_no_client(self):
        one, two = self.instance("one"), self.instance("two", lookup_timeout="auto")
        names = ["user:large:%d" % number for number in range(30)]
        for name in names:
            self.shared_put(one, name + "x" * 900_000, name)
        values = two.admin("POST", "/api/v1/keys/mget", body={"keys": names}).data["values"]
        self.assertEqual([], [name for name, value in zip(names, values) if value is None])
        self.assertEqual(0, self.status(two)["records"]["timeouts"])

    def test_a_new_time_is_everybodys(self):
        one, two, three = self.instance("one"), self.instance("two"), self.instance("three")
        self.shared_put(one, "dark", rest="?ttl=1h")
        self.assertEqual("dark", self.value(two))
        before = self.status(three)["records"]["written"]
        response = self.key(three, "POST", rest="/expire", body={"ttl": 500})
        self.assertIn(response.data["ttl"], range(490, 501))
        self.written(three, before + 1)
        self.heard(one, two, three)
        for proxy in (one, two, three):
            self.assertIn(self.time_to_live(proxy), range(480, 501))
            self.assertEqual("dark", self.value(proxy))

    def test_a_value_that_is_over_is_over_everywhere(self):
        one, two = self.instance("one"), self.instance("two")
        self.shared_put(one, "dark", rest="?ttl=1h")
        self.assertEqual("dark", self.value(two))
        self.key(one, "POST", rest="/expire", body={"ttl": 0})
        self.heard(one, two)
        self.assertIsNone(self.value(two))

    def test_what_is_too_large_to_be_shared_is_ones_own_and_ends_what_was_there(self):
        one, two = self.instance("one", max_object_bytes="4KiB"), self.instance("two")
        self.shared_put(one, "small")
        self.assertEqual("small", self.value(two))
        self.assertEqual("off", self.put(one, "x" * 8192).data["shared"])
        self.heard(one, two)
        self.assertEqual("x" * 8192, self.value(one))
        self.assertIsNone(self.value(two))

    def test_what_is_put_outlives_a_kill_that_comes_at_once(self):
        one, two = self.instance("one", config={"disk": {"path": "store"}}), self.instance("two")
        self.shared_put(one, "dark")
        self.assertEqual("dark", self.value(two))
        one.process.kill()
        self.end(one)
        one.start()
        self.ready(one)
        self.heard(one, two)
        self.assertEqual((1, 0), tuple(self.status(two)["invalidations"][name] for name in ("received", "gaps")))
        self.assertEqual(["dark", "dark"], [self.value(one), self.value(two)])

    def test_nobody_reads_them_in_the_redis(self):
        one = self.instance("one")
        self.shared_put(one, "very secret value", "user:very-secret:view")
        (name,) = self.call("KEYS", "cachearr:r1:*")
        self.assertNotIn(b"very", name + self.call("GET", name))
        self.assertNotIn(b"very", repr(self.call("XRANGE", "cachearr:i1:{news}", "-", "+")).encode())

    def test_with_answers_unshared_they_are_each_ones_own(self):
        one, two = self.instance("one", records=False), self.instance("two", records=False)
        self.assertEqual("off", self.put(one, "dark").data["shared"])
        self.put(two, "light")
        self.heard(one, two)
        self.assertEqual(["dark", "light"], [self.value(one), self.value(two)])

    def test_when_something_was_last_fetched_is_each_ones_own(self):
        rules = [dict(RULES[0], last_fetch="lastSync:all")]
        upstream = dict(rules=rules, shared=True)
        one, two = (self.instance(name, rules=local(self.origin, **upstream)) for name in ("one", "two"))
        path = self.path()
        self.origin.on(path, fresh("answer"))
        self.ask(path, proxy=one)
        self.written(one, 1)
        self.assertIsNotNone(self.value(one, "lastSync:all"))
        self.key(one, "POST", "lastSync:all", "/expire", body={"ttl": 500})
        self.heard(one, two)
        self.assertIsNone(self.value(two, "lastSync:all"))


class WhileItIsAway(Values):
    def test_what_is_put_is_here_at_once_and_elsewhere_later(self):
        one, two = self.instance("one"), self.instance("two")
        self.shared_put(one, "dark")
        self.assertEqual("dark", self.value(two))
        self.redis.kill()
        self.away(one)
        self.away(two)
        self.assertEqual("queued", self.put(one, "light").data["shared"])
        self.assertEqual(["light", "dark"], [self.value(one), self.value(two)])
        self.redis.start()
        self.ready(one)
        self.ready(two)
        self.heard(one, two)
        self.until(lambda: self.value(two) == "light", "it was never shared")
        self.assertEqual("light", self.value(one))

    def test_of_two_that_are_put_meanwhile_one_is_everybodys(self):
        one, two = self.instance("one"), self.instance("two")
        self.redis.kill()
        self.away(one)
        self.away(two)
        self.put(one, "of one")
        self.put(two, "of two")
        self.redis.start()
        self.ready(one)
        self.ready(two)
        self.heard(one, two)
        self.until(lambda: self.value(one) and self.value(one) == self.value(two), "they do not agree")

    def test_what_is_put_and_deleted_meanwhile_is_nowhere(self):
        one, two = self.instance("one"), self.instance("two")
        self.redis.kill()
        self.away(one)
        self.put(one, "dark")
        self.key(one, "DELETE")
        self.redis.start()
        self.ready(one)
        self.ready(two)
        self.heard(one, two)
        self.assertEqual([None, None], [self.value(one), self.value(two)])
        self.assertEqual([], self.call("KEYS", "cachearr:r1:*"))


class TimesOfAnswers(Values):
    def rules(self, **more):
        return local(self.origin, rules=[dict(RULES[0], key="answer:{number}", match={"path": "/item/{number}"})], **more)

    def pair(self, **more):
        return [self.instance(name, rules=self.rules(**more)) for name in ("one", "two")]

    def test_a_new_time_of_a_shared_answer_is_everybodys(self):
        one, two = self.pair(shared=True)
        path = self.path()
        key = "answer:" + path.split("/")[-1]
        self.origin.on(path, fresh("answer"))
        self.ask(path, proxy=one)
        self.written(one, 1)
        self.assertHit(self.ask(path, proxy=two))
        self.key(one, "POST", key, "/expire", body={"ttl": 500})
        self.written(one, 2)
        self.heard(one, two)
        response = self.ask(path, proxy=two)
        self.assertHit(response)
        self.assertIn(int(response.cache["ttl"]), range(480, 501))
        self.assertEqual(1, self.asked(path))

    def test_a_new_time_brings_back_no_older_answer(self):
        one, two = self.pair(shared=True)
        path = self.path()
        key = "answer:" + path.split("/")[-1]
        self.origin.on(path, fresh("old"))
        self.ask(path, proxy=one)
        self.written(one, 1)
        self.origin.on(path, fresh("new"))
        self.assertAnswered(self.ask(path, proxy=two, headers={"Cache-Control": "no-cache"}), "new")
        self.written(two, 1)
        self.key(one, "POST", key, "/expire", body={"ttl": 500})
        self.written(one, 2)
        self.heard(one, two)
        for proxy in (one, two):
            self.assertAnswered(self.ask(path, proxy=proxy), "new")
        self.assertEqual(2, self.asked(path))

    def test_that_of_an_upstream_of_ones_own_stays_here(self):
        one, two = self.pair()
        path = self.path()
        key = "answer:" + path.split("/")[-1]
        self.origin.on(path, fresh("answer"))
        for proxy in (one, two):
            self.ask(path, proxy=proxy)
        self.key(one, "POST", key, "/expire", body={"ttl": 500})
        self.heard(one, two)
        self.assertIn(self.time_to_live(one, key), range(490, 501))
        self.assertGreater(self.time_to_live(two, key), 3000)


if __name__ == "__main__":
    main()
