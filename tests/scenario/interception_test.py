"""HTTPS through CONNECT: intercepted for the hosts that rules name, untouched for all others and for all who object."""
import os
import re
import shutil
import socket
import ssl
import subprocess
import warnings

from lab.case import main
from lab.intercepting import BAD, BLIND, HOST, InterceptingScenario
from lab.origin import fresh
from lab.wire import Wire


class Interception(InterceptingScenario):
    # ---- what is intercepted

    def test_the_second_request_inside_a_tunnel_is_a_hit(self):
        path = self.path()
        self.origin.on(path, fresh("secret of nobody"))
        with self.tls() as wire:
            self.assertMiss(self.get(wire, path))
            response = self.get(wire, path)
        self.assertHit(response)
        self.assertAnswered(response, "secret of nobody")
        self.assertEqual(1, self.origin.count(path))

    def test_tunnel_mount_and_absolute_form_share_one_entry(self):
        path = self.path()
        self.origin.on(path, fresh("once"))
        with self.tls() as wire:
            self.assertMiss(self.get(wire, path))
        self.assertHit(self.proxy.visit("/api" + path))
        self.assertHit(self.proxy.ask("https://%s%s" % (HOST, path)))
        self.assertEqual(1, self.origin.count(path))

    def test_a_hit_needs_no_upstream_connection(self):
        path = self.path()
        self.origin.on(path, fresh("kept"))
        with self.tls() as wire:
            self.get(wire, path)
        before = self.origin.connections
        with self.tls() as wire:
            self.assertHit(self.get(wire, path))
        self.assertEqual(before, self.origin.connections)

    def test_a_leaf_lives_at_most_seven_days_and_is_for_one_host(self):
        with self.tls() as wire:
            shown = wire.sock.getpeercert()
        self.assertEqual((("DNS", HOST),), shown["subjectAltName"])
        life = ssl.cert_time_to_seconds(shown["notAfter"]) - ssl.cert_time_to_seconds(shown["notBefore"])
        self.assertLessEqual(life, 7 * 86400)

    def test_both_versions_of_tls_are_spoken_and_older_ones_refused(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = self.trusting()
            context.minimum_version = context.maximum_version = version
            with self.tls(context=context) as wire:
                self.assertEqual(version.name.replace("_", "."), wire.sock.version())
        context = self.anybody()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
        with self.assertRaises(OSError):
            self.tls(context=context)

    def test_only_what_is_spoken_here_is_chosen(self):
        path = self.path()
        self.origin.on(path, fresh("by HTTP/1.1"))
        context = self.trusting()
        context.set_alpn_protocols(["spdy/3", "http/1.1"])
        with self.tls(context=context) as wire:
            self.assertEqual("http/1.1", wire.sock.selected_alpn_protocol())
            self.assertAnswered(self.get(wire, path), "by HTTP/1.1")

    def test_sessions_are_resumed(self):
        path = self.path()
        self.origin.on(path, fresh("x"))
        context = self.trusting()
        with self.tls(context=context) as wire:
            self.get(wire, path)
            session = wire.sock.session
        with self.tls(context=context, session=session) as wire:
            self.assertTrue(wire.sock.session_reused)
            self.assertHit(self.get(wire, path))

    def test_a_bad_upstream_is_a_502_with_its_reason_inside_the_tunnel(self):
        with self.tls(BAD) as wire:
            response = self.get(wire, "/", BAD)
        self.assertIn("not for " + BAD, self.assertProblem(response, 502)["detail"])

    def test_a_request_for_another_host_inside_is_not_served_as_this_ones(self):
        with self.tls() as wire:
            self.assertEqual(421, self.get(wire, "/", "elsewhere.test").status)

    # ---- what is not

    def test_a_host_that_no_rule_intercepts_shows_its_own_certificate(self):
        with self.tls(BLIND, context=self.anybody()) as wire:
            self.assertEqual(self.origins_certificate(), wire.sock.getpeercert(True))

    def test_a_client_without_a_server_name_is_tunnelled(self):
        with self.tls(name="", context=self.anybody()) as wire:
            self.assertEqual(self.origins_certificate(), wire.sock.getpeercert(True))

    def test_another_server_name_than_that_of_the_connect_gets_no_leaf(self):
        try:
            with self.tls(name=BAD, context=self.anybody()) as wire:
                self.assertEqual(self.origins_certificate(), wire.sock.getpeercert(True))
        except OSError:
            pass  # refused is as good

    def test_something_else_than_tls_is_passed_through(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        proxy = self.make()
        proxy.arguments += ["--resolve", "%s:443:127.0.0.1:%d" % (HOST, listener.getsockname()[1])]
        proxy.start()
        self.addCleanup(proxy.stop)
        wire = self.tunnel(proxy=proxy)
        wire.send(b"\x00\x01hello")
        peer, _ = listener.accept()
        with Wire(peer) as other:
            self.assertEqual(b"\x00\x01hello", other.exactly(7))
            other.send(b"\x02back")
            self.assertEqual(b"\x02back", wire.exactly(5))

    def test_a_client_that_does_not_trust_is_tunnelled_on_its_next_attempt_and_the_log_says_why(self):
        proxy, strict = self.another(), self.strict()
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.tls(context=strict, proxy=proxy)
        proxy.log.wait_for("does not believe.*trust-help")
        with self.tls(context=strict, proxy=proxy) as wire:
            self.assertEqual(self.origins_certificate(), wire.sock.getpeercert(True))
        with self.tls(BAD, context=self.anybody(), proxy=proxy) as wire:
            self.assertNotEqual(self.origins_certificate(), wire.sock.getpeercert(True))

    def test_another_program_at_the_address_of_one_that_does_not_trust_is_still_intercepted(self):
        """Told apart by the User-Agent of its CONNECT, or by its ClientHello."""
        proxy = self.another()
        agent = [("User-Agent", "stubborn/1.0")]
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.tls(context=self.strict(), proxy=proxy, headers=agent)
        proxy.log.wait_for("does not believe")
        with self.tls(context=self.strict(), proxy=proxy, headers=agent) as wire:
            self.assertEqual(self.origins_certificate(), wire.sock.getpeercert(True))
        with self.tls(context=self.anybody(), proxy=proxy, headers=[("User-Agent", "other/2.0")]) as wire:
            self.assertNotEqual(self.origins_certificate(), wire.sock.getpeercert(True))
        other = self.anybody()
        other.set_ciphers("ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256")
        with self.tls(context=other, proxy=proxy, headers=agent) as wire:
            self.assertNotEqual(self.origins_certificate(), wire.sock.getpeercert(True))

    def test_a_reload_says_whom_it_asks_again(self):
        proxy = self.another()
        with self.assertRaises(ssl.SSLCertVerificationError):
            self.tls(context=self.strict(), proxy=proxy)
        proxy.log.wait_for("does not believe.*trust-help")
        self.assertIn("1 client that was left alone is intercepted again", proxy.command("reload").stdout)
        self.assertNotIn("left alone", proxy.command("reload").stdout)

    # ---- without a proxy setting: the host's name leads to the TLS listener

    def test_the_tls_listener_shares_entries_with_the_tunnel(self):
        path = self.path()
        self.origin.on(path, fresh("either way"))
        with self.directly() as wire:
            self.assertMiss(self.get(wire, path))
            self.assertHit(self.get(wire, path))
        with self.tls() as wire:
            self.assertHit(self.get(wire, path))

    def test_the_tls_listener_answers_421_for_a_host_that_it_does_not_serve(self):
        with self.directly() as wire:
            self.assertEqual(421, self.get(wire, "/", "elsewhere.test").status)

    def test_the_tls_listener_shows_no_leaf_for_a_name_that_is_not_intercepted(self):
        for name in (BLIND, "elsewhere.test"):
            with self.subTest(name), self.assertRaises(OSError):
                self.directly(name)

    # ---- the authority

    def test_the_certificate_can_be_fetched_and_the_key_cannot(self):
        response = self.proxy.visit("/ca.pem")
        with open(self.proxy.ca_file, "rb") as file:
            self.assertAnswered(response, file.read())
        self.assertEqual("application/x-x509-ca-cert", response["content-type"])
        self.assertNotIn(b"PRIVATE", response.body)

    def signed_by_a_thief(self, names, subject="/CN=x"):
        """What OpenSSL says of a leaf that whoever has the authority's key signs with it."""
        base = os.path.join(self.folder, "stolen")
        with open(base + ".ext", "w") as file:
            file.write("subjectAltName=%s\n" % names if names else "basicConstraints=CA:FALSE\n")

        def run(*words):
            return subprocess.run(["openssl", *words], capture_output=True, text=True, check=False)
        run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", subject, "-keyout",
            base + ".key", "-out", base + ".csr")
        run("x509", "-req", "-in", base + ".csr", "-CA", self.proxy.ca_file, "-CAkey", self.proxy.ca_folder + "/ca.key",
            "-CAcreateserial", "-CAserial", base + ".srl", "-days", "2", "-extfile", base + ".ext", "-out", base + ".pem")
        verified = run("verify", "-purpose", "sslserver", "-CAfile", self.proxy.ca_file, base + ".pem")
        return verified.stdout + verified.stderr

    def test_with_a_stolen_key_verifiers_believe_leaves_of_intercepted_hosts_only(self):
        for names in ("DNS:" + HOST, "DNS:below." + HOST):
            self.assertIn(": OK", self.signed_by_a_thief(names))
        for names in ("DNS:bank.test", "DNS:*.bank.test", "DNS:%s,DNS:bank.test" % HOST, "DNS:x" + HOST):
            with self.subTest(names):
                self.assertIn("permitted subtree violation", self.signed_by_a_thief(names))
        self.assertIn("permitted subtree violation", self.signed_by_a_thief("", "/CN=bank.test"))
        for names in ("IP:192.0.2.1", "IP:2001:db8::1", "DNS:%s,IP:127.0.0.1" % HOST):
            with self.subTest(names):
                self.assertIn("excluded subtree violation", self.signed_by_a_thief(names))

    def test_an_authority_is_made_at_the_first_start_where_interception_is_wanted_in_so_many_words(self):
        proxy = self.make(intercept={"enabled": True})
        proxy.launch = super(type(proxy), proxy).launch  # without `ca init`
        proxy.start()
        self.addCleanup(proxy.stop)
        proxy.log.wait_for("made cachearr local authority")
        self.assertEqual(0o600, os.stat(os.path.join(proxy.ca_folder, "ca.key")).st_mode & 0o777)
        self.assertEqual(0o700, os.stat(proxy.ca_folder).st_mode & 0o777)
        with self.tls(proxy=proxy) as wire:
            self.get(wire, self.path())

    def test_a_renewed_authority_follows_the_rules_and_is_told(self):
        proxy = self.another()
        rules = dict(proxy.rules, upstreams=dict(proxy.rules["upstreams"], new={"hosts": ["new.test.example"], "intercept": True}))
        proxy.write_rules(rules)
        complaint = "may not sign for new.test.example"
        self.assertIn(complaint, proxy.command("check").stdout)
        self.assertEqual(0, proxy.command("reload").returncode)
        proxy.log.wait_for(complaint)
        self.assertIn(complaint, proxy.admin("GET", "/api/v1/health").body.decode())
        self.assertEqual("degraded", proxy.admin("GET", "/health/cache").data["data"]["status"])
        renewed = proxy.command("ca", "init", "--renew")
        self.assertRegex(renewed.stdout, 'It replaces "cachearr local authority')
        self.assertRegex(proxy.command("reload").stdout, "local authority: .* before, .* now")
        self.assertNotIn(complaint, proxy.command("check").stdout)
        self.assertEqual([], proxy.admin("GET", "/api/v1/health").data)

    def test_the_log_says_which_tls_was_spoken_with_the_origin(self):
        proxy, path = self.another(), self.path()
        self.origin.on(path, fresh("x"))
        with self.tls(proxy=proxy) as wire:
            self.get(wire, path)
            self.get(wire, path)
        proxy.log.wait_for(re.escape(path) + r" .*fwd=uri-miss.* over TLSv1\.3")
        proxy.log.wait_for(re.escape(path) + r" .*; hit; ttl=\d+$")

    def test_a_key_that_others_may_read_is_not_used(self):
        proxy = self.make()
        proxy.write_config()
        self.addCleanup(shutil.rmtree, proxy.folder, ignore_errors=True)
        self.assertEqual(0, proxy.command("ca", "init").returncode)
        os.chmod(os.path.join(proxy.ca_folder, "ca.key"), 0o644)
        shown = proxy.command("ca", "show")
        self.assertEqual(1, shown.returncode)
        self.assertRegex(shown.stderr, re.escape("chmod 0600"))
        checked = proxy.command("check")
        self.assertEqual(78, checked.returncode)
        self.assertIn("chmod 0600", checked.stdout)

    def test_nothing_starts_with_an_authority_that_others_may_read(self):
        for file, mode in (("ca.key", 0o640), ("", 0o755)):
            proxy = self.make()
            proxy.write_config()
            self.addCleanup(shutil.rmtree, proxy.folder, ignore_errors=True)
            self.assertEqual(0, proxy.command("ca", "init").returncode)
            os.chmod(os.path.join(proxy.ca_folder, file), mode)
            served = proxy.command("serve")
            self.assertEqual(78, served.returncode)
            self.assertIn("is open to other users", served.stderr)
            self.assertEqual(1, len(served.stderr.splitlines()))

    def test_a_reload_is_refused_when_the_key_has_become_readable(self):
        proxy = self.another()
        os.chmod(os.path.join(proxy.ca_folder, "ca.key"), 0o644)
        reloaded = proxy.command("reload")
        self.assertEqual(78, reloaded.returncode)
        self.assertIn("chmod 0600", reloaded.stdout + reloaded.stderr)
        with self.tls(proxy=proxy) as wire:  # as before
            self.get(wire, self.path())


if __name__ == "__main__":
    main()
