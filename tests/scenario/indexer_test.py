"""Indexers behind one address: applications share polls, walks through a feed are of one state, and who asks for a fresh
feed gets one as far as the account allows."""
import json
import re

from lab.case import Scenario, local, main
from lab.origin import answer
from urllib.parse import parse_qs, quote, urlsplit

FEED = [("Content-Type", "application/rss+xml")]


class Indexer:
    """A scripted indexer: `items` is its feed, newest first."""

    def __init__(self, origin, path):
        self.origin, self.path, self.items = origin, path, []
        origin.on(path, self.page)

    def page(self, _wire, request):
        query = parse_qs(urlsplit(request.target).query)
        offset, limit = (int(query.get(name, [default])[0]) for name, default in (("offset", "0"), ("limit", "100")))
        items = "".join("<item><title>r%d</title><guid>%d</guid></item>" % (number, number)
                        for number in self.items[offset:offset + limit])
        return answer('<?xml version="1.0"?><rss version="2.0" xmlns:newznab="http://www.newznab.com/DTD/2010/feeds/attributes/">'
                      '<channel><title>feed</title><newznab:response offset="%d" total="%d"/>%s</channel></rss>'
                      % (offset, len(self.items), items), 200, FEED)

    def add(self, count):
        newest = self.items[0] if self.items else 0
        self.items = list(range(newest + count, newest, -1)) + self.items

    @property
    def asked(self):
        return self.origin.count(self.path)


def numbers(response):
    return [int(number) for number in re.findall(rb"<guid>(\d+)</guid>", response.body)]


