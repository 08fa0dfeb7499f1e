"""How clients of an intercepting proxy behave: in pieces, too early, without a word, without belief; and what they are told."""
import os
import shutil
import socket
import ssl
import subprocess

from lab.case import main
from lab.intercepting import BAD, BLIND, HOST, InterceptingScenario
from lab.origin import fresh
from lab.wire import TIME_LIMIT, connect, request_bytes

OWN = "cachearr.internal"


def client_hello(name=HOST, alpn=()):
    """The first bytes that a TLS client sends."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if alpn:
        context.set_alpn_protocols(list(alpn))
    out = ssl.MemoryBIO()
    try:
        context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name).do_handshake()
    except ssl.SSLWantReadError:
        return out.read()
    raise AssertionError("a handshake without a server")


class Clients(InterceptingScenario):
    def test_a_client_hello_may_come_with_the_connect(self):
        connecting = request_bytes("CONNECT", HOST + ":443", HOST + ":443")
        with self.another().connect() as wire:  # what breaks off here must not count for other tests
            wire.send(connecting + client_hello())
            self.assertEqual(200, wire.read_final_head().status)
            self.assertEqual(b"\x16\x03", wire.exactly(2))

    def test_a_client_hello_may_come_in_pieces(self):
        hello = client_hello()
        with self.tunnel(proxy=self.another()) as wire:
            wire.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for at in range(0, len(hello), 40):
                wire.send(hello[at:at + 40])
            self.assertEqual(b"\x16\x03", wire.exactly(2))

    def test_requests_in_one_record_are_answered_one_after_the_other(self):
        paths = [self.path() for _ in range(3)]
        for path in paths:
            self.origin.on(path, fresh("at " + path))
        with self.tls() as wire:
            wire.send(b"".join(request_bytes("GET", path, HOST) for path in paths))
            for path in paths:
                self.assertAnswered(wire.read_response(), "at " + path)

    def test_large_answers_pass_the_tunnel_whole(self):
        path, body = self.path(), os.urandom(3_000_000)
        self.origin.on(path, fresh(body))
        with self.tls() as wire:
            self.assertAnswered(self.get(wire, path), body)
            response = self.get(wire, path)
        self.assertHit(response)
        self.assertAnswered(response, body)

    def test_uploads_pass_the_tunnel_whole(self):
        path, body = self.path(), os.urandom(1_000_000)
        self.origin.on(path, fresh("taken"))
        with self.tls() as wire:
            wire.send(request_bytes("POST", path, HOST, [], body))
            self.assertAnswered(wire.read_response("POST"), "taken")
        self.assertEqual(body, self.origin.asked(path)[0].body)

    def test_hits_need_no_upstream_at_all(self):
        path = self.path()
        origin = self.another_origin(tls=self.authority.server("DNS:" + HOST)).on(path, fresh("still here"))
        proxy = self.another_towards(origin)
        with self.tls(proxy=proxy) as wire:
            self.assertMiss(self.get(wire, path))
        origin.close()
        with self.tls(proxy=proxy) as wire:
            self.assertHit(self.get(wire, path))

    def another_towards(self, origin):
        proxy = self.make()
        proxy.arguments = [word.replace(":%d" % self.origin.port, ":%d" % origin.port) for word in proxy.arguments]
        proxy.start()
        self.addCleanup(proxy.stop)
        return proxy

    def test_a_client_that_speaks_only_what_we_do_not_is_tunnelled(self):
        context = self.anybody()
        context.set_alpn_protocols(["spdy/3"])
        with self.tls(context=context) as wire:
            self.assertEqual(self.origins_certificate(), wire.sock.getpeercert(True))

    def test_an_address_is_tunnelled(self):
        proxy = self.another(access={"private_upstreams": "allow", "connect_ports": [self.origin.port]})
        target = "127.0.0.1:%d" % self.origin.port
        with proxy.connect() as wire:
            wire.send(request_bytes("CONNECT", target, target))
            self.assertEqual(200, wire.read_final_head().status)
            with self.anybody().wrap_socket(wire.sock, server_hostname=HOST) as sock:
                self.assertEqual(self.origins_certificate(), sock.getpeercert(True))

    def test_s_client_verifies_the_leaf(self):
        command = ["openssl", "s_client", "-proxy", "127.0.0.1:%d" % self.proxy.port, "-connect", HOST + ":443",
                   "-servername", HOST, "-verify_return_error", "-verify_hostname", HOST, "-CAfile", self.proxy.ca_file,
                   "-brief"]
        done = subprocess.run(command, input="", capture_output=True, text=True, timeout=TIME_LIMIT, check=False)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("Verification: OK", done.stderr)
        shown = subprocess.run(["openssl", "x509", "-in", self.proxy.ca_file, "-noout", "-ext", "nameConstraints"],
                               capture_output=True, text=True, check=True).stdout
        self.assertIn("X509v3 Name Constraints: critical", shown)
        self.assertIn("DNS:" + HOST, shown)

    def test_curl_gets_a_hit_the_second_time(self):
        if not shutil.which("curl"):
            self.skipTest("curl is not installed")
        path = self.path()
        self.origin.on(path, fresh("for curl"))
        for expected in ("fwd=uri-miss", "hit"):
            done = subprocess.run(["curl", "-sSi", "--cacert", self.proxy.ca_file, "-x",
                                   "http://127.0.0.1:%d" % self.proxy.port, "https://%s%s" % (HOST, path)],
                                  capture_output=True, text=True, timeout=TIME_LIMIT, check=False)
            self.assertEqual(0, done.returncode, done.stderr)
            self.assertIn("for curl", done.stdout)
            self.assertIn("cachearr; " + expected, done.stdout)

    # ---- those who object

    def break_off(self, proxy):
        """Goes away without a word as soon as the certificate is there."""
        with self.tunnel(proxy=proxy) as wire:
            wire.send(client_hello())
            wire.exactly(1)

    def assertUntouched(self, proxy):
        with self.tls(context=self.strict(), proxy=proxy) as wire:
            self.assertEqual(self.origins_certificate(), wire.sock.getpeercert(True))

    def test_who_goes_away_without_a_word_at_the_sight_of_the_certificate_is_tunnelled_on_its_next_attempt(self):
        proxy = self.another()
        self.break_off(proxy)
        proxy.log.wait_for("asked for nothing.*trust-help")
        self.assertUntouched(proxy)

    def test_who_goes_away_right_after_the_handshake_is_tunnelled_on_its_next_attempt(self):
        proxy = self.another()
        self.tls(context=self.anybody(), proxy=proxy).close()  # as Node, .NET and GnuTLS do it
        proxy.log.wait_for("asked for nothing.*trust-help")
        self.assertUntouched(proxy)

    def test_who_has_asked_before_may_have_any_reason_to_go_away_once(self):
        proxy = self.another()
        with self.tls(proxy=proxy) as wire:
            self.get(wire, self.path())
        self.break_off(proxy)
        with self.tls(proxy=proxy) as wire:
            self.get(wire, self.path())
        self.break_off(proxy)
        self.break_off(proxy)
        proxy.log.wait_for("asked for nothing")
        self.assertUntouched(proxy)

    def test_belief_is_asked_for_again_after_a_reload(self):
        proxy = self.another()
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.tls(context=self.strict(), proxy=proxy)
        proxy.log.wait_for("does not believe")
        self.assertEqual(0, proxy.command("reload").returncode)
        with self.tls(context=self.anybody(), proxy=proxy) as wire:
            self.assertNotEqual(self.origins_certificate(), wire.sock.getpeercert(True))

    def test_disbelief_is_told_in_health_and_metrics(self):
        proxy = self.another()
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.tls(context=self.strict(), proxy=proxy)
        proxy.log.wait_for("does not believe")
        health = proxy.admin("GET", "/api/v1/health").body.decode()
        self.assertIn("does not believe", health)
        self.assertIn("trust-help", health)
        self.until(lambda: proxy.metric("cachearr_interceptions_total", outcome="distrusted") == 1)  # counted behind the log line

    def test_who_may_not_use_the_proxy_gets_no_tunnel(self):
        proxy = self.another(access={"clients": ["192.0.2.0/24"]})
        for host in (HOST, BLIND):
            with proxy.connect() as wire:
                wire.send(request_bytes("CONNECT", host + ":443", host + ":443"))
                self.assertEqual(403, wire.read_final_head().status)

    # ---- TLS listeners

    def test_a_client_of_a_tls_listener_that_does_not_trust_is_tunnelled_on_its_next_attempt(self):
        proxy = self.another()
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.directly(context=self.strict(), proxy=proxy)
        proxy.log.wait_for("does not believe")
        with self.directly(context=self.strict(), proxy=proxy) as wire:
            self.assertEqual(self.origins_certificate(), wire.sock.getpeercert(True))

    def test_a_refused_name_is_said_in_tls_and_once_in_the_log(self):
        proxy = self.another()
        for _ in range(3):
            with connect(("127.0.0.1", proxy.tls_port)) as wire:
                wire.send(client_hello(BLIND))
                self.assertEqual(b"\x15\x03\x01\x00\x02\x02\x70", wire.rest())
        proxy.log.wait_for('does not say "intercept"')
        self.assertEqual(1, proxy.log.text.count("asked a TLS listener for " + BLIND))

    def test_plain_http_at_a_tls_listener_is_told_so(self):
        with connect(("127.0.0.1", self.proxy.tls_port)) as wire:
            wire.send(request_bytes("GET", "/", HOST))
            self.assertIn("speaks TLS", self.assertProblem(wire.read_response(), 400)["detail"])

    def test_connect_is_none_of_a_tls_listeners_business(self):
        with self.directly() as wire:
            wire.send(request_bytes("CONNECT", BAD + ":443", BAD + ":443"))
            self.assertEqual(405, wire.read_response().status)

    # ---- the authority's public side

    def test_the_page_says_how_to_trust(self):
        page = self.proxy.visit("/ca")
        self.assertEqual("text/html; charset=utf-8", page["content-type"])
        self.assertIn("http://127.0.0.1:%d/ca.pem" % self.proxy.port, page.text)

    def test_the_proxy_has_a_host_name_of_its_own_for_this(self):
        with open(self.proxy.ca_file, "rb") as file:
            self.assertAnswered(self.proxy.ask("http://%s/ca.pem" % OWN), file.read())
        self.assertIn("http://%s/ca.pem" % OWN, self.proxy.ask("http://%s/" % OWN).text)
        self.assertProblem(self.proxy.ask("http://%s/else" % OWN), 404)

    def test_head_of_the_certificate_has_its_length(self):
        response = self.proxy.visit("/ca.pem", "HEAD")
        self.assertEqual(str(os.path.getsize(self.proxy.ca_file)), response["content-length"])

    def test_an_authority_made_later_is_used_after_a_reload(self):
        proxy = self.make(intercept={"enabled": "auto"})
        proxy.launch = super(type(proxy), proxy).launch
        proxy.start()
        self.addCleanup(proxy.stop)
        with self.tls(context=self.anybody(), proxy=proxy) as wire:
            self.assertEqual(self.origins_certificate(), wire.sock.getpeercert(True))
        self.assertEqual(404, proxy.visit("/ca.pem").status)
        self.assertEqual(0, proxy.command("ca", "init").returncode)
        self.assertEqual(0, proxy.command("reload").returncode)
        self.assertEqual(200, proxy.visit("/ca.pem").status)
        with self.tls(proxy=proxy) as wire:
            self.get(wire, self.path())


if __name__ == "__main__":
    main()
