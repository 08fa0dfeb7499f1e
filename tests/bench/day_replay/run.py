#!/usr/bin/env python3
"""Replays a household's days in compressed time, with cachearr between the applications and upstreams that enforce their limits.

    tests/bench/day_replay/run.py [--days 2] [--speed 288] [--editions 3] [--direct] [--out FILE]

The binary is $CACHEARR_BIN, or build/cachearr. Its clock runs faster with libfaketime (package libfaketime): no build with
hooks is needed, and what is measured is what is shipped. The first day fills an empty store, the last one is the proof: no
violation of any limit, and the calls upstream beside the smallest number that the rules' TTLs permit ("least": each thing once
for each life that somebody asks in; "first": of these the things that nobody had asked for before, which nothing can spare).
"ahead" is what was asked ahead on schedule: of use + of none.

--direct tells what the same days do to the upstreams with nothing in between (computed, nothing is started).
"""
import argparse
import asyncio
import collections
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import bounds
import traffic
from client import Applications
from rules import ROOT, TYPES, RuleBook, seconds
from upstreams import DAILY, Enforcer, Upstream, credential_of, is_feed, json_body

HERE = pathlib.Path(__file__).resolve().parent
FAKETIME = ["/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
            "/usr/lib/faketime/libfaketimeMT.so.1"]
FAMILIES = {"TVDB and SkyHook": ("api4.thetvdb.com", "artworks.thetvdb.com", "skyhook.sonarr.tv"),
            "TMDB": ("api.themoviedb.org", "image.tmdb.org"),
            "indexers": tuple("indexer%d.test" % number for number in traffic.INDEXERS)}
WANTED = {"TVDB and SkyHook": 90, "TMDB": 67, "indexers": 95}  # per cent of the requests


