"""What happened over time, and what is wrong: history, summary and alerts agree with what was asked, and outlive the process."""
import glob
import json
import os
import signal
import time

from lab.case import Scenario, local, main
from lab.origin import answer, fresh
from lab.wire import TIME_LIMIT

WINDOWS = ("hitRatio", "hitRatio1m", "hitRatio10m", "hitRatio1h", "hitRatio24h")


def rules_of(origin):
    return local(origin, rules=[{"name": "all", "match": {"path": "/**"}, "ttl": "1h", "type": "series", "expect": "json"}])


def counted(proxy, series, **arguments):
    """The sum of a series over the last day."""
    span = {"from": "-24h", "to": int(time.time()) + 120}
    query = "".join("&%s=%s" % pair for pair in dict(span, **arguments).items())
    response = proxy.admin("GET", "/api/v1/history?series=%s%s" % (series, query))
    if response.status != 200:
        raise AssertionError(response.body)
    return sum(value or 0 for _, value in response.data["series"][0]["points"])


class Kept(Scenario):
    rules_of = staticmethod(rules_of)
    config = {"disk": {"path": "store"}}

    def setUp(self):
        self.proxy = self.start(self.rules_of(self.origin), self.config)

    def ask_often(self, hits):
        """One miss, then so many hits."""
        path = self.path()
        self.origin.on(path, fresh("{\"a\": 1}", headers={"Content-Type": "application/json"}))
        self.assertMiss(self.ask(path))
        for _ in range(hits):
            self.assertHit(self.ask(path))

    def summary(self):
        return self.proxy.admin("GET", "/api/v1/stats/summary").data

    def end(self, number):
        self.proxy.signal(number)
        self.proxy.process.wait(TIME_LIMIT)
        self.proxy.log.thread.join(TIME_LIMIT)
        self.proxy.process.stdout.close()

    def has_history_on_disk(self):
        with open(glob.glob(os.path.join(self.proxy.folder, "**", "data.mdb"), recursive=True)[0], "rb") as file:
            return b"history:10:" in file.read()

    def test_the_summary_agrees_with_the_requests_the_metrics_and_the_origin(self):
        before = len(self.origin.requests)
        self.assertEqual([None] * 5, [self.summary()[name] for name in WINDOWS])
        self.ask_often(3)
        summary = self.until(lambda: (told := self.summary())["requests"] == 4 and told)
        self.assertEqual([75] * 5, [summary[name] for name in WINDOWS])
        self.assertEqual((len(self.origin.requests) - before, 3), (summary["upstreamCalls"], summary["callsSaved"]))
        self.assertEqual(self.proxy.metric("cachearr_cache_hits_total"), summary["callsSaved"])
        self.assertEqual(1, summary["entries"])
        self.assertEqual("healthy", summary["status"])
        self.assertEqual(0, summary["alerts"])
        self.assertTrue(all(not isinstance(value, (list, dict)) for value in summary.values()), "not flat")

    def test_the_end_of_the_process_ends_no_history(self):
        self.ask_often(3)
        self.end(signal.SIGTERM)
        self.proxy.start()
        for of in ({}, {"upstream": "local"}, {"type": "series"}):
            self.assertEqual((4, 3, 1), tuple(counted(self.proxy, name, **of) for name in ("requests", "hits", "misses")), of)
        self.assertEqual(1, counted(self.proxy, "upstream_calls", upstream="local"))
        summary = self.summary()
        self.assertEqual((None, 75), (summary["hitRatio"], summary["hitRatio24h"]))
        self.ask_often(1)
        self.end(signal.SIGTERM)
        self.proxy.start()
        self.assertEqual(6, counted(self.proxy, "requests"))

    def test_a_kill_loses_the_last_row_at_most(self):
        self.ask_often(3)
        self.until(lambda: counted(self.proxy, "requests") == 4, "there is no row after ten seconds")
        self.until(self.has_history_on_disk)
        self.until(lambda: self.proxy.admin("GET", "/api/v1/history?series=entries&from=-1h").data["series"][0]["points"])
        self.end(signal.SIGKILL)
        self.proxy.start()
        self.assertEqual(4, counted(self.proxy, "requests"))
        latencies = self.proxy.admin("GET", "/api/v1/history?series=latency_miss_p50,latency_upstream_p99:upstream=local").data
        for line in latencies["series"]:
            self.assertEqual(1, len([value for _, value in line["points"] if value]), line)

    def test_answers_that_are_none_are_counted_for_their_upstream(self):
        path = self.path()
        self.origin.on(path, answer("<html>no</html>", 200, {"Content-Type": "text/html"}))
        self.ask(path)
        self.until(lambda: self.proxy.metric("cachearr_upstream_refused_total", upstream="local") == 1)


