"""What an application tells by its webhook: answers of all upstreams about the same series are asked for again, once."""
import base64
import json

from lab.case import Scenario, main
from lab.listening import Listener
from lab.origin import Origin, answer
from lab.proxy import API_KEY

HOOK = "/api/v1/webhook/sonarr"
TVDB = 121361
SECRET = "c0ffee5ec7e7c0ffee5ec7e7c0ffee5e"
SERIES = {"id": 2, "title": "Game of Thrones", "titleSlug": "game-of-thrones", "path": "/tv/Game of Thrones", "tvdbId": TVDB,
          "tvMazeId": 82, "tmdbId": 1399, "imdbId": "tt0944947", "type": "standard", "year": 2011, "tags": []}


def told(event, series=SERIES, **more):
    return dict({"eventType": event, "instanceName": "Sonarr", "applicationUrl": "", "series": series,
                 "episodes": [{"id": 40, "episodeNumber": 1, "seasonNumber": 1, "title": "Winter Is Coming", "seriesId": 2, "tvdbId": 3254641}]},
                **more)


def data(value):
    return answer(json.dumps(value), 200, [("Content-Type", "application/json"), ("Cache-Control", "no-store")])


def basic(password, user="cachearr"):
    return {"Authorization": "Basic " + base64.b64encode(("%s:%s" % (user, password)).encode()).decode()}


