"""HTTP/2 to clients, in intercepted tunnels and at TLS listeners: the same answers as by HTTP/1, and no more trouble."""
import hashlib
import os
import re
import shutil
import signal
import subprocess
import threading
import time

from lab.case import main
from lab.http2 import Http2Scenario, anonymous_kib
from lab.intercepting import HOST
from lab.origin import CLOSE, answer, before_body, fresh, head


class Http2(Http2Scenario):
    def test_a_miss_and_a_hit_share_the_entry_with_http1(self):
        path = self.path()
        self.origin.on(path, fresh("secret of nobody", headers=[("ETag", '"1"')]))
        client = self.client()
        first = client.ask(path)
        self.assertMiss(first)
        self.assertAnswered(first, "secret of nobody")
        second = client.ask(path)
        self.assertHit(second)
        self.assertAnswered(second, "secret of nobody")
        self.assertEqual('"1"', second["etag"])
        self.assertHit(self.at_listener().ask(path))
        with self.tls() as wire:
            self.assertHit(self.get(wire, path))
        self.assertEqual(1, self.origin.count(path))

    def test_conditions_ranges_and_head_are_answered_from_the_store(self):
        path = self.path()
        self.origin.on(path, fresh("0123456789", headers=[("ETag", '"v"')]))
        client = self.client()
        client.ask(path)
        unchanged = client.ask(path, more=[("if-none-match", '"v"')])
        self.assertEqual((304, b""), (unchanged.status, unchanged.body))
        part = client.ask(path, more=[("range", "bytes=2-4")])
        self.assertAnswered(part, "234", 206)
        self.assertEqual("bytes 2-4/10", part["content-range"])
        only_head = client.ask(path, method="HEAD")
        self.assertEqual((200, "10", b""), (only_head.status, only_head["content-length"], only_head.body))
        self.assertEqual(416, client.ask(path, more=[("range", "bytes=20-")]).status)
        self.assertEqual(1, self.origin.count(path))

    def test_bodies_go_upstream_with_and_without_a_length(self):
        path, body = self.path(), b"x" * 300_000
        self.origin.on(path, lambda _wire, request: answer(str(len(request.body))))
        client = self.client()
        self.assertAnswered(client.ask(path, "POST", body=body), "300000")
        self.assertAnswered(client.ask(path, "PUT", [("content-length", str(len(body)))], body), "300000")
        self.assertAnswered(client.ask(path, "POST", body=b""), "0")
        self.assertEqual([], self.origin.errors)

    def test_an_answer_in_chunks_arrives_whole_and_without_them(self):
        path = self.path()
        self.origin.on(path, answer("in chunks", chunks=True, trailers=[("X-Sum", "9")]))
        response = self.client().ask(path, more=[("te", "trailers")])
        self.assertTrue(response.ended)
        self.assertAnswered(response, "in chunks")
        self.assertNotIn("transfer-encoding", response.fields)
        self.assertNotIn("connection", response.fields)

    def test_an_answer_that_breaks_off_resets_its_stream_alone(self):
        path, other = self.path(), self.path()
        self.origin.on(path, [head(200, [("Content-Length", "100")]) + b"half", CLOSE])
        self.origin.on(other, fresh("whole"))
        client = self.client()
        broken = client.ask(path)
        self.assertFalse(broken.ended)
        self.assertIsNotNone(broken.error)
        self.assertAnswered(client.ask(other), "whole")

    def test_a_hundred_requests_at_once_are_answered_by_one_connection(self):
        paths = [self.path() for _ in range(100)]
        for number, path in enumerate(paths):
            self.origin.on(path, fresh("body %d" % number + "x" * 5000))
        client = self.client()
        for _ in range(2):
            streams = [client.begin(path) for path in paths]
            for number, stream in enumerate(streams):
                self.assertAnswered(client.answer(stream), "body %d" % number + "x" * 5000)
        self.assertHit(client.answers[streams[0]])
        self.assertEqual(1, self.origin.count(paths[0]))

    def test_requests_for_the_same_at_once_become_one(self):
        path, gate = self.path(), threading.Event()
        self.origin.on(path, gate, *fresh("once"))
        client = self.client()
        streams = [client.begin(path) for _ in range(50)]
        self.origin.wait_for(path)
        gate.set()
        for stream in streams:
            self.assertAnswered(client.answer(stream), "once")
        self.assertEqual(1, self.origin.count(path))

    def test_errors_are_problems_as_ever(self):
        client = self.client()
        missing = client.ask("/never", more=[("cache-control", "only-if-cached")])
        self.assertProblem(missing, 504)
        self.assertProblem(client.ask("/", more=[("x-large", "x" * 17_000)]), 431)
        other = client.h2.get_next_available_stream_id()
        client.h2.send_headers(other, [(":method", "GET"), (":scheme", "https"), (":authority", "other.test"),
                                       (":path", "/")], end_stream=True)
        client.send()
        client.until(lambda: other in client.answers and client.answers[other].over)
        self.assertProblem(client.answers[other], 421)

    def test_connect_is_refused(self):
        client = self.client()
        stream = client.h2.get_next_available_stream_id()
        client.h2.send_headers(stream, [(":method", "CONNECT"), (":authority", "a.test:443")], end_stream=True)
        client.send()
        client.until(lambda: stream in client.answers and client.answers[stream].over)
        self.assertProblem(client.answers[stream], 501)

    def test_the_log_and_the_journal_say_which_protocol_it_was(self):
        path = self.path("/logged")
        self.origin.on(path, fresh("logged"))
        self.client().ask(path)
        self.proxy.log.wait_for(re.escape(path) + r" 200 .*HTTP/2\.0")
        requests = self.proxy.admin("GET", "/api/v1/requests?text=" + path).data["requests"]
        self.assertEqual("HTTP/2.0", requests[0]["protocol"])

    def test_interim_answers_come_first(self):
        path = self.path()
        self.origin.on(path, b"HTTP/1.1 103 Early Hints\r\nLink: </style>\r\n\r\n", *answer("after"))
        response = self.client().ask(path, more=[("cache-control", "no-store")])
        self.assertEqual([103], response.interim)
        self.assertAnswered(response, "after")

    def test_a_client_that_offers_only_http1_gets_it(self):
        path = self.path()
        self.origin.on(path, fresh("by HTTP/1"))
        wire = self.tls(context=self.offering("http/1.1"))
        self.assertEqual("http/1.1", wire.sock.selected_alpn_protocol())
        self.assertAnswered(self.get(wire, path), "by HTTP/1")

    def test_it_can_be_turned_off(self):
        proxy = self.make()
        write = proxy.write_config

        def without_http2():
            write()
            with open(proxy.config_file) as file:
                text = file.read()
            with open(proxy.config_file, "w") as file:
                file.write(re.sub(r'("address": "127.0.0.1:(?:%d|%d)")' % (proxy.port, proxy.tls_port),
                                  r'\1, "http2": false', text, count=2))
        proxy.write_config = without_http2
        proxy.start()
        self.addCleanup(proxy.stop)
        wire = self.tls(context=self.offering("h2", "http/1.1", proxy=proxy), proxy=proxy)
        self.assertEqual("http/1.1", wire.sock.selected_alpn_protocol())
        self.assertEqual("http/1.1", self.directly(context=self.offering("h2", "http/1.1", proxy=proxy), proxy=proxy)
                         .sock.selected_alpn_protocol())

    def test_stopping_lets_requests_end_and_takes_no_more(self):
        proxy = self.another()
        path, gate = self.path(), threading.Event()
        self.origin.on(path, gate, *fresh("to the end"))
        client = self.client(proxy)
        stream = client.begin(path)
        self.origin.wait_for(path)
        proxy.signal(signal.SIGTERM)
        self.assertEqual(0, client.until_end())
        gate.set()
        self.assertAnswered(client.answer(stream), "to the end")
        self.assertEqual(0, proxy.process.wait(30))

    def test_other_programs_speak_with_it(self):
        path = self.path()
        self.origin.on(path, fresh("by curl"))
        run = subprocess.run(["curl", "-sS", "--http2", "--proxy", "http://127.0.0.1:%d" % self.proxy.port, "--cacert",
                              self.proxy.ca_file, "-w", "|%{http_version}", "https://%s%s" % (HOST, path)],
                             capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual("by curl|2", run.stdout, run.stderr)
        if not shutil.which("h2load"):
            self.skipTest("no h2load")
        run = subprocess.run(["h2load", "-n", "2000", "-c", "4", "-m", "60", "--connect-to",
                              "127.0.0.1:%d" % self.proxy.tls_port, "https://%s%s" % (HOST, path)],
                             capture_output=True, text=True, timeout=120, check=False)
        self.assertIn("2000 succeeded, 0 failed, 0 errored", run.stdout)


@before_body
def hash_slowly(wire, request):
    """Reads the body as it comes, slower than any client sends."""
    left = int(request["content-length"] or 0)
    pieces = wire.chunks(request) if not left else (wire.exactly(1 << 16) for _ in range(left >> 16))
    seen, total = hashlib.sha256(), 0
    for piece in pieces:
        seen.update(piece)
        if (total + len(piece)) >> 16 != total >> 16:
            threading.Event().wait(0.005)
        total += len(piece)
    return answer(seen.hexdigest())


class Uploads(Http2Scenario):
    SIZE = 8 << 20

    def test_a_long_upload_to_a_slow_origin_does_not_fill_the_memory(self):
        part = os.urandom(1 << 18)
        whole = hashlib.sha256(part * (self.SIZE >> 18)).hexdigest()
        self.origin.on("/before", answer("warm"))
        self.client().ask("/before", "POST", body=part)
        for more in ([], [("content-length", str(self.SIZE))]):
            path = self.path()
            self.origin.on(path, hash_slowly)
            client = self.client()
            before = anonymous_kib(self.proxy.process)
            stream = client.begin(path, "POST", more, ends=False)
            for _ in range(self.SIZE >> 18):
                client.upload(stream, part, ends=False)
            grown = anonymous_kib(self.proxy.process) - before
            client.upload(stream, b"")
            self.assertAnswered(client.answer(stream), whole)
            if not os.environ.get("CACHEARR_SANITIZE"):  # which keeps what was freed
                self.assertLess(grown, 3 << 10, "KiB for an upload of %d bytes" % self.SIZE)


class Idle(Http2Scenario):
    def test_a_connection_is_told_to_go(self):
        proxy = self.another(timeouts={"client_idle": "1s"})
        client = self.client(proxy)
        path = self.path()
        self.origin.on(path, fresh("x"))
        client.ask(path)
        self.assertEqual(0, client.until_end())

    def test_requests_that_are_answered_at_once_keep_a_connection(self):
        proxy = self.another(timeouts={"client_idle": "2s"})
        client, path = self.client(proxy), self.path()
        self.origin.on(path, fresh("x"))
        client.ask(path)
        end = time.monotonic() + 4
        while time.monotonic() < end:
            self.assertHit(client.ask(path))
            threading.Event().wait(0.02)
        self.assertIsNone(client.goaway)
        self.assertEqual(0, client.until_end())

    def test_a_connection_is_idle_once_an_answer_longer_than_its_windows_is_taken(self):
        proxy = self.another(timeouts={"client_idle": "1s"})
        path = self.path()
        self.origin.on(path, fresh(b"l" * 80_000))
        self.client(proxy).ask(path)
        client = self.client(proxy, takes=False)
        stream = client.begin(path)
        client.until(lambda: len(client.answers[stream].body) == 65535)
        client.h2.acknowledge_received_data(65535, stream)
        client.send()
        self.assertEqual(80_000, len(client.answer(stream).body))
        self.assertEqual(0, client.until_end())

    def test_who_has_said_nothing_but_hello_makes_place(self):
        proxy = self.make(limits={"max_connections": 2})
        proxy.threads = 1
        proxy.start()
        self.addCleanup(proxy.stop)
        path = self.path()
        self.origin.on(path, fresh("x"))
        silent = [self.at_listener(proxy) for _ in range(2)]
        for client in silent:
            client.until(lambda client=client: client.h2.remote_settings.max_concurrent_streams == 100)
        self.assertAnswered(self.at_listener(proxy).ask(path), "x")


if __name__ == "__main__":
    main()
