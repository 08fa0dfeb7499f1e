"""Proxy authentication: credentials at once, only after a 407, wrong or missing."""
import base64
import os
import tempfile

from lab.case import Scenario, main
from lab.origin import answer, fresh
from lab.wire import request_bytes


def basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


class ProxyAuthentication(Scenario):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        password = os.path.join(folder.name, "password")
        with open(password, "w") as file:
            file.write("pass:word\n")
        os.chmod(password, 0o600)
        cls.config = {"access": {"basic_auth": {"user": "arr", "password_file": password},
                                 "connect_ports": [443, 80, *range(1024, 65536)]}}
        super().setUpClass()

    def test_right_credentials_at_once_pass_and_do_not_reach_the_origin(self):
        path = self.path()
        self.origin.on(path, answer("in"))
        self.assertAnswered(self.ask(path, headers={"Proxy-Authorization": basic("arr:pass:word")}), "in")
        self.assertNotIn("proxy-authorization", self.origin.asked(path)[0].fields)

    def test_without_credentials_there_is_a_challenge(self):
        path = self.path()
        response = self.ask(path)
        self.assertProblem(response, 407)
        self.assertRegex(response["proxy-authenticate"], r"^Basic realm=")
        self.assertEqual(0, self.origin.count(path))

    def test_wrong_credentials_and_other_schemes_are_challenged_again(self):
        for value in (basic("arr:wrong"), basic("arr"), "Basic !!!", "Bearer abc", "Basic"):
            with self.subTest(value):
                self.assertProblem(self.ask(self.path(), headers={"Proxy-Authorization": value}), 407)

    def test_naming_an_upstream_by_host_is_challenged_as_well(self):
        path = self.path()
        self.origin.on(path, fresh("in"))
        for headers in ((), {"Proxy-Authorization": basic("arr:wrong")}):
            self.assertProblem(self.proxy.visit(path, host="local.test", headers=headers), 407)
        right = {"Proxy-Authorization": basic("arr:pass:word")}
        self.assertAnswered(self.proxy.visit(path, host="local.test", headers=right), "in")
        self.assertNotIn("proxy-authorization", self.origin.asked(path)[0].fields)
        self.assertProblem(self.proxy.visit(path, host="local.test"), 407)
        self.assertEqual(1, self.origin.count(path))

    def test_a_client_may_answer_the_challenge_on_the_same_connection(self):
        path = self.path()
        self.origin.on(path, answer("after all"))
        with self.proxy.connect() as wire:
            wire.send(request_bytes("GET", self.url(path), self.origin.authority))
            self.assertProblem(wire.read_response(), 407)
            wire.send(request_bytes("GET", self.url(path), self.origin.authority, {"Proxy-Authorization": basic("arr:pass:word")}))
            self.assertAnswered(wire.read_response(), "after all")

    def test_connect_is_challenged_and_then_tunnelled_on_the_same_connection(self):
        path = self.path()
        self.origin.on(path, answer("tunnelled"))
        with self.proxy.connect() as wire:
            wire.send(request_bytes("CONNECT", self.origin.authority, self.origin.authority))
            challenge = wire.read_response()
            self.assertEqual(407, challenge.status)
            self.assertIn("proxy-authenticate", challenge.fields)
            wire.send(request_bytes("CONNECT", self.origin.authority, self.origin.authority, {"Proxy-Authorization": basic("arr:pass:word")}))
            self.assertEqual(200, wire.read_head().status)
            wire.send(request_bytes("GET", path, self.origin.authority))
            self.assertAnswered(wire.read_response(), "tunnelled")

    def test_a_refused_body_does_not_become_the_next_request(self):
        path = self.path()
        inner = request_bytes("GET", self.url("/smuggled"), self.origin.authority, {"Proxy-Authorization": basic("arr:pass:word")})
        with self.proxy.connect() as wire:
            wire.send(request_bytes("POST", self.url(path), self.origin.authority, body=inner))
            self.assertProblem(wire.read_response("POST"), 407)
            wire.sock.settimeout(1)
            try:
                wire.fill()
            except OSError:
                pass
        self.assertEqual(0, self.origin.count("/smuggled"))


if __name__ == "__main__":
    main()
