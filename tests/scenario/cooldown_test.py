"""Cool-down: an upstream that says "no more" is not asked again before the moment it names, whatever words it uses.

Each test has a credential of its own and with it a lane of its own. A paused origin records whoever asks too early.
"""
import glob
import json
import os
import signal
import threading
import time
from email.utils import formatdate

from lab.case import Scenario, local, main
from lab.origin import answer, fresh
from lab.wire import TIME_LIMIT

FEED = '<?xml version="1.0"?><rss version="2.0" xmlns:newznab="http://www.newznab.com/DTD/2010/feeds/attributes/"><channel>%s</channel></rss>'
PAUSE = 2


def stale(body, kind="application/json"):
    return answer(body, 200, [("Cache-Control", "max-age=60"), ("Age", "100"), ("ETag", '"1"'), ("Content-Type", kind)])


def iso(seconds):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


class Paused:
    """Refuses the first request by `steps`; whoever asks again within `pause` seconds has broken the promise."""

    def __init__(self, steps, pause, after=None):
        self.steps, self.pause, self.after = steps, pause, after or fresh('{"fine":true}', headers={"Content-Type": "application/json"})
        self.lock, self.refused_at, self.early, self.asked = threading.Lock(), None, [], 0

    def __call__(self, _wire, request):
        with self.lock:
            self.asked += 1
            now = time.time()
            if self.refused_at is None:
                self.refused_at = now
                return self.steps() if callable(self.steps) else self.steps
            if now < self.refused_at + self.pause:
                self.early.append(request.target)
        return self.after


class CoolDownScenario(Scenario):
    windows = {"while_revalidate": "0s", "if_error": "30d", "if_limited": "30d"}

    @classmethod
    def rules_of(cls, origin):
        both = {"credentials": {"query": ["apikey"]}}
        words = [{"status": 401, "like": ["*request limit reached*"], "pause": "1h"},
                 {"status": 406, "like": ["*downloaded your allowed*"], "pause": "1h", "until": "/reset_time_utc"},
                 {"status": 200, "like": ["*enough for today*"], "pause": "1h"}]
        plain = local(origin, "service", limits=words, rules=[{"name": "data", "match": {"path": "/data/**"}, "policy": "respect", "type": "metadata_series", "stale": cls.windows}], **both)
        indexer = local(origin, "indexer", errors="newznab", rules=[
            {"name": "feed", "match": {"path": "/feed/**"}, "policy": "respect", "type": "indexer_feed", "refuse_if": [{"xml": "error"}], "stale": cls.windows},
            {"name": "grab", "match": {"path": "/getnzb/**"}, "policy": "never", "expect": "nzb", "counts_as": "grab"}], **both)
        counted = local(origin, "counted", rate={"per_second": 1000, "burst": 1000}, **both)
        for file, host in ((indexer, "indexer.test"), (counted, "counted.test")):
            next(iter(file["upstreams"].values()))["hosts"] = [host]
            plain["upstreams"].update(file["upstreams"])
            plain["rules"] += file["rules"]
        return plain

    def lane(self):
        return "key%d" % next(self._number)

    def visit(self, upstream, path, lane, proxy=None, **more):
        return (proxy or self.proxy).visit("/%s%s?apikey=%s" % (upstream, path, lane), **more)

    def seconds_of(self, response):
        self.assertRegex(response["retry-after"] or "none", r"^\d+$", response)
        return int(response["retry-after"])

    def expect_pause(self, upstream, steps, pause, stem="/data", least=1, status=429, quiet=None):
        """The refusal itself, then silence for `quiet` seconds (`pause`, if it is known so well), then an answer."""
        for _ in range(10):
            began = time.monotonic()
            first, second, lane = self.path(stem), self.path(stem), self.lane()
            script = Paused(steps, (quiet or pause) - 0.05)
            self.origin.on(first, script).on(second, script)
            refusal = self.visit(upstream, first, lane)
            denied = self.visit(upstream, second, lane)
            if time.monotonic() - began < (quiet or pause):
                break  # else the machine was too slow: the pause may have been over before the second request
        self.assertEqual(status, refusal.status, refusal)
        self.assertTrue(least <= self.seconds_of(refusal) <= pause + 1, refusal)
        self.assertEqual(429, denied.status, denied)
        self.assertEqual("cooldown", denied.cache.get("detail"), denied["cache-status"])
        self.assertTrue(least - 1 <= self.seconds_of(denied) <= pause + 1, denied)
        self.assertEqual(1, script.asked)
        other = self.visit(upstream, first, self.lane())
        self.assertNotEqual("cooldown", other.cache.get("detail"), "another credential has to pay for it")
        if pause <= PAUSE + 1:
            def answered():
                response = self.visit(upstream, second, lane)
                self.assertIn(response.status, (200, 429), response)
                return response.status == 200
            self.until(answered)
        self.assertEqual([], [target for target in script.early if lane in target], "asked during the pause")
        return refusal, denied


