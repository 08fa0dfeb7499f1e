#!/usr/bin/env python3
"""Checks that each room of src/ includes only the rooms it may, and that heavy libraries stay out of the headers."""
import re

from sources import ROOT, cpp, line_of, tell, without_comments

MAY_INCLUDE = {
    "base": "",
    "http": "base",
    "caching": "http base",
    "limit": "http base",
    "store": "caching http base",
    "authority": "base",
    "net": "http authority base",
    "rules": "caching limit http base",
    "origin": "net limit http base",
    "proxy": "origin rules net authority limit store caching http base",
    "upkeep": "proxy origin rules store limit caching http base",
    "admin": "upkeep proxy store rules limit net authority caching http base",
    "app": "admin upkeep proxy origin rules net authority limit store caching http base",
}
# The rooms that think: whoever includes their headers must not pay for a library.
LIGHT = {"base", "http", "caching", "limit", "rules"}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)
ASIO = re.compile(r"^boost/(asio|beast)\b")
CXX_STANDARD = re.compile(r"^(c?[a-z_0-9]+)$")
PROJECT = re.compile(r"^cachearr/")


def includes(path):
    text = without_comments(path.read_text())
    for match in INCLUDE.finditer(text):
        yield line_of(text, match.start()), match[1], match[2]


def check_room(path, room, findings):
    allowed = set(MAY_INCLUDE[room].split()) | {room}
    for line, kind, name in includes(path):
        other = name.split("/")[0]
        if kind == '"' and other not in MAY_INCLUDE:
            findings.append((path, line, f'"{name}" is included by the name of no room; write "room/unit.hpp"'))
        elif kind == '"' and other not in allowed:
            findings.append((path, line, f"{room} may not include {other} (it may: {MAY_INCLUDE[room] or 'nothing'})"))
        elif kind == "<" and path.suffix == ".hpp" and room in LIGHT and not (CXX_STANDARD.match(name) or PROJECT.match(name)):
            findings.append((path, line, f"<{name}> does not belong into a header of {room}"))
        elif ASIO.match(name) and room != "net" and not name.startswith("boost/asio/awaitable"):
            if room in LIGHT or room in {"store", "authority"}:
                findings.append((path, line, f"<{name}>: sockets are the business of net"))


def main():
    findings = []
    for path in cpp("src"):
        room = path.relative_to(ROOT).parts[1]
        if room in MAY_INCLUDE:
            check_room(path, room, findings)
        else:
            findings.append((path, 1, f"src/{room} is no room; add it to the table"))
    for path in cpp("include"):
        for line, kind, name in includes(path):
            if kind == '"' or not (CXX_STANDARD.match(name) or PROJECT.match(name)):
                findings.append((path, line, f"{name}: include/ uses the standard library only"))
    tell(findings)


main()
