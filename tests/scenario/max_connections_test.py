"""limits.max_connections: who waits gives way to who comes, who is at work stays, and the rest is told when to come again."""
import threading

from lab.case import Scenario, main
from lab.intercepting import HOST, InterceptingScenario
from lab.origin import Origin, answer, fresh
from lab.wire import chunked, request_bytes

MOST = 4
FULL = {"limits": {"max_connections": MOST}}


class Full(Scenario):
    """One thread, so that connections are taken in the order in which they come."""

    def setUp(self):
        self.full = self.start(config=FULL, threads=1)
        self.page = self.path("/page")
        self.origin.on(self.page, fresh("a page"))

    def connect(self):
        wire = self.full.connect()
        self.addCleanup(wire.close)
        return wire

    def get(self, wire, path=None):
        wire.send(request_bytes("GET", self.url(path or self.page), self.origin.authority))
        return wire.read_response()

    def assertServed(self, wire):
        self.assertAnswered(self.get(wire), "a page")

    def served(self):
        wire = self.connect()
        self.assertServed(wire)
        return wire

    def assertTurnedAway(self, wire):
        response = self.get(wire)
        self.assertProblem(response, 503)
        self.assertEqual("1", response["retry-after"])
        self.assertEqual("close", response["connection"])
        self.assertTrue(wire.at_end())

    def busy(self, release, method="GET"):
        """A connection whose request the origin has and does not answer before `release` is set."""
        path = self.path("/slow")
        self.origin.on(path, release, *answer("at last"))
        wire = self.connect()
        wire.send(request_bytes(method, self.url(path), self.origin.authority))
        self.origin.wait_for(path)
        return wire


class WhoWaits(Full):
    def test_the_client_that_has_waited_longest_makes_place_for_a_new_one(self):
        first, second, third, fourth = [self.served() for _ in range(MOST)]
        self.assertServed(first)
        self.served()
        self.assertTrue(second.at_end())
        for wire in (third, fourth, first):
            self.assertServed(wire)

    def test_a_client_that_has_sent_nothing_yet_waits_since_it_came(self):
        first, silent = self.served(), self.connect()
        third, fourth = self.served(), self.served()
        self.assertServed(first)
        self.served()
        self.assertTrue(silent.at_end())
        for wire in (first, third, fourth):
            self.assertServed(wire)

    def test_idle_clients_lock_nobody_out_however_many_come(self):
        silent = [self.connect() for _ in range(10 * MOST)]
        self.served()
        for wire in silent[:-MOST]:
            self.assertTrue(wire.at_end())

    def test_each_newcomer_costs_one_connection(self):
        waiting = [self.served() for _ in range(MOST)]
        for _ in range(3):
            self.served()
        for wire in waiting[:3]:
            self.assertTrue(wire.at_end())
        self.assertServed(waiting[3])

    def test_a_request_that_has_come_and_is_not_read_yet_is_answered(self):
        first, second, third, fourth = [self.served() for _ in range(MOST)]
        with self.full.standing_still():
            newcomer = self.connect()
            for wire in (newcomer, first):
                wire.send(request_bytes("GET", self.url(self.page), self.origin.authority))
        for wire in (newcomer, first):
            self.assertAnswered(wire.read_response(), "a page")
        self.assertTrue(second.at_end())
        for wire in (third, fourth):
            self.assertServed(wire)


