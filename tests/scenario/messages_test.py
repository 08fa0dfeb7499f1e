"""HTTP/1 as it is spoken: pipelines, chunks, trailers, interim answers, upgrades, limits."""
import gzip
import socket

from lab.case import Scenario, main
from lab.origin import CLOSE, answer, before_body, fresh, head
from lab.wire import chunked, request_bytes


class Connections(Scenario):
    def test_a_hundred_pipelined_requests_hits_and_misses_mixed_are_answered_in_order(self):
        hot, stem = self.path("/hot"), self.path("/pipeline")
        self.origin.on(hot, fresh("hot"))
        self.ask(hot)
        paths = [hot if n % 2 else "%s-%d" % (stem, n) for n in range(100)]
        for n, path in enumerate(paths):
            if path != hot:
                self.origin.on(path, fresh("body %d" % n))
        with self.proxy.connect() as wire:
            wire.send(b"".join(request_bytes("GET", self.url(path), self.origin.authority) for path in paths))
            for n in range(100):
                self.assertAnswered(wire.read_response(), "hot" if n % 2 else "body %d" % n)
        self.assertEqual(1, self.origin.count(hot))

    def test_pipelined_hits_come_whole_when_the_requests_come_in_single_bytes(self):
        path = self.path()
        self.origin.on(path, fresh("drop by drop"))
        one = request_bytes("GET", self.url(path), self.origin.authority)
        with self.proxy.connect() as wire:
            for byte in one * 2:
                wire.send(bytes([byte]))
            self.assertAnswered(wire.read_response(), "drop by drop")
            self.assertAnswered(wire.read_response(), "drop by drop")

    def test_connection_close_of_a_client_is_honoured(self):
        path = self.path()
        self.origin.on(path, fresh("bye"))
        for _ in range(2):
            with self.proxy.connect() as wire:
                wire.send(request_bytes("GET", self.url(path), self.origin.authority, {"Connection": "close"}))
                response = wire.read_response()
                self.assertEqual("close", response["connection"])
                self.assertTrue(wire.at_end())

    def test_a_client_that_half_closes_after_its_request_is_answered(self):
        path = self.path()
        self.origin.on(path, answer("still here"))
        with self.proxy.connect() as wire:
            wire.send(request_bytes("GET", self.url(path), self.origin.authority))
            wire.sock.shutdown(socket.SHUT_WR)
            self.assertAnswered(wire.read_response(), "still here")

    def test_fields_that_connection_names_go_no_further_in_either_direction(self):
        path = self.path()
        self.origin.on(path, fresh("x", headers=[("Connection", "X-Private"), ("X-Private", "1"), ("Keep-Alive", "timeout=5")]))
        for _ in range(2):
            response = self.ask(path, headers=[("Connection", "X-Mine"), ("X-Mine", "2")])
            for name in ("x-private", "keep-alive"):
                self.assertNotIn(name, response.fields)
        self.assertNotIn("x-mine", self.origin.asked(path)[0].fields)

    def test_a_head_request_has_no_body_and_the_connection_goes_on(self):
        path = self.path()
        self.origin.on(path, answer("twelve bytes"))
        with self.proxy.connect() as wire:
            for method in ("HEAD", "GET", "HEAD"):
                wire.send(request_bytes(method, self.url(path), self.origin.authority))
                response = wire.read_response(method)
                self.assertEqual("12", response["content-length"])


