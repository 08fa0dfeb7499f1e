"""A real Prometheus scrapes the program while clients ask, and its rules and expressions find what they look for."""
import json
import os
import shutil
import subprocess
import tempfile
import threading
import unittest
import urllib.parse
import urllib.request

from lab.case import Scenario, local, main
from lab.origin import fresh
from lab.proxy import ROOT, free_ports

CONFIG = """
global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }
rule_files: [ "%s" ]
scrape_configs:
  - job_name: cachearr
    static_configs: [ { targets: [ "127.0.0.1:%d" ] } ]
"""


@unittest.skipUnless(shutil.which("prometheus"), "prometheus is not installed")
class Scraped(Scenario):
    @classmethod
    def rules_of(cls, origin):
        return local(origin, rules=[{"name": "items", "match": {"path": "/item/{id:int}"}, "type": "series", "ttl": "1h", "expect": "any"}])

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="cachearr-prometheus-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        config = os.path.join(self.folder, "prometheus.yml")
        with open(config, "w") as file:
            file.write(CONFIG % (os.path.join(ROOT, "packaging/prometheus/cachearr.rules.yml"), self.proxy.admin_port))
        self.port = free_ports(1)[0]
        self.output = open(os.path.join(self.folder, "log"), "w+")
        self.addCleanup(self.output.close)
        self.prometheus = subprocess.Popen(
            ["prometheus", "--config.file=" + config, "--storage.tsdb.path=" + os.path.join(self.folder, "data"),
             "--web.listen-address=127.0.0.1:%d" % self.port], stdout=self.output, stderr=subprocess.STDOUT)
        self.addCleanup(self.prometheus.wait)
        self.addCleanup(self.prometheus.terminate)

    def call(self, path):
        try:
            with urllib.request.urlopen("http://127.0.0.1:%d%s" % (self.port, path), timeout=10) as answer:
                return json.load(answer)["data"]
        except OSError:
            self.assertIsNone(self.prometheus.poll(), "prometheus has ended")
            return None

    def query(self, expression):
        data = self.call("/api/v1/query?query=" + urllib.parse.quote(expression))
        return data["result"] if data else []

    def test_scrapes_succeed_under_load_and_the_rules_find_their_series(self):
        self.origin.default = fresh("x")
        stop = threading.Event()

        def client():
            while not stop.is_set():
                self.ask("/item/%d" % (1 + next(self._number) % 20))

        clients = [threading.Thread(target=client) for _ in range(2)]
        for each in clients:
            each.start()
        try:
            self.until(lambda: [one for one in self.query('up{job="cachearr"}') if one["value"][1] == "1"], "never scraped")
            ratio = self.until(lambda: self.query("instance:cachearr_cache_hit_ratio:rate5m"), "no hit ratio was recorded")
        finally:
            stop.set()
            for each in clients:
                each.join()
        self.assertGreater(float(ratio[0]["value"][1]), 0.5)
        self.assertEqual([], self.query("min_over_time(up[1m]) == 0"))
        target = self.call("/api/v1/targets")["activeTargets"][0]
        self.assertEqual("", target["lastError"])
        rules = [rule for group in self.call("/api/v1/rules")["groups"] for rule in group["rules"]]
        self.assertGreater(len(rules), 10)
        self.assertEqual([], [rule["name"] for rule in rules if rule["health"] == "err"])


if __name__ == "__main__":
    main()
