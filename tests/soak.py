#!/usr/bin/env python3
"""Soaks the program with every fault in turn: tests/soak.py MINUTES. Exit 1 with what was wrong.

Clients ask for many URLs whose bodies tell their URL and version. Each round goes through all faults once, then rests and
looks at memory, descriptors and threads. CACHEARR_BIN names the program (build/cachearr otherwise), CACHEARR_SANITIZE says
that it was built with a sanitizer, whose own memory is then not taken for the program's.
"""
import collections
import os
import random
import re
import resource
import shutil
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "support"))
from lab.case import local  # noqa: E402
from lab.origin import CLOSE, RESET, Origin, answer, head, path_of  # noqa: E402
from lab.proxy import Proxy, binary  # noqa: E402
from lab.wire import WireError, connect, request_bytes  # noqa: E402

CLIENTS, GROUPS, ITEMS, PHASE = 6, 8, 20, 2.0
PER_SECOND, BURST = 20, 5
SANITIZED = bool(os.environ.get("CACHEARR_SANITIZE"))  # it keeps what was freed, to catch its use
GROWTH_BYTES, GROWTH_HANDLES, GROWTH_THREADS = 1 << 40 if SANITIZED else 8 << 20, 16, 2
STALE_FOR = 3600


class Soak:
    def __init__(self, seconds):
        self.end = time.monotonic() + seconds
        self.lock, self.wrong, self.count = threading.Lock(), [], collections.Counter()
        self.version = collections.Counter()   # what the origin has
        self.purged = collections.Counter()    # the version that the last acknowledged purge asks for
        self.kept, self.bucket = {}, []        # path: when it was stored; when the counted upstream was asked
        self.losses = collections.Counter()    # begun and ended purges of a path, and kills: odd while one is under way
        self.trouble, self.gate = None, threading.Event()
        self.busy, self.stopping = threading.Event(), threading.Event()
        self.may_forget = False                # the store loses entries in this phase, as is allowed
        self.origin, self.counted = Origin(), Origin()
        self.origin.default, self.counted.default = [self.respond], [self.respond_counted]
        rules = local(self.origin, rules=[{"name": "items", "match": {"path": "/{group}/{item}"}, "key": "item:{group}:{item}",
                                           "tags": ["group:{group}"], "ttl": "1s", "stale": {"if_error": "%ds" % STALE_FOR, "if_limited": "%ds" % STALE_FOR}}])
        counted = local(self.counted, "counted", rate={"per_second": PER_SECOND, "burst": BURST, "max_wait": "20s"})
        counted["upstreams"]["counted"]["hosts"] = ["counted.test"]
        rules["upstreams"].update(counted["upstreams"])
        self.proxy = Proxy(rules, {"disk": {"path": "store"}, "log": {"level": "warning"},
                                   "memory": {"max_bytes": "32MiB"},
                                   "timeouts": {"upstream_header": "1s", "upstream_idle": "1s"}}).start()

    def fault(self, what):
        with self.lock:
            self.count["wrong"] += 1
            if len(self.wrong) < 50:
                self.wrong.append(what)

    # ---- the origin

    def body_of(self, path):
        with self.lock:
            line = b"%s is at version %d.\n" % (path.encode(), self.version[path])
        return line * (1 + sum(path.encode()) % 200)

    def respond(self, _wire, request):
        path, trouble = path_of(request.target), self.trouble
        body = self.body_of(path)
        if trouble == "error":
            return answer("broken", random.choice([500, 502, 503]))
        if trouble == "limited":
            return answer("slow down", 429, [("Retry-After", "1")])
        if trouble == "hang":
            self.gate.wait(3)
            return CLOSE
        if trouble == "break":
            return [head(200, [("Content-Length", str(len(body)))]) + body[:len(body) // 2], random.choice([RESET, CLOSE])]
        return answer(body, 200, [("ETag", '"%s"' % body[:60].split(b".")[0].decode().replace(" ", "-"))],
                      chunks=random.random() < 0.3)

    def respond_counted(self, _wire, _request):
        with self.lock:
            self.bucket.append(time.monotonic())
        return answer("counted", 200, [("Cache-Control", "no-store")])

    # ---- clients

    def check(self, path, response, least, stored, losses):
        if response.status == 200:
            lines = set(response.body.split(b"\n")[:-1])
            found = re.fullmatch(rb"(\S+) is at version (\d+)\.", next(iter(lines))) if len(lines) == 1 else None
            if not found or found.group(1).decode() != path:
                return self.fault("%s: a 200 with another body: %r" % (path, response.body[:80]))
            if int(found.group(2)) < least:
                return self.fault("%s: version %s after an acknowledged purge asked for %d" % (path, found.group(2).decode(), least))
            with self.lock:
                if losses % 2 == 0 and self.losses[path] == losses:  # else it may be gone again
                    self.kept[path] = (time.monotonic(), int(found.group(2)))
        elif response.status >= 500 and stored and not self.may_forget:
            self.fault("%s: %d for what is stored within its stale window (%s)" % (path, response.status, response["cache-status"]))

    def client(self, number):
        chance, wire = random.Random(number), None
        while not self.stopping.is_set():
            if not self.busy.wait(0.1):
                continue
            path = "/%d/%d" % (chance.randrange(GROUPS), chance.randrange(ITEMS))
            with self.lock:
                least, kept, losses = self.purged[path], self.kept.get(path), self.losses[path]
            try:
                wire = wire or connect(self.proxy.address)
                wire.send(request_bytes("GET", self.origin.url + path, self.origin.authority))
                response = wire.read_response()
                with self.lock:
                    self.count["answers %d" % response.status] += 1
                    still = kept is not None and self.kept.get(path) is not None
                self.check(path, response, least, still, losses)
                if (response["connection"] or "").lower() == "close":
                    wire.close()
                    wire = None
            except (WireError, OSError) as problem:
                with self.lock:
                    self.count["connections lost"] += 1
                if isinstance(problem, TimeoutError) and self.busy.is_set():
                    self.fault("%s: no answer in time" % path)
                if wire:
                    wire.close()
                wire = None
        if wire:
            wire.close()

    def counting_client(self):
        while not self.stopping.is_set():
            if not self.busy.wait(0.1):
                continue
            try:
                self.proxy.ask("http://counted.test/%d" % random.randrange(10 ** 9))
            except (WireError, OSError):
                time.sleep(0.05)

    # ---- faults

    def purge(self):
        """What is named gets a new version first: after the acknowledgement nobody may see the old one."""
        group, item = random.randrange(GROUPS), random.randrange(ITEMS)
        one, whole = ["/%d/%d" % (group, item)], ["/%d/%d" % (group, each) for each in range(ITEMS)]
        selection, paths = random.choice([({"keys": ["item:%d:%d" % (group, item)]}, one),
                                          ({"pattern": "item:%d:*" % group}, whole), ({"tag": "group:%d" % group}, whole)])
        with self.lock:
            for path in paths:
                self.version[path] += 1
                self.losses[path] += 1
                self.kept.pop(path, None)
            asked = {path: self.version[path] for path in paths}
        response = self.proxy.admin("POST", "/api/v1/purge", body=selection)
        with self.lock:
            self.count["purges %d" % response.status] += 1
            for path in paths:
                self.losses[path] += 1
                self.kept.pop(path, None)
                if response.status == 200:
                    self.purged[path] = max(self.purged[path], asked[path])
        if response.status >= 400 and not self.may_forget:
            self.fault("purge %r: %d %r" % (selection, response.status, response.body[:200]))

    def for_a_while(self, each=None):
        end = time.monotonic() + PHASE
        while time.monotonic() < end:
            if each:
                each()
            time.sleep(0.05)

    def upstream_trouble(self, kind):
        self.trouble = kind
        self.for_a_while()
        self.trouble = None

    def reload_storm(self):
        response = self.proxy.admin("POST", "/api/v1/reload", body={})
        if response.status != 200:
            self.fault("reload: %d %r" % (response.status, response.body[:200]))

    def stand_still(self):
        self.proxy.signal(signal.SIGSTOP)
        time.sleep(PHASE)
        self.proxy.signal(signal.SIGCONT)
        self.for_a_while()

    def disk_full(self):
        pid = self.proxy.process.pid
        before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, before[1]))
        self.for_a_while(self.purge)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, before)

    def disk_away(self):
        store = os.path.join(self.proxy.folder, "state", "store")
        os.rename(store, store + ".away")
        self.for_a_while(self.purge)
        if os.path.exists(store):  # the program has begun another one meanwhile
            shutil.rmtree(store + ".away")
        else:
            os.rename(store + ".away", store)

    def kill(self):
        self.busy.clear()
        with self.lock:
            self.kept.clear()   # at most the last second is lost, and nobody knows which
            for group in range(GROUPS):
                for item in range(ITEMS):
                    self.losses["/%d/%d" % (group, item)] += 2
        self.proxy.process.kill()
        self.proxy.process.wait()
        self.proxy.start()
        self.busy.set()

    # ---- a round

    def sizes(self):
        pid = self.proxy.process.pid
        with open("/proc/%d/status" % pid) as file:
            status = dict(line.split(":", 1) for line in file)
        return (int(status["RssAnon"].split()[0]) << 10, len(os.listdir("/proc/%d/fd" % pid)), int(status["Threads"]))

    def check_bucket(self):
        with self.lock:
            asked, self.bucket = self.bucket, []
        self.count["counted"] += len(asked)
        for first, at in enumerate(asked):
            together = sum(1 for other in asked[first:first + 4 * (PER_SECOND + BURST)] if other - at < 1)
            if together > PER_SECOND + BURST + 2:
                return self.fault("%d requests in a second where %d and a burst of %d are allowed" % (together, PER_SECOND, BURST))

    def phase(self, name, act, may_forget=False):
        if time.monotonic() > self.end or self.proxy.process.poll() is not None:
            return
        self.count["phase " + name] += 1
        self.may_forget = may_forget
        try:
            act()
        except Exception as problem:  # whatever a phase meets is a finding
            self.fault("%s: %r" % (name, problem))
        self.may_forget = False
        if self.proxy.process.poll() is not None:
            self.fault("%s: the program has ended with %s:\n%s" % (name, self.proxy.process.returncode, self.proxy.log.text[-2000:]))

    def round(self):
        self.phase("calm", lambda: self.for_a_while())
        for kind in ("error", "hang", "break", "limited"):
            self.phase(kind, lambda: self.upstream_trouble(kind))
        self.phase("purges", lambda: self.for_a_while(self.purge))
        self.phase("reloads", lambda: self.for_a_while(self.reload_storm))
        self.phase("stand-still", self.stand_still)
        self.phase("disk full", self.disk_full, may_forget=True)
        self.phase("disk away", self.disk_away, may_forget=True)
        self.check_bucket()
        self.phase("calm", lambda: self.for_a_while())

    def run(self):
        clients = [threading.Thread(target=self.client, args=(number,), daemon=True) for number in range(CLIENTS)]
        clients.append(threading.Thread(target=self.counting_client, daemon=True))
        for client in clients:
            client.start()
        self.busy.set()
        before = None
        while time.monotonic() < self.end and not self.stopping.is_set():
            for _ in range(3):  # three rounds in one life: the first fills, the others must stay flat
                self.round()
                if self.proxy.process.poll() is not None or time.monotonic() > self.end:
                    break
                now = self.sizes()
                print("RssAnon %d KiB, %d descriptors, %d threads" % (now[0] >> 10, now[1], now[2]), flush=True)
                for what, was, size, more in zip(("RssAnon", "descriptors", "threads"), before or now, now,
                                                 (GROWTH_BYTES, GROWTH_HANDLES, GROWTH_THREADS)):
                    if size > was + more:
                        self.fault("%s grew from %d to %d" % (what, was, size))
                before = before or now
            if self.proxy.process.poll() is not None:
                break
            before = None
            self.phase("kill", self.kill)
        self.stopping.set()
        for client in clients:
            client.join(60)
        try:
            self.proxy.stop()
        except AssertionError as problem:
            self.fault("at the end: %s" % problem)
        for origin in (self.origin, self.counted):
            for error in origin.errors[:5]:
                self.fault("the origin was asked wrongly: " + error)
            origin.close()
        print("\n".join("%8d %s" % (number, what) for what, number in sorted(self.count.items())))
        for what in self.wrong:
            print("WRONG " + what)
        return 1 if self.wrong else 0


def main():
    if len(sys.argv) != 2 or not re.fullmatch(r"\d+(\.\d+)?", sys.argv[1]):
        sys.exit("usage: tests/soak.py MINUTES")
    if not os.access(binary(), os.X_OK):
        sys.exit("no program at %s (set CACHEARR_BIN)" % binary())
    sys.exit(Soak(60 * float(sys.argv[1])).run())


main()
