#!/usr/bin/env python3
"""Adds up what ctest wrote (--output-junit) and says it in one line. Usage: summary.py EXIT_CODE_OF_CTEST FILE...

A program of unit tests counts as many as it ran, by the file that it left in tests/ beside ctest's. The last line is "N passed, N failed"; the failed and the skipped tests stand before it by name. Exits with 1 where any
test failed or none ran."""
import pathlib
import sys
import xml.etree.ElementTree as xml


def is_skipped(case):
    """Not run because it said so itself; a test that was never built is "not run" too, and that is a failure."""
    reason = case.find("skipped")
    return reason is not None and reason.get("message", "").startswith("SKIP_")


def tests_in(folder, name):
    """How many tests are behind one of ctest's; 1 where it leaves no list of its own."""
    try:
        return int(xml.parse(folder / "tests" / (name.replace(".", "_") + ".xml")).getroot().get("tests"))
    except (OSError, xml.ParseError, TypeError):
        return 1


def main():
    passed, failed, skipped = 0, [], []
    for name in sys.argv[2:]:
        try:
            cases = xml.parse(name).getroot().iter("testcase")
        except (OSError, xml.ParseError):
            failed.append(f"{name} (no result was written)")
            continue
        for case in cases:
            status = case.get("status")
            if status == "run":
                passed += tests_in(pathlib.Path(name).parent, case.get("name"))
            elif status == "disabled" or is_skipped(case):
                skipped.append(case.get("name"))
            else:
                failed.append(case.get("name"))
    if int(sys.argv[1]) and not failed:
        failed.append(f"ctest itself (exit code {sys.argv[1]})")
    for test in skipped:
        print(f"skipped: {test}")
    for test in failed:
        print(f"FAILED: {test}")
    print(f"{passed} passed, {len(failed)} failed")
    sys.exit(bool(failed) or not passed)


main()
