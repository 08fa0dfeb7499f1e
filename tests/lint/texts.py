#!/usr/bin/env python3
"""Checks what every text of the project promises: headers open with their purpose, units stay short, nothing is left
to be done later, and no file names a path of the machine it was written on."""
import re

from sources import ROOT, cpp, line_of, tell, tracked

LONGEST_UNIT = 400
# Put together from parts, so that this file does not find itself.
FOREIGN = re.compile("|".join(["/wo" + "rk/", "/ho" + "me/(?!me/|you/)[a-z]+/", r"\.\./sha" + r"red\b", "/ro" + "ot/"]))
LATER = re.compile(r"\b(" + "TO" + "DO|FIX" + "ME|XX" + "X)\b")
TEXT = {".cpp", ".hpp", ".py", ".sh", ".md", ".txt", ".json", ".in", ".cmake", ".js", ".mjs", ".html", ".css", ".yml", ".1", ".5", ""}


def check_header(path, text, findings):
    if not text.startswith("// "):
        findings.append((path, 1, "a header opens with a comment: its purpose, who owns it, which thread"))
    if "#pragma once" not in text:
        findings.append((path, 1, "#pragma once is missing"))


def main():
    findings = []
    for path in cpp("src", "include", "tests"):
        text = path.read_text()
        if path.suffix == ".hpp":
            check_header(path, text, findings)
        lines = text.count("\n")
        if lines > LONGEST_UNIT and path.relative_to(ROOT).parts[0] != "tests":
            findings.append((path, lines, f"over {LONGEST_UNIT} lines: this is two things"))
        for match in LATER.finditer(text):
            findings.append((path, line_of(text, match.start()), f"{match[1]}: do it or leave it"))
    for path in tracked():
        if path.suffix not in TEXT:
            continue
        text = path.read_bytes().decode("utf-8", "replace")
        for match in FOREIGN.finditer(text):
            findings.append((path, line_of(text, match.start()), f"{match[0]} is a path of one machine"))
    tell(findings)


main()
