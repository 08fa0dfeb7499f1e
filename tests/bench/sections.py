"""The measurements, one function each; every section runs alone. Budgets stand in brackets in the titles."""
import os
import struct
import subprocess

import growth_sections
import store_sections
import tls_peers
import traffic_sections

CONNECTIONS = 64


def per_request(bench, server, mode, path, *numbers):
    """One run of the load with the server's CPU time for each request."""
    before = server.cpu_seconds()
    run = bench.load(mode, server, path, *numbers)
    used = server.cpu_seconds() - before
    return {"req/s": run["requests"] / run["seconds"], "cpu_us": used * 1e6 / max(run["requests"], 1),
            "p50_us": run["p50"], "p99_us": run["p99"], "errors": run["errors"] + run["lost"]}


def warm(server, path):
    for _ in range(3):
        server.get(path)


def hit(bench, table):
    """The same 4 KB answer from memory, 64 keep-alive connections, one core."""
    origin = bench.origin(4096)

    def measure(name):
        server, path = bench.server(name, origin), bench.fresh_path() + "same"
        warm(server, path)
        asked = int(origin.get("/count"))
        try:
            figures = per_request(bench, server, "closed", path, CONNECTIONS, bench.options.seconds)
        finally:
            server.stop()
        figures["upstream"] = int(origin.get("/count")) - asked
        return figures

    rows = bench.in_turn(bench.names(with_epoll=True), measure)
    origin.stop()
    table("hit, 4 KB, 64 connections [CPU: 1.2x bare epoll, 0.68x the best peer]", rows,
          ["req/s", "cpu_us", "p50_us", "p99_us", "upstream", "errors"], "cpu_us")


def miss(bench, table):
    """Every request is for a new URL, its 1 KB answer is fetched and stored; checked by asking for a sample again."""
    origin = bench.origin(1024)

    def measure(name):
        server, path = bench.server(name, origin), bench.fresh_path()
        try:
            figures = per_request(bench, server, "unique", path, CONNECTIONS, bench.options.seconds)
            asked = int(origin.get("/count"))
            for number in range(100, 120):
                server.get(path + str(number))
            figures["stored_of_20"] = 20 - (int(origin.get("/count")) - asked)
        finally:
            server.stop()
        return figures

    rows = bench.in_turn(bench.names(), measure)
    origin.stop()
    table("cold miss, 1 KB, stored, 64 connections [rate: 0.8x HAProxy]", rows,
          ["req/s", "cpu_us", "p50_us", "p99_us", "stored_of_20", "errors"], "req/s", higher_is_better=True)
    if "cachearr" in rows and "haproxy" in rows:
        print("rate against HAProxy: %.2f" % (rows["cachearr"]["req/s"] / rows["haproxy"]["req/s"]))


def latency(bench, table):
    """Hits at a fixed 20,000 requests a second; an answer's latency counts from when its request was due."""
    origin = bench.origin(4096)

    def measure(name):
        server, path = bench.server(name, origin), bench.fresh_path() + "same"
        warm(server, path)
        try:
            run = bench.load("rate", server, path, CONNECTIONS, bench.options.seconds, 20000)
        finally:
            server.stop()
        return {"req/s": run["requests"] / run["seconds"], "p50_us": run["p50"], "p99_us": run["p99"], "p999_us": run["p999"],
                "max_us": run["max"], "errors": run["errors"] + run["lost"]}

    rows = bench.in_turn(bench.names(with_epoll=True), measure)
    origin.stop()
    table("hit latency at 20,000 req/s [p99 no worse than nginx]", rows, ["req/s", "p50_us", "p99_us", "p999_us", "max_us", "errors"], "p99_us")


def scale(bench, table):
    """Two threads on two cores against one on one. The load shares the cores, so CPU per request is the figure: two cores can give
    twice what one gives exactly when a request costs no more CPU there."""
    origin = bench.origin(4096)

    def measure(name):
        figures = {}
        for threads, cores in ((1, "0"), (2, "0,1")):
            server, path = bench.server(name, origin, threads=threads, cores=cores), bench.fresh_path() + "same"
            warm(server, path)
            before = server.cpu_seconds()
            loads = [subprocess.Popen(["taskset", "-c", core, bench.load_program, "closed", str(server.port), path, str(CONNECTIONS),
                                       str(bench.options.seconds)], stdout=subprocess.PIPE, text=True)
                     for core in (["1"] if threads == 1 else ["0", "1"])]
            runs = [bench.figures(load.communicate()[0]) for load in loads]
            used, requests = server.cpu_seconds() - before, sum(run["requests"] for run in runs)
            server.stop()
            figures["cpu_us_%d" % threads] = used * 1e6 / requests
            figures["req/s_%d" % threads] = requests / runs[0]["seconds"]
        figures["capacity"] = 2 * figures["cpu_us_1"] / figures["cpu_us_2"]
        return figures

    rows = bench.in_turn(bench.names(), measure)
    origin.stop()
    table("two cores against one [1.8x]", rows, ["req/s_1", "cpu_us_1", "req/s_2", "cpu_us_2", "capacity"], "capacity", higher_is_better=True)


