"""Starts the program under test in a folder of its own, finds its ports, collects its log and judges how it ended.

The binary is $CACHEARR_BIN, or build/cachearr of this tree.
"""
import contextlib
import glob
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from .wire import TIME_LIMIT, connect, parse_cache_status, request_bytes

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", ".."))
SANITIZER = re.compile(r"AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:|Assertion .* failed")
API_KEY = "0123456789abcdef0123456789abcdef"
PORT_TAKEN = 69
# ThreadSanitizer keeps up to four bytes of its own for each byte that the program touches.
SHADOW = 5 if os.environ.get("CACHEARR_SANITIZE") == "thread" else 1


def binary():
    return os.path.abspath(os.environ.get("CACHEARR_BIN") or os.path.join(ROOT, "build", "cachearr"))


def free_ports(count):
    """Ports the kernel gave; another process may still take one, so that Proxy.start tries again."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for sock in sockets:
            sock.bind(("127.0.0.1", 0))
        return [sock.getsockname()[1] for sock in sockets]
    finally:
        for sock in sockets:
            sock.close()


def merged(base, change):
    result = dict(base)
    for name, value in change.items():
        both = isinstance(value, dict) and isinstance(result.get(name), dict)
        result[name] = merged(result[name], value) if both else value
    return result


class Log:
    """The program's output, line by line, with waiting."""

    def __init__(self, stream):
        self.lines, self.changed, self.ended = [], threading.Condition(), False
        self.thread = threading.Thread(target=self._read, args=(stream,), daemon=True)
        self.thread.start()

    def _read(self, stream):
        for line in stream:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    @property
    def text(self):
        with self.changed:
            return "\n".join(self.lines)

    def find(self, pattern):
        return next((line for line in self.lines if re.search(pattern, line)), None)

    def wait_for(self, pattern, limit=TIME_LIMIT):
        with self.changed:
            self.changed.wait_for(lambda: self.find(pattern) or self.ended, limit)
            found = self.find(pattern)
        if not found:
            raise AssertionError("no log line matches %r in:\n%s" % (pattern, self.text[-3000:]))
        return found


