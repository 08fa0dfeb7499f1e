"""Several instances that share one Redis: answers, and invalidations that reach everybody."""
import json
import os
import threading
import time

from lab.case import local, main
from lab.origin import answer, fresh
from lab.proxy import run_program
from lab.shared import RULES, SECRET, Sharing, secret_file


class Answers(Sharing):
    def test_what_one_has_fetched_the_other_finds(self):
        one, two = self.instance("one"), self.instance("two")
        path = self.path()
        self.origin.on(path, fresh("shared body"))
        self.assertMiss(self.ask(path, proxy=one))
        self.written(one, 1)
        response = self.ask(path, proxy=two)
        self.assertAnswered(response, "shared body")
        self.assertHit(response)
        self.assertEqual("shared", response.cache["detail"])
        self.assertEqual(1, self.asked(path))
        again = self.ask(path, proxy=two)
        self.assertHit(again)
        self.assertNotIn("detail", again.cache)
        self.until(lambda: self.status(two)["records"]["hits"] == 1)

    def test_a_head_a_range_and_a_condition_find_what_the_other_has(self):
        one, two = self.instance("one"), self.instance("two")
        for asks, status, body in (({"method": "HEAD"}, 200, ""), ({"headers": {"Range": "bytes=0-5"}}, 206, "shared"),
                                   ({"headers": {"If-None-Match": '"v1"'}}, 304, "")):
            with self.subTest(asks):
                path = self.path()
                self.origin.on(path, fresh("shared body", headers={"ETag": '"v1"'}))
                before = self.status(one)["records"]["written"]
                self.ask(path, proxy=one)
                self.written(one, before + 1)
                response = self.ask(path, proxy=two, **asks)
                self.assertEqual((status, body), (response.status, response.body.decode()))
                self.assertHit(response)
                self.assertEqual("shared", response.cache["detail"])
                self.assertEqual(1, self.asked(path))

    def test_a_head_that_finds_nothing_holds_nobody_up(self):
        one, two = self.instance("one"), self.instance("two")
        path = self.path()
        self.origin.on(path, fresh("body", headers={"Vary": "Accept-Language"}))
        self.assertMiss(self.ask(path, method="HEAD", headers={"Accept-Language": "de"}, proxy=one))
        self.assertAnswered(self.ask(path, headers={"Accept-Language": "de"}, proxy=two), "body")
        self.until(lambda: self.status(two)["records"]["written"] >= 2)
        self.assertEqual(0, self.status(two)["records"]["waits"])
        response = self.ask(path, method="HEAD", headers={"Accept-Language": "de"}, proxy=one)
        self.assertHit(response)
        response = self.ask(path, method="HEAD", headers={"Accept-Language": "fr"}, proxy=one)
        self.assertMiss(response)

    def test_variants_are_kept_apart(self):
        one, two = self.instance("one"), self.instance("two")
        path = self.path()
        self.origin.on(path, lambda _wire, request: fresh("in " + request["accept-language"], headers={"Vary": "Accept-Language"}))
        for language in ("de", "fr"):
            self.ask(path, headers={"Accept-Language": language}, proxy=one)
        self.until(lambda: self.status(one)["records"]["written"] >= 3)
        for language in ("fr", "de"):
            response = self.ask(path, headers={"Accept-Language": language}, proxy=two)
            self.assertAnswered(response, "in " + language)
            self.assertHit(response)
        self.assertEqual(2, self.asked(path))

    def test_credentials_are_kept_apart(self):
        one, two = self.instance("one"), self.instance("two")
        path = self.path()
        self.origin.on(path, lambda _wire, request: fresh("for " + request["x-api-key"]))
        self.ask(path, headers={"X-Api-Key": "first-secret-key"}, proxy=one)
        self.written(one, 1)
        response = self.ask(path, headers={"X-Api-Key": "other-secret-key"}, proxy=two)
        self.assertAnswered(response, "for other-secret-key")
        self.assertMiss(response)
        response = self.ask(path, headers={"X-Api-Key": "first-secret-key"}, proxy=two)
        self.assertAnswered(response, "for first-secret-key")
        self.assertHit(response)

    def test_an_upstream_in_a_private_network_is_each_ones_own(self):
        rules = local(self.origin, rules=RULES)
        one, two = self.instance("one", rules=rules), self.instance("two", rules=rules)
        path = self.path()
        self.origin.on(path, fresh("mine"))
        for proxy in (one, two):
            self.assertMiss(self.ask(path, proxy=proxy))
        self.assertEqual(2, self.asked(path))
        self.assertEqual(0, self.call("EXISTS", *self.call("KEYS", "cachearr:r1:*") or ["none"]))

    def test_what_the_origin_calls_private_stays_where_a_rule_has_stored_it(self):
        one, two = self.instance("one"), self.instance("two")
        private, other = self.path(), self.path()
        self.origin.on(private, answer("mine", 200, {"Cache-Control": "private, max-age=60"}))
        self.origin.on(other, fresh("everybody's"))
        for path in (private, other):
            self.ask(path, proxy=one)
            self.assertHit(self.ask(path, proxy=one))
        self.written(one, 1)
        self.assertHit(self.ask(other, proxy=two))
        self.assertMiss(self.ask(private, proxy=two))

    def test_who_wants_it_new_gets_it_new(self):
        one, two = self.instance("one"), self.instance("two")
        path = self.path()
        self.origin.on(path, fresh("body"))
        self.ask(path, proxy=one)
        self.written(one, 1)
        self.assertMiss(self.ask(path, headers={"Cache-Control": "no-cache"}, proxy=two))
        self.assertEqual(2, self.asked(path))

    def test_who_wants_what_is_stored_alone_gets_what_another_has(self):
        one, two = self.instance("one"), self.instance("two")
        only = {"Cache-Control": "only-if-cached"}
        for method in ("GET", "HEAD"):
            path = self.path()
            self.origin.on(path, fresh("body"))
            self.assertProblem(self.ask(path, headers=only, proxy=two), 504)
            before = self.status(one)["records"]["written"]
            self.ask(path, proxy=one)
            self.written(one, before + 1)
            response = self.ask(path, method, headers=only, proxy=two)
            self.assertAnswered(response, "body" if method == "GET" else "")
            self.assertHit(response)
            self.assertEqual("shared", response.cache["detail"])
            self.assertEqual(1, self.asked(path))

    def test_who_wants_what_is_stored_alone_gets_what_is_newer_elsewhere(self):
        rules = local(self.origin, rules=[dict(RULES[0], ttl="1s")], shared=True)
        two = self.instance("two", rules=rules, min_ttl="1s")
        one = self.instance("one")
        path = self.path()
        self.origin.on(path, fresh("old"))
        self.ask(path, proxy=two)
        self.written(two, 1)
        self.origin.on(path, fresh("new"))
        self.until(lambda: self.ask(path, headers={"Cache-Control": "only-if-cached"}, proxy=two).status == 504, "it stays fresh")
        before = self.status(one)["records"]["written"]
        self.ask(path, headers={"Cache-Control": "no-cache"}, proxy=one)
        self.written(one, before + 1)
        response = self.ask(path, headers={"Cache-Control": "only-if-cached"}, proxy=two)
        self.assertAnswered(response, "new")
        self.assertEqual(2, self.asked(path))

    def test_who_is_offline_gets_what_another_has(self):
        one = self.instance("one")
        two = self.instance("two", rules=local(self.origin, rules=RULES, shared=True, mode="offline"))
        path = self.path()
        self.origin.on(path, fresh("body"))
        self.assertProblem(self.ask(path, proxy=two), 504)
        self.ask(path, proxy=one)
        self.written(one, 1)
        response = self.ask(path, proxy=two)
        self.assertAnswered(response, "body")
        self.assertEqual("shared", response.cache["detail"])
        self.assertEqual(1, self.asked(path))

    def test_nothing_there_can_be_read_by_others(self):
        one = self.instance("one")
        path = self.path("/very-secret-path")
        self.origin.on(path, fresh("very secret body"))
        self.ask(path + "?apikey=0123456789abcdef0123456789abcdef", proxy=one)
        self.ask(path, proxy=one)
        self.written(one, 1)
        one.admin("POST", "/api/v1/purge", body={"pattern": "*very-secret*"})
        self.heard(one)
        everything = b""
        for key in self.call("KEYS", "*"):
            kind = self.call("TYPE", key)
            read = {"string": ("GET", key), "hash": ("HGETALL", key), "zset": ("ZRANGE", key, 0, -1), "stream": ("XRANGE", key, "-", "+")}[kind]
            everything += key + repr(self.call(*read)).encode()
        for secret in (b"very-secret", b"secret body", b"0123456789abcdef0123456789abcdef", b"127.0.0.1:%d" % self.origin.port):
            self.assertNotIn(secret, everything)

    def test_what_others_put_there_is_not_believed(self):
        one, two = self.instance("one"), self.instance("two")
        garbage = {"/garbage": b"no record at all", "/empty": b"", "/long": b"CAR1" + b"\xff" * 5000}
        for path in garbage:
            self.origin.on(path, fresh("right"))
            self.ask(path, proxy=one)
        self.origin.on("/swapped", fresh("right"))
        self.ask("/swapped", proxy=one)
        self.written(one, 4)
        keys = self.call("KEYS", "cachearr:r1:*")
        records = [self.call("GET", key) for key in keys]
        for number, key in enumerate(keys):
            wrong = [records[(number + 1) % 4], b"no record", b"CAR1" + b"\xff" * 5000, records[number][:-1] + b"x"][number]
            self.call("SET", key, wrong)
        for path in ["/swapped", *garbage]:
            response = self.ask(path, proxy=two)
            self.assertAnswered(response, "right")
            self.assertMiss(response)
        self.until(lambda: sum(self.status(two)["records"]["rejected"].values()) == 4)

    def test_a_list_where_a_record_should_be_is_a_miss(self):
        one, two = self.instance("one"), self.instance("two")
        path = self.path()
        self.origin.on(path, fresh("right"))
        self.ask(path, proxy=one)
        self.written(one, 1)
        key = self.call("KEYS", "cachearr:r1:*")[0]
        self.call("DEL", key)
        self.call("RPUSH", key, "a")
        self.assertMiss(self.ask(path, proxy=two))
        self.ready(two)


