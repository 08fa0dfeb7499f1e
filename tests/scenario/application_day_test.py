"""A day of an application, compressed: programs poll it while its state changes by writes, commands and by itself."""
import json
import os
import random

from lab.application import Application, KEY, RESOURCES
from lab.case import Scenario, main
from lab.proxy import Proxy

HOURS = 24
POLLS = 120  # of all clients in an hour
# What the hub tells where this changes.
TOLD_AS = {"series": "series", "episode": "episode", "queue": "queue/status", "tag": "tag", "health": "health"}


class Day(Scenario):
    def setUp(self):
        self.application = Application()
        self.addCleanup(self.application.close)
        self.hub = self.application.hub
        rules = {"upstreams": {"sonarr": {"origin": self.application.url, "mount": "/sonarr", "api_key_file": "sonarr.key"}}}
        self.proxy = Proxy(rules)
        self.addCleanup(self.proxy.stop)
        with open(os.path.join(os.path.dirname(self.proxy.rules_file), "sonarr.key"), "w") as file:
            file.write(KEY)
        self.proxy.start()
        self.reads, self.stale, self.running = 0, [], []
        # What has reached us: an answer that is older than this is stale. Of history nothing is told.
        self.known = {name: 1 for name in RESOURCES}
        self.wait_until_up(1)

    # ---- what reaches the program

    def feed_state(self):
        upstreams = self.proxy.admin("GET", "/api/v1/upstreams").data["upstreams"]
        return next(upstream["events"]["state"] for upstream in upstreams if upstream["name"] == "sonarr")

    def wait_until_up(self, connections):
        self.hub.wait_for_connections(connections)
        self.until(lambda: self.feed_state() == "connected")

    def wait_until_told(self):
        wanted = self.hub.messages + self.hub.connections  # each connection begins with the version
        self.until(lambda: self.proxy.metric("cachearr_event_feed_messages_total", upstream="sonarr") >= wanted)

    def learn(self, *names):
        for name in names:
            self.known[name] = self.application.revision(name)

    # ---- what happens

    def visit(self, path, method="GET", body=b""):
        headers = [("X-Api-Key", KEY)] + ([("Content-Type", "application/json")] if body else [])
        return self.proxy.visit("/sonarr" + path, method, headers, body)

    def poll(self, chance):
        name = chance.choice(RESOURCES)
        response = self.visit("/api/v%d/%s" % (chance.choice((3, 5)), name))
        self.assertEqual(200, response.status, response)
        told = json.loads(response.body)["revision"]
        self.reads += 1
        if told < self.known[name]:
            self.stale.append((name, told, self.known[name], response["cache-status"]))

    def write(self, chance):
        name = chance.choice(("series", "tag"))
        response = self.visit("/api/v%d/%s/1" % (chance.choice((3, 5)), name), "PUT", b"{}")
        self.assertEqual(202, response.status, response)
        self.learn(name)

    def begin_command(self, chance):
        response = self.visit("/api/v%d/command" % chance.choice((3, 5)), "POST", b'{"name": "RefreshSeries"}')
        self.assertEqual(201, response.status, response)
        self.running.append(json.loads(response.body)["id"])

    def end_command(self, _chance):
        if self.running:
            self.application.end_command(self.running.pop(0))
            self.wait_until_told()
            self.learn("series", "episode")

    def change_beneath(self, chance):
        name = chance.choice(list(TOLD_AS))
        self.application.change(name)
        self.hub.tell(TOLD_AS[name], "updated", {"id": 1})
        self.wait_until_told()
        self.learn(name)

    def break_feed(self, chance):
        """Something changes that nobody is told of; after the gap it is known all the same."""
        connections = self.hub.connections
        self.hub.down = True
        self.hub.cut()
        self.until(lambda: self.feed_state() == "down")
        self.poll(chance)
        self.application.change("series", "episode", "queue")
        self.hub.down = False
        self.wait_until_up(connections + 1)
        self.wait_until_told()
        self.learn("series", "episode", "queue", "tag")

    def live(self, seed, cuts):
        chance = random.Random(seed)
        happenings = [self.write, self.begin_command, self.end_command, self.change_beneath]
        for hour in range(HOURS):
            for number in range(POLLS):
                if number % 60 == 30:
                    chance.choice(happenings)(chance)
                if hour in cuts and number == 90:
                    self.break_feed(chance)
                self.poll(chance)

    def assertGoodDay(self):
        self.assertEqual([], self.stale)
        self.assertGreaterEqual(self.reads, HOURS * POLLS)
        self.assertLessEqual(self.application.reads, 0.2 * self.reads, "%d of %d" % (self.application.reads, self.reads))

    def test_nothing_old_is_served_and_four_of_five_reads_are_saved(self):
        self.live(seed=1, cuts=())
        self.assertGoodDay()

    def test_the_same_where_the_feed_breaks_now_and_then(self):
        self.live(seed=2, cuts=(5, 14))
        self.assertGoodDay()


if __name__ == "__main__":
    main()
