"""What becomes of instances whose Redis is lost, slow, full, wrong or hostile: clients are answered all the same."""
import os
import shutil
import socket
import threading
import time

from lab.case import main
from lab.origin import fresh
from lab.shared import Sharing, rights_of_the_manual


class Faults(Sharing):
    def health(self, proxy):
        return proxy.admin("GET", "/api/v1/health").body.decode()


class Lost(Faults):
    def test_killed_and_restarted_under_load_it_fails_nobody(self):
        one, two = self.instance("one"), self.instance("two")
        stop, failures = threading.Event(), []

        def load(proxy):
            while not stop.is_set():
                path = self.path()
                self.origin.on(path, fresh("right"))
                response = self.ask(path, proxy=proxy)
                if response.status != 200:
                    failures.append(response)

        workers = [threading.Thread(target=load, args=(proxy,)) for proxy in (one, two)]
        for worker in workers:
            worker.start()
        try:
            for _ in range(3):
                self.redis.kill()
                self.away(one)
                self.redis.start()
                self.ready(one)
                self.ready(two)
        finally:
            stop.set()
            for worker in workers:
                worker.join()
        self.assertEqual([], failures)
        self.shares(one, two)

    def test_it_starts_without_one_and_shares_when_there_is_one(self):
        self.redis.kill()
        one, two = self.instance("one", ready=False), self.instance("two", ready=False)
        self.until(lambda: "cannot connect" in (self.status(one)["problem"] or ""))
        self.assertEqual("degraded", one.admin("GET", "/health/cache", key=None).data["data"]["status"])
        self.answers(one)
        self.redis.start()
        self.ready(one)
        self.ready(two)
        self.shares(one, two)

    def test_restored_from_an_old_dump_it_brings_back_nothing_that_was_purged(self):
        one, two = self.instance("one"), self.instance("two")
        path = self.path()
        self.origin.on(path, fresh("old"))
        self.ask(path, proxy=one)
        self.written(one, 1)
        one.admin("POST", "/api/v1/purge", body={"keys": ["one"]})
        self.heard(one, two)
        self.call("SAVE")
        self.origin.on(path, fresh("new"))
        one.admin("POST", "/api/v1/purge", body={"all": True})
        self.heard(one, two)
        self.redis.kill()
        self.away(one)
        self.redis.start()
        self.ready(one)
        self.ready(two)
        self.until(lambda: self.status(one)["invalidations"]["gaps"] + self.status(two)["invalidations"]["gaps"] >= 2)
        self.assertEqual(b"1", self.call("HGET", "cachearr:n1:{news}", "n"), "the dump was not read")
        self.assertAnswered(self.ask(path, proxy=two), "new")

    def test_a_dump_from_an_epoch_before_is_known_as_one(self):
        one, two = self.instance("one"), self.instance("two")
        path = self.path()
        self.origin.on(path, fresh("old"))
        one.admin("POST", "/api/v1/purge", body={"keys": ["one"]})
        self.heard(one, two)
        self.ask(path, proxy=one)
        self.written(one, 1)
        self.call("SAVE")
        epoch = self.call("HGET", "cachearr:n1:{news}", "epoch")
        self.call("DEL", "cachearr:n1:{news}")
        self.until(lambda: all(self.status(proxy)["invalidations"]["gaps"] == 1 for proxy in (one, two)), "nobody noticed")
        self.origin.on(path, fresh("new"))
        one.admin("POST", "/api/v1/purge", body={"all": True})
        self.heard(one, two)
        self.redis.kill()
        self.away(one)
        self.redis.start()
        self.ready(one)
        self.ready(two)
        self.assertGreater(self.call("HGET", "cachearr:n1:{news}", "epoch"), epoch)
        self.assertAnswered(self.ask(path, proxy=two), "new")

    def test_of_two_that_were_masters_what_one_has_lost_is_noticed_though_the_ordinals_agree(self):
        one, two = self.instance("one"), self.instance("two")
        path = self.path()
        self.origin.on(path, fresh("old"))
        one.admin("POST", "/api/v1/purge", body={"keys": ["one"]})
        self.heard(one, two)
        for proxy in (one, two):
            self.ask(path, proxy=proxy)
        other = self.another_redis("--replicaof", "127.0.0.1 %d" % self.redis.port)
        self.until(lambda: other.ask("HGET", "cachearr:n1:{news}", "n") == b"1", "it is no replica")
        other.ask("REPLICAOF", "NO", "ONE")
        three = self.instance("three", redis_url=other.url)
        self.origin.on(path, fresh("new"))
        for proxy, what, redis in ((three, {"pattern": "*" + path}, other), (one, {"keys": ["two"]}, self.redis)):
            proxy.admin("POST", "/api/v1/purge", body=what)
            self.until(lambda redis=redis: redis.ask("HGET", "cachearr:n1:{news}", "n") == b"2", "it was not sent")
        self.heard(one, two)
        other.ask("SAVE")
        self.redis.kill()
        self.away(one)
        shutil.copy(os.path.join(other.folder, "dump.rdb"), self.redis.folder)
        self.redis.start()
        for proxy in (one, two):
            self.ready(proxy)
            self.assertAnswered(self.ask(path, proxy=proxy), "new")

    def test_restarted_empty_it_gets_nothing_of_what_disks_still_have(self):
        one = self.instance("one", config={"disk": {"path": "store"}})
        two = self.instance("two", config={"disk": {"path": "store"}})
        paths = [self.path() for _ in range(5)]
        for path in paths:
            self.origin.on(path, fresh("old"))
            for proxy in (one, two):
                self.ask(path, proxy=proxy)
        self.written(one, len(paths))
        for path in paths:
            self.origin.on(path, fresh("new"))
        self.end(one)
        self.redis.kill()
        self.away(two)
        self.redis.start()
        one.start()
        for proxy in (one, two):
            self.until(lambda proxy=proxy: self.status(proxy)["invalidations"]["gaps"] == 1, "nobody noticed")
            self.ready(proxy)
        for path in paths:
            for proxy in (one, two):
                stale = self.ask(path, headers={"Cache-Control": "max-stale"}, proxy=proxy)
                self.assertAnswered(stale, "old")
                self.assertLess(int(stale.cache["ttl"]), 0, "what the lost invalidations may have named counts as fresh")
        self.shares(one, two)  # what comes behind all that might have been copied
        self.shares(two, one)
        self.assertEqual(2, len(self.call("KEYS", "cachearr:r1:*")), "more than what was fetched since")
        for path in paths:
            self.assertAnswered(self.ask(path, proxy=one), "new")
        self.written(one, 1 + len(paths))
        self.assertEqual(2 + len(paths), len(self.call("KEYS", "cachearr:r1:*")))

    def test_a_replica_takes_no_writes_and_is_none(self):
        one = self.instance("one")
        main_redis = self.another_redis()
        self.call("REPLICAOF", "127.0.0.1", main_redis.port)
        one.admin("POST", "/api/v1/purge", body={"keys": ["one"]})
        self.until(lambda: "replica" in (self.status(one)["problem"] or ""))
        self.answers(one)
        self.call("REPLICAOF", "NO", "ONE")
        self.ready(one)


