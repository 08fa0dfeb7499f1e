"""A request that comes again in the same words is answered from what is remembered of it, and by today's truth all the same."""
import re

from lab.case import Scenario, local, main
from lab.origin import answer, fresh
from lab.wire import request_bytes

TIMES = 5  # from the third on, an equal request on the same worker is a remembered one


class Repeated(Scenario):
    @classmethod
    def rules_of(cls, origin):
        return local(origin, credentials={"path": ["pass"]}, rules=[
            {"name": "feed", "match": {"path": "/feed/{pass}/new"}, "ttl": "1h"},
            {"name": "rest", "match": {"path": "/**"}, "ttl": "1h"}])

    def setUp(self):
        self.alone = self.start(self.rules_of(self.origin), threads=1)
        self.wire = self.alone.connect()
        self.addCleanup(self.wire.close)

    def again(self, path, headers=(), method="GET"):
        """One request on the one connection, always in the same words."""
        self.wire.send(request_bytes(method, self.url(path), self.origin.authority, headers))
        return self.wire.read_response(method)

    def log_until_now(self):
        """One worker writes its lines in their order."""
        last = self.path("/last")
        self.again(last)
        self.alone.log.wait_for(last)
        return self.alone.log.text

    def several(self, path, headers=(), method="GET"):
        return [self.again(path, headers, method) for _ in range(TIMES)]

    def test_every_answer_is_the_same_hit(self):
        path = self.path()
        self.origin.on(path, fresh("body"))
        self.assertIn("fwd=uri-miss", self.again(path)["cache-status"])
        for response in self.several(path):
            self.assertAnswered(response, "body")
            self.assertIn("hit", response["cache-status"])
            self.assertEqual("cachearr", response["cache-status"].partition(";")[0])
        self.assertEqual(1, self.origin.count(path))

    def test_each_is_logged_and_counted(self):
        path = self.path("/logged")
        self.origin.on(path, fresh("x" * 77))
        for _ in range(TIMES):
            self.again(path)
        self.assertEqual(TIMES - 1, self.alone.metric("cachearr_cache_hits_total"))
        line = r"127\.0\.0\.1 GET %s 200 77 [\d.]+ms local rest \S+ cachearr; hit; ttl=\d+$" % self.url(path)
        self.assertEqual(TIMES - 1, len(re.findall(line, self.log_until_now(), re.M)))

    def test_what_a_rule_calls_secret_stays_out_of_the_log(self):
        self.origin.on("/feed/plainword/new", fresh("x"))
        self.several("/feed/plainword/new")
        log = self.log_until_now()
        self.assertEqual(TIMES - 1, len(re.findall(r"/feed/\*\*\*/new .*\bhit\b", log)))
        self.assertNotIn("plainword", log)

    def test_a_purge_is_seen_at_once(self):
        path = self.path()
        self.origin.on(path, fresh("old"))
        self.several(path)
        self.origin.on(path, fresh("new"))
        self.assertEqual(200, self.alone.admin("POST", "/api/v1/purge", body={"all": True}).status)
        response = self.again(path)
        self.assertAnswered(response, "new")
        self.assertNotIn("hit", response["cache-status"])

    def test_new_rules_are_seen_at_once(self):
        path = self.path()
        self.origin.on(path, fresh("x"))
        self.several(path)
        self.alone.write_rules(local(self.origin, rules=[{"name": "off", "match": {"path": "/**"}, "policy": "never"}]))
        self.assertEqual(200, self.alone.admin("POST", "/api/v1/reload", body={}).status)
        self.assertIn("rule-never", self.again(path)["cache-status"])

    def test_requests_in_one_write_are_answered_in_their_order(self):
        first, second = self.path(), self.path()
        for path in (first, second):
            self.origin.on(path, fresh("of " + path))
            self.several(path)
        self.wire.send(b"".join(request_bytes("GET", self.url(path), self.origin.authority) for path in (first, second, second, first)))
        self.assertEqual(["of " + path for path in (first, second, second, first)], [self.wire.read_response().text for _ in range(4)])

    def test_conditions_ranges_and_head_are_judged_each_time(self):
        path = self.path()
        self.origin.on(path, answer("0123456789", headers={"ETag": '"v1"', "Cache-Control": "max-age=60"}))
        self.again(path)
        for response in self.several(path, {"If-None-Match": '"v1"'}):
            self.assertEqual(304, response.status)
        for response in self.several(path, {"Range": "bytes=2-4"}):
            self.assertAnswered(response, "234", 206)
        for response in self.several(path, method="HEAD"):
            self.assertEqual(("10", b""), (response["content-length"], response.body))

    def test_a_variant_is_chosen_anew_when_the_origin_varies_otherwise(self):
        path = self.path()
        self.origin.on(path, answer("by language", headers={"Vary": "Accept-Language", "Cache-Control": "max-age=60"}))
        headers = {"Accept-Language": "de", "X-Kind": "one"}
        self.several(path, headers)
        self.origin.on(path, answer("by kind", headers={"Vary": "X-Kind", "Cache-Control": "max-age=60"}))
        self.again(path, {**headers, "Cache-Control": "no-cache"})
        for response in self.several(path, headers):
            self.assertAnswered(response, "by kind")
            self.assertIn("hit", response["cache-status"])

    def test_a_client_that_wants_to_leave_is_let_go(self):
        path = self.path()
        self.origin.on(path, fresh("x"))
        for _ in range(TIMES):
            with self.alone.connect() as wire:
                wire.send(request_bytes("GET", self.url(path), self.origin.authority, {"Connection": "close"}))
                response = wire.read_response()
                self.assertEqual("close", response["connection"])
                self.assertTrue(wire.at_end())


if __name__ == "__main__":
    main()
