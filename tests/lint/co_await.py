#!/usr/bin/env python3
"""Finds the co_await shapes that g++ 12.2 miscompiles silently: use after free, double free, a jump to a trap.

Name it first, then await it, then test the name. Without arguments it looks at the project; --self-test checks itself.
"""
import pathlib
import re
import sys

from sources import cpp, line_of, tell, without_comments, without_literals

HEAD = re.compile(r"\b(?:if|while|switch)\s*\(")
LAMBDA = re.compile(r"\bco_await\b[^;]*?[(,]\s*\[(?!\s*\]|\s*&[\w\s,&]*\])")
BRACED = re.compile(r"co_await\b[^;{]*[\w>(,]\s*\{")
# A class with constructors and without anything to destroy: it may stand in braces.
HARMLESS = re.compile(r"\bDuration\s*\{[^{}]*\}")
SPAWN = re.compile(r"\bco_spawn\s*\(\s*co_await\b")

SELF_TEST = [
    ("if (co_await read()) return;", True),
    ("while (co_await more()) step();", True),
    ("switch (co_await kind()) { default: break; }", True),
    ("co_await fetch({.url = u});", True),
    ("co_await fetch(Request{u});", True),
    ("co_await run([text] { use(text); });", True),
    ("co_await run(a, [this] { go(); });", True),
    ("co_spawn(co_await this_coro::executor, f(), g);", True),
    ("const bool ready = co_await read();\nif (ready) return;", False),
    ("auto f = [text] { use(text); };\nco_await run(f);", False),
    ("co_await run([] { go(); });", False),
    ("if (bool ok = co_await read(); ok) return;", False),
    ("while (!done(state)) co_await wait();", False),
    ("if (a) while (co_await more()) step();", True),
    ("co_await stream.read_some(buffer);", False),
    ('co_await write("a { brace");', False),
    ("co_await reader.next(Duration{1000});", False),
    ("co_await reader.next(Duration{1000}, {a, b});", True),
    ("// if (co_await read())\nco_await read();", False),
]


def statements(text):
    """Yields (offset, statement), split at ';' and '}' outside of parentheses."""
    start = depth = 0
    for i, c in enumerate(text):
        depth += (c == "(") - (c == ")")
        if depth <= 0 and c in ";}":
            yield start, text[start:i + 1]
            start, depth = i + 1, 0


def conditions(statement):
    """The conditions of if, while and switch, without what stands before the ';' of an `if (init; condition)`."""
    for head in HEAD.finditer(statement):
        depth = 1
        for end in range(head.end(), len(statement)):
            depth += (statement[end] == "(") - (statement[end] == ")")
            if depth == 0:
                yield statement[head.end():end].rsplit(";", 1)[-1]
                break


def shapes(text):
    """Yields (line, what) for every broken shape."""
    text = without_literals(without_comments(text))
    for start, statement in statements(text):
        at = statement.find("co_await")
        if at < 0:
            continue
        tail = statement[at:]
        what = None
        if any("co_await" in condition for condition in conditions(statement)):
            what = "co_await in a condition; name the result, then test the name"
        elif SPAWN.search(statement):
            what = "co_spawn(co_await ...); name the executor first"
        elif LAMBDA.search(tail):
            what = "a capturing lambda in an awaiting expression; name it first"
        elif BRACED.match(HARMLESS.sub("Duration()", tail)):
            what = "a braced temporary in an awaiting expression; name it first"
        if what:
            yield line_of(text, start + at), what


def self_test():
    wrong = [(text, bad) for text, bad in SELF_TEST if bool(list(shapes(text))) != bad]
    for text, bad in wrong:
        print(f"{'missed' if bad else 'wrongly found'}: {text}")
    sys.exit(bool(wrong))


if "--self-test" in sys.argv:
    self_test()
paths = [pathlib.Path(name).resolve() for name in sys.argv[1:]] or cpp("src", "include", "tests")
tell([(path, line, what) for path in paths for line, what in shapes(path.read_text())])
