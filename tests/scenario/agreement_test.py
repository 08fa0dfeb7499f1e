"""Every figure of what happened comes to the same: what clients were told, what the origins saw, events, requests, metrics,
history, summary and savings."""
import collections
import socket
import time

from lab.case import main
from lab.listening import Listening
from lab.origin import CLOSE, answer, fresh

RESULTS = ("hit", "stale", "revalidated", "collapsed", "miss", "bypass", "error")
SERIES = ("fresh", "stale", "revalidated", "collapsed", "fetched", "bypass", "errors")


def nobody_listens():
    """An address that refuses connections."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return "127.0.0.1:%d" % sock.getsockname()[1]


def rules_of(first, second, dead):
    def rule(name, upstream, **more):
        return dict({"name": name, "upstream": upstream, "match": {"path": "/%s/**" % name}, "type": "series", "expect": "any"}, **more)

    def upstream(name, origin, **more):
        return dict({"hosts": [name + ".test"], "origin": origin, "mount": "/" + name}, **more)

    return {"upstreams": {"first": upstream("first", first.url), "second": upstream("second", second.url), "dead": upstream("dead", "http://" + dead, retries=0)},
            "rules": [rule("kept", "first", ttl="1h", policy="override"), rule("kept-too", "second", ttl="1h", policy="override"),
                      rule("checked", "second", ttl="0s", policy="override"),
                      rule("old", "first", ttl="0s", policy="override", stale={"if_error": "1h"}), rule("never", "second", policy="never")]}


class ADayOfRequests(Listening):
    """The origins' own counts are the measure."""

    def setUp(self):
        self.first, self.second = self.another_origin(), self.another_origin()
        config = {"disk": {"path": "store"}, "access": {"private_upstreams": "allow"}}
        self.proxy = self.start(rules_of(self.first, self.second, nobody_listens()), config)
        self.told = collections.Counter()

    def visit(self, path, times=1, **more):
        """Through a mount; counts what Cache-Status says."""
        for _ in range(times):
            response = self.proxy.visit(path, **more)
            hit, detail = "hit" in response.cache, response.cache.get("detail")
            self.told["hit"] += hit
            self.told["saved"] += hit and detail != "stale-if-error"  # for which the upstream had been asked in vain
            self.told["all"] += 1
        return response

    def play(self):
        self.first.on("/kept/1", fresh("a" * 100))
        self.second.on("/kept-too/1", fresh("b" * 50))
        self.second.sequence("/checked/1", answer("c", headers={"ETag": '"1"'}), answer(status=304, headers={"ETag": '"1"'}), answer(status=304, headers={"ETag": '"1"'}))
        self.first.sequence("/old/1", answer("d"), answer("down", 503), answer("down", 503))
        self.first.on("/kept/missing", answer("none", 404))
        self.second.on("/never/1", fresh("e"))
        self.visit("/first/kept/1", 5)
        self.visit("/second/kept-too/1", 3)
        self.visit("/second/checked/1", 3)
        self.visit("/first/old/1", 3)
        self.visit("/first/kept/missing", 2)
        self.visit("/second/never/1", 2)
        for _ in range(2):
            self.assertEqual(502, self.visit("/dead/thing/%d" % _).status)
        # A connection that ends before the answer: the origin was asked, and brought nothing.
        self.first.on("/kept/cut", [CLOSE])
        self.visit("/first/kept/cut")

    def counted(self, name, **of):
        query = "".join("&%s=%s" % pair for pair in dict({"from": "-1h", "to": int(time.time()) + 120}, **of).items())
        data = self.proxy.admin("GET", "/api/v1/history?series=%s%s" % (name, query)).data
        return sum(value or 0 for _, value in data["series"][0]["points"])

    def rows(self):
        return self.proxy.admin("GET", "/api/v1/requests?limit=2000").data["requests"]

    def test_agrees_in_every_account_of_it(self):
        listener = self.listen()
        self.play()
        asked = {"first": self.first.count(), "second": self.second.count()}
        summary = self.until(lambda: (now := self.proxy.admin("GET", "/api/v1/stats/summary").data)["requests"] == self.told["all"] and now)
        rows = self.rows()
        self.until(lambda: sum(event["event"] == "request" for event in listener.events) == len(rows))
        self.assertEqual(self.told["all"], len(rows))
        results = collections.Counter(row["result"] for row in rows)
        self.assertEqual(results, collections.Counter(event["data"]["result"] for event in listener.events if event["event"] == "request"))
        # Metrics and history, by result.
        for result, series in zip(RESULTS, SERIES):
            with self.subTest(result):
                self.assertEqual(results[result], self.proxy.metric("cachearr_request_duration_seconds_count", result=result) or 0)
                self.until(lambda: self.counted(series) == results[result], (series, results))
        # What the origins saw.
        self.assertEqual(sum(asked.values()), summary["upstreamCalls"])
        self.assertEqual(sum(asked.values()), self.counted("upstream_calls"))
        for name, number in asked.items():
            self.assertEqual(number, self.counted("upstream_calls", upstream=name), name)
        self.assertEqual(0, self.counted("upstream_calls", upstream="dead"))
        self.assertEqual(2, self.counted("upstream_errors", upstream="dead"))
        # What was saved: calls that were not made.
        savings = self.proxy.admin("GET", "/api/v1/savings?days=1").data
        self.assertEqual(self.told["saved"], summary["callsSaved"])
        self.assertEqual(self.told["saved"], savings["total"]["calls"])
        self.assertEqual(self.told["hit"], self.proxy.metric("cachearr_cache_hits_total"))


if __name__ == "__main__":
    main()
