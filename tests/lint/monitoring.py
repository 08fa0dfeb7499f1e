#!/usr/bin/env python3
"""Checks the Prometheus rules and the Grafana dashboard: promtool reads and plays them, and every metric and label that
they name is one that the program shows."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from sources import ROOT

PROMETHEUS = ROOT / "packaging/prometheus"
DASHBOARD = ROOT / "packaging/grafana/cachearr.json"
FAMILY = re.compile(r'\{\s*"(?P<name>(?:cachearr|process)_\w+)",\s*"(?:[^"\\]|\\.)*",\s*Type::(?P<type>\w+),\s*\{(?P<labels>[^}]*)\}', re.S)
SELECTOR = re.compile(r"\b((?:cachearr|process)_\w+)\b(?:\{([^}]*)\})?")
OF_PROMETHEUS = {"instance", "job", "le"}


def families():
    """Name of each series: its labels."""
    series = {}
    for match in FAMILY.finditer((ROOT / "src/metrics/families.cpp").read_text()):
        labels = set(re.findall(r'"(\w+)"', match["labels"]))
        endings = ("_bucket", "_sum", "_count") if match["type"] == "histogram" else ("",)
        series.update({match["name"] + ending: labels for ending in endings})
    return series


def problems_of(where, expr, series):
    for name, selectors in SELECTOR.findall(expr):
        if name not in series:
            yield f"{where}: {name} is no metric of the program"
            continue
        for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selectors or ""):
            if label not in series[name] | OF_PROMETHEUS:
                yield f"{where}: {name} has no label {label}"


def run(*words, folder=None):
    result = subprocess.run(words, capture_output=True, text=True, cwd=folder, check=False)
    return [] if result.returncode == 0 else [f"{' '.join(words)}: {(result.stdout + result.stderr).strip()}"]


def for_promtool(expr):
    """What Grafana replaces before it asks."""
    return re.sub(r"\$__(rate_interval|range|interval)\b", "5m", expr)


def check_dashboard(series):
    board = json.loads(DASHBOARD.read_text())
    targets = [(panel["title"], target["expr"]) for panel in board["panels"] for target in panel.get("targets", [])]
    problems = [] if len(targets) >= 20 else [f"{DASHBOARD}: only {len(targets)} expressions were found"]
    rules = {"groups": [{"name": "dashboard", "rules": [{"record": f"panel:{number}", "expr": for_promtool(expr)}
                                                        for number, (_, expr) in enumerate(targets)]}]}
    for title, expr in targets:
        problems += problems_of(f"{DASHBOARD.name}, {title}", expr, series)
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "dashboard.yml"
        file.write_text(json.dumps(rules))
        problems += run("promtool", "check", "rules", str(file))
    return problems


def check_rules(series):
    problems = run("promtool", "check", "rules", "cachearr.rules.yml", folder=PROMETHEUS)
    problems += run("promtool", "test", "rules", "cachearr.rules.test.yml", folder=PROMETHEUS)
    for number, line in enumerate((PROMETHEUS / "cachearr.rules.yml").read_text().splitlines(), 1):
        if not line.lstrip().startswith("#") and "record:" not in line:
            # A recorded series is named level:metric:operation.
            problems += problems_of(f"cachearr.rules.yml:{number}", re.sub(r"\w+:\w+:\w+", "", line), series)
    return problems


def main():
    if not shutil.which("promtool"):
        print("promtool is not installed")
        sys.exit(77)
    series = families()
    problems = [] if "cachearr_cache_hits_total" in series else ["no metric was found in families.cpp"]
    problems += check_rules(series) + check_dashboard(series)
    print("\n".join(problems))
    sys.exit(1 if problems else 0)


main()
