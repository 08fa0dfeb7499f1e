"""Rehearsal: what a draft of rules would have made of the requests that really came."""
import json
import os

from lab.case import Scenario, local, main
from lab.origin import answer, fresh

SHOW = {"name": "show", "match": {"path": "/show/{id:int}"}, "key": "show:{id}", "ttl": "1h", "expect": "any"}
BY_ORIGIN = {"name": "show", "match": SHOW["match"], "key": "show:{id}", "policy": "respect", "expect": "any"}


class Rehearsal(Scenario):
    def setUp(self):
        self.origin.on("/show/1", *answer("one"))
        self.origin.on("/other", *answer("other"))

    def rules(self, *rules):
        return local(self.origin, rules=rules, credentials={"query": ["apikey"]})

    def draft(self, proxy, rules):
        draft = os.path.join(proxy.folder, "draft", "test.json")  # stands in for the file of that name
        os.makedirs(os.path.dirname(draft), exist_ok=True)
        with open(draft, "w") as file:
            json.dump(rules, file)
        return draft

    def rehearse(self, proxy, rules):
        return proxy.command("check", "--rehearse", self.draft(proxy, rules), "--json")

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
        self.assertEqual(2, report["otherKey"])
        change, = report["changes"]
        self.assertEqual((["key"], "credential", "shared"),
                         (change["differs"], change["before"]["partition"], change["after"]["partition"]))

    def test_a_draft_that_shares_no_more_is_told_of_fields_too(self):
        credentials = {"headers": ["X-Api-Key"]}
        proxy = self.start(local(self.origin, rules=[SHOW], credentials=credentials, share="all"))
        proxy.ask(self.url("/show/1"), headers=[("X-Api-Key", "one")])
        draft = self.draft(proxy, local(self.origin, rules=[SHOW], credentials=credentials))
        said = proxy.command("check", "--rehearse", draft).stdout
        self.assertIn("another key 1", said)
        self.assertRegex(said, "now: .*, shared with all\n")
        self.assertRegex(said, "draft: .*, apart for each credential\n")

    def test_the_origins_own_word_counts_where_the_draft_leaves_it_the_lifetime(self):
        self.origin.on("/show/2", *fresh("two", 600))
        proxy = self.start(self.rules(SHOW))
        for path in ("/show/1", "/show/1", "/show/2", "/show/2"):
            proxy.ask(self.url(path))
        for draft in (self.rules(), self.rules(BY_ORIGIN)):
            report = json.loads(self.rehearse(proxy, draft).stdout)
            self.assertEqual((2, 1), (report["before"]["hits"], report["after"]["hits"]))
            self.assertEqual(0, report["ttlsUnknown"])
            ttls = {change["url"][-1]: change["after"]["ttl"] for change in report["changes"]}
            self.assertEqual(0, ttls["1"])
            self.assertIn(ttls["2"], (599, 600))  # Date has no parts of a second

    def test_what_is_not_stored_has_no_lifetime_that_is_known(self):
        proxy = self.start(self.rules(dict(BY_ORIGIN, policy="never")))
        proxy.ask(self.url("/show/1"))
        draft = self.draft(proxy, self.rules(BY_ORIGIN))
        said = proxy.command("check", "--rehearse", draft).stdout
        self.assertIn("1 with a lifetime that is the answer's own and not known", said)
        self.assertIn("ttl as the answer says, not known", said)

    def test_what_clients_ask_of_caches_is_played_too(self):
        proxy = self.start(self.rules(SHOW))
        no_cache, no_store = [("Cache-Control", "no-cache")], [("Cache-Control", "no-store")]
        for method, headers in (("HEAD", ()), ("GET", no_store), ("GET", ()), ("GET", no_cache),
                                ("GET", [("Pragma", "no-cache")]), ("GET", no_store), ("GET", ())):
            proxy.ask(self.url("/show/1"), method, headers)
        report = json.loads(self.rehearse(proxy, self.rules(dict(SHOW, ttl="2h"))).stdout)
        for played in (report["before"], report["after"]):
            self.assertEqual((1, 6), (played["hits"], played["upstreamCalls"]))
        self.assertAlmostEqual(100 / 7, report["hitRateRecorded"])

    def test_it_says_so_in_words(self):
        proxy = self.start(self.rules(SHOW))
        proxy.ask(self.url("/show/1"))
        draft = self.draft(proxy, self.rules(dict(SHOW, ttl="2h", stale={"while_revalidate": "1m"})))
        done = proxy.command("check", "--rehearse", draft)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("another lifetime 1", done.stdout)
        self.assertIn("ttl 7200 s, stale for 60 s more", done.stdout)
        self.assertIn("hits are on average 0 s old", done.stdout)

    def test_a_draft_with_mistakes_names_their_place(self):
        proxy = self.start(self.rules(SHOW))
        done = self.rehearse(proxy, {"rules": [{"name": "x", "upstream": "nobody", "match": {"path": "/**"}}]})
        self.assertEqual(78, done.returncode)
        self.assertIn("nobody", done.stderr)
        for body in ({}, {"files": {}}, {"files": {"../x.json": "{}"}}, {"files": {"x.json": 1}}):
            self.assertEqual(400, proxy.admin("POST", "/api/v1/rules/rehearse", body=body).status, body)
        gone = proxy.admin("POST", "/api/v1/rules/rehearse", body={"files": {"nowhere.json": None}})
        self.assertEqual(400, gone.status)
        self.assertIn("nowhere.json", gone.data["detail"])


if __name__ == "__main__":
    main()
