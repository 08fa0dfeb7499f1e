"""Keys by the admin API and by the command line: listed, read, set, expired, deleted, purged."""
import json
import os
import resource
from urllib.parse import quote

from lab.case import Scenario, local, main
from lab.origin import fresh
from lab.proxy import API_KEY
from lab.wire import connect, request_bytes


class KeyScenario(Scenario):
    @classmethod
    def rules_of(cls, origin):
        return local(origin, rules=[{"name": "tv", "match": {"path": "/tv/{id:int}"}, "key": "tv:{id}", "ttl": "1h", "type": "series", "expect": "any",
                                     "tags": ["tv", "tv:{id}"]}])

    def tearDown(self):
        self.proxy.admin("POST", "/api/v1/purge", body={"all": True})

    def stored(self, number, body=None):
        """Has the proxy fetch and keep an answer; its key."""
        self.origin.on("/tv/%d" % number, fresh(body or "tv %d" % number, headers={"Content-Type": "text/plain"}))
        self.assertAnswered(self.ask("/tv/%d" % number), body or "tv %d" % number)
        return "tv:%d" % number

    def call(self, method, key, rest="", **more):
        return self.proxy.admin(method, "/api/v1/keys/" + quote(key, safe="") + rest, **more)

    def put(self, key, value, rest="", kind="text/plain"):
        return self.call("PUT", key, rest, body=value, headers={"Content-Type": kind})


class OfAnswers(KeyScenario):
    def test_a_stored_answer_is_listed_with_what_is_known_of_it(self):
        self.stored(1)
        self.ask("/tv/1")
        (key,) = self.proxy.admin("GET", "/api/v1/keys?pattern=tv:*").data["keys"]
        self.assertEqual(("tv:1", "series", "local", 1), (key["key"], key["type"], key["upstream"], key["hits"]))
        self.assertLess(3500, key["ttl"])

    def test_its_value_is_the_body_and_never_runs(self):
        self.origin.on("/tv/2", fresh("<script>", headers={"Content-Type": "text/html"}))
        self.ask("/tv/2")
        response = self.call("GET", "tv:2")
        self.assertEqual((200, b"<script>", "text/html"), (response.status, response.body, response.fields["content-type"]))
        self.assertIn("sandbox", response.fields["content-security-policy"])

    def test_head_says_whether_it_is_there(self):
        self.stored(3)
        response = self.call("HEAD", "tv:3")
        self.assertEqual((200, "4", b""), (response.status, response.fields["content-length"], response.body))
        self.assertEqual(404, self.call("HEAD", "tv:999").status)

    def test_a_value_set_in_its_place_says_how_long_it_is(self):
        self.put(self.stored(30), b"by hand")
        response = self.ask("/tv/30")
        self.assertAnswered(response, "by hand")
        self.assertEqual("7", response["content-length"])

    def test_a_deleted_answer_is_fetched_again(self):
        self.stored(4)
        self.assertHit(self.ask("/tv/4"))
        self.assertEqual(1, self.call("DELETE", "tv:4").data["deleted"])
        self.assertMiss(self.ask("/tv/4"), "uri-miss")

    def test_a_purge_by_each_name_counts_and_acts_at_once(self):
        for selector in ({"keys": ["tv:5", "tv:6"]}, {"pattern": "tv:*"}, {"tag": "tv"}, {"upstream": "local"}, {"all": True}):
            with self.subTest(selector):
                self.stored(5), self.stored(6)
                self.assertEqual(2, self.proxy.admin("POST", "/api/v1/purge", body=selector).data["purged"])
                self.assertMiss(self.ask("/tv/5"), "uri-miss")

    def test_a_soft_purge_makes_it_stale(self):
        self.stored(7)
        self.assertEqual(1, self.proxy.admin("POST", "/api/v1/purge", body={"keys": ["tv:7"], "soft": True}).data["purged"])
        self.assertMiss(self.ask("/tv/7"), "stale")

    def test_another_time_to_live_counts_for_clients_too(self):
        self.stored(8)
        self.assertIn(self.call("POST", "tv:8", "/expire", body={"ttl": 60}).data["ttl"], range(30, 61))  # a second may end meanwhile
        response = self.ask("/tv/8")
        self.assertHit(response)
        self.assertLessEqual(int(response.cache["ttl"]), 60)

    def test_a_set_value_is_what_clients_get(self):
        self.stored(9)
        self.assertEqual(200, self.put("tv:9", b"by hand").status)
        response = self.ask("/tv/9")
        self.assertHit(response)
        self.assertAnswered(response, "by hand")


