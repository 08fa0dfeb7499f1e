#!/usr/bin/env python3
"""A day's troubles in the running program, by a clock that runs sixty times as fast: when does each alert fire and end?

    CACHEARR_BIN=build/cachearr tests/bench/alert_day.py [--speed 60]

Each trouble is made for real at a known minute: misses, a full memory, a spent quota, a 429, an upstream that is gone,
one that answers nonsense, a full disk, broken rules. The times are those that the program itself reports. Printed for
each alert: the minutes from the trouble to the alert and from its end to the all-clear, beside what they should be. The
watch looks once a minute, so a minute more is right. Needs the package libfaketime; not part of ctest, since it depends
on the machine's pace.
"""
import argparse
import datetime
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import threading
import time
from email.utils import formatdate

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
sys.path.insert(0, str(HERE / "day_replay"))
from lab.origin import RESET, Origin, answer  # noqa: E402
from lab.proxy import Proxy  # noqa: E402
from run import FAKETIME  # noqa: E402

CONFIG = {"memory": {"max_bytes": "8MiB"}, "disk": {"path": "store", "max_bytes": "64MiB"},
          "cache": {"max_keys": 400, "alert_key_hit_rate_below": 30},
          "timeouts": {"connect": "60s", "upstream_header": "300s", "upstream_idle": "300s", "shutdown_grace": "60s"},
          "log": {"level": "warning"}}


def rules(origin, quota_origin, busy, gone, drifting):
    def upstream(at, **more):
        return dict({"origin": at.url, "mount": "/" + at.name, "hosts": [at.name + ".test"]}, **more)
    upstreams = {"main": upstream(origin), "metered": upstream(quota_origin, rate={"quota": [{"limit": 20, "per": "hour"}]}),
                 "busy": upstream(busy), "gone": upstream(gone), "drifting": upstream(drifting)}
    each = [{"name": name, "upstream": name, "match": {"path": "/**"}, "ttl": "6h", "expect": "json" if name == "drifting" else "any"}
            for name in upstreams]
    poor = {"name": "poor", "upstream": "main", "match": {"path": "/poor/**"}, "ttl": "1s", "expect": "any", "stale": {"while_revalidate": "0s"}}
    return {"upstreams": upstreams, "rules": [poor] + each}


class Day:
    def __init__(self, speed):
        self.speed = speed
        self.origins = {}
        for name in ("main", "metered", "busy", "gone", "drifting"):
            self.origins[name] = Origin()
            self.origins[name].name = name
            self.origins[name].default = [self.body_of(b"{\"a\": 1}")]
        folder = tempfile.mkdtemp(prefix="alert-day-")
        shim = os.path.join(folder, "clockwait.so")
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", str(HERE / "day_replay" / "clockwait.c"), "-o", shim], check=True)
        library = next(each for each in FAKETIME if os.path.exists(each))
        environment = {"LD_PRELOAD": "%s:%s" % (shim, library), "FAKETIME": "+0 x%d" % speed}
        self.begun = time.time()
        order = [self.origins[name] for name in ("main", "metered", "busy", "gone", "drifting")]
        self.proxy = Proxy(rules(*order), CONFIG, environment=environment, threads=1).start()
        self.number = 0

    def body_of(self, body, status=200, headers=()):
        """Dated by the fast clock, for else each answer would be hours old."""
        return lambda _wire, _request: answer(body, status, dict(headers, Date=formatdate(self.now(), usegmt=True), **{
            "Content-Type": "application/json"}))

    def now(self):
        return self.begun + (time.time() - self.begun) * self.speed

    def minute(self, at=None):
        return ((at if at is not None else self.now()) - self.begun) / 60

    def until(self, minute):
        time.sleep(max(0.0, (minute * 60 - (self.now() - self.begun)) / self.speed))

    def ask(self, name, path):
        return self.proxy.ask("http://%s.test%s" % (name, path))

    def fresh_path(self, stem="/n"):
        self.number += 1
        return "%s/%d" % (stem, self.number)

    def alerts(self):
        def at(text):
            return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() if text else None
        told = self.proxy.admin("GET", "/api/v1/alerts").data
        return [(each["id"], each["subject"], self.minute(at(each["since"])), self.minute(at(each["resolved"])) if each["resolved"] else None)
                for each in told["firing"] + told["recent"]]

    def seen(self, wanted):
        return [each for each in self.alerts() if each[0] == wanted]


def same(path):
    while True:
        yield path


def new_paths(day):
    while True:
        yield day.fresh_path()


