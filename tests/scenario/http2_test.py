"""HTTP/2 to clients, in intercepted tunnels and at TLS listeners: the same answers as by HTTP/1, and no more trouble."""
import re
import shutil
import signal
import subprocess
import threading

from lab.case import main
from lab.http2 import Http2Scenario
from lab.intercepting import HOST
from lab.origin import CLOSE, answer, fresh, head


def anonymous_kib(process):
    with open("/proc/%d/status" % process.pid) as file:
        return int(re.search(r"RssAnon:\s+(\d+)", file.read())[1])


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

    def test_an_idle_connection_is_told_to_go(self):
        proxy = self.another(timeouts={"client_idle": "1s"})
        client = self.client(proxy)
        path = self.path()
        self.origin.on(path, fresh("x"))
        client.ask(path)
        self.assertEqual(0, client.until_end())

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


if __name__ == "__main__":
    main()