class Signals(CoolDownScenario):
    """The services' own ways to say that it is enough."""

    def limit(self, *fields, status=429, body="no", kind="text/plain"):
        return answer(body, status, [("Content-Type", kind), *fields])

    def test_429_with_seconds(self):
        self.expect_pause("service", self.limit(("Retry-After", str(PAUSE))), PAUSE)

    def test_429_with_a_date(self):
        self.expect_pause("service", lambda: self.limit(("Retry-After", formatdate(int(time.time()) + PAUSE + 1, usegmt=True))), PAUSE + 1, quiet=1)

    def test_429_without_a_time_is_given_one(self):
        self.expect_pause("service", self.limit(), 76, least=55)

    def test_503_with_a_time(self):
        self.expect_pause("service", self.limit(("Retry-After", str(PAUSE)), status=503), PAUSE, status=503)

    def test_503_without_a_time_where_requests_are_counted(self):
        """MusicBrainz."""
        self.expect_pause("counted", self.limit(status=503), 3, status=503, quiet=2)

    def test_429_with_x_ratelimit_reset(self):
        self.expect_pause("service", lambda: self.limit(("X-RateLimit-Limit", "10"), ("X-RateLimit-Remaining", "0"),
                                                        ("X-RateLimit-Reset", str(int(time.time()) + PAUSE))), PAUSE + 1, quiet=1)

    def test_429_with_ratelimit_reset(self):
        self.expect_pause("service", self.limit(("RateLimit-Limit", "10"), ("RateLimit-Remaining", "0"), ("RateLimit-Reset", str(PAUSE))), PAUSE)

    def test_429_with_ratelimit_of_the_newer_drafts(self):
        self.expect_pause("service", self.limit(("RateLimit-Policy", '"default";q=10;w=60'), ("RateLimit", '"default";r=0;t=%d' % PAUSE)), PAUSE)

    def test_trakts_json_in_a_field(self):
        self.expect_pause("service", lambda: self.limit(("X-Ratelimit", json.dumps(
            {"name": "UNAUTHED_API_GET_LIMIT", "period": 300, "limit": 1000, "remaining": 0, "until": iso(time.time() + PAUSE)}))), PAUSE + 1, quiet=1)

    def test_omdbs_401(self):
        refusal, _ = self.expect_pause("service", self.limit(status=401, body='{"Response":"False","Error":"Request limit reached!"}', kind="application/json"),
                                       4600, least=3500)
        self.assertIn(b"Request limit reached!", refusal.body)

    def test_opensubtitles_406(self):
        self.expect_pause("service", lambda: self.limit(status=406, kind="application/json", body=json.dumps(
            {"requests": 21, "remaining": -1, "message": "You have downloaded your allowed 20 subtitles", "reset_time": "2 seconds",
             "reset_time_utc": iso(time.time() + PAUSE)})), PAUSE + 1, status=406, quiet=1)

    def test_the_upstreams_own_words_in_any_form(self):
        for kind, body in (("text/plain", "Enough for today"), ("text/html", "<!DOCTYPE html><html>enough for today</html>"),
                           ("application/json", '{"note": "enough for today"}'), ("image/png", "ENOUGH FOR TODAY")):
            with self.subTest(kind):
                self.expect_pause("service", self.limit(status=200, body=body, kind=kind), 4600, least=3500)

    def test_a_grab_that_is_refused(self):
        """Sonarr#3132: the rest of the day."""
        self.expect_pause("indexer", self.limit(("Retry-After", "85871")), 85871, stem="/getnzb", least=85000)


