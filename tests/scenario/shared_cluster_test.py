"""Several instances that share one Redis Cluster: all of it holds there, too, while slots move and masters fail."""
import threading

from lab.case import local, main
from lab.origin import fresh
from lab.redis_cluster import RedisCluster, slot_of
from lab.shared import Sharing, secret_file
from lab.shared_limits import BURST, Limits

COUNTER = "cachearr:n1:{news}"


class InCluster(Sharing):
    masters, replicas = 3, 0

    def setUp(self):
        self.use_cluster()

    def use_cluster(self):
        self.redis = self.cluster = RedisCluster(self.masters, self.replicas)
        self.addCleanup(self.cluster.close)
        self.secret = secret_file(self)

    def call(self, *words):
        return self.cluster.call(*words)

    def away(self, proxy):
        self.until(lambda: self.status(proxy)["state"] != "ready", "it stayed ready")

    def answered_under_load(self, *proxies):
        """Asks new paths and old ones without end. The end of it gives what was not answered, or not as it is there."""
        stop, wrong, old = threading.Event(), [], self.path("/old")
        self.origin.on(old, fresh(old))

        def load(proxy):
            while not stop.is_set():
                new = self.path("/new")
                self.origin.on(new, fresh(new))
                for path in (new, old):
                    for asked in (proxy, proxies[0]):
                        response = self.ask(path, proxy=asked)
                        if response.status != 200 or response.body != path.encode():
                            wrong.append((path, response.status, response.body))

        workers = [threading.Thread(target=load, args=(proxy,)) for proxy in proxies]
        for worker in workers:
            worker.start()

        def end():
            stop.set()
            for worker in workers:
                worker.join()
            return wrong
        self.addCleanup(end)
        return end


class Answers(InCluster):
    def test_what_one_has_fetched_the_other_finds_on_whatever_node_it_lies(self):
        one, two = self.instance("one"), self.instance("two")
        self.assertEqual("cluster", self.status(one)["mode"])
        for _ in range(12):
            self.shares(one, two)
        holders = [node for node in self.cluster.masters if node.ask("KEYS", "cachearr:r1:*")]
        self.assertGreater(len(holders), 1, "all lie on one node")

    def test_a_purge_reaches_everybody(self):
        one, two = self.instance("one"), self.instance("two")
        path = self.path()
        self.origin.on(path, fresh("old"))
        for proxy in (one, two):
            self.ask(path, proxy=proxy)
        self.written(one, 1)
        self.origin.on(path, fresh("new"))
        self.assertEqual("sent", one.admin("POST", "/api/v1/purge", body={"pattern": "*"}).data["shared"])
        self.heard(one, two)
        self.assertAnswered(self.ask(path, proxy=two), "new")

    def test_one_node_by_name_is_enough_to_find_the_others(self):
        url = "redis://127.0.0.1:%d" % self.cluster.masters[1].port
        self.shares(self.instance("one", redis_url=url), self.instance("two", redis_url=url))

    def test_another_database_is_refused_in_words(self):
        one = self.instance("one", ready=False, redis_url=self.cluster.url + "/1")
        self.until(lambda: "no other database" in (self.status(one)["problem"] or ""))

    def test_all_nodes_are_swept(self):
        one = self.instance("one")
        for _ in range(12):
            path = self.path()
            self.origin.on(path, fresh("swept"))
            self.ask(path, proxy=one)
        self.written(one, 12)
        self.assertEqual(12, len(self.cluster.all_keys("cachearr:r1:*")))
        self.assertEqual(202, one.admin("POST", "/api/v1/shared/sweep").status)
        self.until(lambda: self.status(one)["sweep"]["lastSeen"] == 12, "it does not see them all")


class Moving(InCluster):
    def test_slots_that_move_under_load_cost_no_answer(self):
        one, two = self.instance("one"), self.instance("two")
        end = self.answered_under_load(one, two)
        self.written(one, 10)
        self.move_news()
        purges = 0
        for slot in [slot_of(COUNTER)] + [slot_of(key) for key in self.cluster.all_keys("cachearr:r1:*")[:20]]:
            source = self.cluster.master_of(slot)
            target = next(node for node in self.cluster.masters if node is not source)
            self.cluster.move(slot, target, lambda: self.requests(20))
            one.admin("POST", "/api/v1/purge", body={"keys": ["none"]})
            purges += 1
        self.assertEqual([], end())
        for proxy in (one, two):
            self.ready(proxy)
        self.heard(one, two)
        self.assertEqual(purges, int(self.call("HGET", COUNTER, "n")))
        for word in ("cmdstat_asking", "errorstat_ASK", "errorstat_MOVED"):
            self.assertIn(word, self.told())
        self.shares(one, two)

    def move_news(self):
        """All of its keys are on the other node before the Cluster says so."""
        source = self.cluster.master_of(slot_of(COUNTER))
        target = next(node for node in self.cluster.masters if node is not source)

        def until_asked_for():
            if not source.ask("CLUSTER", "COUNTKEYSINSLOT", slot_of(COUNTER)):
                self.until(lambda: b"cmdstat_asking" in target.ask("INFO", "commandstats"), "nobody goes there")
        self.cluster.move(slot_of(COUNTER), target, until_asked_for)

    def told(self):
        return "".join(node.ask("INFO", section).decode() for node in self.cluster.masters for section in ("commandstats", "errorstats"))

    def requests(self, count):
        before = len(self.origin.requests)
        self.until(lambda: len(self.origin.requests) >= before + count, "nothing is asked any more")

    def test_while_a_slot_is_on_its_way_its_scripts_wait_or_are_missed(self):
        one, two = self.instance("one"), self.instance("two")
        path = self.path()
        self.origin.on(path, fresh("right"))
        self.ask(path, proxy=one)
        self.written(one, 1)
        key = self.cluster.all_keys("cachearr:r1:*")[0]
        source = self.cluster.master_of(slot_of(key))
        target = next(node for node in self.cluster.masters if node is not source)

        source.ask("CONFIG", "RESETSTAT")
        source.ask("DEL", key)
        source.ask("SET", "{%s}" % key.decode().split("{")[1][:-1], "another of this slot")
        self.cluster.move(slot_of(key), target, lambda: self.assertAnswered(self.ask(path, proxy=two), "right"))
        self.assertIn("errorstat_TRYAGAIN", self.told())
        self.assertEqual("ready", self.status(two)["state"])
        self.shares(one, two)