def herd(bench, table):
    """1,000 clients ask for one cold key of an origin that takes 200 ms."""
    origin = bench.origin(4096, delay_ms=200)

    def measure(name):
        server, path = bench.server(name, origin), bench.fresh_path()
        alone = bench.load("herd", server, path + "alone", 1)
        asked = int(origin.get("/count"))
        try:
            run = bench.load("herd", server, path + "cold", 1000)
        finally:
            server.stop()
        return {"upstream": int(origin.get("/count")) - asked, "fetch_ms": alone["max"] / 1e3, "p50_ms": run["p50"] / 1e3,
                "max_ms": run["max"] / 1e3, "beyond_ms": (run["max"] - alone["max"]) / 1e3, "errors": run["errors"] + run["lost"]}

    rows = bench.in_turn(bench.names(), measure)
    origin.stop()
    table("1,000 clients, one cold key [1 upstream request, fetch + 5 ms]", rows,
          ["upstream", "fetch_ms", "p50_ms", "max_ms", "beyond_ms", "errors"], "upstream")


def memory(bench, table):
    """Resident bytes for each of 100,000 stored 1 KB answers. nginx keeps bodies in files and is left out."""
    origin, count = bench.origin(1024), 100000

    def measure(name):
        server = bench.server(name, origin)
        bench.load("count", server, bench.fresh_path(), CONNECTIONS, 1000)
        before = server.resident_bytes()
        run = bench.load("count", server, bench.fresh_path(), CONNECTIONS, count)
        grown = server.resident_bytes() - before
        server.stop()
        return {"bytes": grown / count, "beyond_body": grown / count - 1024, "errors": run["errors"] + run["lost"]}

    rows = bench.in_turn([name for name in bench.names() if name != "nginx"], measure)
    origin.stop()
    table("memory for each cached 1 KB answer [body + head + 256 bytes; HAProxy and ATS set their memory aside at start]", rows,
          ["bytes", "beyond_body", "errors"], "bytes")


def alloc(bench, table):
    """Heap allocations of cachearr for each hit, counted by a preloaded malloc; a short run's are taken off, for the connections."""
    origin = bench.origin(4096)
    counter = os.path.join(bench.folder, "mallocs")
    with open(counter, "wb") as file:
        file.write(bytes(4096))

    def allocations():
        with open(counter, "rb") as file:
            return struct.unpack("Q", file.read(8))[0]

    def measure(name):
        os.environ.update(LD_PRELOAD=bench.shim, MALLOC_COUNT_FILE=counter)
        try:
            server = bench.server(name, origin)
        finally:
            del os.environ["LD_PRELOAD"]
        path, points = bench.fresh_path() + "same", []
        warm(server, path)
        bench.load("closed", server, path, CONNECTIONS, 1)
        for seconds in (1, bench.options.seconds + 1):
            before = allocations()
            requests = bench.load("closed", server, path, CONNECTIONS, seconds)["requests"]
            points.append((requests, allocations() - before))
        server.stop()
        (few, base), (many, total) = points
        return {"requests": many - few, "allocations": total - base, "per_hit": (total - base) / (many - few)}

    rows = bench.in_turn([name for name in bench.names() if name == "cachearr"] or ["nginx"], measure)
    origin.stop()
    table("heap allocations for each hit [0]", rows, ["requests", "allocations", "per_hit"])


