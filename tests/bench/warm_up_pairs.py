#!/usr/bin/env python3
"""Whether a warm-up makes clients wait: their p99 in short rounds while it is held, and while it goes on, in turn.

    CACHEARR_BIN=build/cachearr tests/bench/warm_up_pairs.py [--pairs 40] [--seconds 2] [--rate 2000] [--budget 30] [--kilobytes 100]

Fifty clients ask for one stored answer at a fixed rate. A warm-up asks a SkyHook for shows of that size, as many in a second as the
budget lets it. SkyHook is stopped by a signal for the rounds without: the job then waits for its one answer. Which of both comes
first in a pair is drawn. Printed: medians, the median of the pairs' ratios with a bootstrap interval of 95 %, and how much
processor time each thread of the program and each origin took for a fetch of the warm-up. No number fails it: they are the
machine's.
"""
import argparse
import collections
import json
import os
import pathlib
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "support"))
from lab.origin import Origin, answer  # noqa: E402
from lab.proxy import Proxy, free_ports  # noqa: E402

KEY = "fedcba9876543210fedcba9876543210"
LIBRARY = 60000
JSON = [("Content-Type", "application/json")]


def show(kilobytes):
    """A show as SkyHook tells it, with as many episodes as make the size."""
    told = {"tvdbId": 70001, "title": "Series", "status": "ended", "firstAired": "2001-02-03", "lastUpdated": "2020-01-02 03:04:05", "episodes": []}
    while len(json.dumps(told)) < kilobytes * 1024:
        told["episodes"] += [{"tvdbShowId": 70001, "tvdbId": 1000 + number, "seasonNumber": 1, "episodeNumber": number, "title": "Episode %d" % number,
                              "airDate": "2001-02-03", "airDateUtc": "2001-02-04T01:00:00Z", "runtime": 45, "overview": "It happens. " * 25,
                              "image": "https://artworks.thetvdb.com/banners/episodes/70001/%d.jpg" % number} for number in range(20)]
    return json.dumps(told)


def spent(pid):
    """Processor time of the threads by their names, in seconds."""
    times = collections.Counter()
    for task in pathlib.Path("/proc/%d/task" % pid).iterdir():
        try:
            times[(task / "comm").read_text().strip()] += int((task / "schedstat").read_text().split()[0]) / 1e9
        except FileNotFoundError:
            pass  # it has just ended
    return times


class Server:
    """An origin in C with one answer."""

    def __init__(self, program, size, *more):
        self.port, = free_ports(1)
        self.process = subprocess.Popen([program, str(self.port), str(size), *more])
        self.url = "http://127.0.0.1:%d" % self.port

    def hold(self, held):
        self.process.send_signal(signal.SIGSTOP if held else signal.SIGCONT)

    def close(self):
        self.process.kill()
        self.process.wait()


