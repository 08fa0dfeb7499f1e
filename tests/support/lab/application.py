"""A Sonarr of our own: some state, its API in two versions, commands, and its hub of events, all played by a test.

Answers tell the revision of what they show, so that a test knows which of them are old. The hub speaks SignalR by
WebSocket and by long polling, in bytes written here.
"""
import base64
import hashlib
import itertools
import json
import re
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from .wire import TIME_LIMIT

SEPARATOR = "\x1e"
KEY = "f00dfacef00dfacef00dfacef00dface"
RESOURCES = ("series", "episode", "queue", "history", "tag", "health")


def record(value):
    return json.dumps(value) + SEPARATOR


class Channel:
    """One who listens to the hub; what is sent to it waits here until its transport takes it."""

    def __init__(self, token):
        self.token, self.text, self.closed, self.accepted = token, "", False, False
        self.changed = threading.Condition()

    def send(self, text):
        with self.changed:
            self.text += text
            self.changed.notify_all()

    def take(self, limit):
        """What waits, once something does; None where it is closed."""
        with self.changed:
            self.changed.wait_for(lambda: self.text or self.closed, limit)
            text, self.text = self.text, ""
            return None if self.closed and not text else text

    def close(self):
        with self.changed:
            self.closed = True
            self.changed.notify_all()


