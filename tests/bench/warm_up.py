#!/usr/bin/env python3
"""Warms up a library of a thousand series within a budget, beside clients that are served, with a kill -9 in the middle.

    CACHEARR_BIN=build/cachearr tests/bench/warm_up.py [--series 1000] [--clients 50] [--seconds 5] [--rate 2000]

The applications' lists come from a scripted Sonarr, the shows from a scripted SkyHook that counts what it is asked in each
window of its budget. The clients ask for one stored answer at a fixed rate. Printed: their p99 without and with the
warm-up, in rounds one after the other; how long each part took; what was asked again after the kill. It fails where the
budget was broken, where the job did not end well, or where a show was asked for again that had been answered two seconds
before the kill (the program promises that it loses one second at most). No latency fails it: that is the machine's, and its
rounds follow one another: warm_up_pairs.py compares latencies.
"""
import argparse
import collections
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from lab.origin import Origin, answer, fresh  # noqa: E402
from lab.proxy import Proxy  # noqa: E402

KEY = "fedcba9876543210fedcba9876543210"
BUDGET, PERIOD = 150, 5  # requests in so many seconds
JITTER = 0.5             # between a grant and its arrival
LOSS = 2                 # seconds before a kill of which nothing is promised
JSON = [("Content-Type", "application/json")]


class Household:
    """A Sonarr with a library, a SkyHook with a budget, and a page that clients ask for."""

    def __init__(self, count):
        self.sonarr, self.skyhook, self.page = Origin(), Origin(), Origin()
        self.asked, self.lock = collections.defaultdict(list), threading.Lock()
        library = [{"id": number, "tvdbId": 70000 + number, "title": "Series %d" % number} for number in range(1, count + 1)]
        self.sonarr.default = [lambda _wire, _request: answer("[]", headers=JSON)]
        self.sonarr.on("/api/v3/series", answer(json.dumps(library), headers=JSON))
        self.skyhook.default = [self.show]
        self.page.default = [lambda _wire, _request: fresh(b"x" * 4096, 86400)]

    def show(self, _wire, request):
        number = request.target.rpartition("/")[2]
        with self.lock:
            self.asked[number].append(time.monotonic())
        return answer(json.dumps({"tvdbId": int(number), "title": "x", "status": "ended"}), headers=JSON)

    def rules(self, folder):
        key = os.path.join(folder, "sonarr.key")
        with open(key, "w") as file:
            file.write(KEY + "\n")
        return {"upstreams": {
            "sonarr": {"origin": self.sonarr.url, "mount": "/sonarr", "api_key_file": key, "events": None},
            "skyhook": {"origin": self.skyhook.url, "hosts": ["skyhook.sonarr.tv"], "rate": {"quota": [{"limit": BUDGET, "per": "%ds" % PERIOD}]}},
            "page": {"origin": self.page.url, "hosts": ["bench.test"]}}}  # as load.c calls it

    def violations(self):
        """Windows of its budget in which SkyHook was asked more."""
        times = sorted(at for times in self.asked.values() for at in times)
        return sum(1 for first, at in enumerate(times)
                   if first + BUDGET < len(times) and times[first + BUDGET] - at < PERIOD - JITTER)

    def close(self):
        for origin in (self.sonarr, self.skyhook, self.page):
            origin.close()


class Run:
    def __init__(self, options, folder):
        self.options, self.load = options, os.path.join(folder, "load")
        subprocess.run(["cc", "-O2", str(HERE / "load.c"), "-o", self.load], check=True)
        self.household = Household(options.series)
        self.proxy = Proxy(self.household.rules(folder), {"disk": {"path": "store"}, "log": {"level": "warning"}}).start()
        self.rounds = collections.defaultdict(list)

    def serve(self, name):
        """One round of the clients; their p99 in microseconds."""
        command = [self.load, "rate", str(self.proxy.port), "/hot",
                   str(self.options.clients), str(self.options.seconds), str(self.options.rate)]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        self.rounds[name].append(float(re.search(r"p99=(\d+)", told)[1]))
        print("  %-28s %s" % (name, told.strip()))

    def job(self):
        return self.proxy.admin("GET", "/api/v1/jobs/%d" % self.number).data["job"]

    def serve_until(self, is_enough, name):
        while not is_enough(job := self.job()):
            self.serve(name)
        return job

    def kill(self):
        self.proxy.signal(signal.SIGKILL)
        at = time.monotonic()
        self.proxy.process.wait()
        before = {number: times[0] for number, times in list(self.household.asked.items())}
        self.proxy.launch()
        if not self.proxy._wait_until_ready():
            raise AssertionError("it did not start again:\n" + self.proxy.log.text)
        return at, before

    def go(self):
        for _ in range(2):
            self.serve("without a warm-up")
        began = time.monotonic()
        self.number = self.proxy.admin("POST", "/api/v1/warmup", body={"type": "all"}).data["job"]["id"]
        self.serve_until(lambda _job: len(self.household.asked) > self.options.series * 0.4, "with it, until the kill")
        self.killed_at, self.before = self.kill()
        self.taken_up = self.job()["done"]
        self.last = self.serve_until(lambda job: job["state"] != "running", "with it, after the kill")
        self.took = time.monotonic() - began
        for _ in range(2):
            self.serve("without a warm-up")


def judge(run):
    household, last = run.household, run.last
    again = {number: times for number, times in household.asked.items() if len(times) > 1}
    too_often = [number for number in again if run.before.get(number, 0) < run.killed_at - LOSS]
    broken = household.violations()
    without = statistics.median(run.rounds.pop("without a warm-up"))
    print("p99 without: %d us" % without)
    for name, rounds in run.rounds.items():
        print("p99 %s: %d us (%+.0f %%)" % (name, statistics.median(rounds), 100 * (statistics.median(rounds) / without - 1)))
    print("%d steps in %.0f s: %s, %d failed; the job was taken up at %d" % (last["total"], run.took, last["state"], last["failed"], run.taken_up))
    print("shows asked for: %d; again after the kill: %d of %d, of these answered %d s before it: %d; budget broken: %d times" % (
        len(household.asked), len(again), len(run.before), LOSS, len(too_often), broken))
    fine = (last["state"], last["failed"], len(household.asked)) == ("done", 0, run.options.series)
    return 0 if fine and not broken and not too_often else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--series", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=5, help="of each round of the clients")
    parser.add_argument("--rate", type=int, default=2000, help="requests of the clients in a second")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="warm-up-") as folder:
        run = Run(options, folder)
        try:
            run.go()
            return judge(run)
        finally:
            run.proxy.stop()
            run.household.close()


if __name__ == "__main__":
    sys.exit(main())
