"""What the manual says of the API, against what the program says of itself."""
import os
import re

from lab.case import Scenario, main

MANUAL = os.path.join(os.path.dirname(__file__), "..", "..", "packaging", "man", "cachearr-api.7")
# Pages and files for browsers, which the manual tells of as a whole.
BESIDE = re.compile(r"^/(|ca\..*|wpad\.dat|web/.*|login/.*|favicon.*|index.*|\{.*\})$")
# What the manual calls otherwise than a path.
CALL = re.compile(r"((?:(?:GET|HEAD|PUT|POST|DELETE)(?:, )?)+) (/[\w/{}.-]*)")


def calls_of_manual():
    with open(MANUAL, encoding="utf-8") as file:
        text = file.read().replace("\\-", "-")
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


if __name__ == "__main__":
    main()
