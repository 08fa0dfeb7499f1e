#!/usr/bin/env python3
"""A page of 60 covers of 20 KB from memory over TLS, by h2load: HTTP/2 on one connection, HTTP/1.1 on six.

  tests/bench/covers.py [ROUNDS]     CACHEARR_BIN names the program (build/cachearr otherwise)

Prints pages a second, the processor time of a page, and how long one page takes with its handshakes; the median of the rounds.
"""
import os
import re
import statistics
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from lab.intercepting import HOST, Intercepting  # noqa: E402
from lab.origin import Origin, fresh  # noqa: E402

COVERS, BYTES, PAGES = 60, 20_000, 200
KINDS = {"HTTP/2": ["-c1", "-m%d" % COVERS], "HTTP/1.1": ["--h1", "-c6", "-m1"]}
MILLISECONDS = {"us": 0.001, "ms": 1, "s": 1000}


class Page:
    def __init__(self, proxy, folder):
        self.proxy, self.urls = proxy, os.path.join(folder, "urls")
        with open(self.urls, "w") as file:
            file.writelines("https://%s/covers/%d.jpg\n" % (HOST, number) for number in range(COVERS))

    def load(self, pages, *arguments):
        """How long so many pages took, in milliseconds."""
        command = ["h2load", "-n%d" % (pages * COVERS), "-i", self.urls, "--connect-to", "127.0.0.1:%d" % self.proxy.tls_port, *arguments]
        report = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        if "%d succeeded, 0 failed" % (pages * COVERS) not in report:
            raise SystemExit("not every cover came:\n" + report)
        took, unit = re.search(r"finished in ([\d.]+)(us|ms|s),", report).groups()
        return float(took) * MILLISECONDS[unit]

    def cpu_ms(self):
        with open("/proc/%d/stat" % self.proxy.process.pid) as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    origin = Origin()
    origin.default = fresh(os.urandom(BYTES), headers=[("Content-Type", "image/jpeg")])
    rules = {"upstreams": {"covers": {"hosts": [HOST], "intercept": True, "origin": origin.url}}}
    proxy = Intercepting(rules, {"intercept": {"enabled": True}}).start()
    with tempfile.TemporaryDirectory() as folder:
        page, seen = Page(proxy, folder), {kind: [] for kind in KINDS}
        page.load(1, *KINDS["HTTP/2"])
        for _ in range(rounds):
            for kind, arguments in KINDS.items():
                before = page.cpu_ms()
                took = page.load(PAGES, *arguments)
                seen[kind].append((PAGES * 1000 / took, (page.cpu_ms() - before) / PAGES, page.load(1, *arguments)))
    proxy.stop()
    origin.close()
    for kind, figures in seen.items():
        print("%-9s %5.0f pages/s, %.2f ms of processor time a page, %.1f ms for the first page" % (kind, *map(statistics.median, zip(*figures))))


if __name__ == "__main__":
    main()
