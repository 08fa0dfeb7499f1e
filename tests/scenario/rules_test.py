"""What rules do to real requests: keys, lifetimes, partitions, refusals, invalidation."""
import json

from lab.case import Scenario, local, main
from lab.origin import answer, fresh


class Keys(Scenario):
    @classmethod
    def rules_of(cls, origin):
        return local(origin, credentials={"query": ["api_key"], "headers": ["Authorization"]}, rules=[
            {"name": "series", "match": {"path": "/3/tv/{tmdbId:int}", "query": {"language": "{lang}"}}, "ttl": "24h",
             "key": "metadata:series:tmdbId:{tmdbId}:{lang}", "ignore_query": ["_"], "tags": ["series", "tmdb:{tmdbId}"]},
            {"name": "files", "match": {"path": "/files/*.json"}, "ttl": "1h"},
            {"name": "rest", "match": {"path": "/rest/**"}, "ttl": "10m", "ignore_query": ["_", "session"]},
            {"name": "absent", "match": {"path": "/absent", "query": {"page": None}}, "ttl": "1h"}])

    def echo(self, path):
        self.origin.on(path, lambda _wire, request: answer(request.target))

    def test_the_key_is_named_as_the_rule_says(self):
        self.echo("/3/tv/1399")
        response = self.ask("/3/tv/1399?language=en&api_key=abc")
        self.assertEqual("metadata:series:tmdbId:1399:en", self.ask("/3/tv/1399?language=en&api_key=abc").cache["key"])
        self.assertMiss(response)
        self.assertNotIn("abc", response["cache-status"])

    def test_the_lifetime_is_the_rules_although_the_origin_names_none(self):
        self.echo("/3/tv/2")
        self.ask("/3/tv/2?language=en")
        response = self.ask("/3/tv/2?language=en")
        self.assertHit(response)
        self.assertTrue(86350 <= response.cache["ttl"] <= 86400)

    def test_the_order_of_the_query_does_not_matter(self):
        self.echo("/3/tv/3")
        self.ask("/3/tv/3?language=en&append=credits")
        self.assertHit(self.ask("/3/tv/3?append=credits&language=en"))

    def test_a_parameter_that_the_key_does_not_use_still_separates(self):
        self.echo("/3/tv/4")
        self.ask("/3/tv/4?language=en")
        response = self.ask("/3/tv/4?language=en&append=credits")
        self.assertMiss(response)
        self.assertIn("append=credits", response.text)

    def test_an_ignored_parameter_does_not_separate(self):
        self.echo("/rest/a")
        self.ask("/rest/a?x=1&_=111")
        self.assertHit(self.ask("/rest/a?_=222&x=1&session=9"))

    def test_two_credentials_never_share_an_answer(self):
        self.echo("/3/tv/5")
        self.ask("/3/tv/5?language=en&api_key=alice")
        response = self.ask("/3/tv/5?language=en&api_key=bob")
        self.assertMiss(response)
        self.assertIn("bob", response.text)
        self.assertMiss(self.ask("/3/tv/5?language=en", headers={"Authorization": "Bearer carol"}))
        self.assertHit(self.ask("/3/tv/5?language=en", headers={"Authorization": "Bearer carol"}))
        self.assertMiss(self.ask("/3/tv/5?language=en", headers={"Authorization": "Bearer dave"}))
        self.assertMiss(self.ask("/3/tv/5?language=en"))

    def test_patterns_match_as_described(self):
        for path, matched in (("/files/a.json", True), ("/files/a.xml", False), ("/files/a/b.json", False), ("/rest/a/b/c", True),
                              ("/3/tv/abc?language=en", False), ("/3/tv/77", False), ("/absent", True), ("/absent?page=1", False)):
            with self.subTest(path):
                self.echo(path.partition("?")[0])
                self.ask(path)
                self.assertEqual(matched, "hit" in self.ask(path).cache)


class SharedPartition(Scenario):
    @classmethod
    def rules_of(cls, origin):
        return local(origin, credentials={"query": ["apikey"], "headers": ["X-Api-Key"]}, share="all",
                     rules=[{"name": "all", "match": {"path": "/**"}, "ttl": "1h"}])

    def test_share_all_gives_everyone_the_same_answer(self):
        self.origin.on("/a", lambda _wire, request: answer("for everyone"))
        self.ask("/a?apikey=1")
        self.assertHit(self.ask("/a?apikey=2", headers={"X-Api-Key": "3"}))

    def test_private_is_still_private_there(self):
        self.origin.on("/private", *answer("mine", 200, {"Cache-Control": "private, max-age=60"}))
        self.ask("/private?apikey=1")
        self.assertMiss(self.ask("/private?apikey=2"))


