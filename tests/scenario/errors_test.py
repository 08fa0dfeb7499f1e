"""Dead, slow and lying upstreams: what the client is told, and that nothing broken is kept."""
import socket
import threading

from lab.case import Scenario, local, main
from lab.origin import CLOSE, RESET, answer, fresh, head
from lab.wire import Truncated, WireError, request_bytes


class BadUpstreams(Scenario):
    def test_a_refused_connection_is_a_502_problem(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            proxy = self.start({"upstreams": {"dead": {"hosts": ["dead.test"], "origin": "http://127.0.0.1:%d" % unused.getsockname()[1]}}})
            problem = self.assertProblem(proxy.ask("http://dead.test/x"), 502)
            self.assertNotIn("<", problem["detail"])

    def test_a_name_that_does_not_resolve_is_a_502_that_says_so(self):
        problem = self.assertProblem(self.proxy.ask("http://does-not-exist.invalid/x"), 502)
        self.assertIn("does-not-exist.invalid", problem["detail"])

    def test_an_upstream_that_never_answers_is_504(self):
        path, never = self.path(), threading.Event()
        self.addCleanup(never.set)
        self.origin.on(path, never, *answer("too late"))
        proxy = self.start(config={"timeouts": {"upstream_header": "1s"}})
        self.assertProblem(self.ask(path, proxy=proxy), 504)

    def test_a_connection_that_cannot_be_made_in_time_is_504(self):
        with socket.socket() as full:
            full.bind(("127.0.0.1", 0))
            full.listen(0)
            port = full.getsockname()[1]
            fillers = []
            for _ in range(4):
                filler = socket.socket()
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.1", port))
                fillers.append(filler)
            try:
                proxy = self.start({"upstreams": {"full": {"hosts": ["full.test"], "origin": "http://127.0.0.1:%d" % port}}},
                                   {"timeouts": {"connect": "1s"}})
                self.assertProblem(proxy.ask("http://full.test/"), 504)
            finally:
                for filler in fillers:
                    filler.close()

    def test_garbage_and_broken_heads_are_502(self):
        for data in (b"garbage\r\n\r\n", b"HTTP/1.1 abc OK\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
                     b"HTTP/1.1 200 OK\r\nBad Name: 1\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: a\rb\r\n\r\n", b"\x15\x03\x01\x00\x02\x02\x28",
                     b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"):
            with self.subTest(data[:40]):
                path = self.path()
                self.origin.on(path, data, CLOSE)
                self.assertProblem(self.ask(path), 502)

    def test_a_head_without_end_is_502(self):
        path = self.path()
        self.origin.on(path, b"HTTP/1.1 200 OK\r\n" + b"X-Filler: 0123456789\r\n" * 50000, CLOSE)
        self.assertProblem(self.ask(path), 502)

    def test_a_close_before_the_answer_is_502(self):
        path = self.path()
        self.origin.on(path, CLOSE)
        self.assertProblem(self.ask(path, "POST", body=b"x"), 502)

    def truncated(self, path, *steps, proxy=None):
        """The client must be able to tell, and a second client gets a fresh, whole answer."""
        self.origin.sequence(path, list(steps), fresh("whole"))
        with (proxy or self.proxy).connect() as wire:
            wire.send(request_bytes("GET", self.url(path), self.origin.authority))
            with self.assertRaises((Truncated, WireError, ConnectionResetError)):
                wire.read_response()
        self.assertAnswered(self.ask(path, proxy=proxy), "whole")
        self.assertEqual(2, self.origin.count(path))

    def test_a_body_shorter_than_its_length_is_cut_for_the_client_and_never_stored(self):
        self.truncated(self.path(), head(200, {"Content-Length": "1000", "Cache-Control": "max-age=60"}), b"x" * 500, CLOSE)

    def test_a_chunked_body_without_its_end_is_cut_for_the_client_and_never_stored(self):
        self.truncated(self.path(), head(200, {"Transfer-Encoding": "chunked", "Cache-Control": "max-age=60"}), b"5\r\nabcde\r\n", CLOSE)

    def test_a_reset_in_the_middle_is_cut_for_the_client_and_never_stored(self):
        self.truncated(self.path(), head(200, {"Content-Length": "1000", "Cache-Control": "max-age=60"}), b"x" * 500, RESET)

    def test_a_body_that_stalls_is_cut_after_the_idle_time_and_never_stored(self):
        stalled = threading.Event()
        self.addCleanup(stalled.set)
        self.truncated(self.path(), head(200, {"Content-Length": "1000", "Cache-Control": "max-age=60"}), b"x" * 10, stalled,
                       proxy=self.start(config={"timeouts": {"upstream_idle": "1s"}}))

    def test_bytes_behind_an_answer_never_become_the_next_answer(self):
        path, other = self.path(), self.path()
        self.origin.on(path, answer("first", headers={"Cache-Control": "no-store"})[0] + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison")
        self.origin.on(other, answer("second"))
        with self.proxy.connect() as wire:
            for target, text in ((path, "first"), (other, "second"), (other, "second")):
                wire.send(request_bytes("GET", self.url(target), self.origin.authority))
                self.assertAnswered(wire.read_response(), text)

    def test_an_origins_own_error_pages_pass_unchanged(self):
        path = self.path()
        self.origin.on(path, answer("<h1>Not here</h1>", 404, {"Content-Type": "text/html"}))
        response = self.ask(path)
        self.assertAnswered(response, "<h1>Not here</h1>", 404)
        self.assertEqual("text/html", response["content-type"])


class NewznabErrors(Scenario):
    @classmethod
    def rules_of(cls, origin):
        rules = local(origin)
        cls.unused = socket.socket()
        cls.unused.bind(("127.0.0.1", 0))
        cls.addClassCleanup(cls.unused.close)
        rules["upstreams"]["indexer"] = {"hosts": ["indexer.test"], "origin": "http://127.0.0.1:%d" % cls.unused.getsockname()[1],
                                         "mount": "/indexer", "errors": "newznab"}
        return rules

    def test_an_upstream_of_that_kind_gets_xml_errors(self):
        response = self.proxy.ask("http://indexer.test/api?t=search&apikey=topsecret")
        self.assertEqual(502, response.status)
        self.assertIn("xml", response["content-type"])
        self.assertRegex(response.text, r'<error code="\d+" description="[^"]{10,}"\s*/>')
        self.assertNotIn("topsecret", response.text)

    def test_by_mount_as_well(self):
        response = self.proxy.visit("/indexer/api?t=caps")
        self.assertEqual(502, response.status)
        self.assertIn("xml", response["content-type"])


if __name__ == "__main__":
    main()