def idle(bench, table):
    """Resident bytes for each of 5,000 keep-alive connections that asked once and now idle."""
    origin, count = bench.origin(4096), 5000

    def measure(name):
        server, path = bench.server(name, origin), bench.fresh_path() + "same"
        warm(server, path)
        before = server.resident_bytes()
        load = subprocess.Popen(["taskset", "-c", "1", bench.load_program, "idle", str(server.port), path, str(count)],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        run = bench.figures(load.stdout.readline())
        grown = server.resident_bytes() - before
        load.communicate("")
        server.stop()
        return {"bytes": grown / count, "errors": run["errors"] + run["lost"]}

    rows = bench.in_turn(bench.names(), measure)
    origin.stop()
    table("memory for each idle connection [4 KB]", rows, ["bytes", "errors"], "bytes")


def tls(bench, table):
    """Hits over TLS: on kept connections, and each with a handshake of its own, no session resumed."""
    tls_peers.TlsServer.certificates = certificates = tls_peers.Certificates(os.path.join(bench.folder, "certificates"))
    origin = tls_peers.TlsOrigin(certificates, 4096)

    def asked(server, mode, connections, seconds):
        before = server.cpu_seconds()
        command = ["taskset", "-c", "1", bench.tls_load_program, mode, str(server.port), server.authority, "/same", str(connections),
                   str(seconds)] + (["connect"] if server.tunnel else [])
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        run = bench.figures(ended.stdout, ended.stderr)
        return run, (server.cpu_seconds() - before) * 1e6 / max(run["requests"], 1)

    def measure(name):
        server = tls_peers.PEERS[name](bench.folder, origin.port).start()
        try:
            asked(server, "closed", 1, 1)
            kept, kept_cpu = asked(server, "closed", CONNECTIONS, bench.options.seconds)
            fresh, fresh_cpu = asked(server, "fresh", CONNECTIONS, bench.options.seconds)
        finally:
            server.stop()
        return {"req/s": kept["requests"] / kept["seconds"], "cpu_us": kept_cpu, "p99_us": kept["p99"],
                "new/s": fresh["requests"] / fresh["seconds"], "new_cpu_us": fresh_cpu, "new_p99_us": fresh["p99"],
                "errors": kept["errors"] + fresh["errors"]}

    rows = bench.in_turn([name for name in bench.names() if name in tls_peers.PEERS], measure)
    origin.stop()
    columns = ["req/s", "cpu_us", "p99_us", "new/s", "new_cpu_us", "new_p99_us", "errors"]
    table("hit, 4 KB, over TLS, 64 connections: kept and new [rate: nginx' TLS; 5x Squid's ssl-bump]", rows, columns, "cpu_us")
    if "cachearr" in rows and "squid" in rows:
        print("rate against Squid: %.2f kept, %.2f new" % tuple(rows["cachearr"][column] / rows["squid"][column]
                                                               for column in ("req/s", "new/s")))


def mint(bench, table):
    """What leaves cost: new connections to one host and to a new host each, and what hits of others on the same worker notice."""
    tls_peers.TlsServer.certificates = certificates = tls_peers.Certificates(os.path.join(bench.folder, "certificates"))
    origin = tls_peers.TlsOrigin(certificates, 4096)

    def measure(neighbour):
        server = tls_peers.Cachearr(bench.folder, origin.port).start()

        def load(mode, authority, connections, seconds):
            return ["taskset", "-c", "1", bench.tls_load_program, mode, str(server.port), authority, "/same", str(connections), str(seconds), "connect"]
        try:
            subprocess.run(load("closed", server.authority, 1, 1), capture_output=True, check=True)
            other = None
            if neighbour != "none":
                authority = server.authority if neighbour == "one host" else "*." + server.authority
                other = subprocess.Popen(load("fresh", authority, 4, bench.options.seconds), stdout=subprocess.PIPE, text=True)
            hits = subprocess.run(load("closed", server.authority, 1, bench.options.seconds), capture_output=True, text=True, check=False)
            made = bench.figures(other.communicate()[0]) if other else {"requests": 0, "seconds": 1, "errors": 0}
            # Once more without the hits, for the processor time of one connection.
            before = server.cpu_seconds()
            quiet = bench.figures(subprocess.run(load("fresh", authority, 4, bench.options.seconds), capture_output=True, text=True,
                                                 check=False).stdout) if other else None
            each = (server.cpu_seconds() - before) * 1e6 / max(quiet["requests"], 1) if quiet else 0
        finally:
            server.stop()
        hits = bench.figures(hits.stdout, hits.stderr)
        return {"hits/s": hits["requests"] / hits["seconds"], "p50_us": hits["p50"], "p99_us": hits["p99"], "p999_us": hits["p999"],
                "new/s": made["requests"] / made["seconds"], "new_cpu_us": each, "errors": hits["errors"] + made["errors"]}

    rows = bench.in_turn(["none", "one host", "new hosts"], measure)
    origin.stop()
    table("hits on one kept connection beside four that connect anew", rows,
          ["hits/s", "p50_us", "p99_us", "p999_us", "new/s", "new_cpu_us", "errors"])
    print("a leaf costs about %.0f us of processor time" % (rows["new hosts"]["new_cpu_us"] - rows["one host"]["new_cpu_us"]))


ALL = {"hit": hit, **traffic_sections.PARTS, "miss": miss, "latency": latency, "scale": scale, "herd": herd, "memory": memory, "alloc": alloc, "idle": idle, "tls": tls,
       "mint": mint, "store": store_sections.store, "growth": growth_sections.growth}
# Parts of a section, by themselves.
KNOWN = {**ALL, **store_sections.PARTS, **growth_sections.PARTS}
