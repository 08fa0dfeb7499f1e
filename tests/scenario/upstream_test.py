"""The side towards the origin: reuse of connections, safe retries, parents, several addresses."""
import shutil
import socket
import tempfile
import threading
import time

from lab.case import Scenario, local, main
from lab.certs import Authority
from lab.origin import CLOSE, Origin, answer, fresh, head
from lab.wire import TIME_LIMIT, Wire, WireError, request_bytes


def chunk(data):
    return b"%x\r\n%b\r\n" % (len(data), data)


class Connections(Scenario):
    def test_one_connection_upstream_serves_many_requests(self):
        stem = self.path()
        before = self.origin.connections
        with self.proxy.connect() as wire:
            for number in range(10):
                path = "%s/%d" % (stem, number)
                self.origin.on(path, answer("x"))
                wire.send(request_bytes("GET", self.url(path), self.origin.authority))
                wire.read_response()
        self.assertLessEqual(self.origin.connections - before, 1)

    def test_an_upstream_may_be_given_less_time_between_two_pieces_of_its_body(self):
        origin, gate = self.another_origin(), threading.Event()
        self.addCleanup(gate.set)
        proxy = self.start(local(origin, timeouts={"idle": "300ms"}), {"timeouts": {"upstream_idle": "60s"}})
        origin.on("/pauses", head(200, {"Content-Length": "10"}), b"first", gate, b"-last")
        self.assertRaises((WireError, ConnectionError), proxy.ask, origin.url + "/pauses")

    def test_a_stream_that_lives_may_be_quiet_for_longer_than_other_bodies(self):
        proxy = self.start(config={"timeouts": {"upstream_idle": "300ms"}})
        for content_type in ("text/event-stream; charset=utf-8", "multipart/x-mixed-replace; boundary=x", "application/x-ndjson"):
            with self.subTest(content_type):
                path = self.path()

                def events(wire, _request, content_type=content_type):
                    wire.send(head(200, {"Content-Type": content_type, "Transfer-Encoding": "chunked"}), chunk(b"data: 1\n\n"))
                    time.sleep(1.5)  # what is tested is that time passes
                    wire.send(chunk(b"data: 2\n\n"), b"0\r\n\r\n")
                    return []
                self.origin.on(path, events)
                self.assertAnswered(self.ask(path, proxy=proxy), "data: 1\n\ndata: 2\n\n")

    def test_a_quiet_stream_ends_at_its_origin_once_its_client_has_left(self):
        path, ended = self.path(), threading.Event()

        def quiet(wire, _request):
            wire.send(head(200, {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"}), chunk(b"data: 1\n\n"))
            try:
                if wire.sock.recv(1) == b"":
                    ended.set()
            except ConnectionError:
                ended.set()
            return CLOSE
        self.origin.on(path, quiet)
        with self.proxy.connect() as wire:
            wire.send(request_bytes("GET", self.url(path), self.origin.authority))
            wire.read_final_head()
            self.assertFalse(ended.is_set())
        self.assertTrue(ended.wait(TIME_LIMIT))

    def test_a_get_is_retried_once_when_the_kept_connection_had_died(self):
        origin = self.another_origin()
        proxy = self.start(local(origin), threads=1)
        origin.on("/first", lambda wire, _request: setattr(origin, "wire", wire) or answer("first"))
        origin.on("/second", answer("second"))
        self.assertAnswered(proxy.ask(origin.url + "/first"), "first")
        origin.wire.sock.shutdown(socket.SHUT_RDWR)
        self.assertAnswered(proxy.ask(origin.url + "/second"), "second")

    def test_a_connection_closed_just_as_the_request_arrives_costs_a_get_nothing(self):
        path, closed = self.path(), []

        def once(_wire, request):
            if request.connection not in closed and len(closed) < 1:
                closed.append(request.connection)
                return CLOSE
            return answer("second try")
        warm = self.path()
        self.origin.on(warm, answer("x"))
        self.ask(warm)
        self.origin.on(path, once)
        self.assertIn(self.ask(path).status, (200, 502))
        self.assertAnswered(self.ask(path), "second try")

    def test_a_post_is_never_sent_twice(self):
        warm, path = self.path(), self.path()
        self.origin.on(warm, answer("x"))
        self.ask(warm)
        self.origin.on(path, CLOSE)
        self.assertProblem(self.ask(path, "POST", body=b"order"), 502)
        self.assertEqual(1, self.origin.count(path))

    def test_an_origin_that_says_close_is_not_asked_again_on_that_connection(self):
        first, second = self.path(), self.path()
        self.origin.on(first, *answer("x", 200, {"Connection": "close"}), CLOSE)
        self.origin.on(second, answer("y"))
        self.ask(first)
        self.assertAnswered(self.ask(second), "y")
        self.assertNotEqual(self.origin.asked(first)[0].connection, self.origin.asked(second)[0].connection)

    def test_a_connection_that_ntlm_or_negotiate_authenticated_serves_nobody_else(self):
        for scheme in ("NTLM", "Negotiate"):
            with self.subTest(scheme):
                path, users = self.path(), {}

                def secret(wire, request):
                    if request["authorization"]:
                        users[wire.number] = "alice"
                    return answer(users.get(wire.number, "nobody") + " here", headers={"Cache-Control": "no-store"})
                self.origin.on(path, secret)
                self.assertAnswered(self.ask(path, headers={"Authorization": scheme + " TlRMTVNTUAADAAAA"}), "alice here")
                for _ in range(4):
                    self.assertAnswered(self.ask(path), "nobody here")

    def test_a_connection_on_which_a_challenge_of_ntlm_stands_is_not_used_again(self):
        first, second = self.path(), self.path()
        self.origin.on(first, answer("who?", 401, [("WWW-Authenticate", "Basic realm=x"), ("WWW-Authenticate", "Negotiate")]))
        self.origin.on(second, answer("y"))
        self.ask(first)
        self.ask(second)
        self.assertNotEqual(self.origin.asked(first)[0].connection, self.origin.asked(second)[0].connection)

    def test_redirects_are_passed_on_not_followed(self):
        path = self.path()
        self.origin.on(path, answer("", 301, {"Location": self.url("/elsewhere")}))
        response = self.ask(path)
        self.assertEqual(301, response.status)
        self.assertEqual(0, self.origin.count("/elsewhere"))


class SeveralAddresses(Scenario):
    def test_a_dead_address_is_passed_over_for_the_one_that_lives(self):
        origin = self.another_origin(address="127.0.0.1")
        proxy = self.start({"upstreams": {"both": {"hosts": ["localhost"], "origin": "http://localhost:%d" % origin.port}}})
        origin.on("/x", answer("over IPv4"))
        self.assertAnswered(proxy.ask("http://localhost:%d/x" % origin.port), "over IPv4")

    def test_resolve_sends_a_name_to_an_address_of_choice(self):
        proxy = self.start({"upstreams": {"named": {"hosts": ["api.example.test"], "origin": "http://api.example.test"}}},
                           arguments=["--resolve", "api.example.test:80:127.0.0.1:%d" % self.origin.port])
        path = self.path()
        self.origin.on(path, answer("resolved"))
        self.assertAnswered(proxy.ask("http://api.example.test" + path), "resolved")
        self.assertEqual("api.example.test", self.origin.asked(path)[0]["host"])


class HttpParent:
    """A forward proxy of a dozen lines: CONNECT and absolute form, everything to one origin."""

    def __init__(self, origin, extra=b""):
        self.seen, self.origin = [], origin
        self.extra = extra  # bytes of its own, right behind its answer
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.server.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def opening(self, client):
        """Reads what comes before the tunnelled bytes; returns bytes to send on."""
        wire = Wire(client)
        request = wire.read_request_head()
        self.seen.append(request)
        if request.method == "CONNECT":
            wire.send(b"HTTP/1.1 200 Connection established\r\n\r\n" + self.extra)
            return bytes(wire.buffer)
        return ("%s\r\n%s\r\n" % (request.first_line, "".join("%s: %s\r\n" % f for f in request.fields))).encode() + bytes(wire.buffer)

    def serve(self, client):
        with client, socket.create_connection(("127.0.0.1", self.origin.port)) as upstream:
            upstream.sendall(self.opening(client))
            back = threading.Thread(target=self.pump, args=(upstream, client), daemon=True)
            back.start()
            self.pump(client, upstream)
            back.join()

    @staticmethod
    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


class SocksParent(HttpParent):
    """SOCKS5 without authentication, CONNECT only."""

    def opening(self, client):
        wire = Wire(client)
        version, methods = wire.exactly(2)
        wire.exactly(methods)
        wire.send(b"\x05\x00")
        _, command, _, kind = wire.exactly(4)
        name = wire.exactly({1: 4, 4: 16}.get(kind) or wire.exactly(1)[0])
        self.seen.append((version, command, kind, name, int.from_bytes(wire.exactly(2), "big")))
        wire.send(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00" + self.extra)
        return bytes(wire.buffer)


class Parents(Scenario):
    def through(self, parent, scheme):
        self.addCleanup(parent.server.close)
        proxy = self.start({"upstreams": {"far": {"hosts": ["far.test"], "origin": "http://far.test", "proxy": "%s://127.0.0.1:%d" % (scheme, parent.port)}}})
        path = self.path()
        self.origin.on(path, fresh("from afar"))
        self.assertAnswered(proxy.ask("http://far.test" + path), "from afar")
        response = proxy.ask("http://far.test" + path)
        self.assertHit(response)
        self.assertEqual(1, self.origin.count(path))
        return self.origin.asked(path)[0]

    def test_an_http_parent_is_asked_in_absolute_form_or_by_connect(self):
        parent = HttpParent(self.origin)
        self.through(parent, "http")
        request = parent.seen[0]
        self.assertTrue(request.method == "CONNECT" or request.target.startswith("http://far.test/"), request)

    def test_a_socks5_parent_gets_the_name_not_an_address(self):
        parent = SocksParent(self.origin)
        request = self.through(parent, "socks5")
        self.assertEqual((5, 1, 3, b"far.test", 80), parent.seen[0])
        self.assertEqual("far.test", request["host"])

    def test_bytes_behind_a_parents_answer_never_pass_for_the_origins(self):
        """Neither inside verified TLS nor in front of the first answer: they came before anything was asked."""
        folder = tempfile.mkdtemp(prefix="cachearr-parent-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        authority = Authority(folder)
        secure = self.another_origin(tls=authority.server("DNS:far.test"))
        secure.on("/x", fresh("real"))
        self.origin.on("/x", fresh("real"))
        forged = fresh("forged")[0]
        for kind, scheme, target, origin in ((HttpParent, "http", "https", secure), (SocksParent, "socks5", "https", secure),
                                             (SocksParent, "socks5", "http", self.origin)):
            for extra in (forged, b"\x16", b"HTTP/1.1 100 Continue\r\n\r\n" + forged):
                with self.subTest(kind=kind.__name__, target=target, extra=extra[:12]):
                    parent = kind(origin, extra)
                    self.addCleanup(parent.server.close)
                    proxy = self.start({"upstreams": {"far": {
                        "hosts": ["far.test"], "origin": target + "://far.test", "tls": {"ca_file": authority.file},
                        "retries": 0, "proxy": "%s://127.0.0.1:%d" % (scheme, parent.port)}}})
                    response = proxy.ask(target + "://far.test/x")
                    self.assertIn("before anything was asked", self.assertProblem(response, 502)["detail"])
                    parent.extra = b""
                    self.assertAnswered(proxy.ask(target + "://far.test/x"), "real")

    def test_what_a_server_says_first_in_a_tunnel_through_a_parent_reaches_the_client(self):
        parent = HttpParent(self.origin, b"220 ready\r\n")
        self.addCleanup(parent.server.close)
        proxy = self.start({"upstreams": {"far": {"hosts": ["far.test"], "proxy": "http://127.0.0.1:%d" % parent.port}}})
        with proxy.connect() as wire:
            wire.send(request_bytes("CONNECT", "far.test:443", "far.test:443"))
            self.assertEqual(200, wire.read_head().status)
            self.assertEqual(b"220 ready", wire.line())

    def test_a_parent_that_refuses_is_a_502(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            proxy = self.start({"upstreams": {"far": {"hosts": ["far.test"], "origin": "http://far.test",
                                                      "proxy": "socks5://127.0.0.1:%d" % unused.getsockname()[1]}}})
            self.assertProblem(proxy.ask("http://far.test/x"), 502)


class SixthVersion(Scenario):
    def test_an_origin_on_ipv6_is_reached_by_its_literal(self):
        origin = Origin(address="::1")
        self.addCleanup(origin.close)
        proxy = self.start({"upstreams": {"six": {"hosts": ["six.test"], "origin": "http://[::1]:%d" % origin.port}}})
        origin.on("/x", answer("six"))
        self.assertAnswered(proxy.ask("http://six.test/x"), "six")


if __name__ == "__main__":
    main()
