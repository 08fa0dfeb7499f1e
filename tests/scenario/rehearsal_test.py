"""Rehearsal: what a draft of rules would have made of the requests that really came."""
import json
import os

from lab.case import Scenario, local, main
from lab.origin import answer

SHOW = {"name": "show", "match": {"path": "/show/{id:int}"}, "key": "show:{id}", "ttl": "1h", "expect": "any"}


class Rehearsal(Scenario):
    def setUp(self):
        self.origin.on("/show/1", *answer("one"))
        self.origin.on("/other", *answer("other"))

    def rules(self, *rules):
        return local(self.origin, rules=rules, credentials={"query": ["apikey"]})

    def rehearse(self, proxy, rules):
        draft = os.path.join(proxy.folder, "draft", "test.json")  # stands in for the file of that name
        os.makedirs(os.path.dirname(draft), exist_ok=True)
        with open(draft, "w") as file:
            json.dump(rules, file)
        return proxy.command("check", "--rehearse", draft, "--json")

    def test_a_draft_is_judged_by_the_requests_that_came(self):
        proxy = self.start(self.rules(SHOW))
        for _ in range(4):
            proxy.ask(self.url("/show/1?apikey=secret123"))
        proxy.ask(self.url("/other"))
        asked = self.origin.count("/show/1")
        done = self.rehearse(proxy, self.rules(dict(SHOW, name="film", key="film:{id}", policy="never")))
        self.assertEqual(0, done.returncode, done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual((5, 0), (report["requests"], report["leftOut"]))
        self.assertEqual(4, report["otherRule"])
        self.assertEqual((3, 2), (report["before"]["hits"], report["before"]["upstreamCalls"]))
        self.assertEqual((0, 5), (report["after"]["hits"], report["after"]["upstreamCalls"]))
        self.assertEqual(60.0, report["hitRateRecorded"])
        change, = report["changes"]
        self.assertEqual((4, "show", "film"), (change["requests"], change["before"]["rule"], change["after"]["rule"]))
        self.assertNotIn("secret123", done.stdout)
        self.assertEqual(asked, self.origin.count("/show/1"))
        self.assertIn('"show"', proxy.admin("GET", "/api/v1/rules").body.decode())

    def test_credentials_are_kept_apart_and_shared_as_the_draft_says(self):
        proxy = self.start(self.rules(SHOW))
        for key in ("one", "two"):
            proxy.ask(self.url("/show/1?apikey=" + key))
        shared = local(self.origin, rules=[SHOW], credentials={"query": ["apikey"]}, share="all")
        report = json.loads(self.rehearse(proxy, shared).stdout)
        self.assertEqual((2, 1), (report["before"]["upstreamCalls"], report["after"]["upstreamCalls"]))

    def test_it_says_so_in_words(self):
        proxy = self.start(self.rules(SHOW))
        proxy.ask(self.url("/show/1"))
        draft = os.path.join(proxy.folder, "test.json")
        with open(draft, "w") as file:
            json.dump(self.rules(dict(SHOW, ttl="2h")), file)
        done = proxy.command("check", "--rehearse", draft)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("another lifetime 1", done.stdout)
        self.assertIn("ttl 7200 s", done.stdout)

    def test_a_draft_with_mistakes_names_their_place(self):
        proxy = self.start(self.rules(SHOW))
        done = self.rehearse(proxy, {"rules": [{"name": "x", "upstream": "nobody", "match": {"path": "/**"}}]})
        self.assertEqual(78, done.returncode)
        self.assertIn("nobody", done.stderr)
        for body in ({}, {"files": {}}, {"files": {"../x.json": "{}"}}, {"files": {"x.json": 1}}):
            self.assertEqual(400, proxy.admin("POST", "/api/v1/rules/rehearse", body=body).status, body)


if __name__ == "__main__":
    main()
