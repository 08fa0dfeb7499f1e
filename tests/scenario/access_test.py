"""Who may use the proxy, and where it lets them go."""
from lab.case import Scenario, main
from lab.origin import answer, fresh
from lab.proxy import Proxy, free_ports
from lab.wire import connect, request_bytes


class Destinations(Scenario):
    """127.0.0.1 is named by an upstream; every other private address is not."""

    def forbidden(self, target, method="GET"):
        with self.proxy.connect() as wire:
            host = target.split("://", 1)[-1].partition("/")[0]
            wire.send(request_bytes(method, target, host))
            return wire.read_response(method)

    def test_no_notation_of_a_private_address_gets_past_the_guard(self):
        canary = self.another_origin(address="127.0.0.66")
        for host in ("127.0.0.66", "2130706498", "0x7f000042", "0177.0.0.0102", "0x7f.0.0.0x42", "127.66", "127.0.66",
                     "[::ffff:127.0.0.66]", "[::ffff:7f00:42]", "127.0.0.66.", "[::1]", "0.0.0.0", "[::]", "169.254.169.254", "10.0.0.1",
                     "192.168.1.1", "172.16.0.1", "100.64.0.1", "[fe80::1]", "[fd00::1]", "[64:ff9b::7f00:42]", "224.0.0.1"):
            with self.subTest(host):
                response = self.forbidden("http://%s:%d/" % (host, canary.port))
                self.assertIn(response.status, (400, 403), response)
                self.assertEqual("application/problem+json", response["content-type"])
        self.assertEqual(0, canary.connections)

    def test_a_name_that_resolves_to_a_private_address_is_refused_after_resolution(self):
        canary = self.another_origin(address="127.0.0.1")
        self.assertProblem(self.forbidden("http://localhost:%d/" % canary.port), 403)
        self.assertEqual(0, canary.connections)

    def test_connect_is_guarded_in_the_same_way(self):
        canary = self.another_origin(address="127.0.0.66")
        proxy = self.start(config={"access": {"connect_ports": [canary.port]}})
        for authority in ("127.0.0.66:%d" % canary.port, "2130706498:%d" % canary.port, "[::ffff:127.0.0.66]:%d" % canary.port):
            with self.subTest(authority), proxy.connect() as wire:
                wire.send(request_bytes("CONNECT", authority, authority))
                self.assertIn(wire.read_response().status, (400, 403))
        self.assertEqual(0, canary.connections)

    def test_connect_to_a_port_that_is_not_listed_is_refused(self):
        self.assertProblem(self.forbidden("local.test:22", "CONNECT"), 403)

    def test_the_admin_listener_cannot_be_reached_through_the_proxy(self):
        proxy = self.start(config={"access": {"private_upstreams": "allow"}})
        for host in ("0.0.0.0", "[::]", "0", "[::ffff:0.0.0.0]"):
            with self.subTest(host):
                self.assertIn(proxy.ask("http://%s:%d/ping" % (host, proxy.admin_port)).status, (400, 508))
        for host in ("127.0.0.1", "localhost", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "127.1"):
            with self.subTest(host):
                response = self.forbidden("http://%s:%d/ping" % (host, self.proxy.admin_port))
                self.assertNotEqual(b'{"status":"OK"}', response.body.replace(b" ", b""))
                self.assertNotIn(response.status, range(200, 300))

    def test_listeners_on_every_address_are_not_reached_through_the_proxy_by_any_of_them(self):
        for bound in ("0.0.0.0", "[::]"):
            ports = free_ports(2)
            proxy = self.start(config={"access": {"private_upstreams": "allow", "connect_ports": [443, *ports]},
                                       "admin": {"address": "%s:%d" % (bound, ports[0])}})
            for host in ("127.0.0.2", "127.0.1.1", "[::ffff:127.0.0.2]", "[::ffff:7f00:101]", "127.0.0.1", "localhost"):
                with self.subTest(bound=bound, host=host):
                    self.assertProblem(proxy.ask("http://%s:%d/ping" % (host, ports[0])), 508)
                    with proxy.connect() as wire:
                        wire.send(request_bytes("CONNECT", "%s:%d" % (host, ports[0]), "x"))
                        self.assertProblem(wire.read_response(), 508)

    def test_a_private_target_may_be_allowed_for_everyone(self):
        other = self.another_origin(address="127.0.0.77")
        other.on("/x", answer("reached"))
        proxy = self.start(config={"access": {"private_upstreams": "allow"}})
        self.assertAnswered(proxy.ask(other.url + "/x"), "reached")

    def test_deny_refuses_even_a_named_private_upstream(self):
        proxy = self.start(config={"access": {"private_upstreams": "deny"}})
        self.assertProblem(proxy.ask(self.url("/denied")), 403)
        self.assertEqual(0, self.origin.count("/denied"))

    def test_unknown_hosts_can_be_refused(self):
        other = self.another_origin(address="127.0.0.77")
        proxy = self.start(config={"access": {"unknown_hosts": "deny", "private_upstreams": "allow", "connect_ports": [other.port]}})
        self.assertProblem(proxy.ask(other.url + "/x"), 403)
        with proxy.connect() as wire:
            wire.send(request_bytes("CONNECT", other.authority, other.authority))
            self.assertProblem(wire.read_response(), 403)
        self.assertEqual(0, other.connections)