class Webhooks(Scenario):
    """A Sonarr behind the shipped rules, and a catalogue that answers about series by numbers of its own."""

    @classmethod
    def setUpClass(cls):
        cls.catalogue = Origin()
        cls.addClassCleanup(cls.catalogue.close)
        cls.config = {"log": {"level": "debug"}}
        super().setUpClass()

    @classmethod
    def rules_of(cls, origin):
        return {"upstreams": {"sonarr": {"origin": origin.url, "mount": "/sonarr"},
                              "catalogue": {"origin": cls.catalogue.url, "mount": "/catalogue", "credentials": {"query": ["apikey"]}}},
                "rules": [{"name": "show", "upstream": "catalogue", "match": {"path": "/show/{id}"}, "type": "metadata_series", "ttl": "24h",
                           "ignore_no_store": True},
                          {"name": "tv", "upstream": "catalogue", "match": {"path": "/tv/{tvdbId:int}"}, "type": "metadata_series",
                           "ttl": "24h", "ignore_no_store": True}]}

    def sonarr(self, path, value):
        self.origin.on("/api/v3" + path, *data(value))
        return "/sonarr/api/v3" + path + "?apikey=" + SECRET

    def show(self, value, stem="/show"):
        path = self.path(stem)
        self.catalogue.on(path, *data(value))
        return path, "/catalogue" + path + "?apikey=" + SECRET

    def send(self, body, **more):
        if "key" not in more and "headers" not in more:
            more["headers"] = basic(API_KEY)
        more.setdefault("key", None)
        return self.proxy.admin("POST", more.pop("path", HOOK), body=body, **more)

    def taken(self, body, **more):
        response = self.send(body, **more)
        self.assertEqual(200, response.status, response.body)
        return response.data

    def hit(self, url, times=1):
        for _ in range(times):
            self.assertHit(self.proxy.visit(url))

    # ---- what it does

    def test_a_grab_makes_answers_of_both_upstreams_stale_and_each_is_asked_once_more(self):
        queue, series = self.sonarr("/queue", {"records": []}), self.sonarr("/series", [SERIES])
        path, show = self.show({"name": "Game of Thrones", "external_ids": {"tvdb_id": TVDB}})
        stranger_path, stranger = self.show({"name": "another", "external_ids": {"tvdb_id": 7}})
        for url in (queue, series, show, stranger):
            self.assertMiss(self.proxy.visit(url))
            self.hit(url)
        before = (self.origin.count("/api/v3/queue"), self.origin.count("/api/v3/series"))
        outcome = self.taken(told("Grab"))
        self.assertEqual(("Grab", 0), (outcome["event"], outcome["refreshing"]))
        self.assertGreaterEqual(outcome["purged"], 3)
        for url in (queue, series, show):
            self.assertMiss(self.proxy.visit(url))
            self.hit(url)
        self.hit(stranger)
        self.assertEqual((before[0] + 1, before[1] + 1), (self.origin.count("/api/v3/queue"), self.origin.count("/api/v3/series")))
        self.assertEqual((2, 1), (self.catalogue.count(path), self.catalogue.count(stranger_path)))

    def test_an_answer_is_found_by_the_number_in_its_url(self):
        path = "/tv/%d" % TVDB
        self.catalogue.on(path, *data({"overview": "no number in here"}))
        self.proxy.visit("/catalogue" + path)
        self.hit("/catalogue" + path)
        self.taken(told("SeriesAdd"))
        self.assertMiss(self.proxy.visit("/catalogue" + path))

    def test_one_purge_by_the_number_reaches_every_upstream(self):
        _, show = self.show({"title": "x", "ids": {"tvdb": 99}})
        series = self.sonarr("/series/%d" % 99, dict(SERIES, id=99, tvdbId=99))
        for url in (show, series):
            self.proxy.visit(url)
            self.hit(url)
        purged = self.proxy.admin("POST", "/api/v1/purge", body={"tag": "tvdb:99"})
        self.assertEqual({"purged": 2, "shared": "off"}, purged.data)
        for url in (show, series):
            self.assertMiss(self.proxy.visit(url))

    def test_what_is_asked_for_often_is_asked_again_before_anybody_does(self):
        series = self.sonarr("/series/5", dict(SERIES, id=5, tvdbId=555))
        path, show = self.show({"tvdbId": 555})
        seldom_path, seldom = self.show({"tvdbId": 555})
        for url in (series, show, seldom):
            self.proxy.visit(url)
        self.hit(series, 2)
        self.hit(show, 3)
        self.hit(seldom, 1)
        self.assertEqual(2, self.taken(told("Download", dict(SERIES, tvdbId=555)))["refreshing"])
        self.catalogue.wait_for(path, 2)
        self.origin.wait_for("/api/v3/series/5", 2)
        self.assertIn("apikey=" + SECRET, self.origin.asked("/api/v3/series/5")[-1].target)
        for url in (series, show):
            self.until(lambda url=url: "hit" in self.proxy.visit(url).cache, "it was not stored anew")
        self.assertEqual((2, 1), (self.catalogue.count(path), self.catalogue.count(seldom_path)))

    def test_the_same_webhook_twice_asks_no_more(self):
        path, show = self.show({"tvdbId": 777})
        self.proxy.visit(show)
        self.hit(show, 2)
        body = told("Rename", dict(SERIES, tvdbId=777))
        self.assertEqual(1, self.taken(body)["refreshing"])
        # Without waiting for the fetch, which would count as a hit of what comes.
        stored = [("Cache-Control", "only-if-cached")]
        self.until(lambda: self.proxy.visit(show, headers=stored).status == 200, "it was not stored anew")
        self.assertEqual(2, self.catalogue.count(path))
        self.assertEqual(0, self.taken(body)["refreshing"])
        self.assertMiss(self.proxy.visit(show))
        self.assertEqual(3, self.catalogue.count(path))

    def test_a_test_is_taken_and_changes_nothing(self):
        path, show = self.show({"tvdbId": 1234})
        self.proxy.visit(show)
        self.assertEqual({"event": "Test", "purged": 0, "refreshing": 0}, self.taken(told("Test", {"id": 1, "title": "Test Title", "tvdbId": 1234})))
        self.hit(show)
        self.assertEqual(1, self.catalogue.count(path))

    def test_an_application_without_rules_of_its_own_is_heard_too(self):
        path, show = self.show({"ProviderIds": {"Tmdb": "603", "Imdb": "tt0133093"}})
        self.proxy.visit(show)
        self.taken({"NotificationType": "ItemAdded", "ItemType": "Movie", "Provider_imdb": "tt0133093"}, path="/api/v1/webhook/catalogue")
        self.assertMiss(self.proxy.visit(show))
        self.taken({"notification_type": "MEDIA_AVAILABLE", "media": {"media_type": "movie", "tmdbId": "603"}}, path="/api/v1/webhook/catalogue")
        self.assertMiss(self.proxy.visit(show))
        self.assertEqual(3, self.catalogue.count(path))

    # ---- who may send it, and what

    def test_the_key_comes_as_parameter_password_or_header(self):
        body = told("Health")
        self.taken(body, path=HOOK + "?apikey=" + API_KEY, headers={})
        self.taken(body, headers=basic(API_KEY, "anybody"))
        self.taken(body, key=API_KEY)
        for headers in ({}, basic("wrong"), basic(API_KEY[:-1]), {"Authorization": "Basic ?"}):
            self.assertEqual(401, self.send(body, headers=headers).status, headers)

    def test_mistakes_are_named(self):
        self.assertEqual(404, self.send(told("Grab"), path="/api/v1/webhook/nobody").status)
        self.assertEqual(405, self.proxy.admin("GET", HOOK).status)
        response = self.send(b'{\n "eventType": Grab }')
        self.assertEqual(400, response.status)
        self.assertIn("line 2, column 15", response.data["detail"])
        self.assertEqual(400, self.send({"series": SERIES}).status)
        self.assertEqual(413, self.send(b" " * (1024 * 1024 + 1)).status)

    def test_it_is_counted_and_told_without_secrets(self):
        before = self.proxy.metric("cachearr_webhooks_total", upstream="sonarr", event="Retag")
        _, show = self.show({"tvdbId": 888})
        self.proxy.visit(show)
        self.hit(show, 2)
        listener = Listener(self.proxy)
        self.addCleanup(listener.close)
        self.taken(told("Retag", dict(SERIES, tvdbId=888)), path=HOOK + "?apikey=" + API_KEY, headers={})
        self.taken(told("Made\nUp"))
        self.assertEqual(before + 1, self.proxy.metric("cachearr_webhooks_total", upstream="sonarr", event="Retag"))
        self.assertGreaterEqual(self.proxy.metric("cachearr_webhooks_total", upstream="sonarr", event="other"), 1)
        self.until(lambda: "webhook of sonarr: Retag" in self.proxy.log.text and "webhook of sonarr: other" in self.proxy.log.text)
        heard = listener.wait_for(lambda event: event["event"] == "webhook" and event["data"]["event"] == "Retag")["data"]
        self.assertEqual(("sonarr", 1), (heard["upstream"], heard["refreshing"]))
        shown = repr(listener.events) + self.proxy.log.text + self.proxy.admin("GET", "/metrics").body.decode()
        shown += self.proxy.admin("GET", "/api/v1/requests?limit=1000").body.decode() + self.proxy.admin("GET", "/api/v1/keys").body.decode()
        for secret in (SECRET, API_KEY, basic(API_KEY)["Authorization"], "Made"):
            self.assertNotIn(secret, shown)


if __name__ == "__main__":
    main()