class Troubles:
    """Each makes one trouble, waits, ends it, waits, and says the minutes of both."""

    def __init__(self, day):
        self.day = day

    def wait_for(self, holds, minutes):
        end = self.day.minute() + minutes
        while not holds():
            if self.day.minute() > end:
                return None
            time.sleep(0.5 / self.day.speed)
        return self.day.minute()

    def fires(self, which, minutes=10):
        return self.wait_for(lambda: any(end is None for _, _, _, end in self.day.seen(which)), minutes)

    def ends(self, which, minutes=10):
        return self.wait_for(lambda: all(end is not None for _, _, _, end in self.day.seen(which)), minutes)

    def hit_rate(self):
        stop = threading.Event()

        def ask(paths):
            while not stop.is_set():
                self.day.ask("main", next(paths))
                time.sleep(60 / 40 / self.day.speed)
        begun, client = self.day.minute(), threading.Thread(target=ask, args=(new_paths(self.day),))
        client.start()
        fired = self.fires("hit-rate", 12)
        stop.set()
        client.join()
        stop.clear()
        ended, client = self.day.minute(), threading.Thread(target=ask, args=(same("/n/1"),))
        client.start()
        over = self.ends("hit-rate", 12)
        stop.set()
        client.join()
        return begun, fired, ended, over

    def memory(self):
        self.day.origins["main"].on("/large", self.day.body_of(b"x" * 400_000))
        begun = self.day.minute()
        for number in range(17):
            self.day.ask("main", "/large?%d" % number)
        fired = self.fires("memory")
        return begun, fired, *self.purge("memory")

    def purge(self, which):
        ended = self.day.minute()
        self.day.proxy.admin("POST", "/api/v1/purge", body={"all": True})
        return ended, self.ends(which)

    def keys(self):
        begun = self.day.minute()
        for _ in range(410):
            self.day.ask("main", self.day.fresh_path())
        fired = self.fires("keys")
        return begun, fired, *self.purge("keys")

    def quota(self, which, calls):
        begun = self.day.minute()
        for _ in range(calls):
            self.day.ask("metered", self.day.fresh_path())
        return begun, self.fires(which), begun + 60, self.ends(which, 75)

    def quota_low(self):
        return self.quota("quota-low", 19)

    def quota_spent(self):
        return self.quota("quota-spent", 20)

    def cooldown(self):
        busy, path = self.day.origins["busy"], self.day.fresh_path()
        busy.on(path, self.day.body_of(b"", 429, {"Retry-After": "600"}))
        begun = self.day.minute()
        self.day.ask("busy", path)
        return begun, self.fires("cooldown"), begun + 10, self.ends("cooldown", 20)

    def upstream_down(self):
        gone = self.day.origins["gone"]
        kept, gone.default = gone.default, [RESET]
        begun = self.day.minute()
        for _ in range(12):
            self.day.ask("gone", self.day.fresh_path())
        stop = threading.Event()

        def ask():
            while not stop.is_set():
                self.day.ask("gone", self.day.fresh_path())
                time.sleep(10 / self.day.speed)
        client = threading.Thread(target=ask)
        client.start()
        fired = self.fires("upstream-down")
        gone.default = kept
        ended = self.day.minute()
        over = self.ends("upstream-down", 15)
        stop.set()
        client.join()
        return begun, fired, ended, over

    def upstream_drift(self):
        drifting = self.day.origins["drifting"]
        kept, drifting.default = drifting.default, [self.day.body_of(b"<html>sorry</html>")]
        begun = self.day.minute()
        for _ in range(12):
            self.day.ask("drifting", self.day.fresh_path())
        fired = self.fires("upstream-drift")
        drifting.default = kept
        ended = self.day.minute()
        return begun, fired, ended, self.ends("upstream-drift", 20)

    def store(self):
        pid = self.day.proxy.process.pid
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, before[1]))
        begun = self.day.minute()
        for _ in range(5):
            self.day.ask("main", self.day.fresh_path())
        fired = self.fires("store")
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
        ended = self.day.minute()
        self.day.ask("main", self.day.fresh_path())
        return begun, fired, ended, self.ends("store")

    def rules(self):
        begun, proxy = self.day.minute(), self.day.proxy
        proxy.write_rules("{")
        proxy.admin("POST", "/api/v1/reload", body={})
        fired = self.fires("rules")
        proxy.write_rules(proxy.rules)
        ended = self.day.minute()
        proxy.admin("POST", "/api/v1/reload", body={})
        return begun, fired, ended, self.ends("rules")

    def key_hit_rate(self):
        begun, path = self.day.minute(), self.day.fresh_path("/poor")
        for _ in range(25):
            self.day.ask("main", path)
            time.sleep(3 / self.day.speed)
        fired = self.fires("key-hit-rate", 15)
        return begun, fired, *self.purge("key-hit-rate")


# Minutes at most from the trouble to the alert and from its end to the all-clear: its hold, and a look each minute. What
# is judged by the last ten minutes takes these to be over; keys are counted anew every few minutes.
EXPECTED = {"hit-rate": (7.5, 3), "memory": (1.5, 2.5), "keys": (1.5, 2.5), "key-hit-rate": (8, 8), "quota-low": (1.5, 3),
            "quota-spent": (1.5, 3), "cooldown": (1.5, 2.5), "upstream-down": (4, 8), "upstream-drift": (1.5, 13),
            "store": (2.5, 3.5), "rules": (0.5, 2.5)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--speed", type=int, default=60)
    parser.add_argument("only", nargs="*", help="alerts to try; all without")
    options = parser.parse_args()
    day = Day(options.speed)
    troubles, late = Troubles(day), 0
    for _ in range(3):
        day.ask("main", "/n/1")
    print("%-15s %8s %8s %8s   %8s %8s %8s" % ("alert", "trouble", "fired +", "at most", "its end", "clear +", "at most"))
    for which, (at_most, clear_at_most) in EXPECTED.items():
        if options.only and which not in options.only:
            continue
        begun, fired, ended, over = getattr(troubles, which.replace("-", "_"))()
        good = fired is not None and over is not None and fired - begun <= at_most and over - ended <= clear_at_most
        late += not good
        print("%-15s %8.1f %8s %8.1f   %8.1f %8s %8.1f%s" % (
            which, begun, "never" if fired is None else "%.1f" % (fired - begun), at_most, ended,
            "never" if over is None else "%.1f" % (over - ended), clear_at_most, "" if good else "   <- wrong"), flush=True)
        day.until(day.minute() + 2)
    day.proxy.stop()
    tried = len(options.only or EXPECTED)
    print("%d of %d as they should be" % (tried - late, tried))
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
