#!/usr/bin/env python3
"""Instructions and allocations of a hit in memory: without a Redis, and with one that is up, paused, stopped or dead.

    CACHEARR_BIN=build-release/cachearr shared_hit_path.py [HITS]

Runs the program under callgrind and counts what the thread does that serves the hits, over one connection. Of ten batches the one
with the fewest instructions counts: whether a read finds the next request at once depends on what else the machine does. Ends with
1 where a hit costs over 2 % more than without a Redis, or allocates. Needs valgrind.
"""
import asyncio
import glob
import os
import re
import signal
import subprocess
import sys

from shared_goals import Lab, ask, status, until

MOST_MORE, BATCHES = 0.02, 10
ALLOCATES = re.compile(r"(malloc|calloc|realloc|aligned_alloc|posix_memalign|operator new.*)(@.*|'\d+)?$")
SERVES = "answer_memoized"  # the function that the serving thread alone calls


def up(_lab, _proxy):
    pass


def paused(lab, proxy):
    lab.redis.ask("CLIENT", "PAUSE", 600_000, "ALL")
    until(lambda: status(proxy)["state"] != "ready", pause=0.1)


def stopped(lab, proxy):
    lab.redis.process.send_signal(signal.SIGSTOP)
    until(lambda: status(proxy)["state"] != "ready", pause=0.1)


def dead(lab, proxy):
    lab.redis.kill()
    until(lambda: status(proxy)["state"] == "away", pause=0.1)


def control(proxy, *words):
    subprocess.run(["callgrind_control", *words, str(proxy.process.pid)], check=True, capture_output=True)


async def hits(proxy, path, warm, count):
    """All but the first ones are counted, each batch in a dump of its own."""
    streams = await asyncio.open_connection("127.0.0.1", proxy.port)
    for _ in range(warm):
        await ask(streams, path)
    control(proxy, "--instr=on")
    for _ in range(BATCHES):
        for _ in range(count):
            _, head = await ask(streams, path)
            assert b"cachearr; hit" in head, head
        control(proxy, "--dump")
    streams[1].close()


def counted(text):
    """Of one thread: all instructions, and how often it has called what allocates."""
    allocations, callee = 0, ""
    for line in text.splitlines():
        if line.startswith("cfn="):
            callee = line[4:]
        elif line.startswith("calls=") and ALLOCATES.match(callee):
            allocations += int(line[6:].split()[0])
    return int(re.search(r"^(?:totals|summary): (\d+)", text, re.M).group(1)), allocations


def measure(name, shares, happens, count):
    lab = Lab()
    try:
        out = os.path.join(lab.folder, name)
        proxy = lab.start(name, shares, prefix=["valgrind", "--quiet", "--tool=callgrind", "--instr-atstart=no", "--separate-threads=yes",
                                                "--compress-strings=no", "--compress-pos=no", "--callgrind-out-file=" + out])
        happens(lab, proxy)
        asyncio.run(hits(proxy, "/hit", 500, count))
        dumps = []
        for file in glob.glob(out + "*"):
            with open(file, encoding="utf-8", errors="replace") as dump:
                dumps.append(dump.read())
        serving = [counted(text) for text in dumps if SERVES in text]
        assert len(serving) == BATCHES, "%d dumps name %s" % (len(serving), SERVES)
        return min(each for each, _ in serving), sum(each for _, each in serving) / BATCHES
    finally:
        lab.close()


def main():
    count, base, wrong = (int(sys.argv[1]) if sys.argv[1:] else 2000) // BATCHES, None, 0
    for name, shares, happens in (("without", False, up), ("up", True, up), ("paused", True, paused),
                                  ("stopped", True, stopped), ("dead", True, dead)):
        instructions, allocations = (each / count for each in measure(name, shares, happens, count))
        base = base or instructions
        more = instructions / base - 1
        print("%-8s %8.0f instructions for a hit (%+.2f %%), %.3f allocations" % (name, instructions, 100 * more, allocations))
        wrong += more > MOST_MORE or allocations >= 0.01
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
