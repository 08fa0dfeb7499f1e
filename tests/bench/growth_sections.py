"""What a request costs as things grow: keys, rules, connections, sizes. Flat is the goal for all but the size of a body.

Each curve is the processor time of the server for one request, from one run; `--save FOLDER` keeps them for plot.py.
"""
import array
import json
import math
import os
import random
import subprocess

import peers

CONNECTIONS = 64


class ManyRules(peers.Cachearr):
    """The usual rule behind `count` others, of ten to an upstream, and as many hosts."""

    count = 10

    def rules(self):
        rules = super().rules()
        for number in range(self.count - 1):
            upstream = "u%d" % (number // 10)
            rules["upstreams"].setdefault(upstream, {"hosts": [upstream + ".test"], "origin": "http://127.0.0.1:%d" % self.origin_port})
            rules["rules"].append({"name": "r%d" % number, "upstream": upstream, "match": {"path": "/api/v%d/{kind}/**" % (number % 10)}, "ttl": "1h"})
        return rules


def slope_per_decade(points):
    """How much more a request costs for ten times as many, as a share of the smallest cost: least squares over log10."""
    xs, ys = [math.log10(x) for x, _ in points], [y for _, y in points]
    middle = sum(xs) / len(xs)
    spread = sum((x - middle) ** 2 for x in xs)
    return sum((x - middle) * y for x, y in zip(xs, ys)) / spread / min(ys) if spread else 0.0


def show(bench, name, unit, points, should_be_flat=True):
    print("\n%s: CPU us for each request" % name)
    for x, y in points:
        print("%12d %-12s %10.2f" % (x, unit, y))
    slope = slope_per_decade(points) if should_be_flat else None
    if should_be_flat:
        print("slope: %+.1f %% for ten times as many" % (100 * slope), flush=True)
    if bench.options.save:
        with open(os.path.join(bench.options.save, name.replace(" ", "-") + ".json"), "w") as file:
            json.dump({"name": name, "unit": unit, "points": points, "slope": slope}, file)


def cost(server, run):
    """`run()` gives the load's figures."""
    before = server.cpu_seconds()
    figures = run()
    if figures["errors"] + figures["lost"]:
        raise SystemExit("%d requests failed" % (figures["errors"] + figures["lost"]))
    return (server.cpu_seconds() - before) * 1e6 / figures["requests"]


def uniform_trace(bench, keys, count):
    path = os.path.join(bench.folder, "uniform")
    with open(path, "wb") as file:
        array.array("I", random.Random(keys).choices(range(keys), k=count)).tofile(file)
    return path


def keys(bench, _):
    """Hits at random over all that is stored, and misses while that much is stored already."""
    origin, hits, misses, stored = bench.origin(1024), [], [], 0
    megabytes = max(4096, bench.options.keys * 1700 >> 20)
    server, path, count = bench.server("cachearr", origin, megabytes=megabytes), bench.fresh_path(), bench.options.requests
    for number in (10 ** power for power in range(3, int(math.log10(bench.options.keys)) + 1)):
        bench.load("count", server, path, CONNECTIONS, number)
        trace = uniform_trace(bench, number, count)
        hits.append((number, cost(server, lambda trace=trace: bench.load("trace", server, path, CONNECTIONS, trace))))
        more = bench.fresh_path()
        misses.append((number + stored, cost(server, lambda more=more: bench.load("count", server, more, CONNECTIONS, count // 4))))
        stored += count // 4
    server.stop()
    origin.stop()
    show(bench, "hit by keys", "keys", hits)
    show(bench, "miss by keys", "keys", misses)


def rules(bench, _):
    """Hits of one URL, and misses, behind more and more rules of other upstreams."""
    origin, hits, misses = bench.origin(1024), [], []
    for number in (10, 100, 1000, 5000):
        server = ManyRules(bench.folder, origin.port)
        server.count = number
        server.start()
        path = bench.fresh_path()
        hits.append((number, cost(server, lambda: bench.load("closed", server, path + "same", CONNECTIONS, bench.options.seconds))))
        misses.append((number, cost(server, lambda: bench.load("count", server, path, CONNECTIONS, bench.options.requests // 4))))
        server.stop()
    origin.stop()
    show(bench, "hit by rules", "rules", hits)
    show(bench, "miss by rules", "rules", misses)


def connections(bench, _):
    """Hits of one URL on one busy connection, then 10 to 10,000; and on 64 busy ones beside as many that idle."""
    origin, busy, beside = bench.origin(1024), [], []
    server, path = bench.server("cachearr", origin), bench.fresh_path() + "same"
    for number in (1, 10, 100, 1000, 10000):
        busy.append((number, cost(server, lambda number=number: bench.load("closed", server, path, number, bench.options.seconds))))
    for number in (1, 10, 100, 1000, 9000):
        idle = subprocess.Popen(["taskset", "-c", "1", bench.load_program, "idle", str(server.port), path, str(number)], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, text=True)
        idle.stdout.readline()
        beside.append((number, cost(server, lambda: bench.load("closed", server, path, CONNECTIONS, bench.options.seconds))))
        idle.communicate("")
    server.stop()
    origin.stop()
    show(bench, "hit by busy connections", "connections", busy)
    show(bench, "hit by idle connections", "connections", beside)


def sizes(bench, _):
    """Hits of bodies from 1 KB to 16 MB; what is to be flat is the cost of a kilobyte once bodies are large."""
    points, each = [], []
    for kilobytes in (1, 4, 16, 64, 256, 1024, 4096, 16384):
        origin = bench.origin(kilobytes * 1024)
        server, path = bench.server("cachearr", origin), bench.fresh_path() + "same"
        bench.load("closed", server, path, 1, 1)
        points.append((kilobytes, cost(server, lambda: bench.load("closed", server, path, 16, bench.options.seconds))))
        each.append((kilobytes, points[-1][1] / kilobytes))
        server.stop()
        origin.stop()
    show(bench, "hit by size", "KB", points, should_be_flat=False)
    show(bench, "hit by size, for each KB", "KB", [point for point in each if point[0] >= 64])


PARTS = {"growth-keys": keys, "growth-rules": rules, "growth-connections": connections, "growth-sizes": sizes}


def growth(bench, table):
    """All of them."""
    for part in PARTS.values():
        part(bench, table)
