"""What clients of HTTP/2 may not do: it costs them their stream or their connection, and nobody else anything."""
import threading

from lab.case import main
from lab.http2 import (CALM, CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PING, PROTOCOL_ERROR, RESET, SETTINGS,
                       WINDOW, Http2Scenario, frame)
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


if __name__ == "__main__":
    main()