class Slow(Faults):
    def test_paused_it_costs_five_look_ups_their_deadline_and_then_nothing(self):
        for timeout in ("50ms", "auto"):
            with self.subTest(timeout):
                one = self.instance("one", lookup_timeout=timeout)
                self.call("CLIENT", "PAUSE", 600000, "ALL")
                self.answers(one, 5)
                status = self.status(one)
                self.assertEqual(("open", 5), (status["breaker"], status["records"]["timeouts"]))
                self.answers(one, 30)
                self.assertEqual(5, self.status(one)["records"]["timeouts"], "it is asked again and again")
                self.redis.kill()
                self.redis.start()
                self.end(one)

    def test_after_a_pause_it_is_asked_again(self):
        one, two = self.instance("one", lookup_timeout="50ms"), self.instance("two")
        self.call("CLIENT", "PAUSE", 1500, "ALL")
        self.answers(one, 10)
        self.until(lambda: self.status(one)["breaker"] == "closed" and self.status(one)["state"] == "ready")
        self.shares(one, two)

    def test_a_black_hole_holds_up_nobody(self):
        hole = socket.socket()
        self.addCleanup(hole.close)
        hole.bind(("127.0.0.1", 0))
        hole.listen(16)
        one = self.instance("one", ready=False, redis_url="redis://127.0.0.1:%d" % hole.getsockname()[1])
        self.answers(one)
        self.until(lambda: "does not answer" in (self.status(one)["problem"] or ""))

    def test_a_long_answer_over_a_narrow_way_is_waited_for(self):
        way = NarrowWay(self.redis.port)
        self.addCleanup(way.close)
        one = self.instance("one")
        two = self.instance("two", redis_url="redis://127.0.0.1:%d" % way.port, lookup_timeout="auto")
        body = os.urandom(400_000)

        def is_found():
            path = self.path()
            self.origin.on(path, fresh(body))
            before = self.status(one)["records"]["written"]
            self.ask(path, proxy=one)
            self.written(one, before + 1)
            response = self.ask(path, proxy=two)
            self.assertEqual(body, response.body)
            return response.cache.get("detail") == "shared"
        self.until(is_found, "a long answer is never found")