class ByHand(KeyScenario):
    def test_what_is_put_comes_back(self):
        value = bytes(range(256))
        self.assertEqual(201, self.put("user:1:view", value, kind="application/octet-stream").status)
        self.assertEqual(value, self.call("GET", "user:1:view").body)

    def test_it_answers_no_request_of_a_proxy_client(self):
        self.put("tv:77", b"by hand")
        self.origin.on("/tv/77", fresh("from the origin"))
        self.assertAnswered(self.ask("/tv/77"), "from the origin")

    def test_any_key_can_be_named(self):
        for key in ("a/b?c=d&e#f", "über", "a b", "100%", "ttl", "mget", "x:*"):
            with self.subTest(key):
                self.assertEqual(201, self.put(key, b"v").status)
                self.assertEqual(b"v", self.call("GET", key).body)
                self.assertEqual(200, self.call("DELETE", key).status)

    def test_a_value_beyond_the_limit_is_413(self):
        headers = {"X-Api-Key": API_KEY, "Content-Length": str(17 << 20)}
        with connect(("127.0.0.1", self.proxy.admin_port)) as wire:
            wire.send(request_bytes("PUT", "/api/v1/keys/big", "127.0.0.1", headers))
            self.assertEqual(413, wire.read_final_head().status)

    def test_a_page_of_another_site_may_not_set_or_delete(self):
        for method in ("PUT", "DELETE"):
            self.assertEqual(403, self.call(method, "x", body=b"v", headers={"Origin": "http://evil.test"}).status)

    def test_metrics_count_what_is_purged(self):
        before = self.proxy.metric("cachearr_invalidations_total", cause="api")
        self.proxy.admin("POST", "/api/v1/purge", body={"all": True})
        self.assertEqual(before + 1, self.proxy.metric("cachearr_invalidations_total", cause="api"))


class OnADiskThatTakesNothing(KeyScenario):
    config = {"disk": {"path": "store"}}

    def test_a_purge_that_a_restart_may_forget_is_refused_and_says_so(self):
        key = self.stored(50)
        resource.prlimit(self.proxy.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        try:
            refused = self.proxy.admin("POST", "/api/v1/purge", body={"keys": [key]})
            self.assertEqual(503, refused.status)
            self.assertIn("File too large", refused.data["detail"])
            self.assertEqual(503, self.call("DELETE", key).status)
            result = self.proxy.command("purge", "--key", key)
            self.assertEqual(1, result.returncode)
            self.assertIn("may come back", result.stderr)
            self.assertEqual(404, self.call("HEAD", key).status)
        finally:
            resource.prlimit(self.proxy.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


class OnTheCommandLine(KeyScenario):
    def command(self, *arguments, code=0):
        result = self.proxy.command(*arguments)
        self.assertEqual(code, result.returncode, (arguments, result.stdout, result.stderr))
        return result.stdout

    def file(self, content):
        path = os.path.join(self.proxy.folder, "value")
        with open(path, "w") as file:
            file.write(content)
        return path

    def test_set_get_and_del(self):
        self.command("set", "a", self.file("hello"))
        self.assertEqual("hello", self.command("get", "a"))
        self.assertEqual("1 deleted\n", self.command("del", "a"))
        self.command("get", "a", code=1)
        self.command("del", "a", code=1)

    def test_times(self):
        self.command("set", "a", self.file("x"), "--ttl", "15m")
        self.assertIn(int(self.command("ttl", "a")), range(840, 901))
        self.command("expire", "a", "24h")
        self.assertGreater(int(self.command("ttl", "a")), 86000)
        self.command("expire", "a", "0")
        self.assertEqual("-2\n", self.command("ttl", "a", code=1))

    def test_exists(self):
        self.command("exists", "a", code=1)
        self.command("set", "a", self.file("x"))
        self.command("exists", "a")
        self.assertEqual("-1\n", self.command("ttl", "a"))

    def test_keys_lists_all_pages(self):
        for number in range(30, 36):
            self.stored(number)
        self.assertEqual(6, len(self.command("keys", "tv:3*").splitlines()))
        listed = json.loads(self.command("keys", "--json", "--sort", "size"))
        self.assertEqual(6, len(listed))
        self.assertEqual(2, len(json.loads(self.command("keys", "--json", "--limit", "2"))))

    def test_data_about_a_key_and_several_values(self):
        self.stored(40)
        self.assertEqual("local", json.loads(self.command("get", "--json", "tv:40"))["upstream"])
        values = json.loads(self.command("mget", "tv:40", "none"))
        self.assertEqual(["tv 40", None], [value and value["body"] for value in values])

    def test_purge_wants_exactly_one_selection(self):
        self.stored(41)
        self.command("purge", code=2)
        self.command("purge", "--all", "--tag", "tv", code=2)
        self.assertEqual("1 purged\n", self.command("purge", "--tag", "tv:41"))
        self.assertEqual("0 purged\n", self.command("purge", "--key", "tv:41", "--key", "tv:42"))


if __name__ == "__main__":
    main()
