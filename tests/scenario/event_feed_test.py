"""The event hub of an application as a feed of what changes: long lives while it is up, short ones without it."""
import json
import os
import threading

from lab.application import Application, KEY
from lab.case import Scenario, main
from lab.proxy import Proxy
from lab.redis_server import RedisServer
from lab.shared import secret_file
from lab.wire import TIME_LIMIT

SHORT = 60


def rules_for(application, **upstream):
    about = {"origin": application.url, "mount": "/sonarr", "api_key_file": "sonarr.key"}
    about.update(upstream)
    return {"upstreams": {"sonarr": {name: value for name, value in about.items() if value is not ...}}}


class Feeding(Scenario):
    """Each test has an application and an instance of its own."""

    def setUp(self):
        self.application = Application()
        self.addCleanup(self.application.close)
        self.hub = self.application.hub

    def begin(self, key=KEY, config=None, **upstream):
        self.proxy = Proxy(rules_for(self.application, **upstream), config)
        self.addCleanup(self.proxy.stop)
        self.write_key(key)
        return self.proxy.start()

    def write_key(self, key):
        if key is not None:
            with open(os.path.join(os.path.dirname(self.proxy.rules_file), "sonarr.key"), "w") as file:
                file.write(key + "\n")

    def feed(self):
        upstreams = self.proxy.admin("GET", "/api/v1/upstreams").data["upstreams"]
        return next(upstream["events"] for upstream in upstreams if upstream["name"] == "sonarr")

    def wait_until_up(self, state="connected", connections=1):
        self.hub.wait_for_connections(connections)
        self.until(lambda: self.feed()["state"] == state, "the feed is not %s" % state)

    def wait_until_told(self):
        """Until every message that the hub has sent has been heard."""
        versions = self.hub.connections
        self.until(lambda: self.proxy.metric("cachearr_event_feed_messages_total", upstream="sonarr")
                   >= self.hub.messages + versions, "the messages have not been heard")

    def tell(self, name, action="sync", resource=None):
        self.assertGreater(self.hub.tell(name, action, resource), 0, "nobody listens")
        self.wait_until_told()

    def get(self, name, version=3, method="GET", body=b""):
        headers = [("X-Api-Key", KEY)] + ([("Content-Type", "application/json")] if body else [])
        return self.proxy.visit("/sonarr/api/v%d/%s" % (version, name), method, headers, body)

    def revision(self, name, version=3):
        response = self.get(name, version)
        self.assertEqual(200, response.status, response.body)
        return json.loads(response.body)["revision"]

    def lifetime(self, name):
        """Of what is stored, in seconds; asks for it first."""
        self.get(name)
        response = self.get(name)
        self.assertHit(response)
        return response.cache["ttl"]

    def until_new(self, name):
        """What is stale may be served once more while it is asked for again."""
        self.until(lambda: self.revision(name) == self.application.revision(name), "it stays old")

    def assertRevision(self, name, message=None):
        for version in (3, 5):
            self.assertEqual(self.application.revision(name), self.revision(name, version), message)


class WhileItIsUp(Feeding):
    def test_answers_live_long_and_a_message_removes_what_it_is_about(self):
        self.begin()
        self.wait_until_up()
        self.assertGreater(self.lifetime("series"), 4 * SHORT)
        self.assertGreater(self.lifetime("series/1"), 1000 * SHORT)
        self.assertGreater(self.lifetime("queue"), 10)
        self.assertRevision("series")
        self.application.change("series", "queue")
        self.tell("series", "updated", {"id": 1})
        self.assertRevision("series")
        self.assertHit(self.get("queue"))
        self.tell("queue/status")
        self.assertRevision("queue")

    def test_a_completed_command_removes_what_it_changed(self):
        self.begin()
        self.wait_until_up()
        self.revision("series")
        answer = self.get("command", method="POST", body=b'{"name": "RefreshSeries"}')
        self.assertEqual(201, answer.status)
        self.revision("series")
        self.wait_until_told()
        self.application.end_command(json.loads(answer.body)["id"])
        self.wait_until_told()
        self.assertRevision("series")
        self.assertRevision("episode")

    def test_an_answer_that_a_message_has_overtaken_is_not_kept(self):
        self.begin()
        self.wait_until_up()
        self.application.hold = threading.Event()
        asking = threading.Thread(target=self.get, args=("series",))
        asking.start()
        self.assertTrue(self.application.held.wait(TIME_LIMIT))
        self.application.change("series")
        self.tell("series", "updated", {"id": 1})
        self.application.hold.set()
        asking.join(TIME_LIMIT)
        self.application.hold = None
        self.assertRevision("series")

    def test_another_version_of_the_application_empties_its_upstream(self):
        self.begin()
        self.wait_until_up()
        self.revision("tag")
        self.hub.tell("version", None, {"version": "4.0.0"})
        self.wait_until_told()
        self.assertHit(self.get("tag"))
        self.hub.tell("version", None, {"version": "4.0.1"})
        self.wait_until_told()
        self.assertMiss(self.get("tag"))

    def test_metrics_and_the_log_tell_of_it_and_never_the_key(self):
        self.begin()
        self.wait_until_up()
        self.tell("series", "updated", {"id": 1})
        self.tell("whatever/else")
        self.assertEqual(1, self.proxy.metric("cachearr_event_feed_up", upstream="sonarr"))
        shown = self.proxy.admin("GET", "/metrics").body.decode()
        for name, count in (("series", 2), ("other", 2), ("version", 1)):
            self.assertIn('cachearr_event_feed_messages_total{upstream="sonarr",name="%s"} %d\n' % (name, count), shown)
        self.assertGreater(self.proxy.metric("cachearr_invalidations_total", cause="event"), 0)
        self.proxy.log.wait_for("the event feed of sonarr is up")
        self.hub.down = True
        self.hub.cut()
        self.proxy.log.wait_for("the event feed of sonarr is down")
        self.assertNotIn(KEY, self.proxy.log.text)
        for path in ("/api/v1/upstreams", "/api/v1/health", "/metrics", "/api/v1/rules"):
            self.assertNotIn(KEY, self.proxy.admin("GET", path).body.decode())


