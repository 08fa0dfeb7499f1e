"""What clients of HTTP/2 may not do: it costs them their stream or their connection, and nobody else anything."""
import signal
import threading

from lab.case import main
from lab.http2 import (CALM, CANCEL, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, PING, PROTOCOL_ERROR,
                       RESET, SETTINGS, WINDOW, Http2Scenario, anonymous_kib, frame, literal)
from lab.intercepting import HOST
from lab.origin import answer, fresh
from lab.wire import Wire


class Hostile(Http2Scenario):
    def flood(self, client, *frames, count=6000):
        """Sends them again and again until the proxy has had enough; the error it ends with."""
        for start in range(0, count, 100):
            client.send(b"".join(make(start + i) for i in range(100) for make in frames))
            if client.closed:
                break
        return client.until_end()

    def assertLives(self):
        path = self.path()
        self.origin.on(path, fresh("alive"))
        self.assertAnswered(self.client().ask(path), "alive")

    def test_rapid_resets_end_the_connection_and_not_the_proxy(self):
        path = self.path()
        self.origin.on(path, answer("x"))
        client = self.client()
        block = client.head(path=path)
        error = self.flood(client, lambda i: frame(HEADERS, END_HEADERS | END_STREAM, 2 * i + 1, block),
                           lambda i: frame(RESET, 0, 2 * i + 1, b"\0\0\0\x08"))
        self.assertIn(error, (CALM, None))
        self.assertLessEqual(self.origin.count(path), 700)
        self.assertLives()

    def test_floods_of_control_frames_end_the_connection(self):
        for one in (frame(PING, 0, 0, b"12345678"), frame(SETTINGS, 0, 0), frame(SETTINGS, 0, 0, b"\0\4\0\1\0\0")):
            self.assertIn(self.flood(self.client(), lambda _, one=one: one), (CALM, None))
        client = self.client()
        client.send(frame(HEADERS, END_HEADERS, 1, client.head(method="POST", path=self.path())))
        self.assertIn(self.flood(client, lambda _: frame(DATA, 0, 1)), (CALM, None))
        self.assertLives()

    def test_headers_without_end_end_the_connection(self):
        client = self.client()
        client.send(frame(HEADERS, END_STREAM, 1, client.head()))
        error = self.flood(client, lambda _: frame(CONTINUATION, 0, 1, b"\0\1x\1y" * 100))
        self.assertIn(error, (CALM, PROTOCOL_ERROR, None))
        self.assertLives()

    def test_a_head_that_does_not_come_to_its_end_is_given_up(self):
        proxy = self.another(timeouts={"client_header": "1s"})
        client = self.client(proxy)
        client.send(frame(HEADERS, END_STREAM, 1, client.head()))
        client.until(lambda: client.closed or client.goaway is not None)

    def test_malformed_requests_reset_their_stream_and_reach_nobody(self):
        path = self.path("/malformed")
        self.origin.on(path, answer("reached"))
        for more in ([("X-Upper", "1")], [("transfer-encoding", "chunked")], [("connection", "close")],
                     [("te", "gzip")], [("x", "a\r\nInjected: 1")], [("host", "other.test")],
                     [("content-length", "5")], [(":path", "/two")], [("proxy-connection", "keep-alive")]):
            client = self.client()
            client.h2.get_next_available_stream_id()
            client.h2.send_headers(1, client.fields(path="/never"), end_stream=True)  # so that the library knows it
            client.h2.data_to_send()
            client.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, client.head(*more, path=path)))
            client.until(lambda client=client: 1 in client.answers and client.answers[1].over)
            self.assertEqual(PROTOCOL_ERROR, client.answers[1].error, more)
        self.assertEqual(0, self.origin.count(path))

    def test_a_body_that_is_not_as_long_as_it_says_is_never_whole_upstream(self):
        path, seen = self.path(), []
        self.origin.on(path, lambda _wire, request: (seen.append(request.body), answer("taken"))[1])
        for body in (b"abc", b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"):
            client = self.client()
            client.h2.send_headers(1, client.fields("POST", path, [("content-length", "10")]))
            client.send(frame(DATA, END_STREAM, 1, body))
            client.until(lambda client=client: 1 in client.answers and client.answers[1].over)
            self.assertEqual(PROTOCOL_ERROR, client.answers[1].error)
        self.assertEqual([], seen)
        self.assertEqual(0, self.origin.count("/smuggled"))

    def test_a_stream_that_ends_before_its_request_is_looked_at_leaves_nothing_behind(self):
        """One read: data of a request that is refused at once, and behind it a body shorter than it says."""
        proxy = self.another(timeouts={"client_idle": "1s"})
        path, client = self.path(), self.client(proxy)
        refused_head = literal((":method", "POST"), (":scheme", "http"), (":authority", HOST), (":path", path))
        for stream in (1, 3):
            client.h2.send_headers(stream, client.fields("POST", path))
        client.h2.data_to_send()  # so that the library knows them
        client.until(lambda: client.h2.remote_settings.max_concurrent_streams == 100)
        client.send(frame(HEADERS, END_HEADERS, 1, refused_head) + frame(DATA, 0, 1, b"one") + frame(DATA, 0, 1, b"two")
                    + frame(HEADERS, END_HEADERS, 3, client.head(("content-length", "5"), method="POST", path=path))
                    + frame(DATA, END_STREAM, 3, b"abc"))
        client.until(lambda: all(stream in client.answers and client.answers[stream].over for stream in (1, 3)))
        self.assertEqual(400, client.answers[1].status)
        self.assertEqual(PROTOCOL_ERROR, client.answers[3].error)
        self.assertEqual(0, client.until_end())

    def test_data_behind_the_end_and_windows_beyond_reason_are_errors(self):
        for bad in (frame(DATA, 0, 1, b"more"), frame(WINDOW, 0, 1, b"\x7f\xff\xff\xff"), frame(WINDOW, 0, 1, bytes(4)),
                    frame(WINDOW, 0, 0, b"\x7f\xff\xff\xff"), frame(WINDOW, 0, 0, bytes(4))):
            path, gate = self.path(), threading.Event()
            self.origin.on(path, gate, *answer("late"))
            client = self.client()
            client.begin(path)
            self.origin.wait_for(path)
            client.send(bad)
            client.until(lambda client=client: client.closed or client.goaway or client.answers[1].error)
            gate.set()
        self.assertLives()

    def test_more_than_the_window_is_an_error(self):
        path, gate = self.path(), threading.Event()
        self.origin.on(path, gate, *answer("late"))
        client = self.client()
        client.h2.send_headers(1, client.fields("POST", path))
        client.send(*[frame(DATA, 0, 1, b"x" * 16384)] * 100)
        client.until(lambda: client.closed or client.goaway or 1 in client.answers and client.answers[1].error)
        gate.set()
        self.assertLives()

    def test_what_is_not_http2_after_all_ends_the_connection(self):
        wire = self.tls(context=self.offering("h2"))
        self.assertEqual("h2", wire.sock.selected_alpn_protocol())
        wire.send(b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % HOST.encode())
        self.assertNotIn(b"HTTP/1.1", Wire(wire.sock).rest())
        self.assertLives()

    def test_clients_that_vanish_leave_nothing_behind(self):
        path, gate = self.path(), threading.Event()
        self.origin.on(path, gate, *fresh("x"))
        for _ in range(20):
            client = self.client()
            for _ in range(10):
                client.begin(path, more=[("cache-control", "no-store")])
            client.sock.close()
        gate.set()
        self.until(lambda: b'cachearr_connections{side="client"} 0' in self.proxy.admin("GET", "/metrics").body)
        self.assertLives()


class SlowReaders(Http2Scenario):
    def test_a_window_that_is_closed_holds_no_other_stream(self):
        large, small = self.path(), self.path()
        self.origin.on(large, fresh(b"l" * 1_000_000))
        self.origin.on(small, fresh("small"))
        client = self.client(takes=False)
        slow = client.begin(large)
        client.until(lambda: len(client.answers[slow].body) == 65535)
        client.h2.increment_flow_control_window(100_000)  # of the connection
        client.send()
        self.assertAnswered(client.ask(small), "small")
        client.takes = True
        client.h2.acknowledge_received_data(65535, slow)
        client.send()
        self.assertEqual(1_000_000, len(client.answer(slow).body))

    def test_answers_that_nobody_takes_do_not_fill_the_memory(self):
        size = 12_000_000
        path = self.path()
        self.origin.on(path, answer(b"l" * size, headers=[("Cache-Control", "no-store")]))
        clients = [self.client(takes=False) for _ in range(8)]
        before = anonymous_kib(self.proxy.process)
        for client in clients:
            stream = client.begin(path, more=[("cache-control", "no-store")])
            client.until(lambda client=client, stream=stream: len(client.answers[stream].body) == 65535)
        grown = anonymous_kib(self.proxy.process) - before
        self.assertLess(grown, 8 * size // 1024 // 2, "KiB for eight answers of %d bytes" % size)

    def test_who_never_takes_what_was_asked_for_is_left(self):
        proxy = self.another(timeouts={"client_idle": "1s"})
        path = self.path()
        self.origin.on(path, fresh(b"l" * 1_000_000))
        client = self.client(proxy, takes=False)
        stream = client.begin(path)
        client.until(lambda: len(client.answers[stream].body) == 65535)
        client.until(lambda: client.closed or client.goaway is not None)

    def test_who_is_slow_and_goes_on_gets_everything(self):
        proxy = self.another(timeouts={"client_idle": "2s"})
        path = self.path()
        self.origin.on(path, fresh(b"l" * 300_000))
        client = self.client(proxy, takes=False)
        stream = client.begin(path)
        got = 0
        while not client.answers[stream].over:
            client.until(lambda: client.answers[stream].over or len(client.answers[stream].body) > got)
            now = len(client.answers[stream].body)
            client.h2.acknowledge_received_data(now - got, stream)
            client.send()
            got = now
            threading.Event().wait(0.05)
        self.assertEqual(300_000, len(client.answers[stream].body))

    def test_a_stream_that_nobody_takes_is_given_up_while_others_go_on(self):
        proxy = self.another(timeouts={"client_idle": "1s"})
        large, small = self.path(), self.path()
        self.origin.on(large, fresh(b"l" * 1_000_000))
        self.origin.on(small, fresh(b"s" * 5000))
        client = self.client(proxy, takes=False)
        client.h2.increment_flow_control_window(1 << 30)  # of the connection
        stuck = client.begin(large)
        client.until(lambda: len(client.answers[stuck].body) == 65535)

        def given_up():
            self.assertAnswered(client.ask(small), b"s" * 5000)
            return client.answers[stuck].over
        self.until(given_up)
        self.assertEqual(CANCEL, client.answers[stuck].error)
        self.assertAnswered(client.ask(small), b"s" * 5000)
        self.assertIsNone(client.goaway)


class NobodyReads(Http2Scenario):
    """Answers of which the last bytes wait in the proxy, behind what the sockets take: they are not cut."""

    SPREAD = (8, 24, 40)  # KiB behind that

    def sent(self, proxy):
        """Bytes to clients, once no more are sent."""
        count = [-1]

        def stands_still():
            now = proxy.admin("GET", "/health/cache/stats").data["data"]["bytesToClients"]
            count.append(now)
            return len(count) > 5 and len(set(count[-5:])) == 1
        self.until(stands_still)
        return count[-1]

    def unread(self, proxy, size):
        """A client that has asked for a stored answer of this size, and reads nothing of it."""
        path = self.path()
        self.origin.on(path, fresh(b"l" * size))
        with self.tls(proxy=proxy) as wire:
            self.assertEqual(size, len(self.get(wire, path).body))
        client = self.client(proxy, takes=False)  # what a client says after a connection was closed resets it
        client.open_windows()
        client.until(lambda: client.h2.remote_settings.max_concurrent_streams == 100)
        before = self.sent(proxy)
        stream = client.begin(path)
        return client, stream, self.sent(proxy) - before

    def begun(self, proxy):
        probe, _, room = self.unread(proxy, 12_000_000)
        probe.close()
        self.assertLess(room, 11_000_000, "the sockets take everything")
        return [(*self.unread(proxy, size)[:2], size) for size in (room + (more << 10) for more in self.SPREAD)]

    def assertWhole(self, begun):
        for client, stream, size in begun:
            self.assertEqual(size, len(client.answer(stream).body))

    def test_who_stops_lets_slow_readers_have_everything(self):
        proxy = self.another()
        begun = self.begun(proxy)
        proxy.signal(signal.SIGTERM)
        threading.Event().wait(1)
        self.assertWhole(begun)
        self.assertEqual(0, proxy.process.wait(30))

    def test_who_says_goodbye_still_gets_everything(self):
        begun = self.begun(self.proxy)
        for client, _, _ in begun:
            client.send(frame(GOAWAY, 0, 0, bytes(8)), frame(PING, 0, 0, bytes(8)))
        threading.Event().wait(0.2)
        self.assertWhole(begun)


if __name__ == "__main__":
    main()
