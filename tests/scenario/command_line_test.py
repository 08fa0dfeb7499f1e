"""The sub-commands as a user types them: what they print and how they end."""
import json
import os
import re
import tempfile

from lab.case import Scenario, local, main
from lab.origin import answer
from lab.proxy import run_program


class WithoutAnInstance(Scenario):
    @classmethod
    def setUpClass(cls):
        pass

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        os.mkdir(os.path.join(self.folder, "rules"))
        self.rules = os.path.join(self.folder, "rules", "own.json")
        self.config = self.write("cachearr.json", {"state_dir": "state", "rules": ["rules"]})

    def write(self, name, data):
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write(data if isinstance(data, str) else json.dumps(data, indent=1))
        return path

    def check(self, *more):
        return run_program("check", "--config", self.config, *more)

    def test_help_and_version_end_with_0(self):
        for arguments in (["--help"], ["serve", "--help"], ["check", "--help"], ["explain", "--help"], ["reload", "--help"],
                          ["healthcheck", "--help"], ["--version"]):
            with self.subTest(arguments):
                result = run_program(*arguments)
                self.assertEqual(0, result.returncode, result.stderr)
                self.assertTrue(result.stdout.strip())

    def test_every_command_takes_a_configuration(self):
        help_text = run_program("--help").stdout
        for name in re.findall(r"^  ([a-z]+) {2,}", help_text.partition("Subcommands:")[2], re.MULTILINE):
            told = run_program(name, "--help").stdout
            self.assertTrue("--config" in told or "Subcommands:" in told, name)

    def test_wrong_usage_ends_with_2(self):
        for arguments in (["frobnicate"], ["serve", "--no-such-option"], ["explain"], ["check", "too", "many"],
                          ["explain", "http://a.test/", "-H", "no-colon"]):
            with self.subTest(arguments):
                result = run_program(*arguments, environment={"HOME": self.folder})
                self.assertEqual(2, result.returncode, result)
                self.assertTrue(result.stderr.strip())

    def test_check_accepts_the_defaults_and_the_shipped_rules(self):
        result = self.check()
        self.assertEqual(0, result.returncode, result.stdout + result.stderr)

    def test_check_names_each_of_five_mistakes_with_file_line_and_column(self):
        self.write("cachearr.json", '{\n "state_dir": "state",\n "rules": ["rules"],\n "threads": "many",\n "memory": { "max_bytes": "12 parsecs" },\n'
                                    ' "colour": "red"\n}\n')
        self.write("rules/own.json", '{\n "rules": [\n  { "name": "a", "upstream": "nobody", "match": { "path": "/x" } },\n'
                                     '  { "name": "b", "upstream": "tmdb", "match": { "path": "/y" }, "ttl": "whenever" }\n ]\n}\n')
        result = self.check()
        self.assertEqual(78, result.returncode)
        places = re.findall(r"^(\S+\.json):(\d+):(\d+): (.+)$", result.stdout + result.stderr, re.M)
        found = {(os.path.basename(file), int(line)) for file, line, _, _ in places}
        self.assertEqual({("cachearr.json", 4), ("cachearr.json", 5), ("cachearr.json", 6), ("own.json", 3), ("own.json", 4)}, found, result)

    def test_check_finds_a_missing_file_and_says_which(self):
        result = run_program("check", "--config", os.path.join(self.folder, "nowhere.json"))
        self.assertIn(result.returncode, (1, 78))
        self.assertIn("nowhere.json", result.stdout + result.stderr)

    def test_comments_are_allowed_in_both_kinds_of_file(self):
        self.write("cachearr.json", '// mine\n{ /* here */ "state_dir": "state", "rules": ["rules"] }\n')
        self.write("rules/own.json", '{ // nothing yet\n "rules": [] }\n')
        result = self.check()
        self.assertEqual(0, result.returncode, result.stdout + result.stderr)

    def test_a_bad_environment_variable_is_named(self):
        result = run_program("check", "--config", self.config, environment={"CACHEARR__MEMORY__MAX_BYTES": "lots"})
        self.assertEqual(78, result.returncode)
        self.assertIn("CACHEARR__MEMORY__MAX_BYTES", result.stdout + result.stderr)

    def test_commands_that_need_an_instance_say_that_none_runs(self):
        for arguments in (["explain", "http://a.test/"], ["reload"], ["healthcheck"], ["stats"], ["alerts"]):
            with self.subTest(arguments):
                result = run_program(*arguments, "--config", self.config)
                self.assertEqual(1, result.returncode, result)
                self.assertTrue((result.stdout + result.stderr).strip())


class WithAnInstance(Scenario):
    @classmethod
    def rules_of(cls, origin):
        return local(origin, credentials={"query": ["api_key"]},
                     rules=[{"name": "series", "match": {"path": "/3/tv/{id:int}"}, "key": "tv:{id}", "ttl": "24h"},
                            {"name": "never", "match": {"path": "/never"}, "policy": "never"}])

    def explain(self, url, *more):
        result = self.proxy.command("explain", url, *more)
        self.assertEqual(0, result.returncode, result)
        return result.stdout

    def test_explain_tells_rule_key_and_lifetime_and_asks_the_origin_nothing(self):
        text = self.explain(self.url("/3/tv/1?api_key=secretvalue"))
        for word in ("series", "tv:1"):
            self.assertIn(word, text)
        self.assertNotIn("secretvalue", text)
        self.assertEqual(0, self.origin.count("/3/tv/1"))

    def test_explain_knows_whether_it_is_stored(self):
        self.origin.on("/3/tv/2", answer("x"))
        before = json.loads(self.explain(self.url("/3/tv/2"), "--json"))
        self.ask("/3/tv/2")
        after = json.loads(self.explain(self.url("/3/tv/2"), "--json"))
        self.assertNotEqual(before, after)
        self.assertIn("tv:2", json.dumps(after))

    def test_explain_says_why_something_is_never_stored(self):
        self.assertIn("never", self.explain(self.url("/never")))

    def test_healthcheck_is_0_while_it_runs(self):
        result = self.proxy.command("healthcheck")
        self.assertEqual(0, result.returncode, result)

    def test_reload_prints_what_it_did(self):
        result = self.proxy.command("reload")
        self.assertEqual(0, result.returncode, result)
        self.assertTrue(result.stdout.strip())


if __name__ == "__main__":
    main()
