"""A big installation, measured: many keys, 500 rules, 50 upstreams, 30 clients. Each call of the pages within 100 ms, each page usable within 500.

    python3 large.py [KEYS] [disk]

With "disk" most of them are on disk alone.
CACHEARR_BIN names the program; gcc builds the load generator and the origin of tests/bench. Prints a table, ends with 1 where something takes longer.
"""
import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
BENCH = os.path.join(HERE, "..", "bench")
sys.path.insert(0, os.path.join(HERE, "..", "scenario"))
sys.path.insert(0, HERE)
import pages_test  # noqa: E402
from lab.proxy import API_KEY, Proxy  # noqa: E402

UPSTREAMS, RULES, CLIENTS, ROUNDS = 50, 500, 30, 9
CALL_LIMIT, PAGE_LIMIT = 100, 500
TYPES = ("series", "episode", "metadata_series", "metadata_images", "indexer_feed")
CALLS = ["api/v1/stats/summary", "health/cache", "health/cache/stats", "api/v1/upstreams", "api/v1/rules", "api/v1/rules/files", "api/v1/clients", "api/v1/alerts",
         "api/v1/notifications", "api/v1/jobs", "api/v1/optimizer", "api/v1/logs", "api/v1/system/status", "api/v1/health", "api/v1/requests?limit=150",
         "api/v1/keys?limit=20", "api/v1/keys?limit=50&sort=hits", "api/v1/keys?limit=50&sort=hits&pattern=*nothing*", "api/v1/keys?limit=50&sort=ttl&upstream=up7", "api/v1/keys?limit=1000&pattern=*item/7*", "api/v1/keys?limit=50&sort=size", "api/v1/keys?limit=50&sort=ttl", "api/v1/keys?limit=50&pattern=*item/77*", "api/v1/keys?limit=50&upstream=up7",
         "api/v1/keys?limit=50&type=series", "api/v1/keys?limit=50&tag=none", "api/v1/keys/low-hit-rate", "api/v1/keys/top?by=hits", "api/v1/keys/expiring?within=15m",
         "api/v1/savings?days=1", "api/v1/shared", "api/v1/history", "api/v1/history?series=fresh,stale,fetched,latency_hit_p95&from=-30d&step=1h", "metrics"]


def rules(port):
    upstreams = {"up%d" % number: {"hosts": ["up%d.test" % number], "origin": "http://127.0.0.1:%d" % port, "mount": "/up%d" % number,
                                   "rate": {"quota": [{"limit": 10_000_000, "per": "day"}]}} for number in range(UPSTREAMS)}
    each = RULES // UPSTREAMS
    listed = [{"name": "rule-%d-%d" % (upstream, number), "upstream": "up%d" % upstream, "match": {"path": "/t%d/item/{id}" % number}, "type": TYPES[number % len(TYPES)],
               "key": "up%d:t%d:item/{id}" % (upstream, number), "ttl": "1h", "policy": "override", "expect": "any"} for upstream in range(UPSTREAMS) for number in range(each)]
    return {"upstreams": upstreams, "rules": listed}


def build(folder):
    for name in ("load", "epoll_server"):
        subprocess.run(["gcc", "-O2", os.path.join(BENCH, name + ".c"), "-o", os.path.join(folder, name)], check=True)


def start_origin(folder):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    process = subprocess.Popen([os.path.join(folder, "epoll_server"), str(port), "64", "0"])
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return process, port
    raise SystemExit("the origin did not start")


def fill(folder, proxy, keys):
    share = keys // RULES
    for upstream in range(UPSTREAMS):
        for number in range(RULES // UPSTREAMS):
            subprocess.run([os.path.join(folder, "load"), "count", str(proxy.port), "/up%d/t%d/item/" % (upstream, number), "64", str(share)], check=True, stdout=subprocess.DEVNULL)


def visit_as_clients(proxy):
    for number in range(CLIENTS):
        wire = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=30, source_address=("127.0.0.%d" % (number + 2), 0))
        for item in range(3):
            wire.request("GET", "/up%d/t0/item/%d" % (number % UPSTREAMS, item), headers={"User-Agent": "Sonarr/4.0.%d" % number})
            wire.getresponse().read()
        wire.close()


def time_call(proxy, path):
    took = []
    for _ in range(ROUNDS):
        wire = http.client.HTTPConnection("127.0.0.1", proxy.admin_port, timeout=120)
        wire.connect()
        begun = time.perf_counter()
        wire.request("GET", "/" + path, headers={"X-Api-Key": API_KEY})
        answer = wire.getresponse()
        size = len(answer.read())
        took.append((time.perf_counter() - begun) * 1000)
        if answer.status != 200:
            print("FAIL  %s answers %d" % (path, answer.status))
        wire.close()
    took.sort()
    return took[len(took) // 2], took[-1], size


def time_calls(proxy):
    slow = 0
    for path in CALLS:
        median, most, size = time_call(proxy, path)
        slow += median > CALL_LIMIT
        print("%-45s %8.1f ms  at most %8.1f ms  %8d bytes%s" % (path, median, most, size, "   SLOW" if median > CALL_LIMIT else ""), flush=True)
    return slow


def time_pages(proxy):
    chromium = pages_test.find_browser()
    environment = dict(os.environ, CHROMIUM=chromium, MODULES=os.path.join(pages_test.CACHE, "node_modules"), API_KEY=API_KEY, LIMIT=str(PAGE_LIMIT),
                       PAGE="http://127.0.0.1:%d/" % proxy.admin_port)
    return subprocess.run(["node", os.path.join(HERE, "times.mjs")], env=environment).returncode


def main():
    keys = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    # 64 MiB is what some 100,000 of them need.
    tiers = {"memory": {"max_bytes": "64MiB"}, "disk": {"path": "store", "max_bytes": "8GiB"}} if "disk" in sys.argv[2:] else {"memory": {"max_bytes": "4GiB"}}
    folder = tempfile.mkdtemp(prefix="cachearr-large-")
    build(folder)
    origin, port = start_origin(folder)
    proxy = Proxy(rules(port), {**tiers, "admin": {"hosts": ["bench.test"]}, "access": {"private_upstreams": "allow"}, "log": {"level": "warning"}, "cache": {"max_keys": 10_000_000}}).start()
    try:
        begun = time.monotonic()
        fill(folder, proxy, keys)
        visit_as_clients(proxy)
        print("%d keys after %d s, %d MiB" % (keys, time.monotonic() - begun, proxy.resident_bytes() >> 20), flush=True)
        failed = time_calls(proxy)
        failed += time_pages(proxy)
    finally:
        proxy.stop()
        origin.kill()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