class WhoIsAtWork(Full):
    def setUp(self):
        super().setUp()
        self.release = threading.Event()
        self.addCleanup(self.release.set)

    def test_where_all_are_at_work_a_new_client_is_told_when_to_come_again(self):
        working = [self.busy(self.release) for _ in range(MOST)]
        for _ in range(3):
            self.assertTurnedAway(self.connect())
        self.release.set()
        for wire in working:
            self.assertAnswered(wire.read_response(), "at last")
        self.served()

    def test_who_is_turned_away_gets_the_answer_also_where_more_was_sent_than_is_read(self):
        for _ in range(MOST):
            self.busy(self.release)
        with self.connect() as wire:
            wire.send(request_bytes("POST", self.url(self.page), self.origin.authority, body=b"x" * 100_000))
            self.assertProblem(wire.read_response("POST"), 503)

    def test_who_is_turned_away_takes_no_place_and_is_told_so_without_a_word_of_his_own(self):
        working = [self.busy(self.release) for _ in range(MOST)]
        away = [self.connect() for _ in range(100)]
        for wire in away:
            self.assertTrue(wire.rest().startswith(b"HTTP/1.1 503 "))
        self.release.set()
        self.assertAnswered(working[0].read_response(), "at last")
        self.served()

    def test_a_request_that_has_begun_is_waited_for(self):
        begun = self.connect()
        request = request_bytes("GET", self.url(self.page), self.origin.authority)
        begun.send(request[:10])
        for _ in range(MOST - 1):
            self.busy(self.release)
        self.assertTurnedAway(self.connect())
        begun.send(request[10:])
        self.assertAnswered(begun.read_response(), "a page")

    def test_a_client_that_still_sends_its_body_is_waited_for(self):
        path = self.path()
        self.origin.on(path, answer("got it"))
        sending = self.connect()
        body = chunked(b"one", b"two")
        sending.send(request_bytes("POST", self.url(path), self.origin.authority, {"Transfer-Encoding": "chunked"}) + body[:8])
        for _ in range(MOST - 1):
            self.busy(self.release)
        self.assertTurnedAway(self.connect())
        sending.send(body[8:])
        self.assertAnswered(sending.read_response("POST"), "got it")

    def test_an_upgraded_connection_is_never_idle(self):
        path = self.path()
        self.origin.on(path, b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", self.echo)
        upgraded = self.connect()
        upgraded.send(request_bytes("GET", self.url(path), self.origin.authority, {"Connection": "Upgrade", "Upgrade": "websocket"}))
        self.assertEqual(101, upgraded.read_final_head().status)
        for _ in range(MOST - 1):
            self.busy(self.release)
        self.assertTurnedAway(self.connect())
        upgraded.send(b"still here")
        self.assertEqual(b"still here", upgraded.exactly(10))

    def echo(self, wire, _request):
        while wire.buffer or wire.fill():
            wire.send(bytes(wire.buffer))
            wire.buffer.clear()


class Tunnels(Scenario):
    def test_a_tunnel_is_never_idle(self):
        far = Origin()
        self.addCleanup(far.close)
        far.on("/inside", answer("through"))
        proxy = self.start(config={**FULL, "access": {"connect_ports": [far.port], "private_upstreams": "allow"}}, threads=1)
        tunnels = []
        for _ in range(MOST):
            wire = proxy.connect()
            self.addCleanup(wire.close)
            wire.send(request_bytes("CONNECT", far.authority, far.authority))
            self.assertEqual(200, wire.read_final_head().status)
            tunnels.append(wire)
        with proxy.connect() as wire:
            wire.send(request_bytes("GET", self.url("/x"), self.origin.authority))
            self.assertEqual(503, wire.read_response().status)
        for wire in tunnels:
            wire.send(request_bytes("GET", "/inside", far.authority))
            self.assertAnswered(wire.read_response(), "through")


class InsideTls(InterceptingScenario):
    def test_who_waits_inside_an_intercepted_tunnel_makes_place_and_who_is_at_work_does_not(self):
        proxy = self.make(**FULL)
        proxy.threads = 1
        proxy.start()
        self.addCleanup(proxy.stop)
        path, slow, release = self.path(), self.path(), threading.Event()
        self.addCleanup(release.set)
        self.origin.on(path, fresh("a page"))
        self.origin.on(slow, release, *answer("at last"))
        working = self.tls(proxy=proxy)
        working.send(request_bytes("GET", slow, HOST))
        self.origin.wait_for(slow)
        silent = self.tunnel(proxy=proxy)
        connections = self.origin.connections
        shaken, asked = self.tls(proxy=proxy), self.tls(proxy=proxy)
        self.get(asked, path)
        for waiting in (silent, shaken, asked):
            self.get(self.tls(proxy=proxy), path)
            self.assertTrue(waiting.at_end())
        self.assertLessEqual(self.origin.connections, connections + 1, "nobody is dialled for who has given way")
        release.set()
        self.assertAnswered(working.read_response(), "at last")


if __name__ == "__main__":
    main()
