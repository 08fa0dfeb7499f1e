"""A real Redis of a test's own: on a free port, in a folder that goes with it, ended by its process id.

Debian's redis-tools holds the server under another name: its redis-check-rdb, started as "redis-server", is it.
"""
import os
import shutil
import socket
import subprocess
import tempfile
import time

from .wire import TIME_LIMIT


class RedisError(Exception):
    """An error that the server has answered."""


class Connection:
    """Speaks RESP2: commands may be sent before the answers of earlier ones are read."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), TIME_LIMIT)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.socket.makefile("rb")

    def send(self, *words):
        out = [b"*%d\r\n" % len(words)]
        for word in words:
            data = word if isinstance(word, bytes) else str(word).encode()
            out.append(b"$%d\r\n%s\r\n" % (len(data), data))
        self.socket.sendall(b"".join(out))

    def read(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the server has closed the connection")
        kind, rest = line[:1], line[1:-2]
        if kind == b"-":
            raise RedisError(rest.decode())
        if kind == b"+":
            return rest.decode()
        if kind == b":":
            return int(rest)
        if kind == b"$":
            size = int(rest)
            return None if size < 0 else self.file.read(size + 2)[:-2]
        return [self.read() for _ in range(int(rest))]

    def call(self, *words):
        self.send(*words)
        return self.read()

    def close(self):
        self.file.close()
        self.socket.close()


class RedisServer:
    def __init__(self, *options):
        self.folder = tempfile.mkdtemp(prefix="redis-")
        program = shutil.which("redis-server") or shutil.which("redis-check-rdb")
        if program is None:
            raise FileNotFoundError("neither redis-server nor redis-check-rdb: install redis-tools")
        self.program = os.path.join(self.folder, "redis-server")
        os.symlink(program, self.program)
        self.options, self.process = options, None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.start()

    @property
    def url(self):
        return "redis://127.0.0.1:%d" % self.port

    def start(self):
        self.process = subprocess.Popen(
            [self.program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self.folder, *self.options],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + TIME_LIMIT
        while True:
            try:
                connection = Connection(self.port)
                connection.call("PING")
                return connection.close()
            except (OSError, RedisError) as error:
                if str(error).startswith("NOAUTH"):
                    return connection.close()
                if self.process.poll() is not None or time.monotonic() > end:
                    raise
                time.sleep(0.02)

    def connect(self):
        return Connection(self.port)

    def ask(self, *words):
        """One command on a connection of its own."""
        connection = self.connect()
        try:
            return connection.call(*words)
        finally:
            connection.close()

    def run_id(self):
        connection = self.connect()
        info = connection.call("INFO", "server").decode()
        connection.close()
        return next(line[7:] for line in info.splitlines() if line.startswith("run_id:"))

    def kill(self):
        self.process.kill()
        self.process.wait()

    def close(self):
        if self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
