"""cachearr top: a live view on a terminal, one look where there is none."""
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

from lab.case import Scenario, local, main
from lab.origin import fresh
from lab.proxy import binary
from lab.wire import TIME_LIMIT


class OnATerminal:
    """A command of the program on a terminal of its own."""

    def __init__(self, proxy, *arguments, rows=24, columns=80, **environment):
        self.master, slave = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(slave)
        self.slave, self.text = slave, ""
        self.process = subprocess.Popen([binary(), *arguments, "--config", proxy.config_file], stdin=slave, stdout=slave, stderr=slave,
                                        env=dict(os.environ, TERM="xterm", **environment), start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))  # so that Ctrl-C is a signal

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read_until(self, pattern):
        end = time.monotonic() + TIME_LIMIT
        while not re.search(pattern, self.text, re.S):
            if time.monotonic() > end:
                raise AssertionError("%r never came in: %r" % (pattern, self.text[-2000:]))
            if select.select([self.master], [], [], 0.1)[0]:
                self.text += os.read(self.master, 65536).decode(errors="replace")

    def press(self, keys):
        os.write(self.master, keys.encode())

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self.master)
        os.close(self.slave)


class Top(Scenario):
    @classmethod
    def rules_of(cls, origin):
        return local(origin, rules=[{"name": "items", "match": {"path": "/item/{id:int}"}, "ttl": "1h", "expect": "any"}])

    def terminal(self, *arguments, **more):
        terminal = OnATerminal(self.proxy, *arguments, **more)
        self.addCleanup(terminal.close)
        return terminal

    def test_it_shows_what_happens_and_q_leaves_the_terminal_as_it_was(self):
        terminal = self.terminal("top", "--interval", "200ms", columns=160)
        terminal.read_until(r"hit ratio")
        self.origin.on("/item/1", *fresh("x"))
        self.ask("/item/1")
        self.ask("/item/1")
        terminal.read_until(r"/item/1")
        self.assertNotEqual(terminal.before, termios.tcgetattr(terminal.slave))
        terminal.press("q")
        self.assertEqual(0, terminal.process.wait(TIME_LIMIT))
        terminal.read_until(re.escape("\x1b[?1049l"))
        self.assertEqual(terminal.before, termios.tcgetattr(terminal.slave))

    def test_no_line_is_wider_than_the_terminal_and_it_follows_a_new_size(self):
        terminal = self.terminal("top", "--interval", "1h", NO_COLOR="1")
        terminal.read_until("q quits")
        for line in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.text).splitlines():
            self.assertLessEqual(len(line), 80)
        terminal.text = ""
        terminal.resize(12, 40)
        os.kill(terminal.process.pid, signal.SIGWINCH)
        terminal.read_until("q quits")
        for line in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.text).splitlines():
            self.assertLessEqual(len(line), 40)

    def test_ctrl_c_and_signals_end_it_cleanly(self):
        for end in (lambda terminal: terminal.press("\x03"), lambda terminal: terminal.process.terminate()):
            terminal = self.terminal("top")
            terminal.read_until("q quits")
            end(terminal)
            self.assertEqual(0, terminal.process.wait(TIME_LIMIT))
            terminal.read_until(re.escape("\x1b[?1049l"))

    def test_there_are_no_colours_where_they_are_not_wanted(self):
        terminal = self.terminal("top", NO_COLOR="1")
        terminal.read_until("q quits")
        self.assertNotRegex(terminal.text, r"\x1b\[[0-9;]*m")

    def test_it_says_that_the_instance_has_gone_and_goes_on_once_it_is_back(self):
        proxy = self.start()
        terminal = OnATerminal(proxy, "top", "--interval", "200ms")
        self.addCleanup(terminal.close)
        terminal.read_until("q quits")
        proxy.process.terminate()
        proxy.process.wait(TIME_LIMIT)
        terminal.read_until("no instance is running|running instance")
        terminal.text = ""
        proxy.start()
        terminal.read_until("q quits")

    def test_without_a_terminal_it_looks_once(self):
        result = self.proxy.command("top")
        self.assertEqual((0, ""), (result.returncode, result.stderr))
        self.assertIn("hit ratio", result.stdout)
        self.assertNotIn("\x1b", result.stdout)
        self.assertNotIn("q quits", result.stdout)
        data = json.loads(self.proxy.command("top", "--json").stdout)
        self.assertEqual({"summary", "upstreams", "requests"}, set(data))

    def test_what_is_no_interval_is_wrong_usage(self):
        self.assertEqual(2, self.proxy.command("top", "--interval", "soon").returncode)


if __name__ == "__main__":
    main()
