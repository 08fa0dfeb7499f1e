#!/usr/bin/env python3
"""Checks the pages for engineers against the tree: each folder of src/ stands in the map, src/README.md, and each file that a page
names exists. A file may be named from the root, from the page's folder, or from src/; a unit by its name alone (net/worker).

    pages.py --self-test    checks this script on texts with known faults
"""
import fnmatch
import re
import sys

from sources import ROOT, line_of, tell, tracked

PAGES = ["README.md", "src/README.md", "src/*/README.md", "tests/README.md", ".github/CONTRIBUTING.md"]
MAP = "src/README.md"
ENDINGS = ("cpp", "hpp", "c", "py", "sh", "md", "cmake", "mjs")
# A word that may be a path: no blank, no scheme, nothing absolute, no variable.
WORD = re.compile(r"(?<![\w/.$~:<>{}*-])\.?[\w*][\w./*{},-]*(?![\w/<>=(:])")
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.S)
PLACEHOLDER = re.compile(r"(^|[/_.])(MODULE|UNIT|NAME|PRESET|TARGET|FILE|MOUNT|HOST)([/_.]|$)")
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")


class Tree:
    def __init__(self, files):
        self.files = set(files)
        self.folders = {"/".join(name.split("/")[:i]) for name in files for i in range(1, name.count("/") + 1)}
        self.names = {name.rsplit("/", 1)[-1] for name in files}
        self.modules = {name.split("/")[1] for name in files if re.match(r"src/[^/]+/", name)}
        self.roots = {name.split("/")[0] for name in self.folders} | self.modules

    def has(self, path):
        path = path.rstrip("/")
        if "*" in path:
            return any(fnmatch.fnmatch(name, path) for name in self.files)
        return path in self.files or path in self.folders or path + ".cpp" in self.files or path + ".hpp" in self.files


def spelt_out(word):
    """disk_file.{hpp,cpp} -> both."""
    brace = re.fullmatch(r"(.*)\{([^{}]*)\}(.*)", word)
    return [brace[1] + each + brace[3] for each in brace[2].split(",")] if brace else [word]


def names_a_file(word, tree):
    if PLACEHOLDER.search(word) or word == MAP:
        return False
    if word.rsplit(".", 1)[-1] in ENDINGS and "." in word.strip("."):
        return True
    return "/" in word and word.split("/")[0] in tree.roots


def exists(word, page, tree):
    folder = page.rpartition("/")[0]
    places = [folder + "/" if folder else "", "", "src/", "tests/"]
    if any(tree.has(place + word) for place in places):
        return True
    return "/" not in word and (word in tree.names or any(fnmatch.fnmatch(name, word) for name in tree.names if "*" in word))


def findings_in(page, text, tree):
    named = []
    for code in CODE.finditer(text):
        named += [(code.start() + word.start(), word[0].rstrip(".,")) for word in WORD.finditer(code[0])]
    found = [(offset, each) for offset, word in named for each in spelt_out(word) if names_a_file(each, tree)]
    found += [(link.start(), link[1]) for link in LINK.finditer(text)]
    for offset, word in found:
        if not exists(word, page, tree):
            yield line_of(text, offset), f"{word} is named, but is no file of the project"
    if page == MAP:
        shown = map_of(text)
        for module in sorted(tree.modules):
            if not re.search(r"(?<![\w/])(src/)?%s(?![\w-])" % re.escape(module), shown):
                yield 1, f"src/{module} does not stand in the map"


def map_of(text):
    """What stands in backticks, tables and drawings."""
    drawn = [line for line in text.splitlines() if line.startswith(("|", "    "))]
    return "\n".join([code[0] for code in CODE.finditer(text)] + drawn)


def self_test():
    tree = Tree(["src/net/worker.cpp", "src/net/worker.hpp", "src/base/log.hpp", "tests/run.sh", "src/store/README.md", "rules/tmdb.json"])
    good = "`net/worker`, `src/base/log.hpp`, `worker.{hpp,cpp}`, `rules/*.json`, `tests/run.sh`, `net`, `base`, `store`, [s](store/README.md), `text/html`, `/etc/x.md`"
    bad = "`net/gone`, `gone.cpp`, `worker.{hpp,py}`, `tests/gone.sh`, [s](gone.md), `rules/*.xml`"
    failures = [f"not in order: {what}" for _, what in findings_in(MAP, good, tree)]
    found = [what for _, what in findings_in(MAP, bad, tree)]
    expected = ["net/gone", "gone.cpp", "worker.py", "tests/gone.sh", "gone.md", "rules/*.xml", "src/base", "src/store"]
    failures += [f"not found: {each}" for each in expected if not any(what.startswith(each + " ") for what in found)]
    failures += [f"found beside: {what}" for what in found if what.split(" ")[0] not in expected]
    print("\n".join(failures) or "as expected")
    sys.exit(bool(failures))


def main():
    paths = {str(path.relative_to(ROOT)): path for path in tracked()}
    tree = Tree(paths)
    findings = []
    for page in sorted(name for name in paths if any(fnmatch.fnmatch(name, pattern) and name.count("/") == pattern.count("/") for pattern in PAGES)):
        findings += [(paths[page], line, what) for line, what in findings_in(page, paths[page].read_text(), tree)]
    tell(findings)


if sys.argv[1:] == ["--self-test"]:
    self_test()
main()