def indexer_rules(port_of):
    """Ten accounts as their owner would write them down: the class of the account is the quota, a tenth is kept for people."""
    upstreams = {}
    for number, most in zip(traffic.INDEXERS, DAILY):
        host = "indexer%d.test" % number
        upstreams["indexer%d" % number] = {
            "like": "newznab", "hosts": [host], "origin": "http://127.0.0.1:%d" % port_of(host), "mount": "/indexer%d" % number,
            "rate": {"per_second": 0.5, "burst": 5, "concurrency": 2, "max_wait": "20s",
                     "quota": [{"limit": most, "per": "day", "reserve": most // 10}]}}
    return {"upstreams": upstreams}


def overlay(book, hosts, port_of):
    """The shipped upstreams, connected to the scripted servers."""
    extra = indexer_rules(port_of)
    for host in hosts:
        if not host.endswith(".test"):
            name = book.upstream_of_host(host)
            # One that is like another is written down whole: "like" starts from the other's settings.
            shipped = book.upstreams[name] if "like" in book.upstreams[name] else {}
            extra["upstreams"][name] = {**shipped, "origin": "http://127.0.0.1:%d" % port_of(host)}
    return extra


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Proxy:
    """cachearr in a folder of its own, by a clock that runs `speed` times as fast."""

    def __init__(self, folder, extra, speed):
        self.folder, self.port, self.admin = pathlib.Path(folder), free_port(), free_port()
        (self.folder / "rules.json").write_text(json.dumps(extra, indent=1))
        # Ten times the time limits: a real millisecond of scheduling is a third of a second to this proxy.
        config = {"listeners": [{"address": "127.0.0.1:%d" % self.port}], "state_dir": str(self.folder / "state"), "rules": ["rules.json"],
                  "admin": {"address": "127.0.0.1:%d" % self.admin, "api_key": "0" * 32}, "log": {"level": "warning"},
                  "timeouts": {"client_header": "300s", "client_idle": "1h", "connect": "60s", "upstream_header": "300s", "upstream_idle": "300s"}}
        (self.folder / "cachearr.json").write_text(json.dumps(config, indent=1))
        shim = self.folder / "clockwait.so"
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", str(HERE / "clockwait.c"), "-o", str(shim)], check=True)
        library = next((each for each in FAKETIME if os.path.exists(each)), None)
        if library is None:
            sys.exit("libfaketime is missing: install the package libfaketime")
        self.environment = dict(os.environ, LD_PRELOAD="%s:%s" % (shim, library), FAKETIME="+0 x%d" % speed)

    def start(self):
        binary = os.environ.get("CACHEARR_BIN") or str(ROOT / "build" / "cachearr")
        self.log = open(self.folder / "log", "wb")
        self.process = subprocess.Popen([binary, "serve", "--config", str(self.folder / "cachearr.json")], env=self.environment,
                                        stdout=self.log, stderr=subprocess.STDOUT)
        for _ in range(200):
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), 0.1).close()
                return self
            except OSError:
                time.sleep(0.05)
        sys.exit("cachearr did not start:\n" + (self.folder / "log").read_text()[-2000:])

    def prefetched(self):
        """{upstream: [useful, useless]} of what was asked ahead on schedule since the start."""
        request = urllib.request.Request("http://127.0.0.1:%d/api/v1/jobs" % self.admin, headers={"X-Api-Key": "0" * 32})
        with urllib.request.urlopen(request, timeout=30) as response:
            rules = json.load(response)["prefetch"]["rules"]
        figures = collections.defaultdict(lambda: [0, 0])
        for rule in rules:
            figures[rule["upstream"]][0] += rule["useful"]
            figures[rule["upstream"]][1] += rule["useless"]
        return figures

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()
        return self.process.returncode


def direct(requests):
    """The limits against the requests themselves; a ban is told to an application, which asks again at its next interval."""
    enforcers = {}
    for request in requests:
        headers = {name.lower(): value for name, value in request.headers}
        enforcer = enforcers.setdefault(request.host, Enforcer(request.host))
        enforcer.judge(request.at, credential_of(request.target, headers))
    return {host: len(enforcer.violations) for host, enforcer in enforcers.items()}


async def note_prefetch(days, clock, speed, proxy):
    """What was asked ahead until the end of each day but the last."""
    noted = []
    for day in range(1, days):
        await asyncio.sleep(max(0, day * 86400 - clock()) / speed)
        noted.append(await asyncio.to_thread(proxy.prefetched))
    return noted


async def replay(options, requests, book, folder):
    hosts = sorted({request.host for request in requests})
    started = [time.monotonic()]

    def clock():
        return (time.monotonic() - started[0]) * options.speed

    servers = {host: await Upstream(host, clock).start() for host in hosts}
    extra = overlay(book, hosts, lambda host: servers[host].port)
    mounts = RuleBook(extra=extra)
    proxy = Proxy(folder, extra, options.speed).start()

    def path_of(request):
        return mounts.mount(mounts.upstream_of_host(request.host)) + request.target

    applications = Applications(proxy.port, clock, options.speed, path_of)
    started[0] = time.monotonic()
    noting = asyncio.create_task(note_prefetch(options.days, clock, options.speed, proxy))
    try:
        await applications.live(requests, lambda number, at: print("  %d of %d, day %.2f" % (number, len(requests), at / 86400), file=sys.stderr))
        ahead = [*await noting, await asyncio.to_thread(proxy.prefetched)]
    finally:
        code = proxy.stop()
    return servers, applications, ahead, code


def group_of(request):
    return int(request.at // 86400), request.host, request.host.endswith(".test") and is_feed(request.target)


def ahead_of(ahead, day, upstream):
    """[useful, useless] of one day."""
    before = ahead[day - 1].get(upstream, [0, 0]) if day else [0, 0]
    return [now - then for now, then in zip(ahead[day].get(upstream, [0, 0]), before)]


def table(requests, book, servers, applications, ahead):
    """A row for each day, host and kind: what was asked, what was called, what had to be called."""
    def judge(request):
        document = json_body(request.host, request.target)
        return book.judge(book.upstream_of_host(request.host), request.target, request.credential, document)

    def judge_by_type(request):
        """A feed by the usual lifetime of its type, whatever the shipped rule says."""
        return judge(request)[0], seconds(TYPES["indexer_feed"])

    least = bounds.least_calls(requests, judge, group_of)
    by_type = bounds.least_calls([request for request in requests if group_of(request)[2]], judge_by_type, group_of)
    rows = []
    for (day, host, feed), (asked, needed, first) in sorted(least.items()):
        broken = sum(1 for at, _, _ in servers[host].enforcer.violations if int(at // 86400) == day and not feed)
        useful, useless = (0, 0) if feed else ahead_of(ahead, day, book.upstream_of_host(host))
        rows.append({"day": day + 1, "host": host, "feed": feed, "asked": asked, "called": servers[host].served[day, feed], "least": needed,
                     "first": first, "useful": useful, "useless": useless,
                     "least_by_type": by_type[day, host, feed][1] if feed else needed, "violations": broken})
    statuses = collections.Counter("%d" % status for _, status, _, _ in applications.results)
    return {"rows": rows, "statuses": statuses, "late": applications.latest}


def line(name, asked, called, least, first, useful, useless, violations):
    saved = 100 * (1 - called / asked) if asked else 0
    possible = 100 * (1 - least / asked) if asked else 0
    ratio = "%.2fx" % (called / least) if least else ("-" if called == 0 else "+%d" % called)
    ahead = "%d+%d" % (useful, useless) if useful or useless else "-"
    print("%-26s %7d %7d %7d %7d %8s %7.1f %% %7.1f %% %9s %5d" % (name, asked, called, least, first, ratio, saved, possible, ahead, violations))


def judgement(name, rows):
    """One sentence on a family of upstreams, with the reason where more was wanted."""
    asked, called, least, first = (sum(row[key] for row in rows) for key in ("asked", "called", "least", "first"))
    saved, possible = 100 * (1 - called / asked), 100 * (1 - least / asked)
    text = "%s: %.1f %% fewer calls than requests, %d %% wanted" % (name, saved, WANTED[name])
    if saved >= WANTED[name]:
        return text
    return text + "; with nothing stale the TTLs permit %.1f %%: of %d calls at least, %d are for what nobody had asked for before " \
        "and %d for what had grown older than its rule allows" % (possible, least, first, least - first)


def report(options, figures, without):
    for day in range(1, options.days + 1):
        print("\nday %d%s" % (day, " (an empty store)" if day == 1 else ""))
        print("%-26s %7s %7s %7s %7s %8s %9s %9s %9s %5s" % ("", "asked", "called", "least", "first", "ratio", "saved", "possible", "ahead", "broke"))
        rows = [row for row in figures["rows"] if row["day"] == day]

        def total(name, chosen, least="least"):
            line(name, *(sum(row[key] for row in chosen) for key in ("asked", "called", least, "first", "useful", "useless", "violations")))

        for host in sorted({row["host"] for row in rows}):
            total(host, [row for row in rows if row["host"] == host])
        for name, hosts in FAMILIES.items():
            total("= " + name, [row for row in rows if row["host"] in hosts])
        total("= indexers' feeds", [row for row in rows if row["feed"]])
        total("  by the usual 15 min", [row for row in rows if row["feed"]], "least_by_type")
    print("\nday %d:" % options.days)
    for name, hosts in FAMILIES.items():
        print("  " + judgement(name, [row for row in figures["rows"] if row["day"] == options.days and row["host"] in hosts]))
    print("\nanswers: %s; latest request %.1f s late" % (dict(figures["statuses"]), figures["late"]))
    print("violations: %d with cachearr, %d without" % (sum(row["violations"] for row in figures["rows"]), sum(without.values())))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--days", type=int, default=2)
    parser.add_argument("--speed", type=int, default=288, help="times as fast as life (288: a day in five minutes)")
    parser.add_argument("--editions", type=int, default=3, help="of Sonarr and of Radarr")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--direct", action="store_true")
    parser.add_argument("--out", help="figures as JSON")
    options = parser.parse_args()

    requests = traffic.household(options.days, options.editions, options.seed)
    without = direct(requests)
    if options.direct:
        for host, broken in sorted(without.items()):
            print("%-26s %5d violations" % (host, broken))
        return 0
    book = RuleBook(extra=indexer_rules(lambda host: 80))
    with tempfile.TemporaryDirectory(prefix="day-replay-") as folder:
        servers, applications, ahead, code = asyncio.run(replay(options, requests, book, folder))
        log = (pathlib.Path(folder) / "log").read_text(errors="replace")
    figures = table(requests, book, servers, applications, ahead)
    report(options, figures, without)
    for host, server in sorted(servers.items()):
        for at, who, what in server.enforcer.violations[:3]:
            print("  %s at %.2f h: %s %s" % (host, at / 3600, who, what))
    if options.out:
        pathlib.Path(options.out).write_text(json.dumps(figures, indent=1))
    if code != 0:
        print("cachearr ended with %d:\n%s" % (code, log[-1500:]))
    return 1 if code != 0 or any(row["violations"] for row in figures["rows"]) else 0


if __name__ == "__main__":
    sys.exit(main())
