"""The doctor: what it finds in a sound installation, in broken ones, and how little it asks of upstreams."""
import json
import os
import signal
import socket
import unittest

from lab.case import Scenario, local, main
from lab.origin import answer, head
from lab.proxy import Proxy, free_ports, run_program


class Doctor(Scenario):
    @classmethod
    def rules_of(cls, origin):
        return local(origin, rules=[{"name": "all", "match": {"path": "/**"}, "ttl": "1h", "expect": "any"}])

    def examine(self, proxy=None, *arguments, **more):
        done = (proxy or self.proxy).command("doctor", "--json", *arguments, **more)
        return done.returncode, json.loads(done.stdout)

    @staticmethod
    def of(report, name):
        return [each for each in report["findings"] if each["id"] == name and each["level"] != "ok"]

    def test_it_asks_each_upstream_at_most_once_and_without_credentials(self):
        before = self.origin.count("/")
        _, report = self.examine()
        self.assertEqual(before + 1, self.origin.count("/"))
        self.assertEqual([], self.of(report, "reach"))
        self.assertTrue(any(each["id"] == "reach" and "local" in each["what"] for each in report["findings"]), report)
        asked = self.origin.asked("/")[-1]
        self.assertEqual("HEAD", asked.method)
        self.assertFalse(asked["authorization"])

    def test_offline_it_asks_nobody(self):
        before = self.origin.count("/")
        self.examine(None, "--offline")
        self.assertEqual(before, self.origin.count("/"))

    def test_it_says_what_to_do_in_words(self):
        done = self.proxy.command("doctor", "--offline")
        self.assertIn("only this machine reaches it", done.stdout)
        self.assertIn("do:  ", done.stdout)
        self.assertEqual(0, done.returncode, done.stdout)

    def test_an_upstream_that_is_gone_is_an_error(self):
        gone = free_ports(1)[0]
        rules = {"upstreams": {"gone": {"hosts": ["gone.test"], "origin": "http://127.0.0.1:%d" % gone}}}
        proxy = self.start(rules)
        code, report = self.examine(proxy)
        self.assertEqual(1, code)
        self.assertIn("gone", self.of(report, "reach")[0]["what"])

    def test_a_clock_that_differs_is_told(self):
        origin = self.another_origin()
        origin.on("/", head(200, {"Date": "Mon, 01 Jan 2024 00:00:00 GMT", "Content-Length": "0"}))
        _, report = self.examine(self.start(local(origin)))
        self.assertIn("ahead", self.of(report, "clock")[0]["what"])

    def test_a_port_that_another_program_has_is_told_while_nothing_runs(self):
        proxy = Proxy({})
        self.addCleanup(proxy.stop)
        proxy.write_config()
        with socket.socket() as other:
            other.bind(("127.0.0.1", proxy.port))
            other.listen()
            code, report = self.examine(proxy, "--offline")
        self.assertEqual(1, code)
        self.assertIn(str(proxy.port), self.of(report, "port")[0]["what"])
        self.assertTrue(self.of(report, "running"))

    def test_an_instance_that_was_started_with_another_state_is_no_other_program(self):
        proxy = self.start({})
        with open(proxy.config_file) as file:
            config = json.load(file)
        config["state_dir"] = os.path.join(os.path.dirname(proxy.config_file), "elsewhere")
        other = proxy.config_file + ".other.json"
        with open(other, "w") as file:
            json.dump(config, file)
        done = run_program("doctor", "--json", "--offline", "--config", other)
        report = json.loads(done.stdout)
        self.assertEqual([], self.of(report, "port"))
        self.assertIn("an instance answers at", self.of(report, "running")[0]["what"])

    def test_an_instance_that_hangs_is_waited_for_some_seconds_alone(self):
        proxy = self.start({})
        proxy.process.send_signal(signal.SIGSTOP)
        self.addCleanup(proxy.process.send_signal, signal.SIGCONT)
        code, report = self.examine(proxy, "--offline")
        proxy.process.send_signal(signal.SIGCONT)
        self.assertEqual(1, code)
        self.assertEqual([], self.of(report, "port"))
        self.assertIn("does not answer", self.of(report, "running")[0]["what"])

    def test_a_state_directory_that_is_a_file_is_told(self):
        proxy = Proxy({})
        self.addCleanup(proxy.stop)
        proxy.write_config()
        with open(proxy.config_file) as file:
            config = json.load(file)
        config["state_dir"] = proxy.config_file
        config["listeners"] = [{"address": "192.0.2.1:%d" % proxy.port}]
        other = proxy.config_file + ".other.json"
        with open(other, "w") as file:
            json.dump(config, file)
        done = run_program("doctor", "--json", "--offline", "--config", other)
        report = json.loads(done.stdout)
        self.assertIn("does not start", self.of(report, "state")[0]["why"])
        self.assertIn("192.0.2.1", self.of(report, "port")[0]["what"])

    def test_an_authority_that_others_can_read_keeps_the_program_from_starting(self):
        proxy = Proxy({})
        self.addCleanup(proxy.stop)
        proxy.write_config()
        self.assertEqual(0, proxy.command("ca", "init").returncode)
        os.chmod(os.path.join(proxy.folder, "state", "ca", "ca.key"), 0o644)
        _, report = self.examine(proxy, "--offline")
        finding = self.of(report, "authority")[0]
        self.assertEqual("error", finding["level"])
        self.assertIn("chmod 0600", finding["what"])
        self.assertNotIn("--renew", finding["advice"])

    @unittest.skipIf(os.geteuid() != 0, "needs another user")
    def test_another_user_is_told_to_be_the_instances(self):
        proxy = self.start({})
        os.chmod(proxy.folder, 0o755)
        code, report = self.examine(proxy, "--offline", user=65534, group=65534, extra_groups=[])
        self.assertEqual(1, code)
        self.assertIn("you may not read", self.of(report, "running")[0]["what"])
        self.assertEqual(["running"], [each["id"] for each in report["findings"] if each["level"] in ("error", "warning")])

    def test_a_paused_upstream_is_spared(self):
        self.proxy.command("upstreams", "local", "--pause")
        self.addCleanup(self.proxy.command, "upstreams", "local", "--resume")
        before = self.origin.count("/")
        _, report = self.examine()
        self.assertEqual(before, self.origin.count("/"))
        self.assertTrue(any("local (it is paused)" in each["what"] for each in report["findings"]), report)

    def test_mistakes_in_the_rules_are_named_with_their_place(self):
        proxy = Proxy({})
        self.addCleanup(proxy.stop)
        proxy.write_config()
        proxy.write_rules({"rules": [{"name": "x", "upstream": "nobody"}]})
        code, report = self.examine(proxy, "--offline")
        self.assertEqual(78, code)
        self.assertIn("test.json:", self.of(report, "configuration")[0]["what"])

    def test_secrets_of_the_environment_are_masked(self):
        done = self.proxy.command("doctor", "--offline", environment={"HTTP_PROXY": "http://me:hunter22@proxy.example:3128"})
        self.assertIn("HTTP_PROXY", done.stdout)
        self.assertNotIn("hunter22", done.stdout)


if __name__ == "__main__":
    main()
