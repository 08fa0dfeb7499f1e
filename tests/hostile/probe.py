"""What both kinds of cases share: placeholders, clean requests, and the question whether the proxy still lives."""
import os, time

from client import exchange
from raw_origin import Origin
from strict import parse_response

HERE = os.path.dirname(os.path.abspath(__file__))


class Probe:
    def __init__(self, a):
        self.a = a
        h, p = a.proxy.rsplit(":", 1)
        self.addr = (h, int(p))
        self.run = int.from_bytes(os.urandom(2), "big")
        self.nonce = b"%04x0000" % self.run
        self.origin = Origin(a.origin_port, a.segment)
        self.fwd = a.mode == "forward"
        self.host = (b"127.0.0.1:%d" % a.origin_port) if self.fwd else a.vhost.encode()
        self.base = (b"http://" + self.host) if self.fwd else a.base.encode()
        self.n = 0

    def fill(self, raw):
        for k, v in ((b"@@BASE@@", self.base), (b"@@HOST@@", self.host), (b"@@PORT@@", b"%d" % self.a.origin_port), (b"@@PROXY@@", self.a.proxy.encode()),
                     (b"@@NONCE@", self.nonce), (b"@@SMUG-BASE-URL-FIXED@", b"http://127.0.0.1:%05d" % self.a.origin_port), (b"@@SMUG-HOST-FX@", b"127.0.0.1:%05d" % self.a.origin_port), (b"@@CANARY@", b"127.0.0.66")):
            raw = raw.replace(k, v)
        return raw

    def clean(self, path, *hdrs, **kw):
        """a clean GET on a fresh connection: (response, origin contacted?)"""
        p = path if isinstance(path, bytes) else path.encode("latin1")
        raw = b"GET " + self.base + p + b" HTTP/1.1\r\nHost: " + self.host + b"\r\n" + b"".join(h + b"\r\n" for h in hdrs) + b"Connection: close\r\n\r\n"
        before = self.origin.hits[p.decode("latin1")]
        allb = self.origin.seq
        try:
            d, eof, _, _ = exchange(self.addr, raw, first=20.0, idle=5.0, total=30.0, **kw)  # its end is the end of the connection
        except OSError as e:
            return None, False, "connect: %s" % e
        r = parse_response(d, "GET", eof)
        time.sleep(0.01)
        return r, self.origin.hits[p.decode("latin1")] > before, self.origin.seq - allb

    def alive(self, tag):
        path = "/probe/%s/%s/%d" % (tag, self.nonce.decode(), self.n)
        for i in range(3):
            r, hit, _ = self.clean(path)
            if r and r["status"] == 200 and ("target=%s|" % path).encode() in r["body"]:
                return None if i == 0 else "needed %d tries for a clean answer (hang, crash, restart?)" % (i + 1)
            if r and r["status"] == 200:
                return "DESYNC: clean request for another URL got %r" % r["body"][:60]
            time.sleep(1.0)
        return "DEAD: no clean answer (%s)" % (r and r["status"])
