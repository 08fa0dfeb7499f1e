"""What the store is worth: memory for each answer, hit rates of eviction and of the disk, restart, the process' size under a flood."""
import array
import collections
import itertools
import os
import random
import signal
import socket
import subprocess
import time

CONNECTIONS = 64
PEERS = ("cachearr", "nginx", "varnish", "squid")


def chosen(bench, names):
    return [name for name in bench.names() if name in names]


def trace_file(bench, name, numbers):
    path = os.path.join(bench.folder, name)
    with open(path, "wb") as file:
        array.array("I", numbers).tofile(file)
    return path


def files_bytes(folder):
    return sum(os.lstat(os.path.join(place, name)).st_blocks * 512 for place, _, names in os.walk(folder) for name in names)


def objects(bench, table):
    """Bytes for each stored answer: resident ones, and for nginx the files that it keeps in a file system in memory."""
    for size, count in ((1024, 100000), (16384, 20000)):
        origin = bench.origin(size)

        def measure(name, origin=origin, count=count, size=size):
            server = bench.server(name, origin)

            def held():
                return server.resident_bytes() + (files_bytes(server.store) if name == "nginx" else 0)

            bench.load("count", server, bench.fresh_path(), CONNECTIONS, 1000)
            before = held()
            run = bench.load("count", server, bench.fresh_path(), CONNECTIONS, count)
            grown = held() - before
            server.stop()
            return {"bytes": grown / count, "beyond_body": grown / count - size, "errors": run["errors"] + run["lost"]}

        rows = bench.in_turn(chosen(bench, PEERS), measure)
        origin.stop()
        table("memory for each of %d stored answers of %d bytes [body + head + 256 bytes]" % (count, size), rows,
              ["bytes", "beyond_body", "errors"], "bytes")


def zipf_numbers(keys, count, exponent, seed):
    weights = list(itertools.accumulate(1 / (rank + 1) ** exponent for rank in range(keys)))
    names = list(range(keys))
    source = random.Random(seed)
    source.shuffle(names)
    return source.choices(names, cum_weights=weights, k=count)


def lru_hits(capacity, warm, measured):
    kept, hits = collections.OrderedDict(), 0
    for place, number in enumerate(itertools.chain(warm, measured)):
        if number in kept:
            kept.move_to_end(number)
            hits += place >= len(warm)
        else:
            kept[number] = True
            if len(kept) > capacity:
                kept.popitem(last=False)
    return hits / len(measured)