class OneFetch(Sharing):
    def test_one_cold_key_is_fetched_once_for_all(self):
        instances = [self.instance("i%d" % number) for number in range(3)]
        path, gate, answers = self.path(), threading.Event(), []
        self.origin.on(path, gate, *fresh("once"))

        def ask(proxy):
            answers.append(self.ask(path, proxy=proxy))

        askers = [threading.Thread(target=ask, args=(proxy,)) for proxy in instances for _ in range(4)]
        for asker in askers:
            asker.start()
        self.until(lambda: sum(self.status(proxy)["records"]["waits"] for proxy in instances) == 2)
        gate.set()
        for asker in askers:
            asker.join()
        self.assertEqual([b"once"] * 12, [each.body for each in answers])
        self.assertEqual(1, self.asked(path))

    def ask_at_once(self, instances, path, replies):
        """All of them ask for it in the same moment: one at the origin, the others wait for it."""
        gate, before = threading.Event(), self.asked(path)
        self.addCleanup(gate.set)
        self.origin.on(path, gate, *replies)
        askers = [threading.Thread(target=self.ask, args=(path,), kwargs={"proxy": proxy}) for proxy in instances]
        waits = [self.status(proxy)["records"]["waits"] for proxy in instances]
        for asker in askers:
            asker.start()
        self.until(lambda: sum(self.status(proxy)["records"]["waits"] for proxy in instances) == sum(waits) + len(instances) - 1,
                   "they do not wait for each other")
        self.until(lambda: self.asked(path) > before, "nobody asks")
        gate.set()
        for asker in askers:
            asker.join()

    def stale_everywhere(self, count, stale):
        """Instances that all have the same answer, too old to be served without a question."""
        rules = local(self.origin, rules=[dict(RULES[0], ttl="2s", stale=stale)], shared=True)
        instances = [self.instance("i%d" % number, rules=rules, min_ttl="1s") for number in range(count)]
        path = self.path()
        self.origin.on(path, fresh("old", seconds=2))
        for proxy in instances:
            self.ask(path, proxy=proxy)
        time.sleep(2.1)
        return instances, path

    def test_a_fetch_that_takes_longer_than_a_look_up_may_is_waited_for(self):
        instances = [self.instance("i%d" % number, lookup_timeout="1s") for number in range(3)]
        path, gate = self.path(), threading.Event()
        self.addCleanup(gate.set)
        self.origin.on(path, gate, *fresh("once"))
        askers = [threading.Thread(target=self.ask, args=(path,), kwargs={"proxy": proxy}) for proxy in instances]
        for asker in askers:
            asker.start()
        self.until(lambda: sum(self.status(proxy)["records"]["waits"] for proxy in instances) == 2, "they do not wait for each other")
        time.sleep(1.5)  # longer than a look-up may take, and shorter than the longest wait for another's fetch
        gate.set()
        for asker in askers:
            asker.join()
        self.assertEqual(1, self.asked(path))
        self.assertEqual([0] * 3, [self.status(proxy)["records"]["timeouts"] for proxy in instances])

    def test_what_is_stale_everywhere_is_fetched_once_for_all(self):
        instances, path = self.stale_everywhere(3, {"if_error": "1d"})
        before = self.asked(path)
        self.ask_at_once(instances, path, fresh("new", seconds=60))
        self.assertEqual(before + 1, self.asked(path))

    def test_what_is_refreshed_behind_a_stale_answer_is_fetched_once_for_all(self):
        instances, path = self.stale_everywhere(3, {"while_revalidate": "1d"})
        before = self.asked(path)
        self.ask_at_once(instances, path, fresh("new", seconds=60))
        self.until(lambda: sum(self.status(proxy)["records"]["hits"] for proxy in instances) == 4, "the others never find it")
        self.assertEqual(before + 1, self.asked(path))

    def test_what_was_shared_and_is_not_any_more_is_fetched_by_each_at_once(self):
        instances, path = self.stale_everywhere(2, {"if_error": "1d"})
        before = self.asked(path)
        self.ask_at_once(instances, path, answer("never", headers={"Cache-Control": "no-store"}))
        self.assertEqual(before + 2, self.asked(path))

    def test_what_cannot_be_shared_is_fetched_by_each(self):
        one, two = self.instance("one"), self.instance("two")
        path, gate, answers = self.path(), threading.Event(), []
        self.origin.on(path, gate, *answer("never", headers={"Cache-Control": "no-store"}))
        askers = [threading.Thread(target=lambda proxy=proxy: answers.append(self.ask(path, proxy=proxy))) for proxy in (one, two)]
        for asker in askers:
            asker.start()
        self.until(lambda: self.status(one)["records"]["waits"] + self.status(two)["records"]["waits"] == 1)
        gate.set()
        for asker in askers:
            asker.join()
        self.assertEqual([b"never"] * 2, [each.body for each in answers])
        self.assertEqual(2, self.asked(path))

    def test_who_is_killed_while_it_fetches_holds_up_nobody_for_good(self):
        one, two = self.instance("one"), self.instance("two")
        path, gate, answers = self.path(), threading.Event(), []
        self.addCleanup(gate.set)
        self.origin.sequence(path, [gate, *fresh("late")], fresh("right"))
        first = one.connect()
        first.send(b"GET %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (self.url(path).encode(), self.origin.authority.encode()))
        self.until(lambda: self.asked(path) == 1)
        asker = threading.Thread(target=lambda: answers.append(self.ask(path, proxy=two)))
        asker.start()
        self.until(lambda: self.status(two)["records"]["waits"] == 1)
        one.process.kill()
        asker.join()
        self.assertEqual(b"right", answers[0].body)
        first.close()
        self.end(one)
        one.start()


class Invalidations(Sharing):
    def fill(self, path, *proxies):
        self.origin.on(path, fresh("old"))
        for proxy in proxies:
            self.ask(path, proxy=proxy)
        self.written(proxies[0], 1)
        self.origin.on(path, fresh("new"))

    def test_a_purge_reaches_everybody(self):
        one, two = self.instance("one"), self.instance("two")
        for purge in ({"pattern": "*"}, {"tag": "series"}, {"upstream": "local"}, {"all": True}, {"all": True, "soft": True}):
            with self.subTest(purge):
                path = self.path()
                self.fill(path, one, two)
                response = one.admin("POST", "/api/v1/purge", body=purge)
                self.assertEqual("sent", response.data["shared"])
                self.heard(one, two)
                self.assertAnswered(self.ask(path, proxy=two), "new")

    def test_a_purge_of_many_keys_reaches_everybody_at_once(self):
        one, two = self.instance("one"), self.instance("two")
        paths = [self.path() for _ in range(40)]
        for path in paths:
            self.fill(path, one, two)
        keys = [key["key"] for key in one.admin("GET", "/api/v1/keys?limit=100").data["keys"]]
        response = one.admin("POST", "/api/v1/purge", body={"keys": keys})
        self.assertEqual((len(keys), "sent"), (response.data["purged"], response.data["shared"]))
        self.heard(one, two)
        for path in paths:
            self.assertAnswered(self.ask(path, proxy=two), "new")

    def test_a_purged_record_is_found_by_nobody(self):
        one, two = self.instance("one"), self.instance("two")
        path = self.path()
        self.fill(path, one)
        one.admin("POST", "/api/v1/purge", body={"pattern": "*"})
        self.heard(one, two)
        response = self.ask(path, proxy=two)
        self.assertAnswered(response, "new")
        self.assertMiss(response)
        self.written(two, 1)
        self.assertEqual("shared", self.ask(path, proxy=one).cache.get("detail"))

    def test_a_write_reaches_everybody(self):
        one, two = self.instance("one"), self.instance("two")
        path = self.path()
        self.fill(path, one, two)
        self.ask(path, "PUT", body=b"x", proxy=one)
        self.heard(one, two)
        self.assertAnswered(self.ask(path, proxy=two), "new")

    def test_what_happens_at_an_upstream_of_ones_own_holds_against_what_was_shared(self):
        for asks in ("PUT", "webhook"):
            with self.subTest(asks):
                path = self.path()
                rules = local(self.origin, rules=[dict(RULES[0], match={"path": path}, tags=["series", "tvdb:121361"])], shared=True)
                rules["upstreams"]["own"] = {"origin": self.origin.url, "mount": "/own", "shared": False, "like": "sonarr"}
                rules["rules"].append({"name": "touch", "upstream": "own", "match": {"path": "/touch", "method": ["PUT"]}, "invalidate": ["tag:series"]})
                one = self.instance("one", rules=rules)
                self.fill(path, one)
                self.origin.on("/touch", answer("done"))
                if asks == "PUT":
                    self.assertEqual(200, one.visit("/own/touch", "PUT", body=b"x").status)
                else:
                    told = one.admin("POST", "/api/v1/webhook/own", body={"eventType": "Grab", "series": {"id": 1, "tvdbId": 121361}})
                    self.assertEqual(200, told.status)
                self.assertAnswered(self.ask(path, proxy=one), "new")
                self.end(one)

    def test_a_local_purge_stays_here(self):
        one, two = self.instance("one"), self.instance("two")
        path = self.path()
        self.fill(path, one, two)
        response = one.admin("POST", "/api/v1/purge", body={"pattern": "*", "local": True})
        self.assertEqual("off", response.data["shared"])
        self.assertAnswered(self.ask(path, proxy=one), "new")
        self.assertAnswered(self.ask(path, proxy=two), "old")
        self.assertEqual(0, self.status(one)["invalidations"]["sent"])

    def test_a_local_purge_holds_over_a_restart(self):
        one = self.instance("one", config={"disk": {"path": "store"}})
        path = self.path()
        self.fill(path, one)
        one.admin("POST", "/api/v1/purge", body={"pattern": "*", "local": True})
        self.end(one)
        one.start()
        self.ready(one)
        self.assertAnswered(self.ask(path, proxy=one), "new")

    def test_instances_of_one_name_hear_each_other(self):
        one, two = self.instance("twin"), self.instance("twin")
        path = self.path()
        self.fill(path, one, two)
        one.admin("POST", "/api/v1/purge", body={"pattern": "*"})
        self.heard(one, two)
        self.assertAnswered(self.ask(path, proxy=two), "new")

    def test_a_lost_counter_ends_the_stream_with_it(self):
        one, two = self.instance("one"), self.instance("two")
        path = self.path()
        self.fill(path, one, two)
        for _ in range(3):
            one.admin("POST", "/api/v1/purge", body={"keys": ["none"]})
        self.heard(one, two)
        self.call("DEL", "cachearr:n1:{news}")
        for proxy in (one, two):
            self.until(lambda: self.status(proxy)["invalidations"]["gaps"] == 1, "nobody noticed")
            self.ready(proxy)
        self.assertEqual(0, self.call("EXISTS", "cachearr:i1:{news}"))
        self.ask(path, proxy=two)
        one.admin("POST", "/api/v1/purge", body={"pattern": "*"})
        self.heard(one, two)
        self.assertEqual(4, self.status(two)["invalidations"]["received"])
        self.assertEqual(1, self.status(two)["invalidations"]["gaps"])

    def test_ordinals_that_come_twice_are_a_gap(self):
        one, two = self.instance("one"), self.instance("two")
        path = self.path()
        self.fill(path, one, two)
        for _ in range(3):
            one.admin("POST", "/api/v1/purge", body={"keys": ["none"]})
        self.heard(one, two)
        epoch = self.call("HGET", "cachearr:n1:{news}", "epoch")
        self.call("XADD", "cachearr:i1:{news}", "*", "n", "2", "in", epoch, "by", "x", "e", "x")
        for proxy in (one, two):
            self.until(lambda: self.status(proxy)["invalidations"]["gaps"] == 1, "nobody noticed")
            self.ready(proxy)
        self.assertNotEqual(epoch, self.call("HGET", "cachearr:n1:{news}", "epoch"))
        self.assertAnswered(self.ask(path, proxy=two), "new")
        self.heard(one, two)

    def test_entries_of_another_epoch_are_not_ours(self):
        one = self.instance("one")
        path = self.path()
        self.fill(path, one)
        self.call("XADD", "cachearr:i1:{news}", "*", "n", "1", "in", "7", "by", "x", "e", "x")
        one.admin("POST", "/api/v1/purge", body={"keys": ["none"]})
        self.until(lambda: self.status(one)["invalidations"]["sent"] == 1)
        self.heard(one)
        self.ready(one)
        self.assertEqual(0, self.status(one)["invalidations"]["gaps"])
        self.assertAnswered(self.ask(path, proxy=one), "old")

    def test_what_was_purged_while_the_other_was_down_is_gone_when_it_is_back(self):
        one = self.instance("one")
        two = self.instance("two", config={"disk": {"path": "store"}})
        path = self.path()
        self.fill(path, one, two)
        self.end(two)
        one.admin("POST", "/api/v1/purge", body={"pattern": "*"})
        self.heard(one)
        two.start()
        self.ready(two)
        self.assertAnswered(self.ask(path, proxy=two), "new")
        self.assertEqual(0, self.status(two)["invalidations"]["gaps"])

    def test_what_is_purged_without_the_redis_is_sent_later(self):
        one, two = self.instance("one"), self.instance("two")
        path = self.path()
        self.fill(path, one, two)
        self.redis.kill()
        self.away(one)
        response = one.admin("POST", "/api/v1/purge", body={"pattern": "*"})
        self.assertEqual("queued", response.data["shared"])
        self.until(lambda: self.status(one)["invalidations"]["waiting"] == 1)
        self.assertAnswered(self.ask(path, proxy=one), "new")
        self.redis.start()
        self.ready(one)
        self.ready(two)
        self.heard(one, two)
        self.assertAnswered(self.ask(path, proxy=two), "new")

    def test_what_is_queued_outlives_a_kill(self):
        one, two = self.instance("one", config={"disk": {"path": "store"}}), self.instance("two")
        path = self.path()
        self.fill(path, one, two)
        self.call("SAVE")
        self.redis.kill()
        self.away(one)
        self.assertEqual("queued", one.admin("POST", "/api/v1/purge", body={"all": True}).data["shared"])
        one.process.kill()
        self.end(one)
        self.redis.start()
        one.start()
        self.ready(one)
        self.ready(two)
        self.heard(one, two)
        self.assertEqual((1, 0), tuple(self.status(two)["invalidations"][name] for name in ("received", "gaps")))
        self.assertAnswered(self.ask(path, proxy=two), "new")

    def test_lost_invalidations_make_everything_older_stale(self):
        one, two = self.instance("one"), self.instance("two")
        path = self.path()
        self.fill(path, one, two)
        self.call("FLUSHALL")
        self.until(lambda: self.status(two)["invalidations"]["gaps"] == 1, "nobody noticed")
        self.ready(two)
        self.assertAnswered(self.ask(path, proxy=two), "new")
        self.assertIn("lost", two.admin("GET", "/api/v1/health").body.decode())

    def test_a_trimmed_stream_is_a_gap(self):
        one = self.instance("one")
        two = self.instance("two", config={"disk": {"path": "store"}})
        path = self.path()
        self.fill(path, one, two)
        one.admin("POST", "/api/v1/purge", body={"keys": ["none"]})
        self.heard(one, two)
        self.end(two)
        for _ in range(3):
            one.admin("POST", "/api/v1/purge", body={"keys": ["another"]})
        self.heard(one)
        self.call("XTRIM", "cachearr:i1:{news}", "MAXLEN", 1)
        two.start()
        self.ready(two)
        self.assertEqual(1, self.status(two)["invalidations"]["gaps"])
        self.assertAnswered(self.ask(path, proxy=two), "new")

    def test_many_purges_at_once_all_arrive(self):
        one, two = self.instance("one"), self.instance("two")
        keys = ["key-%d" % number for number in range(1000)]
        one.admin("POST", "/api/v1/purge", body={"keys": keys})
        self.heard(one, two)
        self.assertEqual(1000, self.status(two)["invalidations"]["received"])
        self.assertEqual(0, self.status(two)["invalidations"]["gaps"])


class Operators(Sharing):
    def test_the_status_tells_who_is_there(self):
        one, two = self.instance("one"), self.instance("two")
        self.until(lambda: {member["name"] for member in self.status(one)["members"]} == {"one", "two"})
        told = {member["name"]: member for member in self.status(one)["members"]}
        self.assertTrue(told["one"]["self"])
        self.assertEqual("127.0.0.1:%d" % two.port, self.until(
            lambda: {m["name"]: m for m in self.status(one)["members"]}["two"]["address"]))
        self.assertEqual(1, one.metric("cachearr_shared_up"))
        self.assertEqual("ready", one.admin("GET", "/health/cache", key=None).data["data"]["details"]["shared"])
        result = one.command("shared", "status")
        self.assertEqual(0, result.returncode, result)
        self.assertIn("ready", result.stdout)
        self.assertIn("two", one.command("shared", "members").stdout)
        self.assertEqual("one", json.loads(one.command("shared", "status", "--json").stdout)["instance"])

    def test_who_ends_is_missed_by_nobody(self):
        one, two = self.instance("one"), self.instance("two")
        self.until(lambda: len(self.status(one)["members"]) == 2)
        self.end(two)
        self.until(lambda: len(self.status(one)["members"]) == 1)
        two.start()

    def test_without_a_secret_nothing_is_shared_and_health_says_so(self):
        proxy = self.start(None, {"shared": {"redis_url": self.redis.url}})
        self.assertEqual("off", self.status(proxy)["state"])
        health = proxy.admin("GET", "/api/v1/health").body.decode()
        self.assertIn("secret_file", health)
        self.assertEqual("degraded", proxy.admin("GET", "/health/cache", key=None).data["data"]["status"])

    def test_another_secret_shares_nothing_and_says_so(self):
        one = self.instance("one")
        self.secret = secret_file(self, "f" * 64)
        two = self.instance("two", ready=False)
        self.until(lambda: "another secret" in (self.status(two)["problem"] or ""))
        path = self.path()
        self.origin.on(path, fresh("body"))
        self.ask(path, proxy=one)
        self.written(one, 1)
        self.assertMiss(self.ask(path, proxy=two))
        self.assertIn("another secret", two.admin("GET", "/api/v1/health").body.decode())

    def test_a_secret_is_made_shown_and_taken_over(self):
        folder = os.path.dirname(self.secret)
        first, second = os.path.join(folder, "made-%d" % os.getpid()), os.path.join(folder, "taken-%d" % os.getpid())
        for name in (first, second):
            self.addCleanup(lambda file=name: os.path.exists(file) and os.unlink(file))
        proxy = self.start(None, {"shared": {"secret_file": first}})
        self.assertEqual(0, proxy.command("shared", "secret", "make").returncode)
        self.assertEqual(0o600, os.stat(first).st_mode & 0o777)
        self.assertEqual(1, proxy.command("shared", "secret", "make").returncode, "the old one is gone")
        shown = proxy.command("shared", "secret", "show").stdout.strip()
        self.assertRegex(shown, "^[0-9a-f]{64}$")
        other = self.start(None, {"shared": {"secret_file": second}})
        self.assertEqual(0, other.command("shared", "secret", "import", first).returncode)
        self.assertEqual(shown, other.command("shared", "secret", "show").stdout.strip())
        self.assertEqual(1, other.command("shared", "secret", "import", "/nonexistent").returncode)

    def test_a_secret_that_is_missing_is_told_by_check_and_keeps_it_from_starting(self):
        proxy = self.start()
        for content, told in ((None, "cannot be read"), ("short", "fewer than 32 bytes")):
            with self.subTest(told):
                name = self.secret + ".none"
                if content:
                    name = secret_file(self, content)
                environment = {"REDIS_URL": self.redis.url, "CACHEARR__SHARED__SECRET_FILE": name}
                for command in ("check", "serve"):
                    answer = run_program(command, "--config", proxy.config_file, environment=environment)
                    self.assertEqual(78, answer.returncode, answer.stdout + answer.stderr)
                    self.assertIn(told, answer.stdout + answer.stderr)

    def test_who_has_no_name_and_no_disk_is_itself_again_after_a_crash(self):
        one = self.instance(None)
        name = self.status(one)["instance"]
        one.process.kill()
        self.end(one)
        one.start()
        self.assertEqual(name, self.status(one)["instance"])

    def test_no_secret_is_told(self):
        one = self.instance("one")
        for path in ("/api/v1/shared", "/metrics", "/health/cache", "/api/v1/health"):
            self.assertNotIn(SECRET, one.admin("GET", path).body.decode())
        self.assertNotIn(SECRET, one.log.text)


if __name__ == "__main__":
    main()