class Policies(Scenario):
    @classmethod
    def rules_of(cls, origin):
        rule = lambda name, **more: dict({"name": name, "match": {"path": "/%s/*" % name}, "ttl": "10m"}, **more)  # noqa: E731
        rules = local(origin, rules=[rule("override"), rule("respect", policy="respect"), rule("floor", policy="floor"),
                                     rule("ceiling", policy="ceiling"), rule("never", policy="never"),
                                     rule("status", ttl_status={"404": "1m", "301": "1h"}),
                                     {"name": "typed", "match": {"path": "/typed/*"}, "type": "short"},
                                     {"name": "known", "match": {"path": "/known/*"}, "type": "series_stats", "expect": "any"}])
        rules["ttls"] = {"short": "90s"}
        return rules

    def ttl(self, stem, *steps):
        path = self.path("/" + stem)
        self.origin.on(path, *steps)
        self.ask(path)
        response = self.ask(path)
        return response.cache.get("ttl") if "hit" in response.cache else None

    def near(self, seconds, ttl):
        self.assertIsNotNone(ttl)
        self.assertTrue(seconds - 25 <= ttl <= seconds, "%s, not %s" % (ttl, seconds))

    def test_override_stores_for_the_rules_time_whatever_the_origin_says(self):
        self.near(600, self.ttl("override", *answer("x", 200, {"Cache-Control": "max-age=5"})))
        self.near(600, self.ttl("override", *answer("x", 200, {"Cache-Control": "no-cache"})))
        self.near(600, self.ttl("override", *answer("x", 200, {"Expires": "0", "Pragma": "no-cache"})))

    def test_override_does_not_override_no_store(self):
        self.assertIsNone(self.ttl("override", *answer("x", 200, {"Cache-Control": "no-store"})))

    def test_respect_lets_the_origins_headers_win_and_fills_in_where_it_says_nothing(self):
        self.near(50, self.ttl("respect", *answer("x", 200, {"Cache-Control": "max-age=50"})))
        self.near(600, self.ttl("respect", *answer("x")))

    def test_floor_and_ceiling_bound_the_origins_lifetime(self):
        self.near(600, self.ttl("floor", *fresh("x", 50)))
        self.near(900, self.ttl("floor", *fresh("x", 900)))
        self.near(600, self.ttl("ceiling", *fresh("x", 900)))
        self.near(50, self.ttl("ceiling", *fresh("x", 50)))

    def test_never_is_never_and_says_why(self):
        path = self.path("/never")
        self.origin.on(path, *fresh("x"))
        self.ask(path)
        response = self.ask(path)
        self.assertMiss(response)
        self.assertEqual("rule-never", response.cache["detail"])

    def test_ttl_status_gives_a_status_its_own_lifetime(self):
        self.near(60, self.ttl("status", *answer("gone", 404)))
        self.near(3600, self.ttl("status", *answer("", 301, {"Location": "/x"})))
        self.near(600, self.ttl("status", *answer("x", 200)))

    def test_errors_are_not_stored_by_a_rule_that_does_not_name_them(self):
        for status in (404, 401, 403, 500, 503):
            with self.subTest(status):
                self.assertIsNone(self.ttl("override", *answer("no", status)))

    def test_a_type_gives_the_lifetime_of_its_name(self):
        self.near(90, self.ttl("typed", *answer("x")))
        self.near(900, self.ttl("known", *answer("{}")))


class TypeLifetimesFromTheEnvironment(Scenario):
    environment = {"CACHE_TTL_SERIES": "123"}

    @classmethod
    def rules_of(cls, origin):
        return local(origin, rules=[{"name": "series", "match": {"path": "/series/*"}, "type": "series", "expect": "any"}])

    def test_a_variable_replaces_the_types_lifetime(self):
        self.origin.on("/series/1", *answer("{}"))
        self.ask("/series/1")
        self.assertTrue(90 <= self.ask("/series/1").cache["ttl"] <= 123)


