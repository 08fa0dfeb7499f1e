"""Warm-ups: what the applications' lists name is fetched before anybody asks, within the budgets, once, and over a kill."""
import json
import os
import shutil
import signal
import tempfile
import threading
import time

from lab.case import Scenario, main
from lab.origin import answer

KEY = "0123456789abcdef0123456789abcdef"
COUNT = 200
COVER = bytes.fromhex("ffd8ffe000104a46494600010100000100010000") + bytes(2000) + bytes.fromhex("ffd9")
BUDGET, PERIOD = 80, 6  # requests in so many seconds


class WarmUp(Scenario):
    @classmethod
    def setUpClass(cls):
        """Each test has its own."""

    def setUp(self):
        self.sonarr, self.skyhook, self.times, self.refused = self.another_origin(), self.another_origin(), [], []
        self.series = [{"id": number, "tvdbId": 70000 + number, "title": "Series %d" % number} for number in range(1, COUNT + 1)]
        for path, body in (("/api/v3/series", self.series), ("/api/v3/calendar", []), ("/api/v3/wanted/missing", {"records": []}),
                           ("/api/v3/queue", {"records": []}), ("/api/v3/qualityprofile", [{"id": 1}]),
                           ("/api/v3/customformat", []), ("/api/v3/indexer", []), ("/api/v3/system/status", {"version": "4"})):
            self.sonarr.on(path, self.with_key(body))
        self.sonarr.default = [self.with_key({"id": 1})]
        self.skyhook.default = [self.show]

    def with_key(self, body):
        def check(_wire, request):
            if request["x-api-key"] != KEY:
                self.refused.append(request.first_line)
                return answer("", 401)
            return answer(json.dumps(body), headers=[("Content-Type", "application/json"), ("Cache-Control", "no-cache, no-store")])
        return check

    def cover(self, _wire, request):
        return answer(COVER, headers=[("Content-Type", "image/jpeg")]) if request["x-api-key"] == KEY else answer("", 401)

    def show(self, _wire, request):
        self.times.append(time.monotonic())
        self.assertIsNone(request["x-api-key"], "a key goes to its own application alone")
        return answer(json.dumps({"tvdbId": int(request.target.rpartition("/")[2]), "title": "x"}), headers=[("Content-Type", "application/json")])

    def begin(self, rate=None, config=None, key=KEY):
        folder = self.another_folder()
        with open(os.path.join(folder, "key"), "w") as file:
            file.write(key + "\n")
        rules = {"upstreams": {
            "sonarr": {"origin": self.sonarr.url, "mount": "/sonarr", "api_key_file": os.path.join(folder, "key"), "events": None},
            "skyhook": {"origin": self.skyhook.url, "hosts": ["skyhook.sonarr.tv"], "rate": rate or {"concurrency": 4}}}}
        return self.start(rules, dict({"disk": {"path": "store"}}, **(config or {})))

    def another_folder(self):
        folder = tempfile.mkdtemp(prefix="cachearr-test-")
        self.addCleanup(shutil.rmtree, folder, True)
        return folder

    def warm(self, proxy, wish, started=True):
        got = proxy.admin("POST", "/api/v1/warmup", body=wish)
        self.assertEqual(200, got.status, got.body)
        self.assertEqual(started, got.data["started"])
        return got.data["job"]["id"]

    def job(self, proxy, number):
        got = proxy.admin("GET", "/api/v1/jobs/%d" % number)
        self.assertEqual(200, got.status, got.body)
        return got.data["job"]

    def ended(self, proxy, number):
        return self.until(lambda: (job := self.job(proxy, number))["state"] != "running" and job)

    def run_command(self, proxy, *arguments):
        ended = proxy.command(*arguments)
        return ended.returncode, ended.stdout, ended.stderr

    def assertAskedOnce(self, origin, count):
        targets = [request.target for request in origin.asked() if not request.target.startswith("/signalr")]
        self.assertEqual(count, len(targets))
        self.assertEqual(count, len(set(targets)), "something was asked for twice")


