#!/usr/bin/env python3
"""The whole corpus against this program: forward and reverse mode, each whole and in pieces of 1 and 7 bytes.

Each of the six runs has an instance and an origin of its own, and all run side by side (they mostly wait). It is passed when no case
fails, at least 90 % of each run's cases end in the best outcome, and no verdict depends on how the bytes were cut.

  CACHEARR_BIN=build-dev/cachearr tests/hostile/run_all.py [--only REGEX] [--modes forward] [--segments 0,1]
"""
import argparse, json, os, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "support"))
from lab.proxy import Proxy, free_ports  # noqa: E402

CONFIG = {"access": {"connect_ports": [443]},
          "timeouts": {"connect": "2s", "upstream_header": "2s", "upstream_idle": "2s"}}
BEST_SHARE = 0.9


class Run:
    """One mode with one segmentation."""

    def __init__(self, mode, segment, only, folder):
        self.name = "%s, %s" % (mode, "pieces of %d" % segment if segment else "whole")
        self.mode, self.segment = mode, segment
        port = free_ports(1)[0]
        host = "127.0.0.1" if mode == "forward" else "corpus.test"
        rules = {"upstreams": {"corpus": {"hosts": [host], "origin": "http://127.0.0.1:%d" % port}}}
        self.proxy = Proxy(rules, CONFIG, reverse=["corpus"] if mode == "reverse" else []).start()
        listener = self.proxy.port if mode == "forward" else self.proxy.reverse_ports["corpus"]
        self.out = os.path.join(folder, "%s-%d.json" % (mode, segment))
        command = [sys.executable, os.path.join(HERE, "run.py"), "--proxy", "127.0.0.1:%d" % listener, "--mode", mode,
                   "--origin-port", str(port), "--segment", str(segment), "--upstream-host", "127.0.0.1:%d" % port,
                   "--out", self.out, "--only", only]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def finish(self):
        """Waits, prints the runner's report and gives what speaks against a pass."""
        report, _ = self.process.communicate()
        print("==== %s\n%s" % (self.name, report), flush=True)
        faults = []
        if self.process.returncode:
            faults.append("%s: the runner ended with %d" % (self.name, self.process.returncode))
        try:
            self.proxy.stop()
        except AssertionError as problem:
            faults.append("%s: %s" % (self.name, problem))
        self.results = json.load(open(self.out)) if os.path.exists(self.out) else {}
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
    """Cases whose outcome differs between two segmentations of one mode."""
    found = []
    for mode in sorted({run.mode for run in runs}):
        same_mode = [run for run in runs if run.mode == mode]
        for case in same_mode[0].results:
            verdicts = {run.segment: outcome(run.results[case]) for run in same_mode if case in run.results}
            if len(set(verdicts.values())) > 1:
                found.append("%s: %s depends on the packetisation: %s" % (mode, case, verdicts))
    return found


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--only", default="", help="regular expression of case names")
    options.add_argument("--modes", default="forward,reverse")
    options.add_argument("--segments", default="0,1,7")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="cachearr-hostile-") as folder:
        runs = [Run(mode, int(segment), chosen.only, folder)
                for mode in chosen.modes.split(",") for segment in chosen.segments.split(",")]
        faults = [fault for run in runs for fault in run.finish()]
    faults += flips(runs)
    print("\n".join(faults) or "passed: %d runs, no failure, no flip" % len(runs))
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