class Hub:
    def __init__(self, application):
        self.application, self.channels = application, {}
        self.numbers, self.lock = itertools.count(1), threading.Condition()
        self.transports, self.refuses_upgrade, self.down = ["WebSockets", "LongPolling"], False, False
        self.connections, self.said, self.messages = 0, [], 0
        self.way = []  # "negotiate" sends along these: (path, key that is good there)

    def path(self):
        return self.way[-1][0] if self.way else "/signalr/messages"

    def key_at(self, path, key):
        return next((there for begin, there in self.way if path.startswith(begin)), key)

    def send_on(self, path):
        """Where "negotiate" sends from this path; None: it is the last."""
        here = next((place for place, (begin, _) in enumerate(self.way, 1) if path.startswith(begin)), 0)
        if here == len(self.way):
            return None
        url = self.way[here][0]
        return {"url": self.application.url + url if url.startswith("/") else url, "accessToken": self.way[here][1]}

    def offer(self):
        channel = Channel("token-%d" % next(self.numbers))
        with self.lock:
            self.channels[channel.token] = channel
        return {"connectionToken": channel.token, "connectionId": "id", "negotiateVersion": 1,
                "availableTransports": [{"transport": name, "transferFormats": ["Text"]} for name in self.transports]}

    def hear(self, channel, text):
        """What a client says; its first record is the handshake."""
        for told in filter(None, text.split(SEPARATOR)):
            with self.lock:
                self.said.append(told)
            if channel.accepted:
                continue
            with self.lock:
                channel.accepted = True
                self.connections += 1
                self.lock.notify_all()
            channel.send(record({}))
            channel.send(self.message("version", None, {"version": self.application.version}))

    @staticmethod
    def message(name, action, resource, version=3):
        body = resource if action is None else {"action": action, "resource": resource}
        return record({"type": 1, "target": "receiveMessage", "arguments": [{"name": name, "body": body, "version": version}]})

    def tell(self, name, action="sync", resource=None):
        """To every listener, in both versions of the API as Sonarr does it."""
        with self.lock:
            listeners = [channel for channel in self.channels.values() if channel.accepted and not channel.closed]
            self.messages += 2 * len(listeners)
        for channel in listeners:
            channel.send(self.message(name, action, resource, 3) + self.message(name, action, resource, 5))
        return len(listeners)

    def cut(self):
        """Breaks every connection."""
        with self.lock:
            channels, self.channels = list(self.channels.values()), {}
        for channel in channels:
            channel.close()

    def wait_for_connections(self, count):
        with self.lock:
            if not self.lock.wait_for(lambda: self.connections >= count, TIME_LIMIT):
                raise AssertionError("%d connections to the hub, not %d" % (self.connections, count))


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Whoever has gone is told nothing."""


class Application:
    def __init__(self):
        self.lock = threading.RLock()
        self.revisions = dict.fromkeys(RESOURCES, 1)
        self.version, self.key = "4.0.0", KEY
        self.reads, self.asked, self.commands = 0, [], {}
        self.numbers, self.hold, self.held = itertools.count(1), None, threading.Event()
        self.hub = Hub(self)
        self.server = Server(("127.0.0.1", 0), type("Handler", (Handler,), {"application": self}))
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self):
        return "http://127.0.0.1:%d" % self.server.server_address[1]

    def close(self):
        self.hub.cut()
        if self.hold:
            self.hold.set()
        self.server.shutdown()
        self.server.server_close()

    def change(self, *names):
        with self.lock:
            for name in names:
                self.revisions[name] += 1

    def revision(self, name):
        with self.lock:
            return self.revisions[name]

    def answer(self, name):
        with self.lock:
            self.reads += 1
            return {"resource": name, "revision": self.revisions[name]}

    def begin_command(self, name):
        with self.lock:
            command = {"id": next(self.numbers), "name": name, "status": "queued"}
            self.commands[command["id"]] = command
        self.hub.tell("command", "updated", command)
        return command

    def end_command(self, number):
        """What it changes is changed before it tells that it has ended."""
        with self.lock:
            command = dict(self.commands[number], status="completed")
            self.commands[number] = command
        if command["name"] == "RefreshSeries":
            self.change("series", "episode")
        self.hub.tell("command", "updated", command)


class Handler(BaseHTTPRequestHandler):
    application, protocol_version = None, "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, value=None, text=None):
        body = (text if text is not None else "" if value is None else json.dumps(value)).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json" if text is None else "text/plain")
        self.send_header("Cache-Control", "no-cache, no-store")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def prepare(self):
        """The path, or None where the request has been answered."""
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length).decode()
        target = urlsplit(self.path)
        self.query = {name: values[0] for name, values in parse_qs(target.query).items()}
        application = self.application
        with application.lock:
            application.asked.append((self.command, target.path))
        key = self.query.get("access_token") or self.query.get("apikey") or self.headers.get("X-Api-Key")
        if key != application.hub.key_at(target.path, application.key):
            self.reply(401)
            return None
        return target.path

    def do_GET(self):
        path = self.prepare()
        if path is None:
            return
        if path == self.application.hub.path():
            self.listen()
            return
        found = re.fullmatch(r"/api/v[35]/(\w+)(/.*)?", path)
        if not found or found[1] not in RESOURCES:
            self.reply(404, {})
            return
        told, hold = self.application.answer(found[1]), self.application.hold
        if hold:
            self.application.held.set()
            hold.wait(TIME_LIMIT)
        self.reply(200, told)

    def do_POST(self):
        path = self.prepare()
        if path is None:
            return
        hub = self.application.hub
        if path.endswith("/negotiate"):
            self.reply(503 if hub.down else 200, {} if hub.down else hub.send_on(path) or hub.offer())
        elif path == hub.path():
            channel = hub.channels.get(self.query.get("id"))
            if channel:
                hub.hear(channel, self.body)
            self.reply(200 if channel else 404, text="")
        elif re.fullmatch(r"/api/v[35]/command", path):
            self.reply(201, self.application.begin_command(json.loads(self.body)["name"]))
        else:
            self.write(path)

    def do_PUT(self):
        path = self.prepare()
        if path is not None:
            self.write(path)

    def write(self, path):
        found = re.fullmatch(r"/api/v[35]/(\w+)(/.*)?", path)
        if not found or found[1] not in RESOURCES:
            self.reply(404, {})
            return
        self.application.change(found[1])
        self.reply(202, {})

    # ---- the hub's transports

    def listen(self):
        channel = self.application.hub.channels.get(self.query.get("id"))
        if not channel or self.application.hub.down:
            self.reply(404, {})
        elif self.headers.get("Upgrade", "").lower() != "websocket":
            self.poll(channel)
        elif self.application.hub.refuses_upgrade:
            self.reply(400, {})
        else:
            self.speak_websocket(channel)

    def poll(self, channel):
        first = not getattr(channel, "polled", False)
        channel.polled = True
        text = "" if first else channel.take(20)
        self.reply(204 if text is None else 200, text=text or "")

    def speak_websocket(self, channel):
        proof = hashlib.sha1((self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(proof).decode())
        self.end_headers()
        self.close_connection = True
        threading.Thread(target=self.hear_frames, args=(channel,), daemon=True).start()
        while (text := channel.take(TIME_LIMIT)) is not None:
            if text:
                self.wfile.write(self.frame(text.encode()))
        self.connection.shutdown(socket.SHUT_RDWR)  # wakes the thread that hears

    @staticmethod
    def frame(payload):
        if len(payload) < 126:
            return struct.pack("!BB", 0x81, len(payload)) + payload
        return struct.pack("!BBH", 0x81, 126, len(payload)) + payload

    def hear_frames(self, channel):
        """A client's frames are masked; those that it sends here are short."""
        try:
            while True:
                first, second = self.rfile.read(2)
                assert second & 0x80 and second & 0x7F < 126, "an unmasked or long frame"
                mask = self.rfile.read(4)
                payload = bytes(byte ^ mask[i % 4] for i, byte in enumerate(self.rfile.read(second & 0x7F)))
                if first & 0x0F == 1:
                    self.application.hub.hear(channel, payload.decode())
        except (OSError, ValueError):  # it has gone
            channel.close()
