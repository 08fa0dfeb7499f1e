"""RFC 9111 as a client sees it, without any rule: what is stored, reused, validated and dropped."""
from email.utils import formatdate
import signal
import time

from lab.case import Scenario, main
from lab.origin import answer, fresh, head
from lab.wire import TIME_LIMIT


def ago(seconds):
    return formatdate(time.time() - seconds, usegmt=True)


class Storing(Scenario):
    def twice(self, path, *steps, **more):
        self.origin.on(path, *steps)
        return self.ask(path, **more), self.ask(path, **more)

    def test_a_fresh_answer_is_stored_and_says_so(self):
        first, second = self.twice(self.path(), *fresh("x", 600))
        self.assertMiss(first, "uri-miss")
        self.assertTrue(first.cache.get("stored"))
        self.assertEqual(200, first.cache.get("fwd-status", 200))
        self.assertHit(second)
        self.assertTrue(550 <= second.cache["ttl"] <= 600, second["cache-status"])

    def test_a_hit_carries_age_via_and_the_origins_date_and_validators(self):
        date = ago(30)
        _, second = self.twice(self.path(), *fresh("x", headers=[("Date", date), ("ETag", '"v1"'), ("Last-Modified", ago(9999)), ("X-Own", "kept")]))
        self.assertEqual(date, second["date"])
        self.assertEqual('"v1"', second["etag"])
        self.assertEqual("kept", second["x-own"])
        self.assertIn("1.1 cachearr", second["via"])
        self.assertTrue(30 <= int(second["age"]) <= 80, second["age"])

    def test_an_age_from_upstream_is_added_to_ours(self):
        _, second = self.twice(self.path(), *fresh("x", 600, headers=[("Age", "100")]))
        self.assertHit(second)
        self.assertTrue(100 <= int(second["age"]) <= 150)
        self.assertLessEqual(second.cache["ttl"], 500)

    def test_what_may_not_be_stored_is_not_and_the_reason_is_named(self):
        for headers, detail in (([("Cache-Control", "no-store")], "no-store"), ([("Cache-Control", "private, max-age=60")], "private"),
                                ([("Cache-Control", "max-age=60"), ("Vary", "*")], "vary-star")):
            with self.subTest(headers):
                _, second = self.twice(self.path(), *answer("x", 200, headers))
                self.assertMiss(second)
                self.assertEqual(detail, second.cache.get("detail"), second["cache-status"])
                self.assertNotIn("stored", second.cache)

    def test_an_answer_with_neither_lifetime_nor_validator_is_not_reused(self):
        path = self.path()
        self.twice(path, *answer("x"))
        self.assertEqual(2, self.origin.count(path))

    def test_a_heuristic_lifetime_comes_from_last_modified(self):
        _, second = self.twice(self.path(), *answer("x", 200, {"Last-Modified": ago(10 * 86400)}))
        self.assertHit(second)

    def test_s_maxage_wins_over_max_age_and_expires(self):
        _, second = self.twice(self.path(), *answer("x", 200, [("Cache-Control", "max-age=0, s-maxage=60"), ("Expires", ago(60))]))
        self.assertHit(second)

    def test_expires_alone_is_a_lifetime_and_an_invalid_one_is_stale(self):
        _, second = self.twice(self.path(), *answer("x", 200, {"Expires": formatdate(time.time() + 60, usegmt=True)}))
        self.assertHit(second)
        _, second = self.twice(self.path(), *answer("x", 200, {"Expires": "0"}))
        self.assertMiss(second)

    def test_authorization_forbids_storing_unless_the_origin_allows_it(self):
        _, second = self.twice(self.path(), *fresh("x"), headers={"Authorization": "Bearer a"})
        self.assertMiss(second)
        self.assertEqual("authorization", second.cache.get("detail"))
        _, second = self.twice(self.path(), *answer("x", 200, {"Cache-Control": "public, max-age=60"}), headers={"Authorization": "Bearer a"})
        self.assertHit(second)

    def test_a_session_that_an_answer_begins_is_nobody_elses(self):
        for cookie in ("session=alice; Path=/", "member=alice; HttpOnly", "__Host-id=7; Secure; Path=/", "a=5f4dcc3b5aa765d61d8327deb882cf99"):
            _, second = self.twice(self.path(), *fresh("x", headers={"Set-Cookie": cookie}))
            self.assertMiss(second)
            self.assertEqual("set-cookie", second.cache.get("detail"))
        path = self.path()
        unsure, sure = {"Cache-Control": "max-age=0", "ETag": '"1"'}, {"Cache-Control": "max-age=60", "ETag": '"1"'}
        self.origin.sequence(path, answer("x", 200, unsure), answer("", 304, {**sure, "Set-Cookie": "session=alice"}),
                             answer("", 304, sure))
        self.ask(path)
        confirmed = self.ask(path)
        self.assertEqual(("session=alice", "set-cookie"), (confirmed["set-cookie"], confirmed.cache.get("detail")))
        self.assertAnswered(confirmed, "x")
        self.assertIsNone(self.ask(path)["set-cookie"])

    def test_a_confirmation_that_begins_a_session_answers_the_conditions_of_the_client(self):
        kept = {"Cache-Control": "max-age=0", "ETag": '"1"'}
        for name, status in (("If-None-Match", 304), ("If-Match", 200)):
            path = self.path()
            self.origin.sequence(path, answer("x", 200, kept), answer("", 304, {**kept, "Set-Cookie": "session=alice"}))
            self.ask(path)
            response = self.ask(path, headers={name: '"1"'})
            self.assertEqual((status, "session=alice"), (response.status, response["set-cookie"]), name)

    def test_a_cacheable_404_is_a_hit_too(self):
        _, second = self.twice(self.path(), *fresh("gone", status=404))
        self.assertHit(second)
        self.assertAnswered(second, "gone", 404)

    def test_post_is_never_answered_from_the_store(self):
        path = self.path()
        first, second = self.twice(path, *fresh("x"), method="POST", body=b"b")
        self.assertMiss(second)
        self.assertEqual(2, self.origin.count(path))

    def test_queries_and_hosts_do_not_share(self):
        path = self.path()
        self.origin.on(path, lambda _wire, request: fresh(request.target))
        targets = [path, path + "?", path + "?a=1", path + "?a=2", path + "?b=1&a=1"]
        for target in targets:
            self.ask(target)
        for target in targets:
            self.assertTrue(self.ask(target).text.endswith(target))

    def test_a_request_for_no_store_is_not_kept(self):
        path = self.path()
        self.origin.on(path, *fresh("x"))
        self.ask(path, headers={"Cache-Control": "no-store"})
        self.assertMiss(self.ask(path))


