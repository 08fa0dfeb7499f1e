#!/usr/bin/env python3
"""Checks that each module of src/ includes only the modules it may, and that heavy libraries stay out of the headers."""
import re

from sources import ROOT, cpp, line_of, tell, without_comments

MAY_INCLUDE = {
    "base": "",
    "http": "base",
    "caching": "http base",
    "content": "http base",
    "limit": "content http base",
    "store": "caching content http base",
    "authority": "base",
    "net": "http authority base",
    "rules": "caching content limit http base",
    "origin": "net limit http base",
    "metrics": "base",
    "shared": "net store limit caching content http metrics base",
    "pipeline": "rules store limit authority caching content http metrics base",
    "fetch": "pipeline origin rules net store limit caching content http metrics base",
    "client": "fetch pipeline origin rules net authority store limit caching content http metrics base",
    "upkeep": "shared fetch pipeline origin rules net authority store limit caching content http metrics base",
    "admin": "upkeep shared client fetch pipeline origin store rules limit net authority caching content http metrics base",
    "app": "admin upkeep shared client fetch pipeline origin rules net authority store limit caching content http metrics base",
}
# The modules that only decide: whoever includes their headers must not pay for a library.
LIGHT = {"base", "http", "caching", "content", "metrics", "limit", "rules", "pipeline"}
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)
ASIO = re.compile(r"^boost/(asio|beast)\b")
CXX_STANDARD = re.compile(r"^(c?[a-z_0-9]+)$")
PROJECT = re.compile(r"^cachearr/")


def includes(path):
    text = without_comments(path.read_text())
    for match in INCLUDE.finditer(text):
        yield line_of(text, match.start()), match[1], match[2]


def check_module(path, module, findings):
    allowed = set(MAY_INCLUDE[module].split()) | {module}
    for line, kind, name in includes(path):
        other = name.split("/")[0]
        if kind == '"' and other not in MAY_INCLUDE:
            findings.append((path, line, f'"{name}" is included by the name of no module; write "module/unit.hpp"'))
        elif kind == '"' and other not in allowed:
            findings.append((path, line, f"{module} may not include {other} (it may: {MAY_INCLUDE[module] or 'nothing'})"))
        elif kind == "<" and path.suffix == ".hpp" and module in LIGHT and not (CXX_STANDARD.match(name) or PROJECT.match(name)):
            findings.append((path, line, f"<{name}> does not belong into a header of {module}"))
        elif ASIO.match(name) and module != "net" and not name.startswith("boost/asio/awaitable"):
            if module in LIGHT or module in {"store", "authority"}:
                findings.append((path, line, f"<{name}>: sockets are the business of net"))


def main():
    findings = []
    for path in cpp("src"):
        module = path.relative_to(ROOT).parts[1]
        if module in MAY_INCLUDE:
            check_module(path, module, findings)
        else:
            findings.append((path, 1, f"src/{module} is no module; add it to the table"))
    for path in cpp("include"):
        for line, kind, name in includes(path):
            if kind == '"' or not (CXX_STANDARD.match(name) or PROJECT.match(name)):
                findings.append((path, line, f"{name}: include/ uses the standard library only"))
    tell(findings)


main()