class TheLibrary(WarmUp):
    def test_is_fetched_as_clients_ask_for_it(self):
        proxy = self.begin()
        job = self.ended(proxy, self.warm(proxy, {"type": "series"}))
        self.assertEqual(("done", COUNT + 5, 0), (job["state"], job["fetched"], job["failed"]), job)
        self.assertAskedOnce(self.sonarr, COUNT + 5)
        self.assertEqual([], self.refused)
        response = proxy.visit("/sonarr/api/v3/series/7", headers=[("X-Api-Key", KEY)])
        self.assertIn("hit", response.cache, response)
        response = proxy.visit("/sonarr/api/v3/series/7?apikey=" + KEY)
        self.assertIn("hit", response.cache, "the same key is the same credential: %s" % response)
        self.assertEqual(401, proxy.visit("/sonarr/api/v3/series/7").status, "who shows no key gets nothing of it")

    def test_has_its_covers_fetched_as_the_application_names_them(self):
        self.series[:] = [{"id": 1, "tvdbId": 0, "images": [{"coverType": "poster", "url": "/MediaCover/1/poster.jpg?lastWrite=5"}]}]
        asked = ["%s/MediaCover/1/poster.jpg?lastWrite=5" % api for api in ("", "/api/v3")]
        asked += ["/MediaCover/1/poster-%d.jpg?lastWrite=5" % size for size in (250, 500)]
        asked += ["/api/v3/%s/1/poster-%d.jpg" % (name, size) for name in ("MediaCover", "mediacover") for size in (250, 500)]
        for path in {target.partition("?")[0] for target in asked}:
            self.sonarr.on(path, self.cover)
        proxy = self.begin()
        job = self.ended(proxy, self.warm(proxy, {"type": "metadata"}))
        self.assertEqual(("done", 9, 0), (job["state"], job["fetched"], job["failed"]), job)
        for target in asked:
            response = proxy.visit("/sonarr%s%sapikey=%s" % (target, "&" if "?" in target else "?", KEY))
            self.assertIn("hit", response.cache, "%s: %s" % (target, response))
            self.assertEqual(COVER, response.body)
            self.assertEqual(401, proxy.visit("/sonarr" + target).status, "covers need the key, too")

    def test_is_fetched_for_one_element(self):
        proxy = self.begin()
        job = self.ended(proxy, self.warm(proxy, {"type": "all", "id": 17}))
        self.assertEqual("done", job["state"], job)
        asked = {request.target for request in self.sonarr.asked()}
        self.assertLessEqual({"/api/v3/series/17", "/api/v3/episode?seriesId=17"}, asked)
        self.assertNotIn("/api/v3/series/18", asked)
        self.assertEqual(["/v1/tvdb/shows/en/70017"], [request.target for request in self.skyhook.asked()])

    def test_begins_with_the_program_where_that_is_wanted(self):
        proxy = self.begin(config={"cache": {"warmup_on_startup": True, "prefetch": [{"trigger": "startup", "patterns": ["metadata:series:*"]}]}})
        jobs = proxy.admin("GET", "/api/v1/jobs").data["jobs"]
        self.assertEqual([("all", "startup")], [(job["type"], job["cause"]) for job in jobs])
        job = self.ended(proxy, jobs[0]["id"])
        self.assertEqual("done", job["state"], job)
        self.assertAskedOnce(self.skyhook, COUNT)
        asked = {request.target for request in self.sonarr.asked()}
        self.assertNotIn("/api/v3/series/1", asked, "no pattern names it")
        self.assertGreaterEqual(job["skipped"], COUNT)


class Budgets(WarmUp):
    rate = {"quota": [{"limit": BUDGET, "per": "%ds" % PERIOD}]}

    def assertWithinBudget(self):
        for begin in self.times:
            within = sum(1 for at in self.times if begin <= at < begin + PERIOD - 0.5)
            self.assertLessEqual(within, BUDGET)

    def test_hold_over_a_kill_and_nothing_is_asked_for_twice(self):
        proxy = self.begin(self.rate)
        number = self.warm(proxy, {"type": "metadata"})
        waiting = self.until(lambda: (job := self.job(proxy, number))["waitsUntil"] and job["done"] < COUNT and job)
        self.assertTrue(waiting["totalIsKnown"])
        self.assertIsNotNone(waiting["endsAbout"])
        # Twice as long as it may take until the progress is written; then all that was put is in the file.
        threading.Event().wait(1)
        proxy.admin("POST", "/api/v1/purge", body={"keys": ["nothing"]})
        proxy.signal(signal.SIGKILL)
        proxy.process.wait()
        proxy.launch()
        self.assertTrue(proxy._wait_until_ready())
        job = self.job(proxy, number)
        self.assertEqual("running", job["state"])
        self.assertGreater(job["done"], 0)
        job = self.ended(proxy, number)
        self.assertEqual(("done", 0), (job["state"], job["failed"]), job)
        self.assertAskedOnce(self.skyhook, COUNT)
        self.assertEqual(1, self.sonarr.count("/api/v3/series"))
        self.assertWithinBudget()

    def test_of_one_upstream_hold_nothing_up_elsewhere_and_a_job_can_be_cancelled(self):
        proxy = self.begin({"quota": [{"limit": 5, "per": "hour"}]})
        number = self.warm(proxy, {"type": "metadata"})
        self.until(lambda: self.job(proxy, number)["waitsUntil"])
        self.assertEqual(number, self.warm(proxy, {"type": "metadata"}, started=False), "one of a kind at a time")
        self.assertEqual("done", self.ended(proxy, self.warm(proxy, {"type": "quality-profiles", "id": 1}))["state"])
        self.assertNotEqual(number, self.warm(proxy, {"type": "metadata", "id": 70003}), "what another waits for is none of its kind")
        got = proxy.admin("DELETE", "/api/v1/jobs/%d" % number, headers=[("Content-Type", "application/json")])
        self.assertEqual((200, "cancelled"), (got.status, got.data["job"]["state"]))
        self.assertEqual(3, self.warm(proxy, {"type": "episodes", "id": 1}) - number, "another may begin")
        self.assertLessEqual(self.skyhook.count(), 5)