class Feeds(Scenario):
    config = {"disk": {"path": "store"}}

    @classmethod
    def rules_of(cls, origin):
        def about(like, name, **more):
            return dict({"like": like, "hosts": [name + ".test"], "origin": origin.url, "mount": "/" + name,
                         "rate": {"per_second": 1000, "burst": 1000}}, **more)
        return {"upstreams": {"one": about("newznab", "one"), "two": about("newznab", "two", share="all"),
                              "three": about("newznab", "three", rate={"per_second": 0.001, "burst": 2, "max_wait": "0s"}),
                              "prowlarr": {"origin": origin.url, "mount": "/prowlarr", "rate": {"per_second": 1000, "burst": 1000}}}}

    def setUp(self):
        self.indexer = Indexer(self.origin, self.path("/x") + "/api")

    def poll(self, query, upstream="one", headers=(), proxy=None):
        response = (proxy or self.proxy).visit("/%s%s?%s" % (upstream, self.indexer.path, query), headers=headers)
        self.assertEqual(200, response.status, response)
        return response

    def walk(self, headers=(), proxy=None, limit=100):
        """What an application that asks for one page after the other gets to see."""
        seen = []
        for number in range(30):
            page = numbers(self.poll("t=tvsearch&cat=5030,5040&extended=1&apikey=k&offset=%d&limit=%d" % (number * limit, limit),
                                     headers=headers if number == 0 else (), proxy=proxy))
            seen += page
            if len(page) < limit:
                break
        return seen

    def test_several_applications_share_one_poll(self):
        self.indexer.add(250)
        first = self.poll("t=tvsearch&cat=5030,5040&extended=1&apikey=k&offset=0&limit=100")
        self.assertMiss(first)
        for query, count in (("t=tvsearch&cat=5040,5030&extended=1&apikey=k&offset=0&limit=100", 100),
                             ("apikey=k&t=tvsearch&cat=5030%2C5040&extended=1&limit=50", 50),
                             ("t=tvsearch&cat=5030,5040&extended=1&apikey=k&offset=25&limit=50", 50),
                             ("t=tvsearch&cat=5030,5040&extended=1&apikey=k&offset=0&limit=1", 1)):
            response = self.poll(query)
            self.assertHit(response)
            self.assertEqual(count, len(numbers(response)), query)
            self.assertLessEqual(set(numbers(response)), set(numbers(first)))
        self.assertEqual(1, self.indexer.asked)

    def test_what_a_stored_page_cannot_answer_exactly_is_asked_for(self):
        self.indexer.add(250)
        self.poll("t=tvsearch&cat=5030,5040&apikey=k&offset=0&limit=50")
        for query in ("t=tvsearch&cat=5040&apikey=k&limit=25", "t=tvsearch&cat=5030,5040&apikey=k&offset=25&limit=50",
                      "t=tvsearch&cat=5030,5040&apikey=k&extended=1&limit=25", "t=tvsearch&cat=5030,5040&apikey=another&limit=25",
                      "t=tvsearch&cat=5030,5040&apikey=k&limit=100"):
            before = self.indexer.asked
            self.assertMiss(self.poll(query))
            self.assertEqual(before + 1, self.indexer.asked, query)

    def test_accounts_share_only_where_the_rules_say_so(self):
        self.indexer.add(10)
        self.poll("t=movie&apikey=a&limit=100", "two")
        self.assertHit(self.poll("t=movie&apikey=b&limit=50", "two"))
        self.assertEqual(1, self.indexer.asked)

    def test_a_walk_sees_one_state_of_a_feed_that_changes(self):
        self.indexer.add(250)
        self.assertEqual(self.indexer.items, self.walk())
        self.indexer.add(30)
        old = self.walk()
        self.assertEqual(self.indexer.items[30:], old, "all of it is stored, and of one state")
        self.assertEqual(3, self.indexer.asked)
        new = self.walk(headers={"Cache-Control": "no-cache"})
        self.assertEqual(self.indexer.items, new, "no item is lost or twice")
        self.assertEqual(new, self.walk())
        self.assertEqual(6, self.indexer.asked)

    def test_walks_in_steps_of_other_sizes_see_one_state_too(self):
        self.indexer.add(250)
        self.walk()
        self.assertEqual(self.indexer.items, self.walk(limit=50))
        self.assertLessEqual(self.indexer.asked, 4)
        self.indexer.add(30)
        self.walk(headers={"Cache-Control": "no-cache"})
        self.assertEqual(self.indexer.items, self.walk(limit=50))

    def test_a_walk_sees_one_state_after_a_restart(self):
        proxy = self.start(self.rules_of(self.origin), self.config)
        self.indexer.add(250)
        self.walk(proxy=proxy)
        proxy.signal(15)
        self.assertEqual(0, proxy.process.wait(45))
        proxy.launch()
        self.assertTrue(proxy._wait_until_ready())
        self.indexer.add(30)
        self.assertEqual(self.indexer.items, self.walk(headers={"Cache-Control": "no-cache"}, proxy=proxy))

    def test_a_client_gets_a_fresh_feed_as_long_as_the_account_allows_it(self):
        query = "t=tvsearch&apikey=k&limit=100"
        self.indexer.add(3)
        self.poll(query, "three")
        self.indexer.add(1)
        self.assertEqual(3, len(numbers(self.poll(query, "three"))))
        fresh = self.poll(query, "three", {"Cache-Control": "no-cache"})
        self.assertMiss(fresh, "request")
        self.assertEqual(4, len(numbers(fresh)))
        self.assertEqual(4, len(numbers(self.poll(query, "three"))), "what came is for all")
        self.indexer.add(1)
        limited = self.poll(query, "three", {"Cache-Control": "no-cache"})
        self.assertHit(limited)
        self.assertEqual("limited", limited.cache.get("detail"), limited["cache-status"])
        self.assertEqual(4, len(numbers(limited)))
        self.assertEqual(2, self.indexer.asked)

    def last_sync(self, proxy, name):
        response = proxy.admin("GET", "/api/v1/keys/" + quote("indexer:lastSync:" + name, safe=""))
        return response.data["lastSync"] if response.status == 200 else None

    def test_the_time_of_the_last_sync_is_a_key_and_outlives_a_restart(self):
        proxy = self.start(self.rules_of(self.origin), self.config)
        self.assertIsNone(self.last_sync(proxy, "one"))
        self.indexer.add(1)
        self.poll("t=tvsearch&apikey=k&q=a", proxy=proxy)
        self.assertIsNone(self.last_sync(proxy, "one"), "a search is no sync")
        self.poll("t=tvsearch&apikey=k", proxy=proxy)
        at = self.last_sync(proxy, "one")
        self.assertRegex(at, r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
        self.poll("t=tvsearch&apikey=k", proxy=proxy)
        self.assertEqual(at, self.last_sync(proxy, "one"))
        shown = proxy.command("get", "indexer:lastSync:one")
        self.assertEqual((0, {"lastSync": at}), (shown.returncode, json.loads(shown.stdout)), shown.stderr)
        proxy.signal(15)
        self.assertEqual(0, proxy.process.wait(45))
        proxy.launch()
        self.assertTrue(proxy._wait_until_ready())
        self.assertEqual(at, self.last_sync(proxy, "one"))

    def test_prowlarrs_answers_have_the_names_that_users_look_for(self):
        feed = Indexer(self.origin, "/7/api")
        feed.add(2)
        pages = {"/api/v1/indexerstatus": "indexer:all:status", "/api/v1/indexerstats?indexers=7": "indexer:stats:7",
                 "/api/v1/indexerstats": "indexer:stats:all", "/api/v1/indexer/7": "indexer:7", "/api/v1/tag": "tags:all",
                 "/api/v1/config/ui": "config:ui"}
        for path in pages:
            self.origin.on(path.partition("?")[0], answer("[]", 200, {"Content-Type": "application/json", "Cache-Control": "no-store"}))
            self.proxy.visit("/prowlarr" + path, headers={"X-Api-Key": "k"})
            self.assertHit(self.proxy.visit("/prowlarr" + path, headers={"X-Api-Key": "k"}), path)
        self.proxy.visit("/prowlarr/7/api?t=tvsearch&cat=5040&apikey=k")
        for key in list(pages.values()) + ["indexer:lastSync:7"]:
            self.assertEqual(200, self.proxy.admin("GET", "/api/v1/keys/" + quote(key, safe="")).status, key)


if __name__ == "__main__":
    main()
