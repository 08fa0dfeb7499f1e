"""Cases whose response is hostile: judged by what the client got, what was stored and what the next client gets."""
import os, time

from client import exchange, status_ok
from probe import HERE, Probe
from strict import parse_response


class ResponseCases(Probe):
    def response_case(self, c):
        self.n += 1
        self.nonce = b"%04x%04x" % (self.run, self.n)   # own URLs for every case and run
        o = self.origin
        raw = self.fill(open(os.path.join(HERE, c["file"]), "rb").read())
        path = "/rs/%s/%s" % (c["id"], self.nonce.decode())
        meth = c.get("method", "GET")
        o.scripts[c["id"]] = (raw, c["action"])
        snap = o.snapshot()
        first = (meth + " ").encode() + self.base + path.encode() + b" HTTP/1.1\r\nHost: " + self.host + b"\r\n\r\n"
        npath = "/next/%s/%s" % (c["id"], self.nonce.decode())
        follow = b"GET " + self.base + npath.encode() + b" HTTP/1.1\r\nHost: " + self.host + b"\r\n\r\n" if c.get("same_conn_next") else None
        try:
            d, eof, rst, fat = exchange(self.addr, first, first=4.0, idle=0.5, total=7.0, follow=follow)
        except OSError as e:
            return "FAIL", "cannot connect: %s" % e
        time.sleep(0.03)
        used = {x.id for x, _, done in o.since(snap) if done}
        d1 = d if fat is None else d[:fat]
        r = parse_response(d1, meth, eof or rst)
        extra = d1[r["end"]:] if r["complete"] else b""
        o.scripts.pop(c["id"], None)
        obs = "client:%s%s%s%s" % (r["status"], "" if r["complete"] else " INCOMPLETE", " closed" if eof else " open", " " + ";".join(r["errors"])[:60] if r["errors"] else "")
        if extra:
            return "FAIL", "SPLIT: bytes behind the answer reach the client %r | %s" % (extra[:40], obs)
        if fat is not None:
            r2 = parse_response(d[fat:], "GET", eof)
            if r2["status"] is not None and ("target=%s|" % npath).encode() not in r2["body"] and status_ok(r2["status"], ["2xx"]):
                return "FAIL", "DESYNC on the client connection: %r | %s" % (r2["body"][:50], obs)
        # second request, now a clean origin
        snap2 = o.snapshot()
        s2, hit, _ = self.clean(path)
        ids2 = {x.id for x, _, done in o.since(snap2) if done}
        live = self.alive(c["id"])
        if live:
            return "FAIL", live + " | " + obs
        if s2 is None or s2["status"] is None:
            return "FAIL", "second request failed | " + obs
        stored = not hit
        obs += " second:%s%s" % (s2["status"], " from-store" if stored else "")
        if not stored and s2["status"] == 200 and ("target=%s|" % path).encode() not in s2["body"]:
            return "FAIL", "DESYNC: second answer is %r | %s" % (s2["body"][:60], obs)
        if c.get("no_reuse") and used & ids2:
            return "FAIL", "upstream connection reused | " + obs
        why = []
        for alt in c["any_of"]:
            e = self.match_rsp(c, alt, r, eof, rst, stored, s2)
            if e is None:
                return alt["grade"], obs
            why.append("%s: %s" % (alt["kind"], e))
        return "FAIL", obs + " | " + "; ".join(why)[:200]

    def match_rsp(self, c, alt, r, eof, rst, stored, s2):
        k = alt["kind"]
        if alt.get("stored") is True and not stored:
            return "not stored"
        if alt.get("stored") is False and stored:
            return "STORED"
        if k == "error":
            if r["status"] is None or not status_ok(r["status"], alt["status"]):
                return "status %s" % r["status"]
            if not r["complete"]:
                return "error answer incomplete"
            return None
        if k == "truncated":
            if r["complete"]:
                return "client takes it as complete"
            if not (eof or rst):
                return "hangs"
            return None
        # pass
        if r["errors"] and not alt.get("te_any"):
            return "client sees " + ";".join(r["errors"])[:60]
        if not r["complete"]:
            return "incomplete"
        want = alt.get("status", [200])
        if want is not None and r["status"] not in want:
            return "status %s" % r["status"]
        if "body" in alt and r["body"] != alt["body"].encode():
            return "body %r" % r["body"][:40]
        f = dict(r["fields"])
        for n in alt.get("absent", []):
            n, _, v = n.partition(":")
            if n in f and (not v or f[n].decode("latin1") == v):
                return "%s relayed" % n
        if stored:
            if s2["status"] != r["status"] or not s2["complete"] or s2["errors"]:
                return "stored answer comes back as %s %s" % (s2["status"], s2["errors"])
            if c.get("method", "GET") == "GET" and s2["body"] != r["body"]:
                return "stored body differs"
            f2 = dict(s2["fields"])
            for n in alt.get("absent", []) + c.get("absent_second", []) + alt.get("absent_second", []):
                n, _, v = n.partition(":")
                if n in f2 and (not v or f2[n].decode("latin1") == v):
                    return "%s replayed from the store" % n
            if alt.get("roundtrip") and len(f2.get("x-big", b"")) != len(f.get("x-big", b"")):
                return "header damaged in the store"
        return None
