"""What the manuals say, against what the program says of itself."""
import json
import pathlib
import re

from lab.case import Scenario, main

ROOT = pathlib.Path(__file__).resolve().parents[2]
MANUALS = ROOT / "packaging" / "man"
# Pages and files for browsers, which the manual tells of as a whole.
BESIDE = re.compile(r"^/(|ca\..*|web/.*|login/.*|favicon.*|index.*|\{.*\})$")
# What the manual calls otherwise than a path.
CALL = re.compile(r"((?:(?:GET|HEAD|PUT|POST|DELETE)(?:, )?)+) (/[\w/{}.-]*)")


def words_of(manual):
    return (MANUALS / manual).read_text(encoding="utf-8").replace("\\-", "-")


def members_of(schema):
    """The names of all members that rules may have, and the words that some of them choose from."""
    names = set(schema.get("enum", ())) | set(schema.get("properties", ()))
    for value in schema.values():
        for each in value if isinstance(value, list) else [value]:
            if isinstance(each, dict):
                names |= members_of(each)
    return names


def calls_of_manual():
    text = words_of("cachearr-api.7")
    return {(method, path) for methods, path in CALL.findall(text) for method in methods.split(", ")
            if method != "HEAD"}  # which is answered wherever GET is


class Manual(Scenario):
    def calls_of_program(self):
        paths = self.proxy.admin("GET", "/api/v1/openapi.json").data["paths"]
        return {(method.upper(), path) for path, operations in paths.items() for method in operations if not BESIDE.match(path)}

    def test_it_names_every_call(self):
        self.assertEqual(set(), self.calls_of_program() - calls_of_manual())

    def test_it_names_no_call_that_there_is_not(self):
        self.assertEqual(set(), {call for call in calls_of_manual() if not BESIDE.match(call[1])} - self.calls_of_program())

    def test_every_member_of_a_rules_file_is_mentioned(self):
        schema = json.loads((ROOT / "rules" / "schema.json").read_text(encoding="utf-8"))
        names = {name for name in members_of(schema) if isinstance(name, str) and not name.startswith("$")}
        self.assertGreater(len(names), 60)
        words = set(re.findall(r"[\w-]+", words_of("cachearr-rules.5")))
        self.assertEqual(set(), names - words)

    def test_every_alert_is_named(self):
        table = (ROOT / "src" / "upkeep" / "alerts" / "alert.cpp").read_text(encoding="utf-8")
        names = set(re.findall(r'^    \{"([a-z-]+)", (?:notice|warning|error)', table, re.MULTILINE))
        self.assertGreater(len(names), 10)
        words = set(re.findall(r"[\w-]+", words_of("cachearr.1")))
        self.assertEqual(set(), names - words)

    def test_the_changelog_is_as_wide_as_the_tools_of_debian_want_it(self):
        lines = (ROOT / "packaging" / "changelog").read_text(encoding="utf-8").splitlines()
        self.assertEqual([], [line for line in lines if len(line) > 80 and not line.startswith(" -- ")])


if __name__ == "__main__":
    main()
