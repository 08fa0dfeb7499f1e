"""Collapsed forwarding: one request upstream for all that ask at once, and what happens when it goes wrong."""
import threading

from lab.case import Scenario, local, main
from lab.origin import CLOSE, answer, fresh, head
from lab.wire import Truncated, WireError, parse_cache_status, request_bytes


class Collapse(Scenario):
    def send_all(self, path, count, headers=()):
        """`count` clients that all have asked and not yet read."""
        wires = [self.proxy.connect() for _ in range(count)]
        for wire in wires:
            self.addCleanup(wire.close)
            wire.send(request_bytes("GET", self.url(path), self.origin.authority, headers))
        return wires

    def let_requests_be_read(self):
        """Until nothing of them waits in the kernel any more; then a worker answers others only after what it has read."""
        self.until(lambda: self.proxy.unread() == 0, "requests stay unread")
        probe = self.path("/probe")
        self.origin.on(probe, answer("x"))
        for _ in range(8):
            self.ask(probe)

    def test_two_hundred_clients_of_one_cold_key_cause_one_request(self):
        path, gate = self.path(), threading.Event()
        self.origin.on(path, gate, *fresh("for all"))
        wires = self.send_all(path, 200)
        self.origin.wait_for(path)
        self.let_requests_be_read()
        gate.set()
        collapsed = 0
        for wire in wires:
            response = wire.read_response()
            self.assertAnswered(response, "for all")
            collapsed += "collapsed" in parse_cache_status(response["cache-status"])
        self.assertEqual(1, self.origin.count(path))
        self.assertGreaterEqual(collapsed, 150)
        self.until(lambda: self.proxy.metric("cachearr_collapsed_total") >= collapsed)

    def test_who_asks_after_a_purge_does_not_get_the_answer_from_before(self):
        path, gate = self.path(), threading.Event()
        self.origin.on(path, gate, *fresh("old"))
        (early,) = self.send_all(path, 1)
        self.origin.wait_for(path)
        self.proxy.admin("POST", "/api/v1/purge", body={"all": True})
        self.origin.on(path, fresh("new"))
        self.assertAnswered(self.ask(path), "new")
        gate.set()
        self.assertAnswered(early.read_response(), "old")
        self.assertAnswered(self.ask(path), "new")

    def test_waiters_get_the_first_bytes_before_the_last_exist(self):
        path, gate = self.path(), threading.Event()
        self.origin.on(path, head(200, {"Content-Length": "10", "Cache-Control": "max-age=60"}), b"first", gate, b"-last")
        first = self.send_all(path, 1)
        self.origin.wait_for(path)
        wires = first + self.send_all(path, 20)
        for wire in wires:
            self.assertEqual(200, wire.read_final_head().status)
            self.assertEqual(b"first", wire.exactly(5))
        gate.set()
        for wire in wires:
            self.assertEqual(b"-last", wire.exactly(5))
        self.assertEqual(1, self.origin.count(path))

    def test_the_fetch_goes_on_when_the_client_that_caused_it_leaves(self):
        path, gate = self.path(), threading.Event()
        self.origin.on(path, gate, *fresh("anyway"))
        leader, = self.send_all(path, 1)
        self.origin.wait_for(path)
        waiters = self.send_all(path, 5)
        self.let_requests_be_read()
        leader.close()
        gate.set()
        for wire in waiters:
            self.assertAnswered(wire.read_response(), "anyway")
        self.assertEqual(1, self.origin.count(path))

    def test_the_fetch_is_stored_even_if_everybody_left(self):
        path, gate = self.path(), threading.Event()
        self.origin.on(path, head(200, {"Content-Length": "4", "Cache-Control": "max-age=60"}), b"st", gate, b"ay")
        wire, = self.send_all(path, 1)
        self.assertEqual(200, wire.read_final_head().status)
        wire.close()
        gate.set()
        self.assertAnswered(self.ask(path), "stay")
        self.assertEqual(1, self.origin.count(path))

    def test_an_uncacheable_answer_releases_the_waiters_to_requests_of_their_own(self):
        path, gate = self.path(), threading.Event()
        number = iter(range(1, 100))
        self.origin.on(path, gate, lambda _wire, _request: answer("private %d" % next(number), 200, {"Cache-Control": "private"}))
        wires = self.send_all(path, 10)
        self.origin.wait_for(path)
        gate.set()
        bodies = [wire.read_response().text for wire in wires]
        self.assertEqual(10, len(set(bodies)), bodies)

    def test_hit_for_miss_is_remembered_so_that_later_requests_do_not_queue(self):
        path = self.path()
        self.origin.on(path, answer("p", 200, {"Cache-Control": "private"}))
        self.ask(path)
        gate = threading.Event()
        self.origin.on(path, gate, *answer("p", 200, {"Cache-Control": "private"}))
        wires = self.send_all(path, 5)
        self.origin.wait_for(path, 6)
        gate.set()
        for wire in wires:
            self.assertAnswered(wire.read_response(), "p")

    def test_a_truncated_answer_reaches_nobody_as_whole_and_is_not_stored(self):
        path, gate = self.path(), threading.Event()
        self.origin.sequence(path, [head(200, {"Content-Length": "100", "Cache-Control": "max-age=60"}), b"x" * 50, gate, CLOSE], fresh("y" * 100))
        wires = self.send_all(path, 5)
        self.origin.wait_for(path)
        gate.set()
        for wire in wires:
            try:
                self.assertIn(wire.read_response().body, (b"y" * 100,))
            except (Truncated, WireError, ConnectionResetError):
                pass
        response = self.ask(path)
        self.assertAnswered(response, b"y" * 100)

    def test_an_upstream_error_answers_every_waiter(self):
        path, gate = self.path(), threading.Event()
        self.origin.on(path, gate, CLOSE)
        wires = self.send_all(path, 10)
        self.origin.wait_for(path)
        self.let_requests_be_read()  # who came later would fail by itself, and so many failures open the breaker for others
        gate.set()
        for wire in wires:
            self.assertIn(wire.read_response().status, (502, 503))

    def test_a_session_that_a_confirmation_begins_is_for_the_client_that_was_confirmed(self):
        path, gate = self.path(), threading.Event()
        stored = answer("kept", 200, {"Cache-Control": "max-age=60", "Age": "100", "ETag": '"1"'})
        begun = answer("", 304, {"ETag": '"1"', "Set-Cookie": "session=alice"})
        self.origin.sequence(path, stored, [gate, *begun], answer("own", 200, {"ETag": '"2"'}))
        self.ask(path)
        wires = self.send_all(path, 5)
        self.origin.wait_for(path, 2)
        self.let_requests_be_read()
        gate.set()
        answers = [wire.read_response() for wire in wires]
        self.assertEqual(1, sum(response["set-cookie"] == "session=alice" for response in answers))
        self.assertEqual(["kept"] + 4 * ["own"], sorted(response.body.decode() for response in answers))

    def test_the_cookies_of_an_error_reach_only_the_client_that_caused_the_fetch(self):
        path, gate = self.path(), threading.Event()
        self.origin.on(path, gate, *answer("broken", 500, [("Set-Cookie", "lang=de; Path=/"), ("X-From", "origin")]))
        wires = self.send_all(path, 20)
        self.origin.wait_for(path)
        self.let_requests_be_read()
        gate.set()
        answers = [wire.read_response() for wire in wires]
        self.assertEqual({500}, {response.status for response in answers})
        asked = self.origin.count(path)
        self.assertLess(asked, 20)
        self.assertEqual(asked, sum("set-cookie" in response.fields for response in answers))
        self.assertTrue(all(response["x-from"] == "origin" for response in answers))

    def test_a_slow_waiter_does_not_hold_up_the_others(self):
        path, gate, size = self.path(), threading.Event(), 4 << 20
        self.origin.on(path, head(200, {"Content-Length": str(size), "Cache-Control": "max-age=60"}), gate, b"z" * size)
        sluggish = self.send_all(path, 1)[0]
        self.origin.wait_for(path)
        wires = self.send_all(path, 4)
        gate.set()
        for wire in wires:
            self.assertEqual(size, len(wire.read_response().body))
        self.assertEqual(size, len(sluggish.read_response().body))
        self.assertEqual(1, self.origin.count(path))

    def test_variants_found_out_while_waiting_are_not_mixed_up(self):
        path, gate = self.path(), threading.Event()
        self.origin.on(path, gate, lambda _wire, request: fresh(request["accept-language"], headers=[("Vary", "Accept-Language")]))
        wires = [(language, self.send_all(path, 1, {"Accept-Language": language})[0]) for language in ("de", "fr", "de", "it", "fr")]
        self.origin.wait_for(path)
        gate.set()
        for language, wire in wires:
            self.assertAnswered(wire.read_response(), language)

    def test_different_credentials_do_not_wait_for_each_other(self):
        proxy = self.start(local(self.origin, credentials={"query": ["apikey"]}, rules=[{"name": "all", "match": {"path": "/**"}, "ttl": "1h"}]))
        path, gate = self.path(), threading.Event()
        self.origin.on(path, gate, lambda _wire, request: answer(request.target))
        wires = []
        for key in ("a", "b"):
            wire = proxy.connect()
            self.addCleanup(wire.close)
            wire.send(request_bytes("GET", self.url(path) + "?apikey=" + key, self.origin.authority))
            wires.append((key, wire))
        self.origin.wait_for(path, 2)
        gate.set()
        for key, wire in wires:
            self.assertAnswered(wire.read_response(), path + "?apikey=" + key)


if __name__ == "__main__":
    main()
