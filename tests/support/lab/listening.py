"""Who listens to the stream of events, and the scenarios about it."""
import json
import socket
import threading

from .case import Scenario, local
from .proxy import API_KEY
from .wire import TIME_LIMIT, connect, request_bytes


class Listener:
    """Reads the stream of events in a thread of its own; waits for what a test wants to see."""

    def __init__(self, proxy, query="", headers=(), wire=None):
        self.wire = wire or connect(("127.0.0.1", proxy.admin_port))
        self.wire.send(request_bytes("GET", "/api/v1/events" + query, "127.0.0.1", [("X-Api-Key", API_KEY), *headers]))
        self.head = self.wire.read_final_head()
        self.events, self.changed, self.ended = [], threading.Condition(), False
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _lines(self):
        """Until the stream ends."""
        data = bytes(self.wire.buffer)
        while True:
            *lines, data = data.split(b"\n")
            yield from (line.decode() for line in lines)
            piece = self.wire.sock.recv(65536)
            if not piece:
                return
            data += piece

    def _read(self):
        event = {}
        try:
            for line in self._lines():
                if not line and "data" in event:
                    with self.changed:
                        self.events.append(event)
                        self.changed.notify_all()
                    event = {}
                name, _, value = line.partition(": ")
                if name in ("id", "event", "data"):
                    event[name] = json.loads(value) if name == "data" else value
        except OSError:  # the test has ended it
            pass
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def wait_for(self, holds, limit=TIME_LIMIT):
        """The first event of which it holds."""
        with self.changed:
            self.changed.wait_for(lambda: any(map(holds, self.events)) or self.ended, limit)
            found = next(filter(holds, self.events), None)
        if found is None:
            raise AssertionError("no such event in %r" % self.events[-5:])
        return found

    def wait_for_url(self, url, result=None):
        return self.wait_for(lambda e: e["data"].get("url") == url and result in (None, e["data"]["result"]))

    def wait_for_end(self):
        with self.changed:
            return self.changed.wait_for(lambda: self.ended, TIME_LIMIT)

    def close(self):
        """May be called again."""
        if self.wire.sock.fileno() < 0:
            return
        try:
            self.wire.sock.shutdown(socket.SHUT_RDWR)
        except OSError:  # the other side was faster
            pass
        self.thread.join(TIME_LIMIT)
        self.wire.close()


class Listening(Scenario):
    @classmethod
    def rules_of(cls, origin):
        return local(origin, credentials={"query": ["mykey"], "path": ["pass"]},
                     rules=[{"name": "tv", "match": {"path": "/tv/{id:int}"}, "key": "tv:{id}", "ttl": "1h", "type": "series", "expect": "any"},
                            {"name": "feed", "match": {"path": "/feed/{pass}/{id:int}"}, "ttl": "1h"}])

    def listen(self, query="", headers=(), proxy=None):
        listener = Listener(proxy or self.proxy, query, headers)
        self.addCleanup(listener.close)
        return listener
