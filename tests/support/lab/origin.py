"""A scripted origin on a raw socket: it records what it was asked and answers byte by byte as a test wants it.

An answer is a list of steps: bytes are sent, an Event is waited for, CLOSE and RESET end the connection, a callable is
called with (wire, request) and may return more steps. One thread for each connection.
"""
import socket
import ssl
import struct
import threading
from email.utils import formatdate

from .wire import TIME_LIMIT, Truncated, Wire, WireError, chunked

CLOSE, RESET = "close", "reset"
REASONS = {200: "OK", 204: "No Content", 206: "Partial Content", 301: "Moved Permanently", 304: "Not Modified",
           400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests",
           500: "Internal Server Error", 503: "Service Unavailable"}


def head(status=200, headers=(), date=True):
    pairs = list(headers.items()) if isinstance(headers, dict) else list(headers)
    lines = ["HTTP/1.1 %d %s" % (status, REASONS.get(status, "Status"))]
    if date and "date" not in {name.lower() for name, _ in pairs}:
        lines.append("Date: " + formatdate(usegmt=True))
    lines += ["%s: %s" % pair for pair in pairs]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def answer(body=b"", status=200, headers=(), chunks=False, trailers=()):
    """A whole, well-formed answer as one step."""
    body = body.encode() if isinstance(body, str) else body
    pairs = list(headers.items()) if isinstance(headers, dict) else list(headers)
    if chunks:
        return [head(status, pairs + [("Transfer-Encoding", "chunked")]) + chunked(*([body] if body else []), trailers=trailers)]
    if status not in (204, 304):
        pairs.append(("Content-Length", str(len(body))))
    return [head(status, pairs) + body]


def fresh(body=b"", seconds=600, status=200, headers=(), **more):
    """An answer that any cache may keep."""
    pairs = list(headers.items()) if isinstance(headers, dict) else list(headers)
    return answer(body, status, [("Cache-Control", "max-age=%d" % seconds)] + pairs, **more)


class Origin:
    """`on(path, steps | callable | list of answers via sequence())`; everything else answers 404."""

    def __init__(self, address="127.0.0.1", tls=None, port=0):
        self.tls = tls
        self.family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.listener, self.kept = socket.socket(self.family), None
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((address, port))
        self.listener.listen(1024)
        self.address, self.port = address, self.listener.getsockname()[1]
        self.changed = threading.Condition()
        self.routes, self.default = {}, None
        self.requests, self.connections, self.errors = [], 0, []
        self.open_sockets = set()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def authority(self):
        return "%s:%d" % (self.address, self.port)

    @property
    def url(self):
        return ("https://" if self.tls else "http://") + self.authority

    def on(self, path, *steps):
        """Answers `path` (target without authority and query) by these steps, or by what a single callable returns."""
        self.routes[path] = list(steps[0]) if len(steps) == 1 and isinstance(steps[0], list) else list(steps)
        return self

    def sequence(self, path, *answers):
        """The first request gets the first answer, and so on; the last one repeats."""
        state, lock = {"next": 0}, threading.Lock()

        def choose(_wire, _request):
            with lock:
                index = min(state["next"], len(answers) - 1)
                state["next"] += 1
            return answers[index]
        return self.on(path, choose)

    def asked(self, path=None):
        """Requests so far, all or those for one path."""
        with self.changed:
            return [r for r in self.requests if path is None or path_of(r.target) == path]

    def count(self, path=None):
        return len(self.asked(path))

    def wait_for(self, path=None, count=1):
        """Waits until `count` requests for `path` have arrived (heads are enough)."""
        with self.changed:
            def enough():
                return sum(1 for r in self.requests if path is None or path_of(r.target) == path) >= count
            if not self.changed.wait_for(enough, TIME_LIMIT):
                raise AssertionError("the origin saw only %r" % [r.first_line for r in self.requests])

    def _accept(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            with self.changed:
                self.connections += 1
                number = self.connections
                self.open_sockets.add(sock)
                self.changed.notify_all()
            threading.Thread(target=self._serve, args=(sock, number), daemon=True).start()

    def _serve(self, sock, number):
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(TIME_LIMIT)
            stream = self.tls.wrap_socket(sock, server_side=True) if self.tls else sock
            wire = Wire(stream)
            wire.number = number
            while self._exchange(wire):
                pass
        except (OSError, Truncated):
            pass
        except WireError as problem:
            self.errors.append(str(problem))
        finally:
            with self.changed:
                self.open_sockets.discard(sock)
            sock.close()

    def _exchange(self, wire):
        if not wire.buffer and not wire.fill():
            return False
        request = wire.read_request_head()
        request.connection = wire.number
        steps = self.routes.get(path_of(request.target), self.default)
        early = bool(steps) and getattr(steps[0], "before_body", False)
        if not early:
            if (request["expect"] or "").lower() == "100-continue":
                wire.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            wire.read_request_body(request)
        with self.changed:
            self.requests.append(request)
            self.changed.notify_all()
        return self._run(wire, request, steps or answer("nothing here", 404))

    def _run(self, wire, request, steps):
        for step in steps:
            if isinstance(step, (bytes, bytearray)):
                if request.method == "HEAD":
                    step = step[:step.find(b"\r\n\r\n") + 4] if b"\r\n\r\n" in step else b""
                wire.send(step)
            elif isinstance(step, threading.Event):
                if not step.wait(TIME_LIMIT):
                    self.errors.append("an event was never set for " + request.target)
            elif step == RESET:
                wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return False
            elif step == CLOSE:
                return False
            elif callable(step):
                more = step(wire, request)
                if more == CLOSE:
                    return False
                if more and not self._run(wire, request, more):
                    return False
        return (request["connection"] or "").lower() != "close"

    def die(self):
        """Like close(), and nobody else gets the port until then."""
        self.close()
        self.kept = socket.socket(self.family)
        self.kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.kept.bind((self.address, self.port))

    def close(self):
        if self.kept:
            self.kept.close()
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        with self.changed:
            for sock in self.open_sockets:
                try:
                    sock.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass


def before_body(script):
    """Marks a script that answers on the head alone, before the origin reads the request's body."""
    script.before_body = True
    return script


def path_of(target):
    if "://" in target:
        target = "/" + target.split("://", 1)[1].partition("/")[2]
    return target.partition("?")[0]


def server_tls(certificate, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


__all__ = ["CLOSE", "RESET", "Origin", "answer", "before_body", "fresh", "head", "path_of", "server_tls"]