def zipf(bench, table):
    """Hit rate in 32 MiB of memory on a Zipf trace over 50,000 answers of 4 KB; beside it an LRU that has no overhead at all."""
    origin, megabytes = bench.origin(4096), 32
    rows = {}
    for exponent in (0.7, 1.0):
        numbers = zipf_numbers(50000, 250000, exponent, seed=42)
        warm, measured = numbers[:100000], numbers[100000:]
        files = [trace_file(bench, "warm", warm), trace_file(bench, "measured", measured)]

        def measure(name, files=files, measured=measured):
            server, path = bench.server(name, origin, megabytes=megabytes), bench.fresh_path()
            bench.load("trace", server, path, CONNECTIONS, files[0])
            asked = int(origin.get("/count"))
            run = bench.load("trace", server, path, CONNECTIONS, files[1])
            missed = int(origin.get("/count")) - asked
            server.stop()
            return {"hit_rate": 1 - missed / len(measured), "errors": run["errors"] + run["lost"]}

        rows = bench.in_turn(chosen(bench, PEERS), measure)
        rows["lru"] = {"hit_rate": lru_hits(megabytes * 2 ** 20 // 4096, warm, measured), "errors": 0}
        table("hit rate, Zipf %.1f" % exponent, rows, ["hit_rate", "errors"], "hit_rate", higher_is_better=True)
    origin.stop()


def disk(bench, table):
    """A working set of 320 MB, ten times the memory, asked for at random once all of it is stored."""
    origin, keys, count = bench.origin(16384), 20000, 100000
    file = trace_file(bench, "uniform", random.Random(7).choices(range(keys), k=count))

    def measure(name):
        server, path = bench.server(name, origin, megabytes=32, disk_megabytes=1024), bench.fresh_path()
        bench.load("count", server, path, 16, keys)
        time.sleep(3)
        asked, before = int(origin.get("/count")), server.cpu_seconds()
        run = bench.load("trace", server, path, CONNECTIONS, file)
        used, missed = server.cpu_seconds() - before, int(origin.get("/count")) - asked
        server.stop()
        return {"hit_rate": 1 - missed / count, "req/s": run["requests"] / run["seconds"], "cpu_us": used * 1e6 / count,
                "p50_us": run["p50"], "p99_us": run["p99"], "errors": run["errors"] + run["lost"]}

    rows = bench.in_turn(chosen(bench, ("cachearr", "nginx", "squid")), measure)
    origin.stop()
    table("working set of 10 times the memory, 16 KB, from disk", rows, ["hit_rate", "req/s", "cpu_us", "p50_us", "p99_us", "errors"], "hit_rate",
          higher_is_better=True)


def first_hit_ms(server, path, origin):
    """From exec to the last byte of an answer that the origin was not asked for."""
    asked, began = int(origin.get("/count")), time.monotonic()
    server.launch()
    request = ("GET %s HTTP/1.1\r\nHost: bench.test\r\nUser-Agent: load\r\nAccept: */*\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n" % path).encode()
    while True:
        try:
            with socket.create_connection(("127.0.0.1", server.port), 30) as sock:
                sock.sendall(request)
                while sock.recv(65536):
                    pass
            break
        except OSError:
            time.sleep(0.001)
    took = (time.monotonic() - began) * 1000
    return took if int(origin.get("/count")) == asked else float("inf")


def restart(bench, table):
    """A million answers of 1 KB on disk; the program ends, by SIGTERM and by SIGKILL, and starts again."""
    origin, count = bench.origin(1024), 1000000
    server, path = bench.server("cachearr", origin, megabytes=256, disk_megabytes=8192), bench.fresh_path()
    # As many at a time as the disk keeps pace with: what it has no room for in its queue would be in memory alone.
    bench.load("count", server, path, 8, count)
    time.sleep(5)
    rows = {}
    for name, number in (("SIGTERM", signal.SIGTERM), ("SIGKILL", signal.SIGKILL)):
        for attempt in range(bench.options.rounds):
            server.process.send_signal(number)
            server.process.wait()
            figures = {"first_hit_ms": first_hit_ms(server, path + str(attempt * 1000 + 17), origin)}
            asked, sample = int(origin.get("/count")), range(0, count, count // 2000)
            for key in sample:
                server.get(path + str(key))
            figures["kept"] = 1 - (int(origin.get("/count")) - asked) / len(sample)
            rows["%s %d" % (name, attempt + 1)] = figures
            time.sleep(5)
    server.stop()
    origin.stop()
    table("restart with a million answers on disk [first hit within 200 ms]", rows, ["first_hit_ms", "kept"])


def status_bytes(pid, name):
    with open("/proc/%d/status" % pid) as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(name + ":"))


def flood(bench, table):
    """A million answers of 4 KB pass through 256 MiB of memory; what the process holds of its own, and with the file's mapped pages."""
    origin, megabytes, rows = bench.origin(4096), 256, {}
    for name, disk_megabytes in (("memory alone", 0), ("with a disk", 2048)):
        server = bench.server("cachearr", origin, megabytes=megabytes, disk_megabytes=disk_megabytes)
        load = subprocess.Popen(["taskset", "-c", "1", bench.load_program, "count", str(server.port), bench.fresh_path(), str(CONNECTIONS), "1000000"],
                                stdout=subprocess.PIPE, text=True)
        own = resident = 0
        while load.poll() is None:
            own, resident = max(own, status_bytes(server.process.pid, "RssAnon")), max(resident, status_bytes(server.process.pid, "VmRSS"))
            time.sleep(0.1)
        run = bench.figures(load.stdout.read())
        server.stop()
        rows[name] = {"own_MiB": own / 2 ** 20, "resident_MiB": resident / 2 ** 20, "beyond_MiB": own / 2 ** 20 - megabytes,
                      "errors": run["errors"] + run["lost"]}
    origin.stop()
    table("memory while a million 4 KB answers pass through 256 MiB [64 MiB beyond]", rows, ["own_MiB", "resident_MiB", "beyond_MiB", "errors"])


PARTS = {"store-objects": objects, "store-zipf": zipf, "store-disk": disk, "store-restart": restart, "store-flood": flood}


def store(bench, table):
    """All of them."""
    for part in PARTS.values():
        part(bench, table)
