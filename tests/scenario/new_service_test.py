"""A service that the program has never heard of, told by a rules file alone: what its answers are, its words for "no more",
its grabs, its writes and what turns their effect off."""
from lab.case import Scenario, local, main
from lab.origin import CLOSE, RESET, answer

JSON = {"Content-Type": "application/json"}
FEED = "<rss><channel><title>t</title><item><title>one</title></item></channel></rss>"


def podarr(origin):
    return local(origin, "podarr", path_case="ignore", credentials={"query": ["podkey"], "required": True}, share="named",
                 limits=[{"status": 200, "like": ["*enough for today*"], "pause": "2h", "scope": "grab"}],
                 rules=[
                     {"name": "fetch", "match": {"path": "/media/{feed}/**"}, "policy": "never", "counts_as": "grab", "expect": "json"},
                     {"name": "feed", "match": {"path": "/feed/{feed}"}, "ttl": "1h", "expect": "feed", "key": "podcast:{feed}",
                      "sort_values": ["fields"], "tags": ["podcasts"],
                      "ttl_from": [{"xml": "rss/channel/item", "missing": True, "ttl": "0s"}]},
                     {"name": "stars", "match": {"path": "/stars/{feed}"}, "ttl": "1h", "expect": "json",
                      "refuse_if": [{"json": "/count", "below": 1}, {"text": True, "like": ["*oops*"]}]},
                     {"name": "changed", "match": {"method": "PUT", "path": "/refresh/{feed}"}, "switch": "metadata_refresh",
                      "invalidate": ["podcast:{feed}"]},
                     {"name": "key-reset", "match": {"method": "POST", "path": "/do", "body": "*newkey*"}, "invalidate": ["tag:podcasts"]}])


class NewService(Scenario):
    rules_of = staticmethod(podarr)

    def feed(self, body=FEED, **headers):
        path = self.path("/feed")
        self.origin.on(path, lambda _wire, request: answer(body if request.method == "GET" else "{}", 200, headers))
        return path

    def stored(self, path, proxy=None):
        self.ask(path + "?podkey=a", proxy=proxy)
        return "hit" in self.ask(path + "?podkey=b", proxy=proxy).cache

    def test_an_answer_is_stored_where_it_is_what_the_rule_expects(self):
        self.assertTrue(self.stored(self.feed()))
        for other in ("Could not connect to mysql", "", "<html><body>maintenance</body></html>", "{}", FEED[:-20]):
            self.assertFalse(self.stored(self.feed(other, **{"Content-Type": "application/rss+xml"})), other)

    def test_a_feed_without_an_item_is_kept_as_long_as_the_rule_says(self):
        self.assertFalse(self.stored(self.feed("<rss><channel><title>t</title></channel></rss>")))

    def test_numbers_and_the_whole_text_may_say_that_an_answer_is_none(self):
        for body, good in (('{"count": 3}', True), ('{"count": 0}', False), ('{"count": 3, "note": "oops"}', False)):
            path = self.path("/stars")
            self.origin.on(path, *answer(body, 200, JSON))
            self.assertEqual(good, self.stored(path), body)

    def test_one_answer_whatever_the_case_the_last_slash_and_the_order_of_a_list(self):
        path = self.feed()
        self.origin.on(path.upper() + "/", *answer(FEED))
        self.ask(path + "?podkey=a&fields=b,a")
        self.assertHit(self.ask(path.upper() + "/?fields=a,b&podkey=a"))

    def test_nobody_without_a_credential_is_answered_from_the_cache(self):
        path = self.feed()
        self.ask(path + "?podkey=a")
        self.assertMiss(self.ask(path))
        self.assertMiss(self.ask(path + "?podkey="))

    def test_a_grab_is_sent_once_however_its_connection_ends(self):
        for end in (CLOSE, RESET):
            origin = self.another_origin()
            proxy = self.start(podarr(origin), threads=1)
            origin.on("/feed/1", *answer(FEED))
            for number in range(2):  # on a connection of its own, and while one is kept
                path = "/media/7/%d" % number
                origin.on(path, end)
                self.assertEqual(502, proxy.ask(origin.url + path + "?podkey=a").status)
                self.assertEqual(1, origin.count(path))
                proxy.ask(origin.url + "/feed/1?podkey=a", headers={"Cache-Control": "no-cache"})
            self.assertEqual(1, len({request.connection for request in origin.asked("/feed/1")}))

    def test_its_words_pause_grabs_and_nothing_else(self):
        proxy, media, feed = self.start(podarr(self.origin)), self.path("/media") + "/a", self.feed()
        self.origin.on(media, *answer('{"error": "Enough for today, dear"}', 200, JSON))
        self.ask(media + "?podkey=a", proxy=proxy)
        response = self.ask(media + "?podkey=a&again=1", proxy=proxy)
        self.assertEqual(429, response.status, response)
        self.assertGreater(int(response["retry-after"]), 7000)
        self.assertEqual(1, self.origin.count(media))
        self.assertEqual(200, self.ask(feed + "?podkey=a", proxy=proxy).status)

    def test_a_write_drops_what_the_file_says_unless_its_switch_is_off(self):
        for environment, dropped in (({}, True), ({"AUTO_INVALIDATE_ON_METADATA_REFRESH": "false"}, False),
                                     ({"AUTO_INVALIDATE_ON_SERIES_UPDATE": "false"}, True)):
            proxy, path = self.start(podarr(self.origin), environment=environment), self.feed()
            self.origin.on(path.replace("feed", "refresh"), *answer("{}"))
            self.assertTrue(self.stored(path, proxy))
            self.ask(path.replace("feed", "refresh") + "?podkey=a", "PUT", body=b"{}", proxy=proxy)
            self.assertEqual(dropped, "hit" not in self.ask(path + "?podkey=a", proxy=proxy).cache, environment)

    def test_the_body_of_a_write_says_what_it_drops(self):
        self.origin.on("/do", *answer("{}"))
        proxy, path = self.start(podarr(self.origin)), self.feed()
        self.assertTrue(self.stored(path, proxy))
        self.ask("/do?podkey=a", "POST", body=b'{"name": "other"}', proxy=proxy)
        self.assertHit(self.ask(path + "?podkey=a", proxy=proxy))
        self.ask("/do?podkey=a", "POST", body=b'{"Name": "NewKey"}', proxy=proxy)
        self.assertMiss(self.ask(path + "?podkey=a", proxy=proxy))

    def test_cookies_of_an_edge_are_taken_off_what_is_shared(self):
        path = self.feed(**{"Set-Cookie": "__cf_bm=x; path=/"})
        first = self.ask(path + "?podkey=a")
        second = self.ask(path + "?podkey=b")
        self.assertHit(second)
        self.assertEqual((None, None), (first["set-cookie"], second["set-cookie"]))
        self.assertFalse(self.stored(self.feed(**{"Set-Cookie": "session=x"})))


class NamedCookie(Scenario):
    @classmethod
    def rules_of(cls, origin):
        return local(origin, credentials={"headers": ["Cookie"]})

    def test_a_named_credential_counts_where_no_rule_matches(self):
        path = self.path()
        self.origin.on(path, lambda _wire, request: answer(request["cookie"] or "nobody", 200, {"Cache-Control": "max-age=600"}))
        self.assertEqual(b"nobody", self.ask(path).body)
        self.assertEqual(b"user=alice", self.ask(path, headers=[("Cookie", "user=alice")]).body)


if __name__ == "__main__":
    main()
