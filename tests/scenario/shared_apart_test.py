"""One instance alone that does not reach the Redis, while the others do and go on with it."""
from lab.case import main
from lab.origin import answer, fresh
from lab.relay import Relay
from lab.shared import Sharing
from lab.shared_limits import BURST, Limits


class Apart(Sharing):
    def setUp(self):
        super().setUp()
        self.way = Relay(self.redis.port)
        self.addCleanup(self.way.close)

    def apart(self, name, **more):
        return self.instance(name, redis_url=self.way.url, **more)

    def stored(self, stem, count, *proxies):
        """New paths with an old answer, which all of these have; from now on the origin has a new one."""
        paths, before = [self.path(stem) for _ in range(count)], self.status(proxies[0])["records"]["written"]
        for path in paths:
            self.origin.on(path, fresh("old"))
        for proxy in proxies:
            self.assertAll("old", paths, proxy)
            self.written(proxies[0], before + count)
        for path in paths:
            self.origin.on(path, fresh("new"))
        return paths

    def purge(self, proxy, stem):
        self.assertEqual("sent", proxy.admin("POST", "/api/v1/purge", body={"pattern": "*%s/*" % stem}).data["shared"])
        self.heard(proxy)

    def assertAll(self, body, paths, proxy):
        for path in paths:
            self.assertAnswered(self.ask(path, proxy=proxy), body)


class CutOff(Apart):
    def lost_and_back(self, lose):
        here, there = self.instance("here"), self.apart("there")
        kept = self.stored("/kept", 3, here, there)
        purged = self.stored("/purged", 3, here, there)
        unseen = self.stored("/purged", 200, here)
        lose()
        self.away(there)
        self.purge(here, "/purged")
        self.assertEqual("ready", self.status(here)["state"])
        self.assertAll("new", purged, here)
        before = self.origin.count()
        self.assertAll("old", purged + kept, there)
        self.assertEqual(before, self.origin.count(), "it asks for what it has")
        self.answers(there, 5)
        self.way.mend()

        def is_back():
            if len(unseen) > 10:
                self.assertAll("new", [unseen.pop()], there)
            return self.status(there)["state"] == "ready"
        self.until(is_back, "it never comes back")
        self.assertAll("new", unseen[:5] + purged + unseen[5:], there)
        self.assertAll("old", kept, there)
        self.assertEqual(0, self.status(there)["invalidations"]["gaps"])
        self.shares(here, there)

    def test_cut_off_it_serves_as_before_and_nothing_that_was_purged_once_it_is_back(self):
        self.lost_and_back(self.way.cut)

    def test_behind_a_silent_way_it_serves_as_before_and_nothing_that_was_purged_once_it_is_back(self):
        self.lost_and_back(self.way.fall_silent)

    def test_what_it_purges_itself_reaches_the_others_once_it_is_back(self):
        here, there = self.instance("here"), self.apart("there")
        kept, purged = self.stored("/kept", 1, here, there), self.stored("/purged", 1, here, there)
        self.way.cut()
        self.away(there)
        self.assertEqual("queued", there.admin("POST", "/api/v1/purge", body={"pattern": "*/purged/*"}).data["shared"])
        self.assertAll("new", purged, there)
        self.assertAll("old", purged + kept, here)
        self.way.mend()
        self.ready(there)
        self.heard(here, there)
        self.assertAll("new", purged, here)
        self.assertAll("old", kept, here)

    def test_blind_for_too_long_it_asks_once_for_what_it_has(self):
        here, there = self.instance("here"), self.apart("there", blind_after="1s")
        path, = self.stored("/blind", 1, here, there)
        self.way.cut()
        self.until(lambda: self.ask(path, proxy=there).body == b"new", "it goes on with what it cannot know to be right")
        asked = self.asked(path)
        for _ in range(3):
            self.assertHit(self.ask(path, proxy=there))
        self.assertEqual(asked, self.asked(path))
        self.assertAll("old", [path], here)

    def test_blind_for_too_long_it_serves_stale_where_the_upstream_fails(self):
        there = self.apart("there", blind_after="1s")
        path, = self.stored("/blind", 1, there)
        self.origin.on(path, answer("broken", 503))
        self.way.cut()

        def is_asked():
            self.assertAll("old", [path], there)
            return self.asked(path) > 1
        self.until(is_asked, "it goes on with what it cannot know to be right")


class LimitsApart(Limits):
    def test_one_that_is_cut_off_goes_by_its_part_and_all_together_stay_within_the_limits(self):
        way = Relay(self.redis.port)
        self.addCleanup(way.close)
        here, there = self.limited_instance("here"), self.limited_instance("there", redis_url=way.url)
        end, wrong = self.load(here, there)
        self.more(BURST + 4)
        way.cut()
        self.until(lambda: self.standings(there) == {"away"}, "it never goes by its part")
        self.assertEqual({"connected"}, self.standings(here))
        self.more(6)
        way.mend()
        self.until(lambda: self.standings(there) == {"connected"}, "it never comes back")
        self.more(4)
        end()
        self.assertEqual([], wrong)
        self.assertWithinLimits()


if __name__ == "__main__":
    main()
