#!/usr/bin/env python3
"""Runs clang-tidy over the units of a clang build, those that changed last first, for a bounded time.

Says how many units it came to; what it did not come to is no failure, what it finds is."""
import argparse
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import time

from sources import ROOT


def last_changed():
    """Unit -> its place in the history, newest first; without git all are the same."""
    log = subprocess.run(["git", "-C", ROOT, "log", "--format=", "--name-only"], capture_output=True, text=True, check=False)
    places = {}
    for name in log.stdout.split():
        places.setdefault(str(ROOT / name), len(places))
    return places


def units(build):
    names = {entry["file"] for entry in json.loads((build / "compile_commands.json").read_text())}
    places = last_changed()
    ours = [name for name in names if name.startswith(f"{ROOT}/src/")]
    return sorted(ours, key=lambda name: (places.get(name, -1), name))


def trouble_with_settings():
    """clang-tidy goes on with its own defaults, and exit code 0, where it cannot read .clang-tidy."""
    done = subprocess.run(["clang-tidy", "--dump-config"], capture_output=True, text=True, check=False, cwd=ROOT)
    return done.stderr


def tidy(build, unit):
    done = subprocess.run(["clang-tidy", "-p", build, "--quiet", unit], capture_output=True, text=True, check=False)
    return unit, done.returncode, done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--seconds", type=int, default=420)
    options = parser.parse_args()
    if trouble := trouble_with_settings():
        sys.exit(trouble)
    build, end = options.build.resolve(), time.monotonic() + options.seconds
    waiting, checked, bad = units(build), 0, 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        running = set()
        while running or (waiting and time.monotonic() < end):
            while waiting and len(running) < (os.cpu_count() or 1) and time.monotonic() < end:
                running.add(pool.submit(tidy, build, waiting.pop(0)))
            done, running = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
            for unit, code, output in (future.result() for future in done):
                checked += 1
                bad += code != 0
                if code:
                    print(output.replace(f"{ROOT}/", ""))
    print(f"clang-tidy: {checked} units checked, {bad} with findings, {len(waiting)} left out for lack of time")
    sys.exit(bool(bad) or not checked)


main()
