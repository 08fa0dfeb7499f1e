"""What an operator does to an upstream, by the API and by the command: pause and resume it, choose its mode, forgive it."""
import json
import threading

from lab.case import Scenario, local, main
from lab.origin import CLOSE, answer, fresh


def stale(body):
    return answer(body, 200, [("Cache-Control", "max-age=60"), ("Age", "100"), ("ETag", '"1"')])


class UpstreamActions(Scenario):
    @classmethod
    def rules_of(cls, origin):
        return local(origin, rules=[{"name": "all", "match": {"path": "/**"}, "policy": "respect"}])

    def tearDown(self):
        self.act(paused=False, mode="live", reset=["breaker", "cooldown"])

    def act(self, name="local", **action):
        return self.proxy.admin("POST", "/api/v1/upstreams/" + name, body=action)

    def done(self, **action):
        response = self.act(**action)
        self.assertEqual(200, response.status, response.body)
        return response.data

    def assertRefused(self, response, status):
        self.assertEqual(status, response.status, response.body)
        self.assertEqual("application/problem+json", response.fields["content-type"])
        return response.data

    def status(self):
        upstreams = self.proxy.admin("GET", "/api/v1/upstreams").data["upstreams"]
        return next(upstream for upstream in upstreams if upstream["name"] == "local")

    def notes(self):
        return " ".join(note["message"] for note in self.proxy.admin("GET", "/api/v1/health").data)

    def command(self, *arguments):
        result = self.proxy.command("upstreams", *arguments)
        self.assertEqual(0, result.returncode, result)
        return result.stdout

    # ---- pause and resume

    def test_what_is_paused_serves_what_is_stored_and_asks_nothing(self):
        old, new = self.path(), self.path()
        self.origin.on(old, *stale("kept"))
        self.origin.on(new, *fresh("new"))
        self.ask(old)
        self.assertEqual(["paused: what is stored is served, nothing is sent there"], self.done(paused=True)["changes"])
        before = len(self.origin.asked())
        for _ in range(3):
            response = self.ask(old)
            self.assertAnswered(response, "kept")
            self.assertEqual("offline", response.cache.get("detail"), response["cache-status"])
        self.assertIn("local is paused, and nothing usable is stored", self.assertProblem(self.ask(new), 504)["detail"])
        self.assertProblem(self.ask(new, "POST", body=b"x"), 504)
        self.assertEqual(before, len(self.origin.asked()))
        self.assertIn("local is paused by hand", self.notes())
        self.assertEqual((True, "live"), (self.status()["paused"], self.status()["mode"]))
        self.assertEqual(["resumed"], self.done(paused=False)["changes"])
        self.assertAnswered(self.ask(new), "new")
        self.assertNotIn("paused by hand", self.notes())

    def test_a_pause_ends_with_a_reload(self):
        path = self.path()
        self.origin.on(path, *fresh("x"))
        self.done(paused=True)
        self.assertEqual(504, self.ask(path).status)
        reloaded = self.proxy.command("reload")
        self.assertEqual(0, reloaded.returncode)
        self.assertIn("local: its pause by hand ends", reloaded.stdout)
        self.assertAnswered(self.ask(path), "x")
        self.assertFalse(self.status()["paused"])

    def test_a_mode_is_chosen_and_shown_beside_that_of_the_rules(self):
        path = self.path()
        self.origin.sequence(path, stale("kept"), fresh("newer"))
        self.ask(path)
        data = self.done(mode="prefer-cache")
        self.assertEqual(["mode: live before, prefer-cache now"], data["changes"])
        self.assertEqual(("prefer-cache", "live"), (data["upstream"]["mode"], data["upstream"]["modeOfRules"]))
        self.assertAnswered(self.ask(path), "kept")
        self.origin.wait_for(path, 2)
        self.assertIn("set by hand to prefer-cache instead of live", self.notes())
        explained = self.proxy.command("explain", self.url(path), "--json").stdout
        self.assertIn('"mode": "prefer-cache"', explained)

    # ---- forgiving

    def test_a_pause_that_the_upstream_has_asked_for_is_ended(self):
        path, other = self.path(), self.path()
        self.origin.on(path, *answer("no more", 429, [("Retry-After", "3600")]))
        self.origin.on(other, *fresh("fine"))
        self.assertEqual(429, self.ask(path).status)
        self.assertEqual(429, self.ask(other).status)
        until = self.status()["cooldownUntil"]
        self.assertEqual([], self.done(reset=["breaker"])["changes"])
        self.assertEqual(until, self.status()["cooldownUntil"])
        self.assertEqual(["pause until %s: ended" % until], self.done(reset=["cooldown"])["changes"])
        self.assertAnswered(self.ask(other), "fine")
        self.assertEqual(1, self.origin.count(other))

    def test_a_breaker_is_closed(self):
        broken, fine = self.path(), self.path()
        self.origin.on(broken, CLOSE)
        self.origin.on(fine, *fresh("fine"))
        self.until(lambda: self.ask(broken).status in (502, 503) and self.status()["breaker"]["state"] == "open")
        self.assertEqual(503, self.ask(fine).status)
        self.assertEqual(["breaker: closed again"], self.done(reset=["breaker", "cooldown"])["changes"])
        self.assertAnswered(self.ask(fine), "fine")

    def test_who_waits_goes_on_after_a_reset(self):
        path, refused = self.path(), self.path()
        self.origin.on(refused, *answer("no more", 429, [("Retry-After", "4")]))
        self.origin.on(path, *fresh("fine"))
        self.ask(refused)
        answers = []
        waiting = threading.Thread(target=lambda: answers.append(self.ask(path)))
        waiting.start()
        self.until(lambda: self.status()["waiting"] == 1 or answers)
        self.done(reset=["cooldown"])
        waiting.join()
        self.assertIn(answers[0].status, (200, 429))
        self.assertAnswered(self.ask(path), "fine")

    # ---- mistakes

    def test_mistakes_are_named_and_change_nothing(self):
        self.assertRefused(self.act("nobody", paused=True), 404)
        self.assertRefused(self.act("nobody", reset=["breaker"]), 404)
        for action, word in (({"paused": "yes"}, "paused"), ({"mode": "fast"}, "mode"), ({"reset": ["quota"]}, "reset"),
                             ({"pausd": True}, "pausd"), ({}, "nothing")):
            self.assertIn(word, self.assertRefused(self.act(**action), 400)["detail"])
        self.assertEqual(401, self.proxy.admin("POST", "/api/v1/upstreams/local", key=None, body={"paused": True}).status)
        self.assertFalse(self.status()["paused"])

    # ---- the command

    def test_the_command_shows_a_table_and_acts(self):
        lines = self.command().splitlines()
        self.assertEqual(["NAME", "MODE", "TOKENS", "WAITING", "QUOTA", "LEFT", "PAUSE", "UNTIL", "BREAKER", "IDLE"], lines[0].split())
        self.assertEqual(["local", "live"], next(line for line in lines if line.startswith("local ")).split()[:2])
        self.assertEqual("local: paused: what is stored is served, nothing is sent there\n", self.command("local", "--pause"))
        self.assertIn("local: nothing changed", self.command("local", "--pause"))
        self.assertEqual("paused", next(line for line in self.command().splitlines() if line.startswith("local ")).split()[1])
        self.assertTrue(json.loads(self.command("local", "--json"))["paused"])
        self.assertEqual("local: resumed\n", self.command("local", "--resume"))
        self.assertEqual("local: mode: live before, offline now\n", self.command("local", "--mode", "offline"))
        self.assertIn("failuresInARow", self.command("local"))
        self.assertEqual(1, self.proxy.command("upstreams", "nobody").returncode)
        self.assertEqual(1, self.proxy.command("upstreams", "nobody", "--pause").returncode)
        self.assertEqual(2, self.proxy.command("upstreams", "--pause").returncode)


if __name__ == "__main__":
    main()