class Requests(Scenario):
    def test_only_if_cached_is_504_without_an_entry_and_a_hit_with_one(self):
        path = self.path()
        self.origin.on(path, *fresh("x"))
        only = {"Cache-Control": "only-if-cached"}
        self.assertProblem(self.ask(path, headers=only), 504)
        self.assertEqual(0, self.origin.count(path))
        self.ask(path)
        self.assertHit(self.ask(path, headers=only))

    def test_only_if_cached_gets_what_the_disk_alone_has(self):
        proxy = self.start(config={"disk": {"path": "store"}})
        path = self.path()
        self.origin.on(path, *fresh("x", 600))
        self.ask(path, proxy=proxy)
        proxy.signal(signal.SIGTERM)
        proxy.process.wait(TIME_LIMIT)
        proxy.log.thread.join(TIME_LIMIT)
        proxy.process.stdout.close()
        proxy.start()
        response = self.ask(path, headers={"Cache-Control": "only-if-cached"}, proxy=proxy)
        self.assertAnswered(response, "x")
        self.assertHit(response)

    def test_only_if_cached_asks_no_origin_where_nothing_is_ever_stored(self):
        path = self.path()
        self.origin.on(path, *fresh("x"))
        for more in ({}, {"method": "HEAD"}):
            response = self.ask(path, headers={"Cache-Control": "only-if-cached, no-store"}, **more)
            self.assertEqual(504, response.status)
        self.assertEqual(0, self.origin.count(path))

    def test_no_cache_refetches_and_refreshes_the_entry(self):
        path = self.path()
        self.origin.sequence(path, fresh("old"), fresh("new"))
        self.ask(path)
        again = self.ask(path, headers={"Cache-Control": "no-cache"})
        self.assertAnswered(again, "new")
        self.assertMiss(again, "request")
        later = self.ask(path)
        self.assertHit(later)
        self.assertAnswered(later, "new")

    def test_max_age_min_fresh_and_max_stale_of_the_client_are_obeyed(self):
        path = self.path()
        self.origin.on(path, *fresh("x", 600, headers=[("Age", "100")]))
        self.ask(path)
        self.assertMiss(self.ask(path, headers={"Cache-Control": "max-age=50"}))
        self.assertHit(self.ask(path, headers={"Cache-Control": "max-age=200"}))
        self.assertMiss(self.ask(path, headers={"Cache-Control": "min-fresh=550"}))
        stale = self.path()
        self.origin.on(stale, *fresh("y", 60, headers=[("Age", "100"), ("ETag", '"1"')]))
        self.ask(stale)
        self.assertHit(self.ask(stale, headers={"Cache-Control": "max-stale=1000"}))
        self.assertMiss(self.ask(stale, headers={"Cache-Control": "max-stale=10"}))

    def test_head_is_answered_from_a_stored_get_with_its_exact_length(self):
        path = self.path()
        self.origin.on(path, *fresh("x" * 1234))
        self.ask(path)
        head = self.ask(path, "HEAD")
        self.assertHit(head)
        self.assertEqual("1234", head["content-length"])
        self.assertEqual(1, self.origin.count(path))

    def test_ranges_are_cut_from_a_complete_answer(self):
        path, body = self.path(), bytes(range(200))
        self.origin.on(path, *fresh(body, headers=[("ETag", '"r"')]))
        self.ask(path)
        for wanted, expected, place in (("bytes=0-9", body[:10], "bytes 0-9/200"), ("bytes=190-", body[190:], "bytes 190-199/200"),
                                        ("bytes=-5", body[-5:], "bytes 195-199/200"), ("bytes=100-9999", body[100:], "bytes 100-199/200")):
            response = self.ask(path, headers={"Range": wanted})
            self.assertAnswered(response, expected, 206)
            self.assertEqual(place, response["content-range"])
            self.assertHit(response)
        self.assertEqual(416, self.ask(path, headers={"Range": "bytes=500-"}).status)
        self.assertAnswered(self.ask(path, headers={"Range": "bytes=0-9", "If-Range": '"other"'}), body)
        self.assertAnswered(self.ask(path, headers={"Range": "bytes=0-9", "If-Range": '"r"'}), body[:10], 206)
        self.assertEqual(1, self.origin.count(path))

    def test_a_partial_answer_is_never_stored_as_the_whole(self):
        path = self.path()

        def partial(_wire, request):
            if "range" in request.fields:
                return answer("0123", 206, [("Content-Range", "bytes 0-3/10"), ("Cache-Control", "max-age=60"), ("ETag", '"p"')])
            return fresh("0123456789", headers=[("ETag", '"p"')])
        self.origin.on(path, partial)
        self.ask(path, headers={"Range": "bytes=0-3"})
        self.assertAnswered(self.ask(path), "0123456789")

    def test_a_client_that_has_it_already_gets_304_from_the_store(self):
        path, changed = self.path(), ago(5000)
        self.origin.on(path, *fresh("x", headers=[("ETag", '"v1"'), ("Last-Modified", changed)]))
        self.ask(path)
        for headers in ({"If-None-Match": '"v0", W/"v1"'}, {"If-None-Match": "*"}, {"If-Modified-Since": changed}):
            response = self.ask(path, headers=headers)
            self.assertAnswered(response, "", 304)
            self.assertHit(response)
            self.assertEqual('"v1"', response["etag"])
        self.assertAnswered(self.ask(path, headers={"If-None-Match": '"other"'}), "x")
        self.assertEqual(1, self.origin.count(path))


