#!/usr/bin/env python3
"""Runs the simulator of the shared tier against a Redis of its own.

    shared_sim.py BINARY [limits|losses|fleet] [OPTION]...

limits: four instances that are cut off again and again, before an upstream with 2 a second, burst 8, 60 a minute, 1,000 a day.
losses: the same, all connected, and the server is flushed or replaced by one that knows less.
fleet: 1,000 instances and 10,000,000 requests. Options are the program's own and come last, so that they win.
"""
import pathlib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
from lab.redis_server import RedisServer  # noqa: E402

FOUR = ["--nodes", "4", "--requests", "5000", "--per-second", "3", "--rate", "2", "--burst", "8", "--day", "1000", "--minute", "60"]
CASES = {
    "limits": [*FOUR, "--cuts"],
    "losses": [*FOUR, "--losses"],
    "fleet": ["--nodes", "1000", "--requests", "10000000", "--per-second", "28000", "--keys", "5000", "--ttl", "120", "--purges", "0.1",
              "--rate", "500", "--burst", "1000", "--day", "100000", "--cuts"],
}


def main():
    binary, case, options = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "limits", sys.argv[3:]
    server = RedisServer()
    try:
        return subprocess.run([binary, "--port", str(server.port), *CASES[case], *options], check=False).returncode
    finally:
        server.close()


sys.exit(main())