class Contents(Scenario):
    @classmethod
    def rules_of(cls, origin):
        return local(origin, rules=[
            {"name": "json", "match": {"path": "/json/*"}, "ttl": "10m", "policy": "override",
             "ttl_from": [{"json": "/status", "equals": "Ended", "ttl": "7d"}, {"json": "/airing", "equals": True, "ttl": "1m"},
                          {"json": "/live", "equals": True, "ttl": 0}],
             "refuse_if": [{"json": "/success", "equals": False}]},
            {"name": "xml", "match": {"path": "/xml/*"}, "ttl": "10m", "refuse_if": [{"xml": "error/@code"}]}])

    def test_ttl_from_reads_the_body(self):
        for body, seconds in (({"status": "Ended"}, 604800), ({"airing": True}, 60), ({"status": "Continuing"}, 600)):
            path = self.path("/json")
            self.origin.on(path, *answer(json.dumps(body)))
            self.ask(path)
            self.assertTrue(seconds - 25 <= self.ask(path).cache["ttl"] <= seconds, body)

    def test_ttl_from_holds_again_for_a_body_that_is_confirmed(self):
        path = self.path("/json")
        headers = [("ETag", '"1"')]
        self.origin.sequence(path, answer(json.dumps({"status": "Ended"}), 200, headers), answer("", 304, headers))
        self.ask(path)
        self.ask(path, headers={"Cache-Control": "no-cache"})
        self.assertEqual(2, self.origin.count(path))
        self.assertGreater(self.ask(path).cache["ttl"], 604700)

    def test_ttl_from_may_say_that_an_answer_is_not_to_be_kept(self):
        path = self.path("/json")
        self.origin.on(path, *answer(json.dumps({"live": True})))
        self.assertNotIn("stored", self.ask(path).cache)
        self.assertMiss(self.ask(path))

    def test_an_answer_that_is_no_answer_is_passed_on_but_never_stored(self):
        for path, body in ((self.path("/json"), '{"success": false}'), (self.path("/xml"), '<error code="500" description="Request limit reached"/>')):
            self.origin.on(path, *answer(body))
            for _ in range(2):
                response = self.ask(path)
                self.assertAnswered(response, body)
                self.assertMiss(response)
                self.assertEqual("refused", response.cache.get("detail"), response["cache-status"])
            self.assertEqual(2, self.origin.count(path))

    def test_a_good_feed_is_stored(self):
        path = self.path("/xml")
        self.origin.on(path, *answer("<rss><channel><item/></channel></rss>"))
        self.ask(path)
        self.assertHit(self.ask(path))


class InvalidatingRules(Scenario):
    @classmethod
    def rules_of(cls, origin):
        return local(origin, rules=[
            {"name": "one", "match": {"path": "/api/v3/series/{id:int}"}, "ttl": "1h", "key": "series:{id}", "tags": ["series"]},
            {"name": "list", "match": {"path": "/api/v3/series"}, "ttl": "1h", "key": "series:list:all", "tags": ["lists"]},
            {"name": "changed", "match": {"method": ["PUT", "DELETE"], "path": "/api/v3/series/{id:int}"}, "invalidate": ["series:{id}", "series:list:*"],
             "switch": "series_update"},
            {"name": "refreshed", "match": {"method": ["POST"], "path": "/api/v3/command"}, "invalidate": ["tag:series"]}])

    def setUp(self):
        self.status = 202
        self.origin.on("/api/v3/command", lambda _wire, _request: answer("{}", self.status))
        for path in ("/api/v3/series", "/api/v3/series/7", "/api/v3/series/8"):
            self.origin.on(path, lambda _wire, request: answer("x", 200 if request.method == "GET" else self.status))
            self.ask(path)
            self.assertHit(self.ask(path))

    def hits(self):
        return ["hit" in self.ask(path).cache for path in ("/api/v3/series", "/api/v3/series/7", "/api/v3/series/8")]

    def test_a_write_drops_the_keys_and_patterns_that_its_rule_names(self):
        self.ask("/api/v3/series/7", "PUT", body=b"{}")
        self.assertEqual([False, False, True], self.hits())

    def test_a_key_is_dropped_with_whatever_parameters_clients_append(self):
        proxy = self.start(self.rules_of(self.origin), {"disk": {"path": "store"}})
        kept = "/api/v3/series/8?includeImages=true"
        for path in ("/api/v3/series/7", "/api/v3/series/7?includeImages=true", kept):
            self.ask(path, proxy=proxy)
        self.ask("/api/v3/series/7", "PUT", body=b"{}", proxy=proxy)
        for path in ("/api/v3/series/7", "/api/v3/series/7?includeImages=true"):
            self.assertMiss(self.ask(path, proxy=proxy))
        self.assertHit(self.ask(kept, proxy=proxy))

    def test_a_tag_drops_everything_that_carries_it(self):
        self.ask("/api/v3/command", "POST", body=b"{}")
        self.assertEqual([True, False, False], self.hits())

    def test_the_environment_may_switch_that_off_for_a_resource(self):
        proxy = self.start(self.rules_of(self.origin), environment={"AUTO_INVALIDATE_ON_SERIES_UPDATE": "false"})
        for path in ("/api/v3/series", "/api/v3/series/8"):
            self.ask(path, proxy=proxy)
        self.ask("/api/v3/series/7", "PUT", body=b"{}", proxy=proxy)
        self.assertHit(self.ask("/api/v3/series", proxy=proxy))
        self.ask("/api/v3/command", "POST", body=b"{}", proxy=proxy)
        self.assertMiss(self.ask("/api/v3/series/8", proxy=proxy))

    def test_a_refused_write_drops_nothing(self):
        self.status = 409
        self.ask("/api/v3/series/7", "DELETE")
        self.assertEqual([True, True, True], self.hits())


if __name__ == "__main__":
    main()