class WithoutIt(Feeding):
    def test_answers_live_shortly_where_no_key_is_given(self):
        self.begin(key=None, api_key_file=...)
        self.assertLessEqual(self.lifetime("series"), SHORT)
        self.assertEqual("off", self.feed()["state"])
        self.assertEqual([], [note for note in self.proxy.admin("GET", "/api/v1/health").data if "feed" in note["message"]])

    def test_a_gap_makes_what_lived_long_stale(self):
        self.begin()
        self.wait_until_up()
        self.revision("series")
        self.hub.down = True
        self.hub.cut()
        self.until(lambda: self.feed()["state"] == "down")
        self.application.change("series")
        self.until_new("series")
        self.assertLessEqual(self.lifetime("series"), SHORT)
        self.application.change("series")
        self.hub.down = False
        self.wait_until_up(connections=2)
        self.assertRevision("series", "what changed in the gap is seen after it")
        self.assertGreater(self.lifetime("series"), SHORT)

    def test_a_restart_makes_what_lived_long_stale(self):
        self.begin(config={"disk": {"path": "store"}})
        self.wait_until_up()
        self.revision("series")
        self.until(lambda: self.proxy.metric("cachearr_cache_keys", tier="disk") > 0)
        self.hub.down = True
        self.proxy.process.kill()
        self.proxy.process.wait(TIME_LIMIT)
        self.proxy.log.thread.join(TIME_LIMIT)
        self.proxy.process.stdout.close()
        self.application.change("series")
        self.proxy.launch()
        self.proxy._wait_until_ready()
        self.until_new("series")

    def test_what_a_command_changes_is_seen_within_seconds(self):
        self.begin(key=None, api_key_file=...)
        answer = self.get("command", method="POST", body=b'{"name": "RefreshSeries"}')
        self.revision("series")
        self.application.end_command(json.loads(answer.body)["id"])
        self.until_new("series")

    def test_what_nobody_has_written_to_stays_for_its_short_life(self):
        self.begin(key=None, api_key_file=...)
        self.revision("series")
        self.assertGreater(self.lifetime("series"), SHORT - 10)


class SharedByInstances(Feeding):
    def test_what_the_feed_names_is_not_brought_back_by_what_was_shared_before(self):
        redis, secret = RedisServer(), secret_file(self)
        self.addCleanup(redis.close)
        self.begin(config={"shared": {"redis_url": redis.url, "secret_file": secret, "lookup_timeout": "5s"}}, shared=True)
        status = lambda: self.proxy.admin("GET", "/api/v1/shared").data
        self.until(lambda: status()["state"] == "ready")
        self.wait_until_up()
        self.revision("series")
        self.until(lambda: status()["records"]["written"] >= 1)
        self.application.change("series")
        self.tell("series", "updated", {"id": 1})
        self.assertRevision("series")
        self.assertGreater(status()["invalidations"]["sent"], 0)


