"""The scripts of the shared limits in a real Redis, driven by virtual time: never one token over, whatever happens to the server.

    lanes_test.py [STEPS]

Members draw at random; a ledger that stands for the upstream judges each request that went out. Meanwhile the server is flushed,
is replaced by one with an older copy of its data, and its clock steps back. (A clock that steps forward gives time that was not
there: nobody could tell.)
"""
import pathlib
import random
import sys
import unittest
from collections import deque

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from lab.redis_server import RedisServer  # noqa: E402

SCRIPTS = ROOT / "src" / "shared" / "scripts"
GO, WAIT, MERGE, VOID = range(4)
RATE, QUOTA, PAUSE = 1, 3, 4
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
START = 1_700_000_000_000
TOKEN = 10 ** 9


def script(name):
    return "#!lua flags=allow-oom\n" + "".join(
        (SCRIPTS / part).read_text() for part in ("now_of_argument.lua", "lane.lua", name + ".lua"))


class Limits:
    def __init__(self, per_second=2, burst=8, quotas=((1000, DAY, False, 0), (60, MINUTE, False, 0))):
        self.rate, self.burst, self.quotas = per_second * TOKEN, burst, quotas

    def keys(self):
        lists = ["t:l1:x:%d%s0" % (per, "f" if fixed else "r") for _, per, fixed, _ in self.quotas]
        return ["t:l1:x", "t:l1:x:here", "t:l1:x:away", *lists, "t:l1"]


class Ledger:
    """What the upstream counts: a bucket that was full at the start, and exact windows."""

    def __init__(self, limits):
        self.limits, self.level, self.at = limits, limits.burst * TOKEN * 1000, START
        self.sent, self.over, self.granted = [deque() for _ in limits.quotas], 0, 0

    def take(self, now):
        limits = self.limits
        self.level = min(limits.burst * TOKEN * 1000, self.level + (now - self.at) * limits.rate) - TOKEN * 1000
        self.at = now
        over = limits.rate > 0 and self.level < 0
        for (limit, per, fixed, _), sent in zip(limits.quotas, self.sent):
            begin = now // per * per - 1 if fixed else now - per
            while sent and sent[0] <= begin:
                sent.popleft()
            sent.append(now)
            over = over or len(sent) > limit
        self.granted, self.over = self.granted + 1, self.over + over


class Member:
    """What an instance knows: what it has sent, and into which state of the lane it has merged that."""

    def __init__(self, world, name, limits=None):
        self.world, self.name, self.lane, self.clean = world, name, "", True
        self.limits = limits or world.limits
        self.call, self.confirmed, self.sent, self.offers, self.left = 0, 0, deque(), [], []

    def head(self):
        return self.name, self.world.run_id, self.lane, len(self.limits.quotas)

    def draw(self, what="draw", keep=0, interactive=True, void_after=0, elsewhere=1, absent="", merges=True):
        limits = self.limits
        self.call += 1
        words = [*self.head(), what, int(self.clean), self.call, self.confirmed, void_after, self.world.grace, elsewhere, absent, limits.rate,
                 limits.burst, keep, int(interactive), 0, int(self.world.alone)]
        for limit, per, fixed, reserve in limits.quotas:
            words += [limit, per, int(fixed), reserve, 1]
        answer = self.world.run("draw", words, limits)
        if answer[0] == MERGE and merges:
            self.merge()
            return self.draw(what, keep, interactive, void_after, elsewhere, absent, False)
        if answer[0] in (GO, WAIT):
            self.confirmed, self.lane = self.call, answer[4].decode()
            goods = 2 + 2 * len(limits.quotas)
            self.offers, self.left = answer[9:9 + goods], answer[9 + goods:]
        if answer[0] == GO and what == "draw":
            self.sent.append(self.world.now + self.world.skew)
            self.clean = False
        return answer

    def merge(self):
        words = list(self.head())
        for _, per, _, _ in self.limits.quotas:
            runs = [at for at in self.sent if at > self.world.now + self.world.skew - 2 * per]
            words.append(len(runs))
            for at in runs:
                words += [at, 1]
        self.lane = self.world.run("seed", words, self.limits)[1].decode()

    def pause(self, until, told=True, since=""):
        return self.world.run("pause", [*self.head(), 0, until, int(told), since], self.limits)[1]