class Validation(Scenario):
    def stale(self, path, *later):
        """An entry that is stale from the start, then these answers."""
        self.origin.sequence(path, fresh("one", 60, headers=[("Age", "100"), ("ETag", '"1"'), ("X-V", "a")]), *later)
        self.assertAnswered(self.ask(path), "one")

    def test_a_stale_entry_is_validated_and_a_304_renews_it(self):
        path = self.path()
        self.stale(path, answer("", 304, [("Cache-Control", "max-age=600"), ("ETag", '"1"'), ("X-V", "b")]))
        renewed = self.ask(path)
        self.assertAnswered(renewed, "one")
        self.assertMiss(renewed, "stale")
        self.assertEqual(304, renewed.cache.get("fwd-status"))
        self.assertEqual("b", renewed["x-v"])
        self.assertEqual('"1"', self.origin.asked(path)[1]["if-none-match"])
        self.assertHit(self.ask(path))

    def test_a_304_without_a_date_renews_the_age_too(self):
        path = self.path()
        self.origin.sequence(path, fresh("one", 60, headers=[("Date", ago(3600)), ("ETag", '"1"')]),
                             [head(304, [("Cache-Control", "max-age=600"), ("ETag", '"1"')], date=False)])
        self.assertAnswered(self.ask(path), "one")
        self.assertAnswered(self.ask(path), "one")
        renewed = self.ask(path)
        self.assertHit(renewed)
        self.assertLess(int(renewed["age"]), 60)

    def test_a_new_answer_to_the_validation_replaces_the_entry(self):
        path = self.path()
        self.stale(path, fresh("two"))
        self.assertAnswered(self.ask(path), "two")
        self.assertHit(self.ask(path))

    def test_a_clients_own_condition_gets_a_304_of_its_own_after_the_validation(self):
        path = self.path()
        self.stale(path, answer("", 304, [("Cache-Control", "max-age=600"), ("ETag", '"1"')]))
        self.assertEqual(304, self.ask(path, headers={"If-None-Match": '"1"'}).status)
        self.assertAnswered(self.ask(path), "one")

    def test_must_revalidate_is_never_served_stale_even_if_the_origin_fails(self):
        path = self.path()
        self.origin.sequence(path, answer("one", 200, [("Cache-Control", "max-age=60, must-revalidate"), ("Age", "100"), ("ETag", '"1"')]),
                             answer("broken", 503))
        self.ask(path)
        self.assertIn(self.ask(path).status, (503, 504))