class Asked(Scenario):
    rules_of = staticmethod(rules_of)

    def test_a_question_that_cannot_be_answered_is_told_what_can_be(self):
        for query, word in (("series=nonsense", "hit_ratio"), ("upstream=nobody", "local"), ("type=nothing", "series"),
                            ("from=yesterday", "from=yesterday"), ("step=often", "step=often"), ("from=-1h&to=-2h", "before")):
            with self.subTest(query):
                response = self.proxy.admin("GET", "/api/v1/history?" + query)
                self.assertEqual(400, response.status)
                self.assertIn(word, response.data["detail"])

    def test_a_long_time_comes_in_few_points(self):
        response = self.proxy.admin("GET", "/api/v1/history?series=requests&from=-90d&step=10s")
        self.assertLessEqual(len(response.data["series"][0]["points"]), 2000)
        self.assertEqual(response.data["step"] % 3600, 0)

    def test_all_of_it_wants_the_key(self):
        for path in ("/api/v1/history", "/api/v1/stats/summary", "/api/v1/alerts"):
            self.assertEqual(401, self.proxy.admin("GET", path, key=None).status, path)
            self.assertEqual(405, self.proxy.admin("POST", path, body={}).status, path)

    def test_stats_are_figures_for_people_and_programs(self):
        result = self.proxy.command("stats")
        self.assertEqual(0, result.returncode, result)
        for word in ("hit ratio", "10 min", "calls saved", "p95", "memory", "alerts"):
            self.assertIn(word, result.stdout)
        told = json.loads(self.proxy.command("stats", "--json").stdout)
        self.assertLessEqual(set(WINDOWS) | {"requests", "upstreamCalls", "cacheBytes", "uptimeSeconds"}, set(told))


class Alerts(Scenario):
    def test_a_refused_reload_calls_at_once_and_everywhere(self):
        proxy = self.start()
        self.assertIn("no alert", proxy.command("alerts").stdout)
        proxy.write_rules("{ broken")
        self.assertEqual(78, proxy.command("reload").returncode)
        alert = proxy.admin("GET", "/api/v1/alerts").data["firing"][0]
        self.assertEqual(("rules", "error"), (alert["id"], alert["severity"]))
        self.assertIn("test.json:1:", alert["message"])
        self.assertIn("cachearr check", alert["advice"])
        self.assertEqual(1, proxy.metric("cachearr_alerts", id="rules", severity="error"))
        self.assertEqual(0, proxy.metric("cachearr_alerts", id="store"))
        self.assertEqual(1, proxy.admin("GET", "/api/v1/stats/summary").data["alerts"])
        for command in (("alerts",), ("stats",), ("healthcheck",)):
            self.assertIn("test.json:1:", proxy.command(*command).stdout, command)
        self.assertEqual([alert], json.loads(proxy.command("alerts", "--json").stdout)["firing"])
        proxy.log.wait_for(r"alert rules: ")
        proxy.write_rules({})
        self.assertEqual(200, proxy.admin("POST", "/api/v1/reload", body={}).status)
        self.assertEqual([], proxy.admin("GET", "/api/v1/alerts").data["firing"], "mended, so over at once")


if __name__ == "__main__":
    main()