class Sites(Scenario):
    """What a foreign page can make a browser ask of a private upstream."""

    def test_a_name_that_somebody_else_lets_lead_here_reaches_no_private_upstream(self):
        path = self.path()
        self.origin.on(path, fresh("private"))
        for host in ("evil.example", "evil.example:%d" % self.proxy.port, "127.0.0.1.evil.example"):
            for _ in range(2):
                self.assertProblem(self.proxy.visit("/local" + path, host=host), 421)
            self.assertEqual(0, self.origin.count(path))
        for host in ("127.0.0.1", "localhost:%d" % self.proxy.port, "nas", "local.test"):
            self.assertAnswered(self.proxy.visit("/local" + path, host=host), "private")
        self.assertProblem(self.proxy.visit("/local" + path, host="evil.example"), 421)

    def test_a_name_of_ours_is_configured(self):
        path = self.path()
        self.origin.on(path, fresh("private"))
        proxy = self.start(config={"admin": {"hosts": ["nas.example.net"]}})
        self.assertAnswered(proxy.visit("/local" + path, host="nas.example.net:9797"), "private")

    def test_another_site_changes_nothing_at_a_private_upstream(self):
        path = self.path()
        self.origin.on(path, answer("done"))
        for target, host in (("/local" + path, None), (path, "local.test")):
            for field in (("Origin", "https://evil.example"), ("Origin", "null"), ("Sec-Fetch-Site", "cross-site")):
                self.assertProblem(self.proxy.visit(target, "POST", [field], b"x", host=host), 403)
            self.assertEqual(0, self.origin.count(path))
        own = [("Origin", "http://127.0.0.1:%d" % self.proxy.port), ("Sec-Fetch-Site", "same-origin")]
        self.assertAnswered(self.proxy.visit("/local" + path, "POST", own, b"x"), "done")
        self.assertAnswered(self.proxy.visit("/local" + path, "POST", (), b"x"), "done")


class Clients(Scenario):
    config = {"access": {"clients": ["127.0.0.5/32"]}}

    def test_a_client_outside_the_list_is_refused_and_one_inside_is_served(self):
        path = self.path()
        self.origin.on(path, fresh("for friends"))
        refused = self.ask(path)
        self.assertProblem(refused, 403)
        self.assertEqual("cachearr", refused["cache-status"], "who may not ask does not learn what is stored")
        with connect(self.proxy.address, source=("127.0.0.5", 0)) as wire:
            wire.send(request_bytes("GET", self.url(path), self.origin.authority))
            self.assertAnswered(wire.read_response(), "for friends")


class Loops(Scenario):
    def test_a_request_that_already_passed_this_instance_is_508(self):
        path = self.path()
        self.origin.on(path, answer("x"))
        self.ask(path)
        seen = self.origin.asked(path)[0].fields
        self.assertIn("cachearr", seen.get("via"))
        marks = [(name, value) for name, value in seen if name.lower() in ("via", "cdn-loop")]
        self.assertProblem(self.ask(self.path(), headers=marks), 508)

    def test_an_upstream_that_is_this_proxy_itself_ends_in_an_error_not_in_a_loop(self):
        proxy = Proxy()
        self.addCleanup(proxy.stop)
        proxy.start()
        proxy.write_rules({"upstreams": {"me": {"hosts": ["me.test"], "origin": "http://127.0.0.1:%d" % proxy.port}}})
        self.assertEqual(200, proxy.admin("POST", "/api/v1/reload", body={}).status)
        response = proxy.ask("http://me.test/around")
        self.assertIn(response.status, (403, 502, 508), response)
        self.assertEqual("application/problem+json", response["content-type"])

    def test_another_proxys_via_is_kept_and_ours_appended(self):
        path = self.path()
        self.origin.on(path, answer("x"))
        self.ask(path, headers={"Via": "1.1 other"})
        self.assertRegex(self.origin.asked(path)[0]["via"], r"^1\.1 other, 1\.1 cachearr")

    def test_max_forwards_zero_is_answered_here(self):
        with self.proxy.connect() as wire:
            wire.send(request_bytes("OPTIONS", self.url("/max"), self.origin.authority, {"Max-Forwards": "0"}))
            self.assertIn(wire.read_response().status, (200, 204))
        self.assertEqual(0, self.origin.count("/max"))


if __name__ == "__main__":
    main()