class FailingOver(InCluster):
    replicas = 1

    def test_a_replica_takes_over_and_all_goes_on(self):
        one, two = self.instance("one"), self.instance("two")
        self.shares(one, two)
        end = self.answered_under_load(one, two)
        self.written(one, 5)
        lost = self.cluster.master_of(slot_of(COUNTER))
        lost.kill()
        self.away(one)
        self.cluster.wait_until_it_serves()
        for proxy in (one, two):
            self.ready(proxy)
        self.shares(one, two)
        self.assertIsNot(lost, self.cluster.master_of(slot_of(COUNTER)))
        lost.start()
        self.cluster.wait_until_it_serves()
        self.shares(one, two)
        self.assertEqual([], end())

    def test_who_names_one_node_alone_goes_on_without_it(self):
        url = "redis://127.0.0.1:%d" % self.cluster.masters[0].port
        one, two = self.instance("one", redis_url=url), self.instance("two", redis_url=url)
        self.cluster.masters[0].kill()
        self.away(one)
        self.cluster.wait_until_it_serves()
        self.ready(one)
        self.ready(two)
        self.shares(one, two)


class Lost(InCluster):
    def test_without_one_of_its_masters_it_is_away_and_nobody_waits_for_it(self):
        one, two = self.instance("one"), self.instance("two")
        self.shares(one, two)
        end = self.answered_under_load(one, two)
        lost = next(node for node in self.cluster.masters if node is not self.cluster.master_of(slot_of(COUNTER)))
        lost.kill()
        self.away(one)
        self.until(lambda: b"cluster_state:fail" in self.cluster.alive()[0].ask("CLUSTER", "INFO"))
        self.assertEqual("queued", one.admin("POST", "/api/v1/purge", body={"keys": ["none"]}).data["shared"])
        lost.start()
        for proxy in (one, two):
            self.ready(proxy)
        self.heard(one, two)
        self.shares(one, two)
        self.assertEqual([], end())

    def test_a_cluster_that_says_it_is_down_is_away(self):
        one = self.instance("one")
        slot = slot_of(COUNTER)
        master = self.cluster.master_of(slot)
        master.ask("CLUSTER", "DELSLOTS", slot)
        self.until(lambda: "Cluster is down" in (self.status(one)["problem"] or ""), "it does not say so")
        path = self.path()
        self.origin.on(path, fresh("right"))
        self.assertAnswered(self.ask(path, proxy=one), "right")
        master.ask("CLUSTER", "ADDSLOTS", slot)
        self.ready(one)


class Limited(Limits, InCluster):
    def setUp(self):
        self.use_cluster()
        self.use_limited_origin()

    def test_one_draw_for_both(self):
        self.assertOneBucket()

    def test_a_node_that_is_silent_cuts_off_its_own_lanes_alone(self):
        rules = local(self.limited, "limited", shared=True, rate={"per_second": 100, "burst": 100, "max_wait": "1s"})
        one = self.instance("one", rules=rules, records=False)
        keys = ["key-of-lane-%d" % number for number in range(12)]

        def states():
            return [lane["state"] for lane in self.status(one)["limits"]]
        for key in keys:
            self.until(lambda key=key: one.ask(self.limited.url + self.path(), headers={"X-Api-Key": key}).status == 200)
        self.until(lambda: states() == ["connected"] * len(keys), "they never begin")
        home = self.cluster.master_of(slot_of(COUNTER))
        lanes = {node: [key for key in node.ask("KEYS", "cachearr:l1:*") if key.endswith(b"}")] for node in self.cluster.masters}
        self.assertEqual(len(keys), sum(map(len, lanes.values())))
        silent = max((node for node in self.cluster.masters if node is not home), key=lambda node: len(lanes[node]))
        silent.ask("CLIENT", "PAUSE", 5000, "ALL")
        self.until(lambda: len([state for state in states() if state != "connected"]) == len(lanes[silent]), "they are not cut off")
        self.until(lambda: states() == ["connected"] * len(keys), "they never come back")
        self.assertIsNotNone(one.log.find("the shared limits of limited are away"))
        self.assertIsNone(one.log.find("the shared limits are away"))

    def test_a_lane_that_moves_keeps_its_limits(self):
        proxies = [self.limited_instance(name) for name in ("one", "two")]
        end, wrong = self.load(*proxies)
        self.more(BURST + 2)
        lane = min(self.cluster.all_keys("cachearr:l1:*"), key=len)
        for _ in range(2):
            source = self.cluster.master_of(slot_of(lane))
            self.cluster.move(slot_of(lane), next(node for node in self.cluster.masters if node is not source))
            self.more(4)
        end()
        self.assertEqual([], wrong)
        self.assertWithinLimits()
        for proxy in proxies:
            self.until(lambda proxy=proxy: self.standings(proxy) == {"connected"}, "it never comes back")


if __name__ == "__main__":
    main()
