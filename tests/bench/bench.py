"""Drives the benchmark: one server at a time on core 0, the load (and the origin) on core 1, everyone in turn, several rounds.

What is printed as CPU is user plus system time of the server's processes for each request: it counts where the load
generator or the loopback is the limit. `ratio` compares with the best peer and with the bare epoll server of the same run.
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile

import peers
import plot
import sections

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))


def compile_tools(folder):
    flags = ["-O2", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]
    for name in ("epoll_server", "load"):
        subprocess.run(["gcc", *flags, os.path.join(HERE, name + ".c"), "-o", os.path.join(folder, name)], check=True)
    subprocess.run(["gcc", *flags, os.path.join(HERE, "tls_load.c"), "-o", os.path.join(folder, "tls_load"), "-lssl", "-lcrypto",
                    "-lpthread"], check=True)
    shim = os.path.join(folder, "malloc_count.so")
    subprocess.run(["gcc", *flags, "-shared", "-fPIC", os.path.join(HERE, "malloc_count.c"), "-o", shim], check=True)
    return os.path.join(folder, "load"), os.path.join(folder, "epoll_server"), shim


class Bench:
    """What every section needs: the tools, the options and a table to fill."""

    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.load_program, peers.Epoll.program, self.shim = compile_tools(folder)
        self.tls_load_program = os.path.join(folder, "tls_load")
        peers.Cachearr.binary = options.binary
        self.serial = 0

    def origin(self, body_bytes, delay_ms=0, cores="1"):
        peers.Epoll.body_bytes, peers.Epoll.delay_ms = body_bytes, delay_ms
        return peers.Epoll(os.path.join(self.folder, "origin"), 0, cores).start()

    def server(self, name, origin, **more):
        kind = peers.Epoll if name == "epoll" else peers.PEERS[name]
        return kind(self.folder, origin.port, **more).start()

    def names(self, with_epoll=False):
        return (["epoll"] if with_epoll else []) + self.options.servers.split(",")

    def fresh_path(self):
        """A path that no earlier run asked for."""
        self.serial += 1
        return "/r%d/" % self.serial

    def load(self, mode, server, path, *numbers, core="1"):
        """Runs the generator; gives its figures as a dict of numbers."""
        command = ["taskset", "-c", core, self.load_program, mode, str(server.port), path, *map(str, numbers)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        return self.figures(run.stdout, run.stderr)

    @staticmethod
    def figures(output, complaint=""):
        if "=" not in output:
            raise SystemExit("the load generator failed: " + complaint)
        return {name: float(value) for name, _, value in (item.partition("=") for item in output.split())}

    def in_turn(self, names, measure):
        """`measure(name)` for each server, `rounds` times in turn; the median of each figure."""
        seen = {name: [] for name in names}
        for number in range(self.options.rounds):
            for name in names:
                seen[name].append(measure(name))
                print("  round %d %s: %s" % (number + 1, name, " ".join("%s=%.6g" % item for item in seen[name][-1].items())), flush=True)
        return {name: {key: statistics.median(run[key] for run in runs) for key in runs[0]} for name, runs in seen.items()}


def table(title, rows, columns, best=None, higher_is_better=False):
    """Prints one line for each server and, for the column `best`, the ratio to the best peer and to bare epoll."""
    print("\n%s\n%-10s" % (title, "") + "".join("%16s" % column for column in columns))
    for name, row in rows.items():
        print("%-10s" % name + "".join("%16s" % ("%.5g" % row[column]) for column in columns))
    others = {name: row[best] for name, row in rows.items() if name not in ("cachearr", "epoll")} if best else {}
    if "cachearr" in rows and best:
        own = rows["cachearr"][best]
        if others:
            peer = (max if higher_is_better else min)(others, key=others.get)
            print("ratio of %s: cachearr / best peer (%s) = %.2f" % (best, peer, own / others[peer] if others[peer] else float("inf")))
        if "epoll" in rows and rows["epoll"][best]:
            print("ratio of %s: cachearr / bare epoll = %.2f" % (best, own / rows["epoll"][best]))
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("section", nargs="*", default=[], metavar="SECTION", help="all, or any of: " + " ".join(sections.KNOWN))
    parser.add_argument("--binary", default=os.environ.get("CACHEARR_BIN", os.path.join(ROOT, "build", "cachearr")))
    parser.add_argument("--servers", default=",".join(peers.PEERS), help="comma list; the bare epoll server joins where it can")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--keys", type=int, default=1000000, help="growth: up to so many keys")
    parser.add_argument("--requests", type=int, default=100000, help="hit-zipf, hit-mixed and each point of growth: so many")
    parser.add_argument("--save", metavar="FOLDER", help="growth: keep the curves there and draw them")
    options = parser.parse_args()
    chosen = options.section if options.section and options.section != ["all"] else list(sections.ALL)
    unknown = [name for name in chosen if name not in sections.KNOWN]
    if unknown:
        parser.error("no such section: %s (there are: %s)" % (" ".join(unknown), " ".join(sections.KNOWN)))
    if options.save:
        os.makedirs(options.save, exist_ok=True)
    if "cachearr" in options.servers.split(",") and not os.access(options.binary, os.X_OK):
        parser.error("no program at %s: build it, or leave it out with --servers" % options.binary)
    with tempfile.TemporaryDirectory(prefix="cachearr-bench-") as folder:
        os.chmod(folder, 0o755)
        bench = Bench(options, folder)
        for name in chosen:
            print("\n==== " + name, flush=True)
            sections.KNOWN[name](bench, table)
    if options.save:
        plot.draw_all(options.save)


if __name__ == "__main__":
    main()