class Variants(Scenario):
    def test_vary_selects_by_the_named_fields(self):
        path = self.path()
        self.origin.on(path, lambda _wire, request: fresh("lang " + (request["accept-language"] or "none"), headers=[("Vary", "Accept-Language")]))
        for language in ("de", "fr"):
            self.assertMiss(self.ask(path, headers={"Accept-Language": language}))
        for language in ("de", "fr"):
            response = self.ask(path, headers={"Accept-Language": language})
            self.assertHit(response)
            self.assertAnswered(response, "lang " + language)
        self.assertMiss(self.ask(path))
        self.assertEqual(3, self.origin.count(path))

    def test_another_spelling_of_the_same_value_is_the_same_variant(self):
        path = self.path()
        self.origin.on(path, *fresh("x", headers=[("Vary", "accept-language")]))
        self.ask(path, headers={"Accept-Language": "de, en;q=0.5"})
        self.assertHit(self.ask(path, headers={"Accept-Language": "de,en;q=0.5"}))

    def test_fields_do_not_run_into_each_other(self):
        path = self.path()
        self.origin.on(path, lambda _wire, request: fresh("%s|%s" % (request["x-a"], request["x-b"]), headers=[("Vary", "X-A, X-B")]))
        self.ask(path, headers=[("X-A", "1"), ("X-B", "2")])
        self.assertAnswered(self.ask(path, headers=[("X-A", "1, 2"), ("X-B", "")]), "1, 2|")

    def test_an_answer_in_the_language_that_a_client_likes_best_serves_it(self):
        path = self.path()
        self.origin.on(path, *fresh("der", headers=[("Vary", "Accept-Language"), ("Content-Language", "de")]))
        self.ask(path, headers={"Accept-Language": "en, de"})
        for language in ("de", "fr;q=0.5, de;q=1.0", "DE, *;q=0.1"):
            self.assertHit(self.ask(path, headers={"Accept-Language": language}), language)
        for language in ("fr", "fr, de", "de-AT, de;q=0.8", "fr, de;q=0.9"):
            self.assertMiss(self.ask(path, headers={"Accept-Language": language}), "vary-miss")


class Invalidation(Scenario):
    def test_an_unsafe_method_that_succeeds_drops_the_entry(self):
        for method in ("POST", "PUT", "DELETE", "PATCH", "FROB"):
            with self.subTest(method):
                path = self.path()
                self.origin.on(path, *fresh("x"))
                self.ask(path)
                self.assertHit(self.ask(path))
                self.ask(path, method, body=b"change")
                self.assertMiss(self.ask(path))

    def test_an_unsafe_method_that_fails_drops_nothing(self):
        path = self.path()
        self.origin.on(path, lambda _wire, request: fresh("x") if request.method == "GET" else answer("no", 500))
        self.ask(path)
        self.ask(path, "DELETE")
        self.assertHit(self.ask(path))

    def test_location_of_the_same_origin_is_dropped_too(self):
        path, other = self.path(), self.path()
        self.origin.on(other, *fresh("listed"))
        self.origin.on(path, *answer("made", 201, {"Location": other}))
        self.ask(other)
        self.ask(path, "POST", body=b"x")
        self.assertMiss(self.ask(other))


class OneRequestsErrors(Scenario):
    def test_an_error_about_one_requests_own_fields_is_nobody_elses(self):
        for status, field in ((400, ("X-Odd", "1")), (412, ("If-Match", '"other"')), (413, ("X-Odd", "1")), (416, ("Range", "bytes=900-")),
                              (417, ("X-Odd", "1")), (421, ("X-Odd", "1")), (431, ("X-Odd", "1"))):
            with self.subTest(status):
                path = self.path()
                self.origin.on(path, lambda _wire, request, status=status, field=field:
                               fresh("no", status=status) if field[0] in request.fields else fresh("yes"))
                self.assertEqual(status, self.ask(path, headers=[field]).status)
                self.assertAnswered(self.ask(path), "yes")


if __name__ == "__main__":
    main()
