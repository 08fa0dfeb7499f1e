"""The API's description of itself: each call that it lists is made, and answers as it says."""
import json
import re
import unittest
import urllib.parse

from lab.case import Scenario, local, main
from lab.origin import Origin, answer, fresh
from lab.proxy import API_KEY

try:
    import jsonschema
except ImportError:
    jsonschema = None

# What a call is made with where its description alone does not say enough.
QUERIES = {"/api/v1/explain": {"url": "http://a.test/"}, "/api/v1/history": {"series": "requests,hit_ratio"}}
BODIES = {("post", "/api/v1/keys/mget"): {"keys": ["by-hand", "missing"]}, ("post", "/api/v1/purge"): {"tag": "none"},
          ("post", "/api/v1/keys/{key}/expire"): {"ttl": 300}, ("post", "/api/v1/rules/validate"): {"rules": []},
          ("post", "/api/v1/rules/test"): {"url": "http://a.test/", "body": "{}"},
          ("post", "/api/v1/rules/rehearse"): {"files": {"draft.json": "{}"}},
          ("post", "/api/v1/login"): {"secret": API_KEY}, ("post", "/api/v1/logout"): {}, ("post", "/api/v1/login/link"): {},
          ("post", "/api/v1/reload"): {}, ("post", "/api/v1/keys/{key}/refresh"): {}, ("post", "/api/v1/upstreams/{name}"): {"paused": False},
          ("post", "/api/v1/webhook/{upstream}"): {"eventType": "Test"},
          ("post", "/api/v1/notifications/{name}/test"): {}, ("post", "/api/v1/optimizer"): {"apply": False},
          ("post", "/api/v1/warmup"): {"type": "series"}}
CAPTURES = {"key": "by-hand", "name": "local", "file": "app.js", "upstream": "local", "id": "999"}  # an upstream and a channel
CAPTURES_OF = {"/api/v1/rules/files/{name}": {"name": "test.json"}}  # the file that the lab writes
# Without an authority there is nothing to hand out, without an application no job; no request put what was put by hand, and no Redis is set.
STATUSES = {"/api/v1/keys/{key}/refresh": 409, "/api/v1/shared/sweep": 409} | {path: 404 for path in ("/ca", "/ca.pem", "/ca.crt", "/ca.cer", "/ca.p12", "/ca.mobileconfig", "/api/v1/jobs/{id}")}
LAST = {"delete": 1}  # after all that needs the key


@unittest.skipUnless(jsonschema, "python3-jsonschema is not installed")
class Described(Scenario):
    @classmethod
    def rules_of(cls, origin):
        return local(origin, rules=[{"name": "all", "match": {"path": "/**"}, "type": "series", "ttl": "1h", "expect": "any"}],
                     rate={"per_second": 50, "quota": [{"limit": 1000, "per": "day"}]})

    @classmethod
    def setUpClass(cls):
        receiver = Origin()
        cls.addClassCleanup(receiver.close)
        receiver.default = answer("taken")
        cls.config = {"notifications": [{"name": "local", "type": "webhook", "url": receiver.url + "/hook"}]}
        super().setUpClass()
        cls.document = cls.proxy.admin("GET", "/api/v1/openapi.json").data
        cls.origin.on("/item", *fresh("x"))
        cls.proxy.ask(cls.origin.url + "/item")
        assert cls.proxy.admin("PUT", "/api/v1/keys/by-hand", body=b"value").status == 201
        cls.bodies = BODIES | {("put", "/api/v1/rules/files/{name}"): cls.proxy.rules}

    def check(self, schema, value, where):
        whole = dict(schema, components=self.document["components"])
        problems = list(jsonschema.Draft202012Validator(whole).iter_errors(value))
        self.assertEqual([], ["%s: %s" % (list(problem.path), problem.message) for problem in problems], where)

    def call(self, method, path, operation):
        captures = CAPTURES | CAPTURES_OF.get(path, {})
        target = re.sub(r"{(\w+)}", lambda match: captures[match[1]], path)
        if path in QUERIES:
            target += "?" + urllib.parse.urlencode(QUERIES[path])
        body, content = self.bodies.get((method, path)), operation.get("requestBody", {}).get("content", {})
        if body is not None:
            self.check(content["application/json"]["schema"], body, (method, path))
        elif "application/x-tar" in content:
            body = self.proxy.admin("GET", "/api/v1/export").body
        elif content:
            self.assertIn("*/*", content, "no body is known for %s %s" % (method, path))
            body = b"value"
        headers = {"Accept": "application/json"}
        if method == "delete":
            headers["Content-Type"] = "application/json"
        return self.proxy.admin(method.upper(), target, body=body, headers=headers)

    def test_each_call_answers_as_described(self):
        calls = [(method, path, operation) for path, operations in self.document["paths"].items() for method, operation in operations.items()]
        self.assertGreater(len(calls), 35)
        for method, path, operation in sorted(calls, key=lambda call: (LAST.get(call[0], 0), call[1])):
            with self.subTest(call=method + " " + path):
                if path == "/api/v1/events":  # has no end; scenario.events reads it
                    continue
                got = self.call(method, path, operation)
                wanted = STATUSES.get(path)
                self.assertIn(got.status, [wanted] if wanted else [200, 201], got.body[:300])
                content = operation["responses"][str(got.status)]["content"]
                media = got.fields["content-type"]
                kind = media if media in content else "*/*"
                self.assertIn(kind, content, media)
                if "json" in kind:
                    self.check(content[kind]["schema"], got.data, method + " " + path)

    def test_calls_that_are_not_open_want_the_key(self):
        for path, operations in self.document["paths"].items():
            for method, operation in operations.items():
                target = re.sub(r"{(\w+)}", "x", path)
                with self.subTest(call=method + " " + path):
                    got = self.proxy.admin(method.upper(), target, key=None, body={} if method in ("post", "put", "delete") else None)
                    if operation.get("security") == []:
                        self.assertNotEqual(401, got.status)
                    else:
                        self.assertEqual(401, got.status)
                        self.check(operation["responses"]["401"]["content"]["application/problem+json"]["schema"], got.data, path)

    def test_no_call_takes_a_body_over_its_limit_or_in_another_form(self):
        for path, operations in self.document["paths"].items():
            operation = operations.get("post")
            if operation:
                target = re.sub(r"{(\w+)}", "x", path)
                form = {"Content-Type": "application/x-www-form-urlencoded"}
                with self.subTest(path=path):
                    if "415" in operation["responses"]:  # programs send webhooks under any name
                        self.assertEqual(415, self.proxy.admin("POST", target, body=b"a=b", headers=form).status)
                    headers = {"Content-Type": "application/json"}
                    if "application/x-tar" in operation.get("requestBody", {}).get("content", {}):  # refused by its head alone
                        self.assertEqual(413, self.proxy.admin("POST", target, headers={**headers, "Content-Length": str(65 << 20)}).status)
                        continue
                    self.assertEqual(413, self.proxy.admin("POST", target, body=b" " * (2 << 20), headers=headers).status)


if __name__ == "__main__":
    main()
