#!/usr/bin/env python3
"""Several instances under load, while the Redis that they share is killed, restarted, paused, emptied or failed over every ten seconds.

    CACHEARR_BIN=build/cachearr fault_load.py MINUTES [--seed N] [--every SECONDS]

Whatever happens to the Redis: no client's request fails; each answer is that of its URL; what was purged never comes back to the
instance that has acknowledged it, nor an older answer after a newer one; upstreams are never asked more than they allow, by a ledger
that the origin keeps; and all share again soon after the server answers. Ends with 1 where one of these was seen, and prints what was.
"""
import argparse
import collections
import http.client
import os
import pathlib
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "support"))

from lab.origin import Origin, fresh  # noqa: E402
from lab.proxy import Proxy  # noqa: E402
from lab.redis_server import Connection, RedisError, RedisServer  # noqa: E402

SECRET = "0123456789abcdef" * 4
PATHS, INSTANCES, CLIENTS = 400, 3, 3
PACE = 0.005  # seconds between the requests of one client
RATE, BURST = 5, 10
LATE = 5  # seconds: far more than it takes to share again (two, on a machine that does nothing else)
FAULTS = ["kill", "pause", "failover", "restart both", "stop", "flush", "cut"]


class World:
    """The origins, the servers and the instances."""

    def __init__(self, quota):
        self.lock = threading.Lock()
        self.versions = collections.Counter()
        self.plain, self.paced, self.counted = Origin(), Origin(), Origin()
        self.arrivals = {origin: [] for origin in (self.paced, self.counted)}
        self.plain.default = [self.versioned]
        for origin, seen in self.arrivals.items():
            origin.default = [lambda _wire, _request, seen=seen: self.counts(seen)]
        self.servers = [RedisServer()]
        self.servers.append(RedisServer("--replicaof", "127.0.0.1 %d" % self.servers[0].port))
        self.folder = tempfile.mkdtemp(prefix="fault-load-")
        self.sentinel_port, self.sentinel = self.start_sentinel()
        self.quota = quota
        self.instances = []
        for number in range(INSTANCES):
            self.instances.append(self.start(number))
        self.until(lambda: all(self.is_ready(each) for each in self.instances))
        self.started = time.monotonic()

    # ---- origins

    def versioned(self, _wire, request):
        path = "/" + request.target.lstrip("/")
        with self.lock:
            return fresh("%s %d" % (path, self.versions[path]), seconds=20)

    def counts(self, seen):
        with self.lock:
            seen.append(time.monotonic())
        return fresh("counted")

    # ---- instances

    def start(self, number):
        def upstream(name, **more):
            return dict({"hosts": [name + ".test"], "origin": getattr(self, name).url, "shared": True}, **more)
        rules = {
            "upstreams": {
                "plain": upstream("plain"),
                "paced": upstream("paced", rate={"per_second": RATE, "burst": BURST, "max_wait": "1s"}),
                "counted": upstream("counted", rate={"quota": [{"limit": self.quota, "per": "day"}], "max_wait": "1s"})},
            "rules": [{"name": "plain", "upstream": "plain", "match": {"path": "/**"}, "ttl": "20s", "type": "series", "expect": "any"}]}
        secret = os.path.join(self.folder, "secret")
        with open(secret, "w") as file:
            file.write(SECRET)
        shared = {"redis_url": "redis://127.0.0.1:%d?master=mine" % self.sentinel_port, "secret_file": secret, "instance": "i%d" % number}
        return Proxy(rules, {"shared": shared, "disk": {"path": "store"}, "log": {"level": "warning"},
                             "access": {"private_upstreams": "allow"}}).start()

    @staticmethod
    def status(proxy):
        return proxy.admin("GET", "/api/v1/shared").data

    def is_ready(self, proxy):
        return self.status(proxy)["state"] == "ready"

    @staticmethod
    def until(holds, limit=120.0, what="it never came true"):
        end = time.monotonic() + limit
        while not holds():
            if time.monotonic() > end:
                raise AssertionError(what)
            time.sleep(0.02)

    # ---- servers

    def start_sentinel(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        file = os.path.join(self.folder, "sentinel.conf")
        with open(file, "w") as out:
            out.write("port %d\nbind 127.0.0.1\ndir %s\nsentinel monitor mine 127.0.0.1 %d 1\n"
                      "sentinel down-after-milliseconds mine 1000\nsentinel failover-timeout mine 3000\n"
                      % (port, self.folder, self.servers[0].port))
        process = subprocess.Popen([self.servers[0].program, file, "--sentinel"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.until(lambda: self.ask(port, "SENTINEL", "REPLICAS", "mine"), what="the Sentinel knows no replica")
        return port, process

    @staticmethod
    def ask(port, *words):
        try:
            connection = Connection(port)
            try:
                connection.socket.settimeout(2)
                return connection.call(*words)
            finally:
                connection.close()
        except (OSError, RedisError, ValueError):
            return None

    def master(self):
        """The server that is one now; none while there is a failover."""
        told = self.ask(self.sentinel_port, "SENTINEL", "GET-MASTER-ADDR-BY-NAME", "mine")
        port = int(told[1]) if told else 0
        server = next((each for each in self.servers if each.port == port), None)
        role = self.ask(port, "ROLE") if server else None
        return server if role and role[0] == b"master" else None

    def call_master(self, *words):
        server = self.master()
        return self.ask(server.port, *words) if server else None

    # ---- the end

    def close(self):
        for proxy in self.instances:
            proxy.stop()
        self.sentinel.kill()
        self.sentinel.wait()
        for each in (*self.servers, self.plain, self.paced, self.counted):
            each.close()


class Faults:
    """Does something to the Redis every so often, and measures how long until all share again."""

    def __init__(self, world, every, chance):
        self.world, self.every, self.chance = world, every, chance
        self.done, self.back, self.unserved, self.late = collections.Counter(), [], 0, []
        self.order, self.log = [], []

    def run(self, until):
        while time.monotonic() + self.every < until:
            begin = time.monotonic()
            if not self.order:
                self.order = self.chance.sample(FAULTS, len(FAULTS))
            fault = self.order.pop()
            self.inflict(fault)
            self.measure(fault, begin + self.every)
            time.sleep(max(0.0, begin + self.every - time.monotonic()))

    def inflict(self, fault):
        world, master = self.world, self.world.master()
        if master is None:
            self.done["none: there is no master"] += 1
            return
        self.done[fault] += 1
        self.log.append((round(time.monotonic() - world.started, 2), fault))
        if fault == "kill":
            master.kill()
            time.sleep(2)
            master.start()
        elif fault == "restart both":
            for server in world.servers:
                server.kill()
            for server in world.servers:
                server.start()
        elif fault == "pause":
            world.ask(master.port, "CLIENT", "PAUSE", 3000, "ALL")
            time.sleep(3)
        elif fault == "stop":
            master.process.send_signal(signal.SIGSTOP)
            time.sleep(0.8)  # less than the Sentinel takes for dead
            master.process.send_signal(signal.SIGCONT)
        elif fault == "failover":
            world.ask(world.sentinel_port, "SENTINEL", "FAILOVER", "mine")
        elif fault == "flush":
            world.ask(master.port, "FLUSHALL")
        elif fault == "cut":
            world.ask(master.port, "CLIENT", "KILL", "TYPE", "normal")

    def measure(self, fault, until):
        pong = self.first_pong(until)
        if pong is None:
            self.unserved += 1
            return
        while not self.all_share() and time.monotonic() < max(until, pong + LATE):
            time.sleep(0.05)
        took = time.monotonic() - pong
        self.back.append(took)
        if took > LATE:
            self.late.append((fault, round(took, 2), [self.world.status(each)["problem"] for each in self.world.instances]))

    def first_pong(self, until):
        while time.monotonic() < until:
            if self.world.call_master("PING") == "PONG":
                return time.monotonic()
            time.sleep(0.05)
        return None

    def all_share(self):
        return all(self.world.is_ready(each) for each in self.world.instances)


class Clients:
    """Ask without end, and judge each answer."""

    def __init__(self, world, chance):
        self.world, self.stop = world, threading.Event()
        self.lock = threading.Lock()
        self.newest = collections.Counter()  # by instance and path: what it has answered, or has acknowledged as purged
        self.failed, self.wrong, self.returned = [], [], []
        self.took, self.statuses, self.purges = [], collections.Counter(), collections.Counter()
        self.threads = [threading.Thread(target=self.read, args=(number, random.Random(chance.random())), daemon=True)
                        for number in range(INSTANCES) for _ in range(CLIENTS)]
        self.threads += [threading.Thread(target=self.spend, args=(number, origin), daemon=True) for number in range(INSTANCES)
                         for origin in ("paced", "counted")]
        self.threads.append(threading.Thread(target=self.purge, args=(random.Random(chance.random()),), daemon=True))
        for thread in self.threads:
            thread.start()

    def get(self, connection, url):
        begin = time.monotonic()
        try:
            connection.request("GET", url)
            response = connection.getresponse()
            return response.status, response.read(), response.getheader("cache-status", "")
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return 0, repr(error).encode(), ""
        finally:
            with self.lock:
                self.took.append(time.monotonic() - begin)

    def connect(self, number):
        return http.client.HTTPConnection("127.0.0.1", self.world.instances[number].port, timeout=60)

    def read(self, number, chance):
        connection = self.connect(number)
        while not self.stop.is_set():
            path = "/p/%d" % min(int(chance.paretovariate(0.7)), PATHS)
            with self.lock:
                least = self.newest[number, path]
            self.judge(number, path, least, *self.get(connection, "http://plain.test" + path))
            self.stop.wait(PACE)

    def judge(self, number, path, least, status, body, said):
        with self.lock:
            self.statuses["plain", status] += 1
            if status != 200:
                return self.failed.append((number, path, status, body[:200]))
            asked, _, version = body.decode("latin-1").partition(" ")
            if asked != path or not version.isdigit():
                return self.wrong.append((number, path, body[:200]))
            if int(version) < least:
                self.returned.append((number, path, int(version), least, said, round(time.monotonic() - self.world.started, 2)))
            self.newest[number, path] = max(self.newest[number, path], int(version))

    def spend(self, number, origin):
        """One that is limited: 429 is an answer, too."""
        connection, count = self.connect(number), 0
        while not self.stop.is_set():
            count += 1
            status, body, _ = self.get(connection, "http://%s.test/%d/%d/%d" % (origin, os.getpid(), number, count))
            with self.lock:
                self.statuses["limited", status] += 1
                if status not in (200, 429):
                    self.failed.append((number, "limited", status, body[:200]))
            self.stop.wait(0.1 if status == 429 else 0.02)

    def purge(self, chance):
        while not self.stop.wait(0.25):
            number, path = chance.randrange(INSTANCES), "/p/%d" % min(int(chance.paretovariate(0.7)), PATHS)
            with self.world.lock:
                self.world.versions[path] += 1
                version = self.world.versions[path]
            response = self.world.instances[number].admin("POST", "/api/v1/purge", body={"pattern": "*%s*" % path})
            with self.lock:
                self.purges[response.data.get("shared") if response.status == 200 else response.status] += 1
                if response.status == 200:
                    self.newest[number, path] = max(self.newest[number, path], version)

    def end(self):
        self.stop.set()
        for thread in self.threads:
            thread.join()


def over_bucket(arrivals, started):
    """How many came that the bucket cannot have given: it was full at the start. Late ones never count as too many."""
    return sum(number > BURST + RATE * (at - started) for number, at in enumerate(arrivals, 1))


def most_over_window(arrivals, seconds):
    """Most requests within any such window, beyond what burst and rate give."""
    most, first = 0, 0
    for last, at in enumerate(arrivals):
        while arrivals[first] < at - seconds:
            first += 1
        most = max(most, last - first + 1)
    return most - (BURST + RATE * seconds)


def settle(world, clients):
    """In the end all agree: nobody has an older answer than the origin."""
    for fresh_start in world.instances:
        world.until(lambda proxy=fresh_start: world.is_ready(proxy), what="it never shares again")

    def agreed():
        told = [world.status(proxy)["invalidations"] for proxy in world.instances]
        return all(each["waiting"] == 0 for each in told) and len({each["ordinal"] for each in told}) == 1
    world.until(agreed, what="they never agree")
    old = []
    for number in range(INSTANCES):
        connection = clients.connect(number)
        for index in range(1, PATHS + 1):
            path = "/p/%d" % index
            status, body, _ = clients.get(connection, "http://plain.test" + path)
            if status != 200 or body.decode() != "%s %d" % (path, world.versions[path]):
                old.append((number, path, status, body[:100], world.versions[path]))
    return old


def share(sorted_values, part):
    return sorted_values[min(len(sorted_values) - 1, int(len(sorted_values) * part))] if sorted_values else 0.0


def report(world, faults, clients, old, minutes):
    took, back = sorted(clients.took), sorted(faults.back)
    paced, counted = world.arrivals[world.paced], world.arrivals[world.counted]
    records = [world.status(proxy)["records"] for proxy in world.instances]
    print("%.1f minutes, %d instances; faults: %s" % (minutes, INSTANCES, dict(faults.done)))
    print("requests %d by status %s; p50 %.1f ms, p99 %.1f ms, most %.0f ms" % (
        len(took), dict(clients.statuses), 1000 * share(took, 0.5), 1000 * share(took, 0.99), 1000 * took[-1]))
    print("shared: " + ", ".join("%s %d" % (name, sum(each[name] for each in records)) for name in ("hits", "misses", "timeouts", "waits", "written")))
    print("gaps %d; purges %s" % (sum(world.status(proxy)["invalidations"]["gaps"] for proxy in world.instances), dict(clients.purges)))
    print("all share again after PONG: %d times, p50 %.2f s, most %.2f s; over %d s: %d; no server answered before the next fault: %d" % (
        len(back), share(back, 0.5), back[-1] if back else 0, LATE, len(faults.late), faults.unserved))
    print("paced upstream: %d calls of at most %.0f, over %d; in any 10 s at most %d beyond burst and rate" % (
        len(paced), BURST + RATE * (paced[-1] - world.started) if paced else 0, over_bucket(paced, world.started), max(0, most_over_window(paced, 10))))
    print("counted upstream: %d calls of %d a day" % (len(counted), world.quota))
    print("failed %d, of another URL %d, come back %d, old at the end %d" % (
        len(clients.failed), len(clients.wrong), len(clients.returned), len(old)))
    for name, found in (("failed", clients.failed), ("wrong", clients.wrong), ("returned", clients.returned), ("old", old), ("late", faults.late)):
        for each in found[:10]:
            print("  %s: %r" % (name, each))
    if clients.returned:
        print("  faults before it: %r" % [each for each in faults.log if each[0] < clients.returned[0][-1]][-4:])
    bad = clients.failed or clients.wrong or clients.returned or old or faults.late or len(counted) > world.quota or over_bucket(paced, world.started)
    useful = sum(each["hits"] for each in records) > 0 and len(back) > 0
    return 1 if bad or not useful else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("minutes", type=float)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=float, default=10.0)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    world = World(quota=max(30, int(20 * options.minutes)))
    try:
        clients = Clients(world, chance)
        faults = Faults(world, options.every, chance)
        faults.run(world.started + options.minutes * 60)
        clients.end()
        code = report(world, faults, clients, settle(world, clients), options.minutes)
    finally:
        world.close()
    sys.exit(code)


if __name__ == "__main__":
    main()
