#!/usr/bin/env python3
"""The whole corpus against this program: as forward proxy, at a listener of the upstream's own, below a mount and in an intercepted
tunnel, each whole and in pieces of 1 and 7 bytes.

Each of the runs has an instance and an origin of its own, and all run side by side (they mostly wait). It is passed when no case
fails, at least 90 % of each run's cases end in the best outcome, and no verdict depends on how the bytes were cut. What a case finds by
waiting may be found wrongly on a machine that is busy: such a case decides when it is run again with more patience, in all pieces.

  CACHEARR_BIN=build-asan/cachearr tests/hostile/run_all.py [--only REGEX] [--modes forward] [--segments 0,1]
"""
import argparse, json, os, re, socket, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
from lab.intercepting import Intercepting  # noqa: E402
from lab.proxy import Proxy  # noqa: E402
from tls_relay import TlsRelay  # noqa: E402

CONFIG = {"access": {"connect_ports": [443]},
          "timeouts": {"connect": "2s", "upstream_header": "2s", "upstream_idle": "2s"}}
BEST_SHARE = 0.9
PATIENCE = 4
MOUNT = "/corpus"
# What no lack of time explains.
CERTAIN = re.compile("CANARY|refused destination|POISONED|SMUGGLED|DESYNC|SPLIT|STORED|ambiguous|reused|needed|DEAD")


def upstream_at(port, **more):
    return {"hosts": ["corpus.test"], "origin": "http://127.0.0.1:%d" % port, **more}


def reserve():
    """Holds a port for a runner, which binds it too and listens there; nobody else can have it."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    return holder


class Run:
    """One mode with one segmentation."""

    def __init__(self, mode, segment, folder):
        self.name = "%s, %s" % (mode, "pieces of %d" % segment if segment else "whole")
        self.mode, self.segment = mode, segment
        self.reserved, self.results = reserve(), {}
        port = self.reserved.getsockname()[1]
        self.proxy, listener = getattr(self, "start_" + mode)(port)
        self.out = os.path.join(folder, "%s-%d.json" % (mode, segment))
        self.command = [sys.executable, os.path.join(HERE, "run.py"), "--proxy", listener, "--mode", "forward" if mode == "forward" else "reverse",
                        "--base", MOUNT if mode == "mount" else "", "--origin-port", str(port), "--segment", str(segment),
                        "--upstream-host", "127.0.0.1:%d" % port, "--out", self.out]

    # CONNECT may go to the port of an origin that rules name, so that none is named where CONNECT is to be refused.
    @staticmethod
    def start_forward(_):
        proxy = Proxy({"upstreams": {"corpus": {"hosts": ["127.0.0.1"]}}}, CONFIG).start()
        return proxy, "127.0.0.1:%d" % proxy.port

    @staticmethod
    def start_reverse(port):
        proxy = Proxy({"upstreams": {"corpus": upstream_at(port)}}, CONFIG, reverse=["corpus"]).start()
        return proxy, "127.0.0.1:%d" % proxy.reverse_ports["corpus"]

    @staticmethod
    def start_mount(port):
        proxy = Proxy({"upstreams": {"corpus": upstream_at(port, mount=MOUNT)}}, CONFIG).start()
        return proxy, "127.0.0.1:%d" % proxy.port

    @staticmethod
    def start_intercepted(port):
        proxy = Intercepting({"upstreams": {"corpus": upstream_at(port, intercept=True)}}, dict(CONFIG, intercept={"enabled": True})).start()
        return proxy, TlsRelay(("127.0.0.1", proxy.port), b"corpus.test", proxy.ca_file).address

    def begin(self, only, patience=1):
        command = self.command + ["--only", only, "--patience", str(patience)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def wait(self):
        """Prints the runner's report and takes over its results."""
        report, _ = self.process.communicate()
        print("==== %s\n%s" % (self.name, report), flush=True)
        if os.path.exists(self.out):
            with open(self.out) as file:
                self.results.update(json.load(file))
            os.remove(self.out)

    def failed(self):
        return [name for name, case in self.results.items() if case["verdict"] == "FAIL"]

    def uncertain(self):
        return [name for name in self.failed() if not CERTAIN.search(self.results[name]["note"])]

    def finish(self):
        """Ends the program and gives what speaks against a pass."""
        faults = ["%s: %s failed: %s" % (self.name, name, self.results[name]["note"]) for name in self.failed()]
        if self.process.returncode not in (0, 1):
            faults.append("%s: the runner ended with %d" % (self.name, self.process.returncode))
        try:
            self.proxy.stop()
        except AssertionError as problem:
            faults.append("%s: %s" % (self.name, problem))
        best = sum(1 for case in self.results.values() if case["verdict"] == "best")
        if best < BEST_SHARE * len(self.results) or not self.results:
            faults.append("%s: only %d of %d in the best outcome" % (self.name, best, len(self.results)))
        return faults


def outcome(result):
    """What must not depend on the packetisation: a request's verdict. Of an answer only whether it passes: once its first bytes are
    relayed, what is wrong further on can end in a cut answer but no longer in a 502."""
    if result["cls"].startswith("r-") and result["verdict"] != "FAIL":
        return "passed"
    return result["verdict"]


def flips(runs):
    """Cases whose outcome differs between the segmentations of one mode, and how."""
    found = {}
    for case in runs[0].results:
        verdicts = {run.segment: outcome(run.results[case]) for run in runs if case in run.results}
        if len(set(verdicts.values())) > 1:
            found[case] = verdicts
    return found


def all_of(runs, only, patience=1):
    for run in runs:
        run.begin(only, patience)
    for run in runs:
        run.wait()


def judge(mode, runs):
    """What speaks against a pass of one mode, after a second look at what may have been a matter of time."""
    again = {case for run in runs for case in run.uncertain()}.union(flips(runs))
    if again:
        print("once more, with patience: " + ", ".join(sorted(again)), flush=True)
        all_of(runs, "^(%s)$" % "|".join(map(re.escape, sorted(again))), PATIENCE)
    faults = [fault for run in runs for fault in run.finish()]
    return faults + ["%s: %s depends on the packetisation: %s" % (mode, *flip) for flip in flips(runs).items()]


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", default="", help="regular expression of case names")
    options.add_argument("--modes", default="forward,reverse,mount,intercepted")
    options.add_argument("--segments", default="0,1,7")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="cachearr-hostile-") as folder:
        modes = chosen.modes.split(",")
        runs = [Run(mode, int(segment), folder) for mode in modes for segment in chosen.segments.split(",")]
        all_of(runs, chosen.only)
        faults = [fault for mode in modes for fault in judge(mode, [run for run in runs if run.mode == mode])]
    print("\n".join(faults) or "passed: %d runs, no failure, no flip" % len(runs))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