class World:
    """One lane on one server, and virtual time."""

    def __init__(self, server, limits, members=4):
        self.connection, self.limits, self.now, self.skew = server.connect(), limits, START, 0
        self.grace, self.alone = 3000, False
        self.connection.call("FLUSHALL")
        self.run_id, self.copies = "0" * 40, 0
        self.hashes = {name: self.connection.call("SCRIPT", "LOAD", script(name)) for name in ("draw", "seed", "pause")}
        self.keys = limits.keys()
        self.connection.call("SET", "t:l1", "%d %s" % (START - HOUR, self.run_id))
        self.members = [Member(self, "m%d" % i) for i in range(members)]

    def run(self, name, words, limits):
        keys = limits.keys()
        return self.connection.call("EVALSHA", self.hashes[name], len(keys), *keys, *words, self.now + self.skew)

    def flush(self):
        self.connection.call("FLUSHDB")

    def keep_copy(self):
        return {key: self.connection.call("DUMP", key) for key in self.keys}

    def fail_over(self, copy):
        """To a server that has what the other one had when the copy was made."""
        self.connection.call("FLUSHDB")
        for key, data in copy.items():
            if data is not None:
                self.connection.call("RESTORE", key, 0, data)
        self.copies += 1
        self.run_id = "%040d" % self.copies