class Full(Faults):
    def test_full_it_takes_no_answers_but_all_invalidations(self):
        one, two = self.instance("one"), self.instance("two")
        self.call("CONFIG", "SET", "maxmemory", "1")
        path = self.path()
        self.origin.on(path, fresh("old"))
        for proxy in (one, two):
            self.ask(path, proxy=proxy)
        self.until(lambda: self.status(one)["records"]["dropped"].get("full", 0) >= 1)
        self.origin.on(path, fresh("new"))
        one.admin("POST", "/api/v1/purge", body={"pattern": "*"})
        self.heard(one, two)
        self.assertAnswered(self.ask(path, proxy=two), "new")


class Wrong(Faults):
    def test_a_wrong_password_is_told_by_name(self):
        locked = self.another_redis("--requirepass", "right")
        one = self.instance("one", ready=False, redis_url="redis://:wrong@127.0.0.1:%d" % locked.port)
        self.until(lambda: "WRONGPASS" in (self.status(one)["problem"] or ""))
        self.answers(one)
        told = self.health(one) + one.log.text + str(self.status(one))
        self.assertIn("WRONGPASS", told)
        self.assertNotIn(":wrong@", told)

    def test_no_password_is_told_as_well(self):
        locked = self.another_redis("--requirepass", "right")
        one = self.instance("one", ready=False, redis_url="redis://127.0.0.1:%d" % locked.port)
        self.until(lambda: "NOAUTH" in (self.status(one)["problem"] or ""))
        self.answers(one)

    def test_the_rights_of_the_manual_are_enough(self):
        self.call("ACL", "SETUSER", "cachearr", "on", ">secret", *rights_of_the_manual())
        url = "redis://cachearr:secret@127.0.0.1:%d" % self.redis.port
        one, two = self.instance("one", redis_url=url), self.instance("two", redis_url=url)
        self.shares(one, two)
        one.admin("POST", "/api/v1/purge", body={"all": True})
        self.heard(one, two)
        self.until(lambda: self.status(two)["invalidations"]["received"] == 1)
        log = self.call("ACL", "LOG")
        self.assertEqual([], log)

    def test_too_few_rights_are_told_and_fail_nobody(self):
        self.call("ACL", "SETUSER", "poor", "on", ">secret", "~*", "&*", "+hello", "+auth", "+ping", "+info", "+client|setname")
        one = self.instance("one", ready=False, redis_url="redis://poor:secret@127.0.0.1:%d" % self.redis.port)
        self.until(lambda: "NOPERM" in (self.status(one)["problem"] or ""))
        self.answers(one)

    def test_a_right_that_is_missing_is_named_until_it_is_there(self):
        self.call("ACL", "SETUSER", "cachearr", "on", ">secret", *rights_of_the_manual())
        one = self.instance("one", redis_url="redis://cachearr:secret@127.0.0.1:%d" % self.redis.port)
        for right in ("get", "set", "time"):
            with self.subTest(right):
                self.call("ACL", "SETUSER", "cachearr", "-" + right)
                self.answers(one, 1)
                self.until(lambda right=right: "'%s'" % right in self.health(one), "it is not named")
                self.assertNotIn("too slowly", self.health(one))
                self.call("ACL", "SETUSER", "cachearr", "+" + right)

                def is_well(right=right):
                    self.answers(one, 1)
                    return "'%s'" % right not in self.health(one)
                self.until(is_well, "it is named for ever")

    def test_scripts_that_are_lost_are_sent_again(self):
        one, two = self.instance("one"), self.instance("two")
        self.call("SCRIPT", "FLUSH")
        one.admin("POST", "/api/v1/purge", body={"keys": ["a"]})
        self.heard(one, two)
        self.until(lambda: self.status(two)["invalidations"]["received"] == 1)

    def test_a_server_that_speaks_something_else_is_left_alone(self):
        for said in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"*2000000000\r\n", b"$99999999999999\r\n", b"+OK\r\n" * 1000):
            with self.subTest(said[:20]):
                listener = Hostile(said)
                self.addCleanup(listener.close)
                one = self.instance("one", ready=False, redis_url="redis://127.0.0.1:%d" % listener.port)
                before = one.resident_bytes()
                self.until(lambda: listener.connections > 2 or "protocol" in (self.status(one)["problem"] or ""))
                self.answers(one, 5)
                self.assertNotEqual("ready", self.status(one)["state"])
                self.assertLess(one.resident_bytes() - before, 32 * 1024 * 1024)

    def test_a_value_without_measure_is_skipped(self):
        one, two = self.instance("one"), self.instance("two")
        path = self.path()
        self.origin.on(path, fresh("right"))
        self.ask(path, proxy=one)
        self.written(one, 1)
        key = self.call("KEYS", "cachearr:r1:*")[0]
        self.call("SETRANGE", key, 100 * 1024 * 1024, "x")
        before = two.resident_bytes()
        self.assertMiss(self.ask(path, proxy=two))
        self.until(lambda: self.status(two)["records"]["rejected"].get("size", 0) + self.status(two)["records"]["timeouts"] >= 1)
        self.assertLess(two.resident_bytes() - before, 16 * 1024 * 1024)
        self.answers(two, 3)


class NarrowWay:
    """Leads to a server, and lets through what it says at some ten megabytes a second."""

    def __init__(self, port):
        self.to = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.wires = []
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.to))
            for wire in (client, server):
                wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.wires += [client, server]
            threading.Thread(target=self.lead, args=(client, server, 0), daemon=True).start()
            threading.Thread(target=self.lead, args=(server, client, 0.0005), daemon=True).start()

    @staticmethod
    def lead(source, target, pause):
        try:
            while part := source.recv(8192):
                target.sendall(part)
                if len(part) == 8192:
                    time.sleep(pause)  # what the way takes for so much
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def close(self):
        for each in [self.listener, *self.wires]:
            each.close()


class Hostile:
    """Says the same to everybody, at once, and listens to nobody."""

    def __init__(self, said):
        self.said, self.connections = said, 0
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(16)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.speak, args=(connection,), daemon=True).start()

    def speak(self, connection):
        try:
            connection.sendall(self.said)
            while connection.recv(4096):
                pass
        except OSError:
            pass
        connection.close()

    def close(self):
        self.listener.close()


if __name__ == "__main__":
    main()
