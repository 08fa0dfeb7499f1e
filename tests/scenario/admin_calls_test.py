"""Every call that the API's description names is guarded alike: by key, host, origin, kind of body and method."""
import re

from lab.case import Scenario, main
from lab.proxy import API_KEY

EVIL = ("evil.test", "127.0.0.1.evil.test", "localhost.evil.test")
CHANGING = {"post", "put", "delete"}


class EveryCall(Scenario):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        document = cls.proxy.admin("GET", "/api/v1/openapi.json").data
        cls.calls = [(method, re.sub(r"{\w+}", "nothing", path), operation)
                     for path, operations in document["paths"].items() for method, operation in operations.items()]
        cls.methods = {}
        for method, path, _ in cls.calls:
            cls.methods.setdefault(path, set()).add(method)

    def each(self, check, holds=lambda method, operation: True):
        chosen = [call for call in self.calls if holds(call[0], call[2])]
        self.assertTrue(chosen)
        for method, path, _ in chosen:
            with self.subTest(method + " " + path):
                check(method, path)

    @staticmethod
    def is_closed(_, operation):
        return operation.get("security") != []

    def send(self, method, path, **more):
        return self.proxy.admin(method.upper(), path, body={} if method in CHANGING else None, **more)

    def test_wants_the_key(self):
        def check(method, path):
            for key in (None, "", "wrong", API_KEY[:-1]):
                self.assertEqual(401, self.send(method, path, key=key).status, key)
        self.assertGreater(sum(self.is_closed(*call[::2]) for call in self.calls), 25)
        self.each(check, self.is_closed)

    def test_answers_to_no_other_host(self):
        def check(method, path):
            for host in EVIL:
                self.assertEqual(421, self.send(method, path, host=host).status, host)
        self.each(check)

    def test_is_changed_by_no_other_site(self):
        def check(method, path):
            for headers in ({"Origin": "http://evil.test"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
                self.assertEqual(403, self.send(method, path, headers=headers).status, headers)
        self.each(check, lambda method, _: method in CHANGING)

    def test_takes_no_form(self):
        def check(method, path):
            if "/webhook/" in path:  # applications send what they send, and no form of a browser knows the key
                return
            for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"):
                response = self.proxy.admin(method.upper(), path, headers={"Content-Type": kind}, body=b"a=b")
                self.assertEqual(415, response.status, kind)
        self.each(check, lambda _, operation: "application/json" in operation.get("requestBody", {}).get("content", {}))

    def test_refuses_the_methods_that_it_has_not(self):
        of_any_key = self.methods["/api/v1/keys/nothing"]  # which may be named like a list
        for path, methods in self.methods.items():
            known_too = of_any_key if path.startswith("/api/v1/keys/") else set()
            for method in ({"get"} | CHANGING) - methods - known_too:
                with self.subTest(method + " " + path):
                    response = self.send(method, path)
                    self.assertEqual(405, response.status)
                    for known in methods:
                        self.assertIn(known.upper(), response.fields["allow"])

    def test_may_be_read_and_framed_by_no_other_page(self):
        for path in self.methods:
            with self.subTest(path):
                response = self.proxy.admin("OPTIONS", path, headers={"Origin": "http://evil.test", "Access-Control-Request-Method": "GET"})
                self.assertNotIn("access-control-allow-origin", response.fields)
                self.assertEqual("nosniff", response.fields.get("x-content-type-options"))
                framing = response.fields.get("content-security-policy", "") + response.fields.get("x-frame-options", "")
                self.assertRegex(framing, "frame-ancestors|DENY|SAMEORIGIN")


if __name__ == "__main__":
    main()
