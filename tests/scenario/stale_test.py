"""Stale answers: while revalidating, on errors, instead of refused answers, and never beyond what was allowed."""
import threading

from lab.case import Scenario, local, main
from lab.origin import CLOSE, answer, fresh


def stale_from_start(body, *cache_control, validator=True):
    """Arrives already older than its lifetime, so that no test has to wait."""
    headers = [("Cache-Control", ", ".join(("max-age=60",) + cache_control)), ("Age", "100")]
    return answer(body, 200, headers + ([("ETag", '"1"')] if validator else []))


class StaleByTheOrigin(Scenario):
    """RFC 5861 as the origin's Cache-Control allows it."""

    def test_stale_while_revalidate_answers_at_once_and_refreshes_behind(self):
        path, gate = self.path(), threading.Event()
        self.origin.sequence(path, stale_from_start("old", "stale-while-revalidate=3600"), [gate, *fresh("new")])
        self.ask(path)
        stale = self.ask(path)
        self.assertAnswered(stale, "old")
        self.assertHit(stale)
        self.assertEqual("stale-while-revalidate", stale.cache.get("detail"))
        self.assertLess(stale.cache["ttl"], 0)
        self.origin.wait_for(path, 2)
        gate.set()
        self.until(lambda: self.ask(path).body == b"new")
        self.assertHit(self.ask(path))
        self.assertEqual(2, self.origin.count(path))

    def test_many_stale_answers_cause_one_refresh(self):
        path, gate = self.path(), threading.Event()
        self.addCleanup(gate.set)
        self.origin.sequence(path, stale_from_start("old", "stale-while-revalidate=3600"), [gate, *fresh("new")])
        self.ask(path)
        for _ in range(20):
            self.assertAnswered(self.ask(path), "old")
        self.origin.wait_for(path, 2)
        self.assertEqual(2, self.origin.count(path))

    def test_a_window_that_has_passed_is_not_used(self):
        path = self.path()
        self.origin.sequence(path, stale_from_start("old", "stale-while-revalidate=10"), fresh("new"))
        self.ask(path)
        self.assertAnswered(self.ask(path), "new")

    def stands_in_for(self, trouble, proxy=None):
        path = self.path()
        self.origin.sequence(path, stale_from_start("kept", "stale-if-error=3600"), trouble)
        self.ask(path, proxy=proxy)
        response = self.ask(path, proxy=proxy)
        self.assertAnswered(response, "kept")
        self.assertEqual("stale-if-error", response.cache.get("detail"), response["cache-status"])

    def test_stale_if_error_covers_5xx_and_resets(self):
        for trouble in (answer("broken", 500), answer("broken", 502), answer("broken", 503), answer("broken", 504), [CLOSE], [b"garbage\r\n\r\n", CLOSE]):
            with self.subTest(trouble):
                self.stands_in_for(trouble)

    def test_stale_if_error_covers_silence(self):
        silence = threading.Event()
        self.addCleanup(silence.set)
        # It has to be there before the silence: the limit must leave a slow machine time for that.
        self.stands_in_for([silence], self.start(config={"timeouts": {"upstream_header": "3s"}}))

    def test_stale_if_error_does_not_cover_404(self):
        path = self.path()
        self.origin.sequence(path, stale_from_start("kept", "stale-if-error=3600"), answer("gone", 404))
        self.ask(path)
        self.assertAnswered(self.ask(path), "gone", 404)

    def test_without_permission_an_error_is_an_error(self):
        path = self.path()
        self.origin.sequence(path, stale_from_start("kept"), answer("broken", 503))
        self.ask(path)
        self.assertAnswered(self.ask(path), "broken", 503)

    def test_without_a_rule_an_origin_that_cannot_be_reached_is_stood_in_for(self):
        path = self.path()
        self.origin.sequence(path, stale_from_start("kept"), [CLOSE])
        self.ask(path)
        for _ in range(3):
            response = self.ask(path)
            self.assertAnswered(response, "kept")
            self.assertEqual("stale-if-error", response.cache.get("detail"), response["cache-status"])

    def test_an_origin_that_cannot_be_reached_is_not_stood_in_for_where_that_is_forbidden(self):
        for word in ("must-revalidate", "proxy-revalidate", "s-maxage=60", "no-cache"):
            with self.subTest(word):
                path = self.path()
                self.origin.sequence(path, stale_from_start("kept", word), [CLOSE])
                self.ask(path)
                self.assertEqual(502, self.ask(path).status)

    def test_a_truncated_refresh_never_replaces_a_good_answer(self):
        path = self.path()
        cut = [fresh("x" * 100)[0][:-50], CLOSE]
        self.origin.sequence(path, stale_from_start("good", "stale-while-revalidate=3600", "stale-if-error=3600"), cut, answer("broken", 503))
        self.ask(path)
        self.assertAnswered(self.ask(path), "good")
        self.origin.wait_for(path, 2)
        for _ in range(5):
            self.assertAnswered(self.ask(path), "good")


class StaleByARule(Scenario):
    @classmethod
    def rules_of(cls, origin):
        windows = {"while_revalidate": "7d", "if_error": "30d"}
        return local(origin, rules=[
            {"name": "series", "match": {"path": "/series/*"}, "policy": "respect", "stale": windows},
            {"name": "feed", "match": {"path": "/feed/*"}, "policy": "respect", "stale": {"if_error": "30d"}, "refuse_if": [{"xml": "error/@code"}]}])

    def test_the_rules_windows_count_where_the_origin_gives_none(self):
        path = self.path("/series")
        self.origin.sequence(path, stale_from_start("old"), fresh("new"))
        self.ask(path)
        response = self.ask(path)
        self.assertAnswered(response, "old")
        self.assertEqual("stale-while-revalidate", response.cache.get("detail"))

    def test_a_refused_answer_gives_the_stale_one_instead(self):
        path = self.path("/feed")
        self.origin.sequence(path, stale_from_start("<rss><channel/></rss>"), answer('<error code="500" description="limit"/>'))
        self.ask(path)
        for _ in range(2):
            response = self.ask(path)
            self.assertAnswered(response, "<rss><channel/></rss>")
            self.assertEqual("refused", response.cache.get("detail"), response["cache-status"])

    def test_a_dead_origin_does_not_matter_while_the_window_lasts(self):
        origin = self.another_origin()
        proxy = self.start(local(origin, "dying", rules=[{"name": "all", "match": {"path": "/**"}, "policy": "respect",
                                                          "stale": {"if_error": "30d"}}]))
        origin.on("/x", *stale_from_start("remembered"))
        proxy.ask(origin.url + "/x")
        origin.die()
        response = proxy.ask(origin.url + "/x")
        self.assertAnswered(response, "remembered")
        self.assertEqual("stale-if-error", response.cache.get("detail"))


if __name__ == "__main__":
    main()