class InsideXml(CoolDownScenario):
    """Refusals that come as a 200."""

    def error(self, code, words):
        return answer('<?xml version="1.0" encoding="UTF-8"?>\n<error code="%s" description="%s"/>' % (code, words), 200, {"Content-Type": "application/rss+xml"})

    def test_each_spelling_becomes_a_429_with_the_time_and_the_body(self):
        for code, words in (("500", "Request limit reached"), ("501", "Download limit reached"), ("429", "Too many requests"), ("910", "Request limit reached (6/5)")):
            with self.subTest(code=code):
                refusal, denied = self.expect_pause("indexer", self.error(code, words), 4600, stem="/feed", least=3500)
                self.assertIn(words.encode(), refusal.body)
                for response in (refusal, denied):
                    self.assertIn("xml", response["content-type"], "the *arr applications read an error only there")
                self.assertIn(words.encode(), denied.body)

    def test_a_refused_grab_pauses_as_well(self):
        self.expect_pause("indexer", self.error("501", "Download limit reached"), 4600, stem="/getnzb", least=3500)

    def test_grabs_and_calls_are_paused_apart(self):
        for spent, other, error in (("/getnzb", "/feed", self.error("501", "Download limit reached")),
                                    ("/feed", "/getnzb", self.error("500", "Request limit reached"))):
            with self.subTest(spent=spent):
                refused, free, lane = self.path(spent), self.path(other), self.lane()
                self.origin.on(refused, *error).on(free, *fresh(FEED % "", headers={"Content-Type": "application/xml"}))
                self.assertEqual(429, self.visit("indexer", refused, lane).status)
                self.assertEqual(200, self.visit("indexer", free, lane).status)
                denied = self.visit("indexer", refused, lane)
                self.assertEqual(429, denied.status)
                self.assertGreater(self.seconds_of(denied), 3000)
                self.assertEqual(1, self.origin.count(refused))

    def test_other_errors_are_no_limit(self):
        path, lane = self.path("/feed"), self.lane()
        self.origin.on(path, *self.error("100", "Incorrect user credentials"))
        for number in (1, 2):
            response = self.visit("indexer", path, lane)
            self.assertEqual(200, response.status)
            self.assertEqual("refused", response.cache.get("detail"))
            self.assertEqual(number, self.origin.count(path))

    def test_the_limits_in_a_feed_are_the_quota(self):
        for used in ('<newznab:apilimits apicurrent="100" apimax="100"/>', '<newznab:apilimits apiCurrent="100" apiMax="100" grabCurrent="0" grabMax="10"/>'):
            with self.subTest(used):
                first, second, lane = self.path("/feed"), self.path("/feed"), self.lane()
                self.origin.on(first, *fresh(FEED % used, headers={"Content-Type": "application/rss+xml"})).on(second, *fresh("never"))
                self.assertEqual(200, self.visit("indexer", first, lane).status)
                denied = self.visit("indexer", second, lane)
                self.assertEqual(429, denied.status, denied)
                self.assertEqual("limited", denied.cache.get("detail"))
                self.assertGreater(self.seconds_of(denied), 60)
                self.assertEqual(0, self.origin.count(second))
                self.assertHit(self.visit("indexer", first, lane), "a hit costs nothing")


