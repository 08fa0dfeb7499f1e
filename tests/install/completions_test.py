#!/usr/bin/env python3
"""What the shells themselves offer after a word, with the program's own scripts, against what its --help lists. bash is there
always; zsh and fish are asked where they are installed."""
import os
import pty
import re
import select
import shutil
import subprocess
import tempfile
import unittest

PROGRAM = os.environ["CACHEARR_BIN"]
PLACES = [[], ["ca"], ["serve"], ["keys"], ["ca", "export"], ["purge"], ["warm"], ["completions"]]


def run(*command, **more):
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120, **more).stdout


def help_of(place):
    return run(PROGRAM, *place, "--help")


def commands_in(text):
    """The names below "Subcommands:"."""
    return re.findall(r"^  ([a-z][a-z-]*) ", text.partition("\nSubcommands:\n")[2].partition("\n\n")[0], re.M)


def options_in(text):
    """Names of options: what begins a line of a list, up to where its description is."""
    lines = re.findall(r"^  +((?:-\w,)?--[a-z-]+|-\w(?=\s))", text, re.M)
    return [name for line in lines for name in line.split(",")]


def expected(place):
    text = help_of(place)
    return set(commands_in(text)) | {name for name in options_in(text) if name.startswith("--")}


class Completions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        for shell in ("bash", "zsh", "fish"):
            with open(cls.script(shell), "w", encoding="utf-8") as file:
                file.write(run(PROGRAM, "completions", shell))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    @classmethod
    def script(cls, shell):
        return os.path.join(cls.folder.name, "_cachearr" if shell == "zsh" else "cachearr." + shell)

    def bash(self, *words):
        """What bash offers for the last of the words."""
        words = ["cachearr", *words]
        setting = "COMP_WORDS=(%s) COMP_CWORD=%d" % (" ".join(f"'{word}'" for word in words), len(words) - 1)
        # compopt works only while bash completes.
        return run("bash", "-c", f"compopt() {{ echo \"files\"; }}; . {self.script('bash')}; {setting}; _cachearr; printf '%s\\n' \"${{COMPREPLY[@]}}\"").split()

    def test_help_is_understood(self):
        self.assertIn("serve", commands_in(help_of([])))
        self.assertIn("--format", options_in(help_of(["ca", "export"])))
        self.assertGreater(len(commands_in(help_of([]))), 20)

    def test_bash_offers_what_help_lists(self):
        for place in PLACES:
            with self.subTest(place=place):
                self.assertLessEqual(expected(place), set(self.bash(*place, "")))

    def test_bash_offers_what_goes_on_as_typed(self):
        self.assertEqual(["explain"], self.bash("expl"))
        self.assertEqual(["series"], self.bash("warm", "ser"))

    def test_bash_offers_the_values_of_an_option(self):
        self.assertEqual(["hits", "ttl", "size"], self.bash("keys", "--sort", ""))
        self.assertEqual(["files"], self.bash("check", "--config", ""))

    @unittest.skipUnless(shutil.which("fish"), "fish is not installed")
    def test_fish_offers_what_help_lists(self):
        for place in PLACES:
            with self.subTest(place=place):
                offered = set()
                for typed in ("", "--"):
                    line = " ".join(["cachearr", *place, typed])
                    said = run("fish", "--no-config", "-c", f"source {self.script('fish')}; complete -C '{line}'", env=self.environment())
                    offered |= {each.split("\t")[0] for each in said.splitlines()}
                self.assertLessEqual(expected(place), offered)

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_zsh_offers_what_help_lists(self):
        for place in PLACES:
            typed = " ".join(["cachearr", *place, ""])
            with self.subTest(place=place):
                wanted = set(commands_in(help_of(place)))
                if wanted:
                    self.zsh_shows(typed, wanted)
                self.zsh_shows(typed + "--", expected(place) - wanted)

    def environment(self):
        return {"PATH": os.path.dirname(PROGRAM) + ":" + os.environ["PATH"], "HOME": self.folder.name, "TERM": "dumb", "LANG": "C.UTF-8"}

    def zsh_shows(self, typed, wanted):
        """Types it into a zsh with a terminal, asks for the list, and reads until all of it was shown."""
        child, terminal = pty.fork()
        if child == 0:
            os.execvpe("zsh", ["zsh", "-f", "-i"], {**self.environment(), "LINES": "200", "COLUMNS": "200"})
        try:
            os.write(terminal, f"fpath=({self.folder.name} $fpath); autoload -Uz compinit; compinit -u -D; LISTMAX=10000\n".encode())
            os.write(terminal, b"zstyle ':completion:*' menu no; bindkey '^X' list-choices; echo rea''dy\n")
            self.read_until(terminal, {"ready"})
            os.write(terminal, typed.encode() + b"\x18")
            self.read_until(terminal, wanted)
        finally:
            os.close(terminal)
            os.waitpid(child, 0)

    def read_until(self, terminal, wanted):
        text = ""
        while missing := {word for word in wanted if not re.search(r"(?<![\w-])%s(?![\w-])" % re.escape(word), text)}:
            readable, _, _ = select.select([terminal], [], [], 60)
            self.assertTrue(readable, f"zsh never showed {sorted(missing)}, but: {text}")
            text += os.read(terminal, 65536).decode("utf-8", "replace")


if __name__ == "__main__":
    unittest.main()
