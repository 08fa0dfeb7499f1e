#!/usr/bin/env python3
"""Has every shell script of the project read by its own shell."""
import subprocess

from sources import tell, tracked


def shell_of(path):
    with path.open("rb") as file:
        first = file.readline(100)
    for name in (b"bash", b"sh"):
        if first.startswith((b"#!/bin/" + name, b"#!/usr/bin/env " + name)):
            return name.decode()
    return None


findings = []
for script in tracked():
    if shell := shell_of(script):
        read = subprocess.run([shell, "-n", script], capture_output=True, text=True, check=False)
        if read.returncode:
            findings.append((script, 1, read.stderr.strip()))
tell(findings)