class Meanwhile(CoolDownScenario):
    def paused(self, seconds="600"):
        """A lane in the middle of a pause, with a stale answer."""
        path, lane = self.path("/data"), self.lane()
        self.origin.sequence(path, stale('{"n":1}'), answer("no", 429, {"Retry-After": seconds}), fresh("broken promise"))
        self.assertAnswered(self.visit("service", path, lane), '{"n":1}')
        return path, lane

    def test_stale_answers_stand_in_and_say_so(self):
        path, lane = self.paused()
        for detail in ("limited", "cooldown", "cooldown"):
            response = self.visit("service", path, lane)
            self.assertAnswered(response, '{"n":1}')
            self.assertHit(response)
            self.assertEqual(detail, response.cache.get("detail"), response["cache-status"])
            self.assertGreaterEqual(int(response["age"]), 100)
        self.assertEqual(2, self.origin.count(path))
        self.assertGreaterEqual(self.proxy.metric("cachearr_stale_served_total", reason="cooldown"), 2)

    def test_a_429_is_never_stored(self):
        path, lane = self.path("/data"), self.lane()
        self.origin.on(path, *answer("no", 429, {"Cache-Control": "max-age=600", "Retry-After": "600"}))
        self.assertEqual(429, self.visit("service", path, lane).status)
        response = self.visit("service", path, lane)
        self.assertProblem(response, 429)
        self.assertMiss(response)

    def test_what_passes_through_is_held_back_too(self):
        path, lane = self.paused()
        self.visit("service", path, lane)
        for method in ("POST", "DELETE"):
            response = self.visit("service", path, lane, method=method)
            self.assertProblem(response, 429)
            self.assertGreater(self.seconds_of(response), 500)
        self.assertEqual(2, self.origin.count(path))

    def test_the_interface_tells_until_when(self):
        path, lane = self.paused()
        self.visit("service", path, lane)
        upstreams = {each["name"]: each for each in self.proxy.admin("GET", "/api/v1/upstreams").data["upstreams"]}
        self.assertGreater(upstreams["service"]["cooldownSeconds"], 500)
        self.assertNotIn(lane, json.dumps(upstreams), "a credential is shown")
        self.assertGreater(self.proxy.metric("cachearr_upstream_cooldown_seconds", upstream="service"), 500)
        told = self.proxy.admin("GET", "/api/v1/explain?url=%s" % ("http://127.0.0.1:%d/service%s%%3Fapikey=%s" % (self.proxy.port, path, lane)))
        self.assertGreater(told.data["limit"]["wait"], 500)
        self.assertEqual("cooldown", told.data["limit"]["why"])

    @staticmethod
    def knows_pauses(proxy):
        """Whether the state of the upstream stands in the store's file."""
        with open(glob.glob(os.path.join(proxy.folder, "**", "data.mdb"), recursive=True)[0], "rb") as file:
            return b"limit:service" in file.read()

    def test_a_restart_forgives_nothing(self):
        for number in (signal.SIGTERM, signal.SIGKILL):
            with self.subTest(number):
                proxy = self.start(self.rules_of(self.origin), {"disk": {"path": "store"}})
                path, lane = self.path("/data"), self.lane()
                self.origin.sequence(path, answer("no", 429, {"Retry-After": "600"}), fresh("broken promise"))
                self.assertEqual(429, self.visit("service", path, lane, proxy=proxy).status)
                if number == signal.SIGKILL:
                    threading.Event().wait(2)  # the promise: on disk within a second
                    self.until(lambda: self.knows_pauses(proxy))  # on a disk that is not too busy for it
                proxy.signal(number)
                proxy.process.wait(TIME_LIMIT)
                proxy.log.thread.join(TIME_LIMIT)
                proxy.process.stdout.close()
                proxy.start()
                response = self.visit("service", path, lane, proxy=proxy)
                self.assertEqual(429, response.status, response)
                self.assertGreater(self.seconds_of(response), 500)
                self.assertEqual(1, self.origin.count(path))

    def test_a_reload_forgives_nothing(self):
        path, lane = self.paused()
        self.visit("service", path, lane)
        self.assertEqual(200, self.proxy.admin("POST", "/api/v1/reload", body={}).status)
        self.assertEqual("cooldown", self.visit("service", path, lane).cache.get("detail"))
        self.assertEqual(2, self.origin.count(path))


if __name__ == "__main__":
    main()
