"""The origin of the hostile cases: as careless a reader as a back end may be, and a canary that nobody may reach."""
import re, select, socket, struct, threading, time
from collections import Counter
from email.utils import formatdate

from strict import CTL


class Conn:
    def __init__(self, sock, cid):
        self.sock, self.id, self.data, self.done, self.closed = sock, cid, bytearray(), [], False


class Origin:
    def __init__(self, port, segment=0, canary="127.0.0.66"):
        self.port, self.segment = port, segment
        self.lock = threading.RLock()
        self.conns, self.canary_hits, self.accepts = [], [], 0
        self.scripts = {}      # path key -> (raw, action)
        self.modes = {}        # path key -> behaviour
        self.hits = Counter()  # path -> requests answered
        self.seq = 0
        self.stop = False
        self.ls = self._listen("127.0.0.1", self._serve)
        self.lc = self._listen(canary, self._canary)

    def _listen(self, ip, fn):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind((ip, self.port))
        s.listen(128)
        threading.Thread(target=self._accept, args=(s, fn), daemon=True).start()
        return s

    def _accept(self, ls, fn):
        while not self.stop:
            try:
                c, a = ls.accept()
            except OSError:
                return
            threading.Thread(target=fn, args=(c, a), daemon=True).start()

    def _canary(self, c, a):
        self.canary_hits.append(a)
        try:
            c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\nCANARY")
        except OSError:
            pass
        c.close()

    def snapshot(self):
        with self.lock:
            return {c.id: (len(c.data), len(c.done)) for c in self.conns}

    def since(self, snap):
        """[(conn, new bytes, requests answered since)]"""
        out = []
        with self.lock:
            for c in self.conns:
                d0, n0 = snap.get(c.id, (0, 0))
                if len(c.data) > d0 or len(c.done) > n0:
                    out.append((c, bytes(c.data[d0:]), c.done[n0:]))
        return out

    # lenient on purpose: a plausible careless back end (LF ok, TE wins, first number of CL, prefix hex)
    def _parse(self, d):
        m = re.search(rb"\r?\n\r?\n", d)
        if not m:
            return None
        head, off = bytes(d[:m.start()]), m.end()
        lines = re.split(rb"\r?\n", head)
        while lines and not lines[0]:
            lines.pop(0)
        if not lines:
            return dict(method="", target="", fields=[], body=b"", end=off)
        p = lines[0].split()
        method = p[0].decode("latin1") if p else ""
        tgt = p[1].decode("latin1") if len(p) > 1 else ""
        fields = []
        for l in lines[1:]:
            n, _, v = l.partition(b":")
            fields.append((n.strip().lower().decode("latin1"), v.strip()))
        te = [v for n, v in fields if n == "transfer-encoding"]
        cl = [v for n, v in fields if n == "content-length"]
        body = b""
        if any(b"chunked" in v.lower() for v in te):
            body = bytearray()
            while True:
                e = d.find(b"\n", off)
                if e < 0:
                    return None
                mm = re.match(rb"\s*(?:0x)?([0-9A-Fa-f]+)", d[off:e])
                if not mm:
                    return dict(method=method, target=tgt, fields=fields, body=bytes(body), end=len(d), bad=True)
                n = int(mm.group(1), 16)
                off = e + 1
                if n == 0:
                    while True:
                        e = d.find(b"\n", off)
                        if e < 0:
                            return None
                        l = d[off:e].strip(b"\r")
                        off = e + 1
                        if not l:
                            break
                    break
                if len(d) < off + n:
                    return None
                body += d[off:off + n]
                off += n
                if d[off:off + 2] == b"\r\n":
                    off += 2
                elif d[off:off + 1] == b"\n":
                    off += 1
                elif len(d) < off + 2:
                    return None
        elif cl:
            mm = re.match(rb"\d+", cl[0])
            n = int(mm.group()) if mm else 0
            if len(d) < off + n:
                return None
            body, off = bytes(d[off:off + n]), off + n
        return dict(method=method, target=tgt, fields=fields, body=bytes(body), end=off)

    @staticmethod
    def key(target):
        t = re.sub(r"^https?://[^/]*", "", target, flags=re.I)
        m = re.match(r"^/(?:rq|RQ|rs)/([a-z0-9-]+)", t)
        return m.group(1) if m else ""

    def _serve(self, c, a):
        c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self.lock:
            self.accepts += 1
            me = Conn(c, self.accepts)
            self.conns.append(me)
        buf = bytearray()
        expect_sent = False
        try:
            while not self.stop:
                r = self._parse(buf) if buf else None
                if r is None:
                    if b"100-continue" in buf.lower() and re.search(rb"\r?\n\r?\n", buf) and not expect_sent:
                        c.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
                        expect_sent = True
                    rd, _, _ = select.select([c], [], [], 30)
                    if not rd:
                        break
                    x = c.recv(65536)
                    if not x:
                        break
                    with self.lock:
                        me.data += x
                    buf += x
                    continue
                expect_sent = False
                del buf[:r["end"]]
                with self.lock:
                    self.seq += 1
                    me.done.append(r)
                    self.hits[re.sub(r"^https?://[^/]*", "", r["target"], flags=re.I)] += 1
                if not self._answer(c, r):
                    break
        except OSError:
            pass
        me.closed = True
        try:
            c.close()
        except OSError:
            pass

    def _send(self, c, raw):
        step = self.segment if self.segment and len(raw) <= 4000 else 997 if self.segment else len(raw) or 1
        for i in range(0, len(raw), step):
            c.sendall(raw[i:i + step])
            if self.segment:
                time.sleep(0.0003)

    def _answer(self, c, r):
        k = self.key(r["target"])
        if k in self.scripts:
            raw, action = self.scripts[k]
            self._send(c, raw)
            if action == "keep":
                return True
            if action == "rst":
                time.sleep(0.15)
                c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                c.close()
                return False
            c.shutdown(socket.SHUT_WR)
            c.settimeout(1)
            try:
                while c.recv(65536):
                    pass
            except OSError:
                pass
            return False
        f = dict((n, v.decode("latin1")) for n, v in r["fields"])
        mode = self.modes.get(k, "")
        hdr, st = ["Cache-Control: max-age=600"], "200 OK"
        big = max([len(v) for _, v in r["fields"]] or [0])
        if big > 8190 or any(CTL.search(v.replace(b"\t", b"")) for _, v in r["fields"]):
            st, hdr = "400 Bad Request", []          # CPDoS: an origin stricter than the cache, no freshness given
        elif "x-http-method-override" in f:
            st, hdr = "405 Method Not Allowed", []
        body = "target=%s|method=%s|host=%s|bodylen=%d|body=%s|xfh=%s|xou=%s|fwd=%s|auth=%s|cookie=%s|xa=%s|end" % (
            re.sub(r"^https?://[^/]*", "", r["target"], flags=re.I), r["method"], f.get("host", ""), len(r["body"]), r["body"][:40].decode("latin1"),
            f.get("x-forwarded-host", ""), f.get("x-original-url", ""), f.get("forwarded", ""), f.get("authorization", ""), f.get("cookie", ""), f.get("x-a", "")[:40])
        b = body.encode("latin1")
        if st[0] == "2":
            if mode == "private":
                hdr = ["Cache-Control: private, max-age=600"]
            elif mode == "varycookie":
                hdr.append("Vary: Cookie")
            elif mode == "varyab":
                hdr.append("Vary: X-A, X-B")
            elif mode == "range" and "range" in f:
                st = "206 Partial Content"
                hdr.append("Content-Range: bytes 0-3/%d" % len(b))
                b = b[:4]
        h = "HTTP/1.1 %s\r\nDate: %s\r\n%sContent-Length: %d\r\nX-Origin: corpus\r\n" % (st, formatdate(usegmt=True), "".join(x + "\r\n" for x in hdr), len(b))
        close = f.get("connection", "").lower() == "close"
        if close:
            h += "Connection: close\r\n"
        c.sendall(h.encode() + b"\r\n" + (b"" if r["method"].upper() == "HEAD" else b))
        return not close