class Run:
    def __init__(self, options, folder):
        self.options = options
        self.load, server = os.path.join(folder, "load"), os.path.join(folder, "server")
        for name, program in (("load", self.load), ("epoll_server", server)):
            subprocess.run(["cc", "-O2", str(HERE / (name + ".c")), "-o", program], check=True)
        body = pathlib.Path(folder) / "show.json"
        body.write_text(show(options.kilobytes))
        self.page = Server(server, 4096)
        self.skyhook = Server(server, body.stat().st_size, "0", str(body))
        self.sonarr = Origin()
        self.sonarr.default = [lambda _wire, _request: answer("[]", headers=JSON)]
        library = [{"id": number, "tvdbId": 70000 + number} for number in range(1, LIBRARY + 1)]
        self.sonarr.on("/api/v3/series", answer(json.dumps(library), headers=JSON))
        self.proxy = Proxy(self.rules(folder), {"disk": {"path": "store"}, "log": {"level": "warning"}}).start()
        self.pid, self.p99, self.costs, self.fetches = self.proxy.process.pid, collections.defaultdict(list), collections.defaultdict(collections.Counter), 0

    def rules(self, folder):
        key = os.path.join(folder, "sonarr.key")
        with open(key, "w") as file:
            file.write(KEY + "\n")
        rate = {"per_second": self.options.budget, "burst": 1, "concurrency": 1}
        return {"upstreams": {
            "sonarr": {"origin": self.sonarr.url, "mount": "/sonarr", "api_key_file": key, "events": None},
            "skyhook": {"origin": self.skyhook.url, "hosts": ["skyhook.sonarr.tv"], "rate": rate},
            "page": {"origin": self.page.url, "hosts": ["bench.test"]}}}  # as load.c calls it

    def fetched(self):
        return self.proxy.admin("GET", "/api/v1/jobs/%d" % self.number).data["job"]["fetched"]

    def times(self):
        return spent(self.pid) + collections.Counter({"its origin": sum(spent(self.skyhook.process.pid).values())})

    def clients(self):
        command = [self.load, "rate", str(self.proxy.port), "/hot", str(self.options.clients), str(self.options.seconds), str(self.options.rate)]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return {name: float(number) for name, number in re.findall(r"(\w+)=([0-9.]+)", told)}

    def round(self, name):
        self.skyhook.hold(name == "without")
        time.sleep(0.2)
        fetched, before = self.fetched(), self.times()
        told = self.clients()
        after, done = self.times(), self.fetched() - fetched
        self.costs[name].update({thread: after[thread] - before[thread] for thread in after})
        self.p99[name].append(told)
        if name == "with":
            self.fetches += done
        return told["p99"], done

    def go(self):
        self.number = self.proxy.admin("POST", "/api/v1/warmup", body={"type": "metadata"}).data["job"]["id"]
        deadline = time.monotonic() + 120
        while self.fetched() < 3:
            assert time.monotonic() < deadline, "the warm-up does not get going"
            time.sleep(0.1)
        self.clients()
        for pair in range(self.options.pairs):
            order = random.sample(["without", "with"], 2)
            told = {name: self.round(name) for name in order}
            print("%3d  without %4d us   with %4d us (%d fetches)   load %.1f" % (
                pair + 1, told["without"][0], told["with"][0], told["with"][1], os.getloadavg()[0]), flush=True)

    def close(self):
        self.skyhook.hold(False)
        self.proxy.stop()
        for origin in (self.page, self.skyhook, self.sonarr):
            origin.close()


def interval(values, draws=4000):
    """Of the median, by a bootstrap."""
    medians = sorted(statistics.median(random.choices(values, k=len(values))) for _ in range(draws))
    return medians[int(draws * 0.025)], medians[int(draws * 0.975)]


def tell(run):
    for name in ("p50", "p99", "p999", "max"):
        without, with_it = ([told[name] for told in run.p99[kind]] for kind in ("without", "with"))
        ratios = [b / a for a, b in zip(without, with_it)]
        low, high = interval(ratios)
        print("%-5s without %5.0f us, with %5.0f us; median of the ratios %.3f, 95 %% within %.3f to %.3f" % (
            name, statistics.median(without), statistics.median(with_it), statistics.median(ratios), low, high))
    more = run.costs["with"].copy()
    more.subtract(run.costs["without"])
    print("%d fetches, %.0f a second; more processor time for each, in microseconds:" % (
        run.fetches, run.fetches / run.options.seconds / run.options.pairs))
    for name, time_taken in sorted(more.items(), key=lambda item: -item[1]):
        print("  %-18s %6.0f" % (name, 1e6 * time_taken / max(1, run.fetches)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=2, help="of each round")
    parser.add_argument("--rate", type=int, default=2000, help="requests of the clients in a second")
    parser.add_argument("--budget", type=int, default=30, help="of SkyHook, in a second")
    parser.add_argument("--kilobytes", type=int, default=100, help="of a show")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="warm-up-") as folder:
        run = Run(options, folder)
        try:
            run.go()
            tell(run)
        finally:
            run.close()


if __name__ == "__main__":
    main()