class ItsWays(Feeding):
    def test_long_polling_where_a_websocket_is_refused(self):
        self.hub.refuses_upgrade = True
        self.begin()
        self.wait_until_up("polling")
        self.revision("series")
        self.application.change("series")
        self.tell("series", "updated", {"id": 1})
        self.assertRevision("series")
        self.assertGreater(self.lifetime("series"), SHORT)

    def test_long_polling_where_no_websocket_is_offered(self):
        self.hub.transports = ["LongPolling"]
        self.begin()
        self.wait_until_up("polling")

    def test_a_wrong_key_is_told(self):
        self.begin(key="0" * 32)
        self.until(lambda: self.feed()["state"] == "down")
        self.assertIn("refuses the key of api_key_file (401)", self.feed()["lastError"])
        self.assertEqual(0, self.proxy.metric("cachearr_event_feed_up", upstream="sonarr"))

    def test_a_key_that_can_no_longer_be_read_is_told_at_once(self):
        self.begin()
        self.wait_until_up()
        os.remove(os.path.join(os.path.dirname(self.proxy.rules_file), "sonarr.key"))
        self.hub.cut()
        self.until(lambda: "cannot be read" in (self.feed()["lastError"] or ""))
        notes = [note for note in self.proxy.admin("GET", "/api/v1/health").data if "feed" in note["message"]]
        self.assertEqual(["warning"], [note["type"] for note in notes])
        self.assertIn("sonarr.key cannot be read", notes[0]["message"])

    def test_an_origin_without_a_hub_is_told(self):
        self.begin(origin=self.application.url + "/base")
        self.until(lambda: self.feed()["state"] == "down")
        self.assertIn("no event hub at /base/signalr/messages (404)", self.feed()["lastError"])

    def test_a_hub_that_has_moved_is_followed_with_the_key_that_it_gives(self):
        self.hub.way = [("/one", "first-key"), ("/two", "second-key")]
        self.begin()
        self.wait_until_up()
        posts = [path for method, path in self.application.asked if method == "POST"]
        self.assertEqual(["/signalr/messages/negotiate", "/one/negotiate", "/two/negotiate"], posts)
        self.revision("series")
        self.application.change("series")
        self.tell("series", "updated", {"id": 1})
        self.assertRevision("series")

    def test_a_hub_that_has_moved_is_followed_by_polling_too(self):
        self.hub.way, self.hub.transports = [("/one", "first-key")], ["LongPolling"]
        self.begin()
        self.wait_until_up("polling")

    def test_a_hub_on_another_host_is_not_shown_the_key(self):
        stranger = self.another_origin()
        self.hub.way = [(stranger.url + "/hub", "key")]
        self.begin()
        self.until(lambda: "another server for its events" in (self.feed()["lastError"] or ""))
        self.assertEqual(0, stranger.count())

    def test_a_hub_that_sends_on_and_on_is_left(self):
        self.hub.way = [("/%d" % number, "key") for number in range(9)]
        self.begin()
        self.until(lambda: "from one address to the next" in (self.feed()["lastError"] or ""))
        self.assertNotIn("/4/negotiate", [path for _, path in self.application.asked])

    def test_the_client_says_its_handshake_first(self):
        self.begin()
        self.wait_until_up()
        self.assertEqual({"protocol": "json", "version": 1}, json.loads(self.hub.said[0]))


class Reloads(Feeding):
    def reload(self, **upstream):
        self.proxy.write_rules(rules_for(self.application, **upstream))
        answer = self.proxy.admin("POST", "/api/v1/reload")
        self.assertEqual(200, answer.status, answer.body)

    def test_a_reload_that_changes_nothing_of_it_lets_the_feed_go_on(self):
        self.begin()
        self.wait_until_up()
        self.revision("series")
        self.reload(retries=2)
        self.tell("health")
        self.assertHit(self.get("series"))
        self.assertEqual(1, self.hub.connections)
        self.assertGreater(self.lifetime("series"), SHORT)

    def test_a_reload_may_end_it_and_begin_it(self):
        self.begin()
        self.wait_until_up()
        self.revision("series")
        self.reload(api_key_file=...)
        self.until(lambda: self.feed()["state"] == "off")
        self.assertLessEqual(self.lifetime("series"), SHORT)
        self.reload()
        self.wait_until_up(connections=2)

    def test_a_reload_takes_another_key(self):
        self.begin()
        self.wait_until_up()
        self.application.key = "1" * 32
        self.write_key("1" * 32)
        self.reload()
        self.wait_until_up(connections=2)

    def test_a_pause_by_the_operator_ends_it_until_he_resumes(self):
        self.begin()
        self.wait_until_up()
        self.proxy.admin("POST", "/api/v1/upstreams/sonarr", body={"paused": True})
        self.until(lambda: self.feed()["state"] == "off")
        self.proxy.admin("POST", "/api/v1/upstreams/sonarr", body={"paused": False})
        self.wait_until_up(connections=2)


del Feeding

if __name__ == "__main__":
    main()