class Lanes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = RedisServer()
        cls.addClassCleanup(cls.server.close)

    def world(self, members=4, **limits):
        world = World(self.server, Limits(**limits), members)
        self.addCleanup(world.connection.close)
        return world

    def drain(self, member, most=10_000, **how):
        count = 0
        while count < most and member.draw(**how)[0] == GO:
            count += 1
        return count

    def test_the_burst_goes_at_once_and_then_one_for_each_half_second(self):
        world = self.world(members=1, quotas=())
        self.assertEqual(8, self.drain(world.members[0], 8))
        answer = world.members[0].draw()
        self.assertEqual((WAIT, RATE), (answer[0], answer[2]))
        world.now += answer[1] - 1
        self.assertEqual(WAIT, world.members[0].draw()[0])
        world.now += 1
        self.assertEqual(1, self.drain(world.members[0]))

    def test_members_that_wait_are_told_to_come_one_after_the_other(self):
        world = self.world(quotas=())
        self.drain(world.members[0], 8)
        told = [member.draw()[1] for member in world.members[1:]]
        self.assertEqual(sorted(set(told)), told)
        self.assertGreaterEqual(told[-1] - told[0], 1000)

    def test_background_work_leaves_a_quarter_of_the_burst(self):
        world = self.world(members=1)
        self.assertEqual(6, self.drain(world.members[0], keep=2))
        self.assertEqual(2, self.drain(world.members[0]))

    def test_only_interactive_requests_use_the_reserve_of_a_quota(self):
        world = self.world(members=1, per_second=0, burst=0, quotas=((10, DAY, False, 4),))
        self.assertEqual(6, self.drain(world.members[0], interactive=False))
        self.assertEqual(4, self.drain(world.members[0]))

    def test_a_fixed_quota_comes_back_at_its_boundary(self):
        world = self.world(members=1, per_second=0, burst=0, quotas=((5, DAY, True, 0),))
        self.assertEqual(5, self.drain(world.members[0]))
        boundary = (START // DAY + 1) * DAY
        answer = world.members[0].draw()
        self.assertEqual((QUOTA, boundary + 2000), (answer[2], answer[3] + answer[1]))
        world.now += answer[1]
        self.assertEqual(5, self.drain(world.members[0]))

    def test_a_pause_that_one_was_told_holds_all_and_a_guess_does_not_shorten_it(self):
        world = self.world(members=2, quotas=())
        world.members[0].draw()
        until = START + HOUR
        self.assertEqual(until, world.members[0].pause(until))
        self.assertEqual(until, world.members[1].pause(START + MINUTE, told=False))
        self.assertEqual(until, world.members[1].pause(START + MINUTE, told=True))
        answer = world.members[1].draw()
        self.assertEqual((WAIT, PAUSE, until), (answer[0], answer[2], answer[6]))
        world.members[0].pause(0)
        self.assertEqual(GO, world.members[1].draw()[0])

    def test_a_pause_that_was_ended_is_told_from_one_that_was_lost(self):
        world = self.world(members=2, quotas=())
        one, other = world.members
        self.assertEqual(0, one.draw("beat")[6])
        one.pause(START + HOUR)
        world.now += 1000
        one.pause(0)
        self.assertEqual(world.now, other.draw("beat")[6], "its end is the moment of that")
        self.assertEqual(world.now, other.pause(START + HOUR, since=START + 500), "who knew it before does not bring it back")
        self.assertEqual(GO, other.draw()[0])
        other.pause(START + HOUR, since=world.now + 1)
        self.assertEqual(START + HOUR, one.draw()[6], "but a later one holds")
        world.flush()
        self.assertEqual(0, one.draw("beat")[6])
        one.pause(START + HOUR, since=START)
        self.assertEqual(START + HOUR, other.draw("beat")[6])

    def test_a_guessed_pause_is_told_as_such(self):
        world = self.world(members=1, quotas=())
        world.members[0].pause(START + HOUR, told=False)
        self.assertEqual(-(START + HOUR), world.members[0].draw()[6])

    def test_a_void_call_changes_nothing(self):
        world = self.world(members=1)
        before = world.keep_copy()
        self.assertEqual(VOID, world.members[0].draw(void_after=START - 1)[0])
        self.assertEqual(before, world.keep_copy())

    def test_after_a_flush_nobody_draws_for_three_seconds_and_what_was_spent_stays_spent(self):
        world = self.world(per_second=0, burst=0, quotas=((100, DAY, False, 0),))
        for member in world.members[1:]:
            member.draw("beat")
        for _ in range(3):
            for member in world.members:
                member.draw("beat")
        spent = sum(self.drain(member, 20) for member in world.members)
        world.flush()
        self.assertEqual(WAIT, world.members[0].draw()[0])
        for _ in range(3):
            world.now += 1000
            for member in world.members:
                member.draw("beat")
        world.now += 1
        self.assertEqual(100 - spent, world.members[0].left[0])
        self.assertEqual(GO, world.members[0].draw()[0])

    def test_after_a_failover_each_replaces_its_own_runs_and_leaves_those_of_others(self):
        world = self.world(members=2, per_second=0, burst=0, quotas=((100, DAY, False, 0),))
        one, other = world.members
        for _ in range(4):
            one.draw("beat")
            other.draw("beat")
        spent = self.drain(one, 20) + self.drain(other, 10)
        copy = world.keep_copy()
        spent += self.drain(one, 5)
        world.fail_over(copy)
        one.draw("beat")
        self.assertEqual(100 - spent, one.left[0])

    def test_what_is_offered_is_never_more_than_there_is(self):
        world = self.world(per_second=3, burst=7, quotas=((50, HOUR, False, 0),))
        chance = random.Random(5)
        for _ in range(500):
            world.now += chance.randrange(2000)
            chance.choice(world.members).draw(chance.choice(["draw", "beat"]))
            for k, whole in enumerate((world.limits.rate, 7)):
                self.assertLessEqual(sum(member.offers[k] for member in world.members if member.offers), whole)

    def test_a_missing_member_keeps_its_part_and_gives_it_back_when_it_returns(self):
        world = self.world(members=2)
        one, other = world.members
        for _ in range(4):
            one.draw("beat")
            other.draw("beat")
        self.assertEqual([TOKEN, 4], other.offers[:2])
        for _ in range(8):
            world.now += 1000
            one.draw("beat")
        self.assertEqual(4, self.drain(one), "half of the burst is the missing one's")
        world.now += 2000
        self.assertEqual(2, self.drain(one), "and so is half of the rate")
        other.lane = ""
        other.draw("beat")
        world.now += 2000
        self.assertEqual(4, self.drain(one))

    def test_who_is_alone_leaves_half_to_one_that_comes_in_its_place(self):
        world = self.world(members=2, quotas=((20, HOUR, False, 0),))
        gone, successor = world.members
        self.assertEqual(4, self.drain(gone, 4))
        for _ in range(3):
            gone.draw("beat")
        self.assertEqual([TOKEN, 4, 8, 10], gone.offers)
        world.now += 4000
        self.assertEqual(GO, successor.draw()[0])
        self.assertLessEqual(1 + self.drain(successor, 20), 4, "half of the burst is left to it")

    def test_who_is_the_only_one_for_good_is_offered_all(self):
        world = self.world(members=1, quotas=((20, HOUR, False, 0),))
        world.alone = True
        for _ in range(3):
            world.members[0].draw("beat")
        self.assertEqual([2 * TOKEN, 8, 20, 20], world.members[0].offers)

    def test_what_a_missing_member_was_offered_comes_back(self):
        world = self.world(members=2, quotas=((40, HOUR, False, 0),))
        gone, other = world.members
        for _ in range(4):
            gone.draw("beat")
            other.draw("beat")
        missing_from = world.now + world.grace
        self.beat_until(other, world.now + 9000)
        self.assertEqual(4, self.drain(other), "half of the burst is held")
        self.beat_until(other, missing_from + 15 * MINUTE - 1000)
        self.assertEqual(4, self.drain(other))
        self.beat_until(other, missing_from + 15 * MINUTE + 5000)
        self.assertEqual(8, self.drain(other), "all of it is there")
        self.beat_until(other, world.now + 9000)
        self.assertEqual(4, self.drain(other), "the rest of the quota is held")
        answer = other.draw()
        self.assertEqual((WAIT, QUOTA), (answer[0], answer[2]))
        self.assertEqual(missing_from + HOUR + 2000, world.now + answer[1], "it is told when that comes back")
        self.assertEqual(WAIT, other.draw("beat")[0])
        self.beat_until(other, missing_from + HOUR + 10_000)
        self.assertEqual(GO, other.draw("beat")[0], "and so is who was told to wait")
        self.assertEqual(8, self.drain(other))

    def beat_until(self, member, until):
        member.world.now = max(member.world.now, until - 10_000)
        while member.world.now < until:
            member.draw("beat")
            member.world.now = min(until, member.world.now + 1000)

    def test_what_has_come_back_is_not_counted_twice_when_the_member_returns(self):
        world = self.world(members=2, quotas=((40, HOUR, False, 0),))
        gone, other = world.members
        for _ in range(4):
            gone.draw("beat")
            other.draw("beat")
        world.now += HOUR + 10_000
        other.draw("beat")
        other.draw("beat")
        gone.lane = ""
        for _ in range(4):
            gone.draw("beat")
            other.draw("beat")
        stored = dict(zip(*[iter(world.connection.call("HGETALL", "t:l1:x"))] * 2))
        self.assertEqual(b"", stored[b"away"])
        self.assertEqual([[TOKEN, 4, 20, 20]] * 2, [gone.offers, other.offers])

    def test_members_with_different_quotas_count_by_their_windows(self):
        world = self.world(members=0, per_second=0, burst=0)
        day, minute = (100, DAY, False, 0), (5, MINUTE, False, 0)
        by_day = Member(world, "by-day", Limits(0, 0, (day,)))
        by_both = Member(world, "by-both", Limits(0, 0, (minute, day)))
        for _ in range(4):
            by_day.draw("beat")
            by_both.draw("beat")
        self.assertEqual(3, self.drain(by_day, 3))
        by_both.draw("beat")
        self.assertEqual([2, 97], by_both.left, "the minute counts what the other one sends")
        spent = 3 + self.drain(by_both)
        self.assertLessEqual(spent, 5)
        by_day.draw("beat")
        self.assertEqual([100 - spent], by_day.left)
        self.assertEqual(40, self.drain(by_day, 40), "the minute is none of its limits")
        self.assertEqual((WAIT, QUOTA), (by_both.draw()[0], by_both.draw()[2]))
        world.now += MINUTE + 1001
        by_both.draw("beat")
        self.assertEqual([5, 60 - spent], by_both.left)

    def test_a_quota_that_nobody_has_any_more_is_forgotten(self):
        world = self.world(members=1, per_second=0, burst=0, quotas=((100, DAY, False, 0),))
        other = Member(world, "other", Limits(0, 0, ((5, MINUTE, False, 0),)))
        other.draw()
        list_key = "t:l1:x:%dr0" % MINUTE
        world.members[0].draw()
        self.assertEqual(1, world.connection.call("EXISTS", list_key))
        world.now += DAY + 1
        world.members[0].draw()
        self.assertEqual(0, world.connection.call("EXISTS", list_key))
        self.assertNotIn("%dr0" % MINUTE, world.connection.call("HGET", "t:l1:x", "seen").decode())

    def test_who_says_goodbye_takes_nothing_along(self):
        world = self.world(members=2)
        one, other = world.members
        for _ in range(4):
            one.draw("beat")
            other.draw("beat")
        other.draw("leave")
        for _ in range(8):
            world.now += 1000
            one.draw("beat")
        self.assertEqual(8, self.drain(one))

    def test_never_one_token_over(self):
        steps = STEPS
        world, chance = self.world(), random.Random(11)
        ledger, copy, losses = Ledger(world.limits), None, 0
        world.grace = 60_000

        def draw(times):
            for _ in range(times):
                if chance.choice(world.members).draw(elsewhere=4)[0] == GO:
                    ledger.take(world.now)

        def beat():
            # A real member asks again each second.
            for member in world.members:
                if member.lane:
                    member.draw("beat")

        for step in range(steps):
            world.now += int(chance.expovariate(1 / 1500)) if chance.random() < 0.998 else chance.randrange(6 * HOUR)
            if step % 1000 == 0:
                copy = world.keep_copy()
            event = chance.random()
            if event < 0.01:
                losses += 1
                draw(12)
                world.flush() if chance.random() < 0.5 else world.fail_over(copy)
                beat()
                world.now += 3000
            elif event < 0.012:
                world.skew -= chance.randrange(400_000)
            beat()
            draw(12 if event < 0.01 or event > 0.95 else 1)
        print("%d steps, %.1f days, %d lost states: %d granted, %d over" %
              (steps, (world.now - START) / DAY, losses, ledger.granted, ledger.over))
        self.assertEqual(0, ledger.over)
        self.assertGreater(ledger.granted, steps // 200)


STEPS = int(sys.argv.pop(1)) if sys.argv[1:] and sys.argv[1].isdigit() else 3000
if __name__ == "__main__":
    unittest.main()
