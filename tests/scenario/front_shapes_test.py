"""Every shape in which real clients come to a proxy, interception left out."""
import socket
import ssl
import tempfile
import threading

from lab.case import Scenario, local, main
from lab.certs import Authority
from lab.origin import CLOSE, Origin, answer, fresh
from lab.wire import Wire, parse_cache_status, request_bytes


class ForwardShapes(Scenario):
    config = {"access": {"connect_ports": [443, 80, *range(1024, 65536)]}}

    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.authority = Authority(folder.name)
        cls.secure = Origin(tls=cls.authority.server("DNS:localhost"))
        cls.addClassCleanup(cls.secure.close)
        super().setUpClass()

    @classmethod
    def rules_of(cls, origin):
        rules = local(origin)
        rules["upstreams"]["secure"] = {"hosts": ["localhost"], "origin": "https://localhost:%d" % cls.secure.port,
                                        "tls": {"ca_file": cls.authority.file}}
        return rules

    def tunnel(self, authority, version="1.1", host=True):
        wire = self.proxy.connect()
        wire.send(request_bytes("CONNECT", authority, authority if host else None, version=version))
        opened = wire.read_head()
        self.assertEqual(200, opened.status)
        return wire

    def test_an_absolute_http_url_goes_to_its_origin_and_is_a_hit_the_second_time(self):
        path = self.path()
        self.origin.on(path, fresh("plain"))
        first, second = self.ask(path), self.ask(path)
        self.assertAnswered(first, "plain")
        self.assertMiss(first, "uri-miss")
        self.assertAnswered(second, "plain")
        self.assertHit(second)
        self.assertEqual(1, self.origin.count(path))

    def test_an_absolute_https_url_is_fetched_over_verified_tls(self):
        path = self.path()
        self.secure.on(path, fresh("secret"))
        for check in (self.assertMiss, self.assertHit):
            response = self.proxy.ask("https://localhost:%d%s" % (self.secure.port, path))
            self.assertAnswered(response, "secret")
            check(response)

    def test_an_upstream_whose_certificate_does_not_verify_gives_502(self):
        impostor = self.another_origin(tls=Authority(tempfile.mkdtemp()).server("DNS:localhost"))
        proxy = self.start({"upstreams": {"secure": {"hosts": ["localhost"], "origin": "https://localhost:%d" % impostor.port,
                                                     "tls": {"ca_file": self.authority.file}}}})
        self.assertProblem(proxy.ask("https://localhost:%d/" % impostor.port), 502)
        self.assertEqual([], impostor.requests)

    def test_connect_tunnels_tls_blindly(self):
        path = self.path()
        self.secure.on(path, answer("through the tunnel"))
        with self.tunnel("localhost:%d" % self.secure.port) as wire:
            context = ssl.create_default_context(cafile=self.authority.file)
            inner = Wire(context.wrap_socket(wire.sock, server_hostname="localhost"))
            inner.send(request_bytes("GET", path, "localhost"))
            response = inner.read_response()
            self.assertAnswered(response, "through the tunnel")
            self.assertNotIn("cache-status", response.fields)

    def test_connect_answers_exactly_200_without_a_body(self):
        with self.proxy.connect() as wire:
            wire.send(request_bytes("CONNECT", self.origin.authority, self.origin.authority))
            opened = wire.read_head()
            self.assertEqual(200, opened.status)
            self.assertNotIn("content-length", opened.fields)
            self.assertNotIn("transfer-encoding", opened.fields)

    def test_connect_in_http_1_0_without_host_opens_a_tunnel(self):
        path = self.path()
        self.secure.on(path, answer("old client"))
        with self.tunnel("localhost:%d" % self.secure.port, version="1.0", host=False) as wire:
            context = ssl.create_default_context(cafile=self.authority.file)
            inner = Wire(context.wrap_socket(wire.sock, server_hostname="localhost"))
            inner.send(request_bytes("GET", path, "localhost"))
            self.assertAnswered(inner.read_response(), "old client")

    def test_plain_http_inside_a_tunnel_is_served_from_the_cache(self):
        path = self.path()
        self.origin.on(path, fresh("inside"))
        with self.tunnel("local.test:80") as wire:
            for expected in ("fwd", "hit", "hit"):
                wire.send(request_bytes("GET", path, "local.test"))
                response = wire.read_response()
                self.assertAnswered(response, "inside")
                self.assertIn(expected, parse_cache_status(response["cache-status"]))
        self.assertEqual(1, self.origin.count(path))

    def test_bytes_that_are_no_http_pass_through_a_tunnel(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            def shout():
                peer, _ = server.accept()
                with peer:
                    peer.sendall(peer.recv(100).upper())
            threading.Thread(target=shout, daemon=True).start()
            with self.tunnel("127.0.0.1:%d" % server.getsockname()[1]) as wire:
                wire.send(b"\x01\x02hello")
                self.assertEqual(b"\x01\x02HELLO", wire.exactly(7))
                self.assertTrue(wire.at_end())

    def test_a_half_closed_tunnel_still_carries_the_other_direction(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            def late():
                peer, _ = server.accept()
                with peer:
                    seen = b""
                    while data := peer.recv(100):
                        seen += data
                    peer.sendall(seen[::-1])
            threading.Thread(target=late, daemon=True).start()
            with self.tunnel("127.0.0.1:%d" % server.getsockname()[1]) as wire:
                wire.send(b"\x00abc")
                wire.sock.shutdown(socket.SHUT_WR)
                self.assertEqual(b"cba\x00", wire.rest())

    def test_a_tunnel_to_a_dead_port_is_a_502_problem(self):
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            authority = "127.0.0.1:%d" % unused.getsockname()[1]
            with self.proxy.connect() as wire:
                wire.send(request_bytes("CONNECT", authority, authority))
                self.assertProblem(wire.read_response(), 502)

    def test_one_connection_serves_several_upstreams(self):
        path = self.path()
        self.origin.on(path, answer("one"))
        self.secure.on(path, answer("two"))
        with self.proxy.connect() as wire:
            for origin, host, text in ((self.origin, "127.0.0.1", "one"), (self.secure, "localhost", "two"), (self.origin, "127.0.0.1", "one")):
                authority = "%s:%d" % (host, origin.port)
                wire.send(request_bytes("GET", "%s://%s%s" % (origin.url.partition(":")[0], authority, path), authority))
                self.assertAnswered(wire.read_response(), text)

    def test_another_port_of_a_named_host_is_another_server(self):
        other = self.another_origin()
        other.on("/which", answer("the other"))
        proxy = self.start(config={"access": {"private_upstreams": "allow"}})
        self.assertAnswered(proxy.ask(other.url + "/which"), "the other")
        self.assertEqual(other.authority, other.asked("/which")[0]["host"])

    def test_proxy_connection_does_not_reach_the_origin(self):
        path = self.path()
        self.origin.on(path, answer("x"))
        self.ask(path, headers={"Proxy-Connection": "keep-alive", "Keep-Alive": "300", "TE": "trailers"})
        seen = self.origin.asked(path)[0].fields
        for name in ("proxy-connection", "keep-alive", "te", "proxy-authorization"):
            self.assertNotIn(name, seen)

    def test_an_http_1_0_client_gets_an_answer_that_ends_with_the_connection(self):
        path = self.path()
        self.origin.on(path, fresh("chunky", chunks=True))
        for _ in range(2):
            with self.proxy.connect() as wire:
                wire.send(request_bytes("GET", self.url(path), self.origin.authority, version="1.0"))
                response = wire.read_response()
                self.assertAnswered(response, "chunky")
                self.assertNotIn("transfer-encoding", response.fields)
                self.assertTrue(wire.at_end())

    def test_an_http_1_0_client_that_asks_for_it_keeps_its_connection(self):
        path = self.path()
        self.origin.on(path, fresh("again"))
        with self.proxy.connect() as wire:
            for _ in range(2):
                wire.send(request_bytes("GET", self.url(path), self.origin.authority, [("Connection", "keep-alive")], version="1.0"))
                response = wire.read_response()
                self.assertAnswered(response, "again")
                self.assertEqual("keep-alive", response["connection"].lower())

    def test_an_origin_that_ends_its_body_by_closing_is_relayed_whole(self):
        path = self.path()
        self.origin.on(path, b"HTTP/1.1 200 OK\r\n\r\nuntil the end", CLOSE)
        with self.proxy.connect() as wire:
            for _ in range(2):
                wire.send(request_bytes("GET", self.url(path), self.origin.authority))
                self.assertAnswered(wire.read_response(), "until the end")


class ReverseShapes(Scenario):
    reverse = ("local",)

    @classmethod
    def rules_of(cls, origin):
        return {"upstreams": {"local": {"hosts": ["tv.test"], "origin": origin.url + "/base", "mount": "/tv"}}}

    def test_a_mount_is_taken_off_and_the_origins_path_put_before(self):
        path = self.path()
        self.origin.on("/base" + path, fresh("mounted"))
        self.assertAnswered(self.proxy.visit("/tv" + path + "?q=1"), "mounted")
        self.assertEqual("/base%s?q=1" % path, self.origin.asked("/base" + path)[0].target)

    def test_rules_see_the_path_below_the_origins_own(self):
        rules = self.rules_of(self.origin)
        rules["upstreams"]["local"]["credentials"] = {"path": ["pass"]}
        rules["rules"] = [
            {"name": "one", "upstream": "local", "match": {"path": "/tv/{id:int}"}, "key": "tv:{id}", "ttl": "1h"},
            {"name": "feed", "upstream": "local", "match": {"path": "/feed/{pass}/new"}, "ttl": "1h"},
            {"name": "write", "upstream": "local", "match": {"method": "PUT", "path": "/tv/{id:int}"}, "invalidate": ["tv:{id}"]}]
        proxy = self.start(rules, reverse=("local",))
        self.origin.on("/base/tv/7", *answer("seven"))
        self.origin.on("/base/feed/plainword/new", *answer("news"))
        self.assertEqual("tv:7", proxy.visit("/tv/tv/7").cache.get("key"))
        self.assertHit(proxy.visit("/tv/7", upstream="local"))
        proxy.visit("/tv/tv/7", method="PUT", body=b"x")
        self.assertMiss(proxy.visit("/tv/7", host="tv.test"))
        shown = repr(proxy.visit("/tv/feed/plainword/new").fields)
        self.assertIn("/base/feed/***/new", shown)
        shown += proxy.log.wait_for(r"/base/feed/\*\*\*/new")
        self.assertNotIn("plainword", shown)

    def test_a_mount_matches_whole_segments_only(self):
        self.assertProblem(self.proxy.visit("/tvs/x"), 404)

    def test_a_host_that_an_upstream_names_is_routed_there(self):
        path = self.path()
        self.origin.on("/base" + path, fresh("by host"))
        self.assertAnswered(self.proxy.visit(path, host="tv.test"), "by host")

    def test_a_listener_of_its_own_serves_its_upstream_whatever_the_host(self):
        path = self.path()
        self.origin.on("/base" + path, fresh("own port"))
        self.assertAnswered(self.proxy.visit(path, upstream="local", host="anything.test"), "own port")

    def test_proxy_mount_host_and_own_listener_share_one_entry(self):
        path = self.path()
        self.origin.on("/base" + path, fresh("one entry"))
        self.assertMiss(self.proxy.visit("/tv" + path))
        self.assertHit(self.proxy.visit(path, host="tv.test"))
        self.assertHit(self.proxy.visit(path, upstream="local"))
        self.assertHit(self.proxy.ask("http://tv.test" + path))
        self.assertEqual(1, self.origin.count("/base" + path))

    def test_the_origin_sees_the_upstreams_host_name(self):
        path = self.path()
        self.origin.on("/base" + path, answer("x"))
        self.proxy.visit("/tv" + path)
        self.assertEqual("tv.test", self.origin.asked("/base" + path)[0]["host"])

    def test_a_redirect_leads_back_to_where_the_request_came_from_stored_or_not(self):
        for location in ("/base/shows/82?x=1", self.origin.url + "/base/shows/82?x=1", "http://tv.test/base/shows/82?x=1"):
            with self.subTest(location):
                path = self.path()
                self.origin.on("/base" + path, fresh("", 600, 301, [("Location", location)]))
                for _ in range(2):  # as it arrives, and as it is stored
                    self.assertEqual("/tv/shows/82?x=1", self.proxy.visit("/tv" + path)["location"])
                    self.assertEqual("/shows/82?x=1", self.proxy.visit(path, upstream="local")["location"])
                    self.assertEqual("/shows/82?x=1", self.proxy.visit(path, host="tv.test")["location"])
                    self.assertEqual(location, self.proxy.ask("http://tv.test" + path)["location"])
                self.assertEqual(1, self.origin.count("/base" + path))

    def test_what_an_answer_says_it_is_leads_back_in_parts_and_confirmations_too(self):
        path = self.path()
        self.origin.on("/base" + path, fresh("whole", 600, 200, [("Content-Location", "/base/a"), ("ETag", '"1"')]))
        self.assertEqual("/tv/a", self.proxy.visit("/tv" + path)["content-location"])
        self.assertEqual("/tv/a", self.proxy.visit("/tv" + path, headers={"Range": "bytes=0-1"})["content-location"])
        self.assertEqual("/tv/a", self.proxy.visit("/tv" + path, headers={"If-None-Match": '"1"'})["content-location"])

    def test_the_answer_to_a_post_serves_gets_of_what_the_origin_calls_it(self):
        for location, reused in (("/base%s", True), ("http://tv.test/base%s", True), ("%s", False), ("/tv%s", False)):
            with self.subTest(location):
                path = self.path()
                self.origin.on("/base" + path, fresh("by POST", 600, 200, [("Content-Location", location % path)]))
                self.proxy.visit("/tv" + path, "POST", body=b"x")
                self.origin.on("/base" + path, fresh("by GET"))
                self.assertAnswered(self.proxy.visit("/tv" + path), "by POST" if reused else "by GET")

    def test_a_redirect_to_another_server_stays_as_it_is(self):
        path = self.path()
        self.origin.on("/base" + path, answer("", 301, [("Location", "https://tv.test/base/shows/82")]))
        self.assertEqual("https://tv.test/base/shows/82", self.proxy.visit("/tv" + path)["location"])

    def test_a_path_that_nothing_is_mounted_at_is_a_404_problem(self):
        self.assertProblem(self.proxy.visit("/nowhere"), 404)


class PlainHttpInTunnels(Scenario):
    """As undici asks for http:// URLs: CONNECT to the port of the origin, which access.connect_ports does not name."""

    @classmethod
    def rules_of(cls, origin):
        rules = local(origin)
        cls.other = Origin(address="127.0.0.44")
        cls.addClassCleanup(cls.other.close)
        rules["upstreams"]["secure"] = {"hosts": ["secure.test"], "origin": "https://127.0.0.1:%d" % cls.other.port}
        return rules

    def inside(self, authority):
        wire = self.proxy.connect()
        self.addCleanup(wire.close)
        wire.send(request_bytes("CONNECT", authority, authority))
        self.assertEqual(200, wire.read_head().status)
        return wire

    def test_a_port_that_an_upstream_names_is_allowed_read_and_cached_as_in_absolute_form(self):
        path = self.path()
        self.origin.on(path, fresh("once"))
        for host in ("127.0.0.1", "local.test"):
            authority = "%s:%d" % (host, self.origin.port)
            wire = self.inside(authority)
            for _ in range(2):
                wire.send(request_bytes("GET", path, authority))
                self.assertAnswered(wire.read_response(), "once")
            self.assertHit(self.proxy.ask("http://%s%s" % (authority, path)))
        self.assertEqual(2, self.origin.count(path))

    def test_what_is_no_http_passes_through_such_a_port(self):
        wire = self.inside(self.origin.authority)
        wire.send(b"\x16\x03\x01\x00\x00\r\n\r\n")
        self.assertTrue(wire.at_end())

    def test_the_port_of_one_upstream_opens_nothing_at_another_host(self):
        for authority in ("127.0.0.44:%d" % self.origin.port, "elsewhere.test:%d" % self.origin.port, "local.test:22"):
            with self.subTest(authority), self.proxy.connect() as wire:
                wire.send(request_bytes("CONNECT", authority, authority))
                self.assertProblem(wire.read_response(), 403)


if __name__ == "__main__":
    main()
