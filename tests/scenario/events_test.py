"""What happens, as it happens: the stream of events, whom it tells, what it says to those who are late, and how it ends."""
import json
import os
import socket
import time

from lab.case import main
from lab.listening import Listener, Listening
from lab.origin import answer, fresh
from lab.proxy import API_KEY
from lab.wire import TIME_LIMIT, connect, request_bytes


class Events(Listening):
    def test_a_miss_and_a_hit_are_told_live_with_their_decision(self):
        path = self.path("/tv")
        self.origin.on(path, answer("x" * 321))
        listener = self.listen()
        self.assertEqual((200, "text/event-stream"), (listener.head.status, listener.head["content-type"]))
        self.assertEqual(("no-store", "no"), (listener.head["cache-control"], listener.head["x-accel-buffering"]))
        for _ in range(3):
            self.ask(path, headers={"User-Agent": "Sonarr/4.0 (test)"})
        miss = listener.wait_for_url(self.url(path), "miss")
        data = miss["data"]
        self.assertEqual("request", miss["event"])
        self.assertEqual(miss["id"], data["id"])
        known = {"client": "127.0.0.1", "userAgent": "Sonarr/4.0 (test)", "way": "proxy", "method": "GET", "upstream": "local", "rule": "tv",
                 "type": "series", "forward": "uri-miss", "stored": True, "status": 200, "bytes": 321, "error": None}
        self.assertEqual(known, {name: data[name] for name in known})
        self.assertIn("tv:" + path.split("/")[-1], data["key"])
        self.assertRegex(data["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertGreaterEqual(data["durationUs"], data["firstByteUs"])
        hit = listener.wait_for_url(self.url(path), "hit")
        self.assertEqual((None, False), (hit["data"]["forward"], hit["data"]["stored"]))
        self.assertGreater(int(hit["id"]), int(miss["id"]))

    def test_a_hit_that_came_often_is_told_as_often(self):
        path = self.path("/tv")
        self.origin.on(path, answer("x"))
        listener = self.listen()
        wire = self.proxy.connect()
        self.addCleanup(wire.close)
        for _ in range(50):  # on one connection in the same words
            wire.send(request_bytes("GET", self.url(path), self.origin.authority))
            wire.read_response()
        self.until(lambda: sum(e["data"].get("url") == self.url(path) for e in listener.events) == 50)
        ids = [int(e["id"]) for e in listener.events]
        self.assertEqual(sorted(set(ids)), ids)

    def test_filters_hold_for_the_stream(self):
        one, other = self.path("/tv"), self.path("/other")
        for path in (one, other):
            self.origin.on(path, fresh("x"))
        listeners = {query: self.listen(query) for query in ("?result=hit", "?text=%2Fother%2F", "?upstream=nobody", "?client=127.0.0.1")}
        for path in (one, one, other):
            self.ask(path)
        last = listeners["?client=127.0.0.1"].wait_for_url(self.url(other))
        listeners["?result=hit"].wait_for_url(self.url(one))
        listeners["?text=%2Fother%2F"].wait_for_url(self.url(other))
        for query, urls in (("?result=hit", [one]), ("?text=%2Fother%2F", [other]), ("?upstream=nobody", [])):
            self.assertEqual([self.url(path) for path in urls], [e["data"]["url"] for e in listeners[query].events], query)
        self.assertEqual("miss", last["data"]["result"])

    def test_a_listener_that_comes_back_misses_nothing(self):
        before, meanwhile = self.path("/tv"), self.path("/tv")
        first = self.listen()
        self.ask(before)
        seen = first.wait_for_url(self.url(before))
        first.close()
        self.ask(meanwhile)
        for back in (self.listen(headers=[("Last-Event-ID", seen["id"])]), self.listen("?last_event_id=" + seen["id"])):
            back.wait_for_url(self.url(meanwhile))
            self.assertNotIn(self.url(before), [e["data"].get("url") for e in back.events])
            self.assertNotIn("dropped", [e["event"] for e in back.events])

    def test_one_who_comes_back_too_late_is_told_that_some_are_gone(self):
        proxy = self.start()
        first = self.listen(proxy=proxy)
        proxy.ask(self.url("/first"))
        seen = first.wait_for_url(self.url("/first"))
        first.close()
        with proxy.connect() as wire:
            for _ in range(30):
                wire.send(request_bytes("GET", self.url("/x"), self.origin.authority, [("Cache-Control", "only-if-cached")]) * 100)
                for _ in range(100):
                    wire.read_response()
        back = self.listen("?last_event_id=" + seen["id"], proxy=proxy)
        self.assertIn("requests", back.wait_for(lambda e: e["event"] == "dropped")["data"])
        self.assertEqual("dropped", back.events[0]["event"])
        proxy.ask(self.url("/last"))
        back.wait_for_url(self.url("/last"))

    def test_only_who_knows_the_key_may_listen(self):
        for path in ("/api/v1/events", "/api/v1/requests", "/api/v1/clients"):
            self.assertEqual(401, self.proxy.admin("GET", path, key=None).status)
            self.assertEqual(401, self.proxy.admin("GET", path, key="wrong").status)
            self.assertEqual(421, self.proxy.admin("GET", path, host="evil.test").status)
            self.assertEqual(405, self.proxy.admin("POST", path, body={}).status)
        self.assertEqual(200, self.listen("?apikey=" + API_KEY, headers=[]).head.status)

    def test_what_means_nothing_is_400_and_says_why(self):
        for path in ("events?result=x", "requests?result=x", "requests?limit=0", "requests?limit=9999", "events?last_event_id=x"):
            self.assertIn("detail", self.proxy.admin("GET", "/api/v1/" + path).data)
            self.assertEqual(400, self.proxy.admin("GET", "/api/v1/" + path).status, path)

    def test_no_secret_is_told(self):
        canary = "c0ffee0123456789abcdef0123456789"
        listener = self.listen()
        self.origin.default = answer("{}")
        paths = ["/q?apikey=" + canary, "/q?mykey=plainword", "/feed/plainword/7", "/dl/" + canary, "/to?u=http%3A%2F%2Fy%2F%3Fapikey%3Dplainword"]
        for path in paths:
            for _ in range(3):
                self.ask(path, headers={"User-Agent": "Tool/1 token=plainword " + canary, "X-Api-Key": canary, "Cookie": "sid=" + canary})
        self.proxy.ask("http://dead.invalid/x?apikey=" + canary)
        self.ask("/last")
        listener.wait_for_url(self.url("/last"))
        told = json.dumps(listener.events)
        for path in ("/api/v1/requests?limit=2000", "/api/v1/clients"):
            told += self.proxy.admin("GET", path).body.decode()
        told += self.proxy.command("requests", "--limit", "2000").stdout + self.proxy.command("requests", "--json").stdout
        self.assertGreater(told.count("***"), 20)
        self.assertNotIn(canary, told)
        self.assertNotIn("plainword", told)

    def test_the_unix_socket_streams_too(self):
        path = os.path.join(self.proxy.folder, "state", next(n for n in os.listdir(os.path.join(self.proxy.folder, "state")) if "sock" in n))
        sock = socket.socket(socket.AF_UNIX)
        self.addCleanup(sock.close)
        sock.settimeout(TIME_LIMIT)
        sock.connect(path)
        sock.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        asked, seen = self.path(), b""
        while b"retry" not in seen:
            seen += sock.recv(65536)
        self.ask(asked)
        while asked.encode() not in seen:
            piece = sock.recv(65536)
            self.assertTrue(piece, seen)
            seen += piece

    def test_it_ends_in_time_with_streams_open(self):
        proxy = self.start(config={"timeouts": {"shutdown_grace": "60s"}})
        quiet, deaf = self.listen(proxy=proxy), connect(("127.0.0.1", proxy.admin_port))
        self.addCleanup(deaf.close)
        deaf.send(request_bytes("GET", "/api/v1/events", "127.0.0.1", [("X-Api-Key", API_KEY)]))
        proxy.ask(self.url("/x"))
        quiet.wait_for_url(self.url("/x"))
        begun = time.monotonic()
        proxy.stop()
        self.assertLess(time.monotonic() - begun, 20)
        self.assertTrue(quiet.wait_for_end())

    def test_listeners_that_leave_give_their_places_back(self):
        proxy = self.start()
        before = proxy.open_files()
        for _ in range(3):
            listeners = [Listener(proxy) for _ in range(64)]
            self.until(lambda: proxy.admin("GET", "/api/v1/events").status == 503)
            self.assertIn("retry-after", proxy.admin("GET", "/api/v1/events").fields)
            for listener in listeners:
                listener.close()
            self.until(lambda: proxy.open_files() <= before)

    def test_a_slow_listener_is_told_what_it_missed_and_goes_on(self):
        proxy = self.start()
        deaf = connect(("127.0.0.1", proxy.admin_port))
        deaf.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        deaf.send(request_bytes("GET", "/api/v1/events", "127.0.0.1", [("X-Api-Key", API_KEY)]))
        deaf.read_final_head()
        quick = self.listen(proxy=proxy)
        long_path = "/" + "x" * 900
        with proxy.connect() as wire:
            for _ in range(130):  # more than sockets hold
                wire.send(request_bytes("GET", self.url(long_path), self.origin.authority, [("Cache-Control", "only-if-cached")]) * 50)
                for _ in range(50):
                    wire.read_response()
        proxy.ask(self.url("/last"))
        quick.wait_for_url(self.url("/last"))
        seen = b""
        while b"/last" not in seen:
            piece = deaf.sock.recv(1 << 20)
            self.assertTrue(piece)
            seen += piece
        deaf.close()
        self.assertRegex(seen.decode(), r'event: dropped\ndata: {"requests":\d+}\n\n')


if __name__ == "__main__":
    main()