class TroubleWithWarmUps(WarmUp):
    def test_is_told_as_an_alert_and_by_the_command(self):
        proxy = self.begin(key="not-the-right-key-01")
        code, out, error = self.run_command(proxy, "warm", "series")
        self.assertEqual(1, code, out + error)
        self.assertIn("failed", out)
        self.assertIn("answered 401", out)
        self.assertNotIn("not-the-right-key", out + error + proxy.log.text)
        proxy.admin("POST", "/api/v1/reload", body={})  # looks around at once
        firing = proxy.admin("GET", "/api/v1/alerts").data["firing"]
        self.assertEqual([("warmup-failed", "series")], [(alert["id"], alert["subject"]) for alert in firing if alert["id"] == "warmup-failed"])

    def test_is_named_where_there_is_nothing_to_ask(self):
        proxy = self.start({}, {})
        job = self.job(proxy, self.warm(proxy, {"type": "series"}))
        self.assertEqual("failed", job["state"])
        self.assertIn("origin", job["problem"])

    def test_calls_refuse_what_they_do_not_know(self):
        proxy = self.start({}, {})
        for wish in ({"type": "movies"}, {"type": 5}, {"id": "a b"}, {"id": -1}, {"ids": 5}, []):
            self.assertEqual(400, proxy.admin("POST", "/api/v1/warmup", body=wish).status, wish)
        for number in ("0", "x", "18446744073709551616"):
            self.assertEqual(404, proxy.admin("GET", "/api/v1/jobs/" + number).status)


class Commands(WarmUp):
    def test_show_a_job_until_it_has_ended(self):
        proxy = self.begin()
        code, out, error = self.run_command(proxy, "warm", "series")
        self.assertEqual(0, code, error)
        self.assertRegex(out.splitlines()[-1], r"job 1  series  done  205/205 \(100 %\)  205 fetched")
        self.assertNotIn("\r", out, "no terminal")
        code, out, error = self.run_command(proxy, "warm", "series", "--id", "3", "--json")
        self.assertEqual((0, "3", "done"), (code, json.loads(out)["only"], json.loads(out)["state"]), error)

    def test_list_and_cancel(self):
        proxy = self.begin({"quota": [{"limit": 5, "per": "hour"}]})
        self.assertIn("there was no job yet", self.run_command(proxy, "jobs")[1])
        code, out, error = self.run_command(proxy, "warm", "metadata", "--no-wait")
        self.assertEqual(0, code, error)
        self.assertIn("job 1  metadata  running", out)
        self.until(lambda: self.job(proxy, 1)["waitsUntil"])
        self.assertIn("waits until", self.run_command(proxy, "jobs")[1])
        self.assertRegex(self.run_command(proxy, "jobs", "1")[1], r"state +running")
        self.assertIn("cancelled", self.run_command(proxy, "jobs", "1", "--cancel")[1])
        self.assertEqual("cancelled", json.loads(self.run_command(proxy, "jobs", "--json")[1])["jobs"][0]["state"])
        self.assertEqual(1, self.run_command(proxy, "jobs", "99")[0])
        self.assertEqual(2, self.run_command(proxy, "warm", "movies")[0])


if __name__ == "__main__":
    main()