class Bodies(Scenario):
    def test_a_chunked_request_body_reaches_the_origin_whole(self):
        path = self.path()
        self.origin.on(path, answer("got it"))
        body = chunked(b"hello ", b"wor", b"ld")
        with self.proxy.connect() as wire:
            wire.send(request_bytes("POST", self.url(path), self.origin.authority, {"Transfer-Encoding": "chunked"}) + body)
            self.assertAnswered(wire.read_response("POST"), "got it")
        self.assertEqual(b"hello world", self.origin.asked(path)[0].body)

    def test_a_chunked_answer_is_relayed_and_comes_from_the_store_whole(self):
        path = self.path()
        self.origin.on(path, head(200, {"Cache-Control": "max-age=60", "Transfer-Encoding": "chunked"}), b"3\r\nabc\r\n",
                       b"a;ext=1\r\n0123456789\r\n", b"0\r\n\r\n")
        for check in (self.assertMiss, self.assertHit):
            response = self.ask(path)
            self.assertAnswered(response, "abc0123456789")
            check(response)

    def test_trailers_of_an_answer_never_become_header_fields(self):
        path = self.path()
        self.origin.on(path, fresh("body", chunks=True, trailers=[("X-Checksum", "42"), ("Content-Length", "3"), ("Set-Cookie", "a=b")]))
        for _ in range(2):
            response = self.ask(path)
            self.assertAnswered(response, "body")
            for name in ("x-checksum", "set-cookie"):
                self.assertNotIn(name, response.fields)

    def told(self, path, te="trailers", version="1.1", proxy=None):
        """The answer to a client that says what it takes."""
        with (proxy or self.proxy).connect() as wire:
            wire.send(request_bytes("GET", self.url(path), self.origin.authority, {"TE": te, "Connection": "TE"}, version=version))
            return wire.read_response()

    def test_trailers_of_an_answer_reach_a_client_that_takes_them(self):
        path = self.path()
        trailers = [("X-Checksum", "42"), ("Server-Timing", "db;dur=5"), ("X-Checksum", "43")]
        self.origin.on(path, answer("body", headers={"Trailer": "X-Checksum"}, chunks=True, trailers=trailers))
        response = self.told(path)
        self.assertAnswered(response, "body")
        self.assertEqual(trailers, list(response.trailers))
        for te in ("gzip", "trailers;x"):
            self.assertEqual([], list(self.told(path, te).trailers), te)
        self.assertEqual([], list(self.ask(path).trailers))
        self.assertAnswered(self.told(path, version="1.0"), "body")

    def test_trailers_never_say_what_a_head_has_to_say(self):
        path = self.path()
        bad = [("Content-Length", "3"), ("Transfer-Encoding", "gzip"), ("Set-Cookie", "a=b"), ("Authorization", "x"), ("Location", "/"),
               ("Cache-Control", "max-age=9"), ("Vary", "*"), ("Connection", "close"), ("X-Hop", "1"), ("Content-Type", "text/html")]
        self.origin.on(path, answer("body", headers={"Connection": "X-Hop"}, chunks=True, trailers=bad + [("X-Last", "1")]))
        for _ in range(2):
            self.assertEqual([("X-Last", "1")], list(self.told(path).trailers))

    def test_what_is_stored_comes_without_its_trailers_and_whole(self):
        path = self.path()
        self.origin.on(path, fresh("body", chunks=True, trailers=[("X-Checksum", "42")]))
        self.assertEqual([("X-Checksum", "42")], list(self.told(path).trailers))
        with self.proxy.connect() as wire:
            for _ in range(2):
                wire.send(request_bytes("GET", self.url(path), self.origin.authority, {"TE": "trailers"}))
                response = wire.read_response()
                self.assertAnswered(response, "body")
                self.assertIn("hit", response["cache-status"])
                self.assertEqual([], list(response.trailers))
        self.assertEqual(1, self.origin.count(path))

    def test_what_a_trailer_says_of_a_coded_body_is_not_said_of_the_decoded_one(self):
        path = self.path()
        self.origin.on(path, fresh(gzip.compress(b"plain"), headers={"Content-Encoding": "gzip"}, chunks=True, trailers=[("Content-Digest", "sha-256=:eA==:")]))
        response = self.told(path)
        self.assertAnswered(response, "plain")
        self.assertEqual([], list(response.trailers))

    def test_trailers_of_a_request_never_become_header_fields(self):
        path = self.path()
        self.origin.on(path, answer("ok"))
        body = chunked(b"abc", trailers=[("Authorization", "stolen"), ("X-T", "1")])
        with self.proxy.connect() as wire:
            wire.send(request_bytes("POST", self.url(path), self.origin.authority, {"Transfer-Encoding": "chunked", "Trailer": "X-T"}) + body)
            self.assertEqual(200, wire.read_response("POST").status)
        seen = self.origin.asked(path)[0]
        self.assertEqual(b"abc", seen.body)
        self.assertNotIn("authorization", seen.fields)

    def test_expect_100_continue_is_answered_by_the_origin_before_the_body_is_sent(self):
        path = self.path()
        self.origin.on(path, answer("stored"))
        with self.proxy.connect() as wire:
            wire.send(request_bytes("PUT", self.url(path), self.origin.authority, {"Expect": "100-continue", "Content-Length": "5"}))
            self.assertEqual(100, wire.read_head().status)
            wire.send(b"12345")
            self.assertAnswered(wire.read_response("PUT"), "stored")
        self.assertEqual(b"12345", self.origin.asked(path)[0].body)

    def test_a_refusal_instead_of_100_continue_is_relayed(self):
        path = self.path()

        @before_body
        def refuse(_wire, _request):
            return answer("too big", 413, {"Connection": "close"}) + [CLOSE]
        self.origin.on(path, refuse)
        with self.proxy.connect() as wire:
            wire.send(request_bytes("PUT", self.url(path), self.origin.authority, {"Expect": "100-continue", "Content-Length": "500000"}))
            response = wire.read_final_head()
            self.assertEqual(413, response.status)

    def test_an_unknown_expectation_is_417(self):
        self.assertProblem(self.ask(self.path(), headers={"Expect": "the-moon"}), 417)

    def test_a_status_that_is_none_is_a_502_and_never_an_interim_answer(self):
        for status in (b"000", b"007", b"099", b"600", b"999"):
            with self.subTest(status):
                path = self.path()
                self.origin.on(path, b"HTTP/1.1 " + status + b" Odd\r\n\r\n", *fresh("second message"))
                with self.proxy.connect() as wire:
                    wire.send(request_bytes("GET", self.url(path), self.origin.authority))
                    response = wire.read_response()
                    self.assertEqual([], response.interim)
                    self.assertProblem(response, 502)

    def test_early_hints_are_relayed_or_dropped_but_never_taken_for_the_answer(self):
        path = self.path()
        self.origin.on(path, b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n", b"HTTP/1.1 102 Processing\r\n\r\n", *fresh("final"))
        for _ in range(2):
            self.assertAnswered(self.ask(path), "final")
        self.assertEqual(1, self.origin.count(path))


class Upgrades(Scenario):
    def echo(self, path):
        def websocket(wire, request):
            self.seen = request
            wire.send(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
            while wire.buffer or wire.fill():
                wire.send(wire.exactly(len(wire.buffer))[::-1])
            return CLOSE
        self.origin.on(path, websocket)

    def test_a_websocket_through_the_proxy_carries_both_directions(self):
        path = self.path()
        self.echo(path)
        with self.proxy.connect() as wire:
            wire.send(request_bytes("GET", self.url(path), self.origin.authority, {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Key": "eA=="}))
            switched = wire.read_final_head()
            self.assertEqual((101, "cachearr; fwd=bypass; fwd-status=101"), (switched.status, switched["cache-status"]))
            for text in (b"abc", b"0123456789" * 1000):
                wire.send(text)
                self.assertEqual(len(text), len(wire.exactly(len(text))))
        self.assertEqual("websocket", self.seen["upgrade"])

    def test_a_websocket_inside_a_port_80_tunnel_works_too(self):
        path = self.path()
        self.echo(path)
        with self.proxy.connect() as wire:
            wire.send(request_bytes("CONNECT", "local.test:80", "local.test:80"))
            self.assertEqual(200, wire.read_head().status)
            wire.send(request_bytes("GET", path, "local.test", {"Connection": "Upgrade", "Upgrade": "websocket"}))
            self.assertEqual(101, wire.read_final_head().status)
            wire.send(b"xyz")
            self.assertEqual(b"zyx", wire.exactly(3))

    def test_an_upgrade_that_the_origin_declines_is_an_ordinary_answer(self):
        path = self.path()
        self.origin.on(path, answer("no"))
        with self.proxy.connect() as wire:
            wire.send(request_bytes("GET", self.url(path), self.origin.authority, {"Connection": "Upgrade", "Upgrade": "websocket"}))
            self.assertAnswered(wire.read_response(), "no")

    def test_h2c_is_not_offered_to_the_origin_in_any_spelling(self):
        for offered in ("h2c", "H2C", "websocket, H2c"):
            with self.subTest(offered):
                path = self.path()
                self.origin.on(path, answer("one point one"))
                self.ask(path, headers=[("Connection", "Upgrade, HTTP2-Settings"), ("Upgrade", offered), ("HTTP2-Settings", "AAMAAABkAAQAAP__")])
                seen = self.origin.asked(path)[0].fields
                self.assertNotIn("http2-settings", seen)
                self.assertNotIn("upgrade", seen)

    def test_a_101_that_does_not_name_what_was_asked_for_opens_nothing(self):
        for fields in (b"", b"Upgrade: h2c\r\n", b"Upgrade: websocket, tls\r\n"):
            with self.subTest(fields):
                path = self.path()
                self.origin.on(path, b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n" + fields + b"\r\nsecret", CLOSE)
                with self.proxy.connect() as wire:
                    wire.send(request_bytes("GET", self.url(path), self.origin.authority, {"Connection": "Upgrade", "Upgrade": "websocket"}))
                    self.assertProblem(wire.read_response(), 502)


class Limits(Scenario):
    config = {"limits": {"max_header_bytes": "8KiB"}}

    def raw(self, data):
        with self.proxy.connect() as wire:
            try:
                wire.send(data)
            except OSError:
                pass
            response = wire.read_response()
            return response, wire.at_end()

    def test_a_header_section_over_the_limit_is_431(self):
        for headers in ([("X-Big", "x" * 9000)], [("X-%d" % n, "y") for n in range(2000)]):
            response, closed = self.raw(request_bytes("GET", self.url("/big"), self.origin.authority, headers))
            self.assertProblem(response, 431)
            self.assertTrue(closed)

    def test_a_target_over_the_limit_is_414_or_431(self):
        response, _ = self.raw(request_bytes("GET", self.url("/" + "p" * 9000), self.origin.authority))
        self.assertIn(response.status, (414, 431))

    def test_a_header_section_of_an_answer_over_the_limit_is_502(self):
        for count, status in ((7, 200), (9, 502)):
            with self.subTest(count):
                path = self.path()
                self.origin.on(path, answer("x", headers=[("X-Big-%d" % n, "y" * 1000) for n in range(count)]))
                self.assertEqual(status, self.ask(path).status)

    def test_malformed_requests_are_400_and_end_the_connection(self):
        authority = self.origin.authority
        for data in (b"GET\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                     b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", b"GET / HTTP/1.1\r\nHost: a\r\nX: \x00\r\n\r\n",
                     request_bytes("POST", self.url("/"), authority, {"Content-Length": "+5"}) + b"12345",
                     request_bytes("POST", self.url("/"), authority, [("Content-Length", "5"), ("Transfer-Encoding", "chunked")]) + b"0\r\n\r\n",
                     request_bytes("GET", self.url("/a#b"), authority), request_bytes("GET", "http://user:pw@%s/" % authority, authority)):
            with self.subTest(data[:60]):
                response, closed = self.raw(data)
                self.assertProblem(response, 400)
                self.assertTrue(closed)
        self.assertEqual(0, self.origin.count("/"))

    def test_an_unsupported_version_is_505(self):
        response, closed = self.raw(b"GET / HTTP/2.0\r\nHost: a\r\n\r\n")
        self.assertIn(response.status, (400, 505))
        self.assertTrue(closed)


class Timeouts(Scenario):
    def test_a_header_that_never_ends_is_timed_out(self):
        with self.start(config={"timeouts": {"client_header": "1s"}}).connect() as wire:
            wire.send(b"GET / HTTP/1.1\r\nHost: a\r\n")
            rest = wire.rest()
            self.assertTrue(rest == b"" or rest.startswith(b"HTTP/1.1 408"), rest[:80])

    def test_an_idle_connection_is_closed(self):
        path = self.path()
        self.origin.on(path, fresh("x"))
        with self.start(config={"timeouts": {"client_idle": "3s"}}).connect() as wire:
            wire.send(request_bytes("GET", self.url(path), self.origin.authority))
            self.assertAnswered(wire.read_response(), "x")
            self.assertEqual(b"", wire.rest())


class Patience(Scenario):
    config = {"timeouts": {"client_header": "300s"}}

    def test_other_clients_are_served_while_a_slow_one_dawdles(self):
        path = self.path()
        self.origin.on(path, fresh("quick"))
        slow = [self.proxy.connect() for _ in range(50)]
        for wire in slow:
            self.addCleanup(wire.close)
            wire.send(b"GET / HT")
        for _ in range(20):
            self.assertAnswered(self.ask(path), "quick")


if __name__ == "__main__":
    main()