class Proxy:
    """One running instance. `reverse` names the upstreams that get a listener of their own; `rules` is a rules file as data."""

    def __init__(self, rules=None, config=None, reverse=(), arguments=(), environment=None, threads=2, prefix=()):
        self.folder = tempfile.mkdtemp(prefix="cachearr-test-")
        self.rules, self.change, self.reverse_names = rules or {}, config or {}, list(reverse)
        self.arguments, self.environment, self.threads = list(arguments), environment or {}, threads
        self.process = self.log = None
        self.prefix = list(prefix)  # a command that runs the program
        self.rules_file = os.path.join(self.folder, "rules", "test.json")
        self.config_file = os.path.join(self.folder, "cachearr.json")
        os.mkdir(os.path.dirname(self.rules_file))
        self.write_rules(self.rules)

    # ---- files

    def write_rules(self, rules):
        with open(self.rules_file, "w") as file:
            file.write(rules if isinstance(rules, str) else json.dumps(rules, indent=1))

    def write_config(self):
        ports = free_ports(2 + len(self.reverse_names))
        self.port, self.admin_port = ports[:2]
        self.reverse_ports = dict(zip(self.reverse_names, ports[2:]))
        listeners = [{"address": "127.0.0.1:%d" % self.port}]
        listeners += [{"address": "127.0.0.1:%d" % port, "upstream": name} for name, port in self.reverse_ports.items()]
        base = {
            "listeners": listeners,
            "admin": {"address": "127.0.0.1:%d" % self.admin_port, "api_key": API_KEY},
            "state_dir": os.path.join(self.folder, "state"),
            "threads": self.threads,
            "disk": {"path": None},
            "rules": ["rules"],
            # Long enough for any machine; a test about a limit sets its own.
            "timeouts": {"connect": "60s", "upstream_header": "60s", "upstream_idle": "60s", "shutdown_grace": "10s"},
        }
        with open(self.config_file, "w") as file:
            json.dump(merged(base, self.change), file, indent=1)

    # ---- life

    def start(self):
        for attempt in range(5):
            self.write_config()
            self.launch()
            if self._wait_until_ready():
                return self
            if not self.log.ended or self.process.wait(TIME_LIMIT) != PORT_TAKEN or attempt == 4:
                break
        code = self.process.poll()
        self.process.kill()
        raise AssertionError("the program did not start (exit %s):\n%s" % (code, self.log.text))

    def launch(self):
        environment = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
        environment.update({"ASAN_OPTIONS": "abort_on_error=0:detect_leaks=1:exitcode=99:quarantine_size_mb=8",
                            "UBSAN_OPTIONS": "print_stacktrace=1", "HOME": self.folder})
        environment.update(self.environment)
        command = self.prefix + [binary(), "serve", "--config", self.config_file] + self.arguments
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        errors="replace", env=environment, cwd=self.folder)
        self.log = Log(self.process.stdout)

    def _wait_until_ready(self):
        """True once the ready line stands in the log, which comes after the listeners are bound."""
        with self.log.changed:
            return self.log.changed.wait_for(lambda: self.log.ended or self.log.find(r"ready.*:%d\b" % self.port),
                                             TIME_LIMIT) and not self.log.ended

    def signal(self, number):
        self.process.send_signal(number)

    @contextlib.contextmanager
    def standing_still(self):
        """None of its threads runs inside of the block: the kernel stops them one after the other, after the signal was sent."""
        self.signal(signal.SIGSTOP)
        try:
            deadline = time.monotonic() + TIME_LIMIT
            while any(state != "T" for state in self.thread_states()):
                if time.monotonic() > deadline:
                    raise AssertionError("the process did not stop: %s" % self.thread_states())
                time.sleep(0.001)
            yield
        finally:
            self.signal(signal.SIGCONT)

    def thread_states(self):
        states = []
        for path in glob.glob("/proc/%d/task/*/stat" % self.process.pid):
            with open(path) as file:
                states.append(file.read().rpartition(")")[2].split()[0])
        return states

    def stop(self):
        """Ends it with SIGTERM and fails on a wrong exit code or a sanitizer's complaint."""
        if not self.process:
            return
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        try:
            code = self.process.wait(TIME_LIMIT)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = "none: killed after %d s" % TIME_LIMIT
        self.log.thread.join(TIME_LIMIT)
        self.process.stdout.close()
        self.process, log = None, self.log.text
        shutil.rmtree(self.folder, ignore_errors=True)
        if code != 0 or SANITIZER.search(log):
            raise AssertionError("exit code %s, log:\n%s" % (code, log[-6000:]))

    def command(self, *arguments, **more):
        """Runs a sub-command against this instance's configuration."""
        return run_program(*arguments, "--config", self.config_file, **more)

    def resident_bytes(self):
        """What it occupies of its own, less what a sanitizer adds for itself; mapped pages of files are the kernel's cache."""
        with open("/proc/%d/statm" % self.process.pid) as file:
            _, resident, of_files = map(int, file.read().split()[:3])
        return (resident - of_files) * os.sysconf("SC_PAGE_SIZE") // SHADOW

    def open_files(self):
        return len(os.listdir("/proc/%d/fd" % self.process.pid))

    def unread(self):
        """Bytes that clients have sent to the first listener and the program has not read."""
        ours, total = ":%04X" % self.port, 0
        with open("/proc/%d/net/tcp" % self.process.pid) as file:
            for line in file.readlines()[1:]:
                _, local, remote, _, queues = line.split()[:5]
                unacknowledged, unread = (int(size, 16) for size in queues.split(":"))
                total += unread if local.endswith(ours) else unacknowledged if remote.endswith(ours) else 0
        return total

    # ---- talking to it

    @property
    def address(self):
        return ("127.0.0.1", self.port)

    def connect(self, upstream=None):
        return connect(("127.0.0.1", self.reverse_ports[upstream] if upstream else self.port))

    def ask(self, url, method="GET", headers=(), body=b""):
        """One request for an absolute URL through the forward proxy, on a connection of its own."""
        host = url.split("://", 1)[1].partition("/")[0]
        return self._exchange(self.connect(), method, url, host, headers, body)

    def visit(self, path, method="GET", headers=(), body=b"", upstream=None, host=None):
        """One origin-form request: to a mount, by Host, or to an upstream's own listener."""
        wire = self.connect(upstream)
        return self._exchange(wire, method, path, host or "127.0.0.1:%d" % wire.sock.getpeername()[1], headers, body)

    @staticmethod
    def _exchange(wire, method, target, host, headers, body):
        with wire:
            pairs = list(headers.items()) if isinstance(headers, dict) else list(headers)
            wire.send(request_bytes(method, target, host, pairs + [("Connection", "close")], body))
            response = wire.read_response(method)
            response.cache = parse_cache_status(response["cache-status"])
            return response

    def admin(self, method, path, key=API_KEY, headers=(), body=None, host=None):
        """A call of the admin API; the answer has .status, .fields (a dict in lower case), .body and .data (JSON or None)."""
        client = http.client.HTTPConnection("127.0.0.1", self.admin_port, timeout=TIME_LIMIT)
        sent = {"Host": host or "127.0.0.1:%d" % self.admin_port}
        if key is not None:
            sent["X-Api-Key"] = key
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        sent.update(dict(headers))
        try:
            client.request(method, path, body=body, headers=sent)
            response = client.getresponse()
            response.body = response.read()
        finally:
            client.close()
        response.fields = {name.lower(): value for name, value in response.getheaders()}
        try:
            response.data = json.loads(response.body)
        except ValueError:
            response.data = None
        return response

    def metric(self, name, **labels):
        """The sum of a metric's samples that carry these labels."""
        total = 0.0
        for line in self.admin("GET", "/metrics").body.decode().splitlines():
            match = re.match(r"%s(?:\{(.*)\})? (\S+)" % re.escape(name), line)
            if match and all('%s="%s"' % pair in (match.group(1) or "") for pair in labels.items()):
                total += float(match.group(2))
        return total


def run_program(*arguments, environment=None, timeout=60, **more):
    full = dict(os.environ)
    full.update(environment or {})
    return subprocess.run([binary(), *arguments], capture_output=True, text=True, env=full, timeout=timeout, **more)
