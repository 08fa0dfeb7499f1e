"""Cases whose request is hostile: sent as it stands, judged by what the client and the origin got."""
import os, re, time

from client import exchange, status_ok
from probe import HERE, Probe
from strict import Bad, parse_responses, strict_requests


class RequestCases(Probe):
    def request_case(self, c):
        self.n += 1
        self.nonce = b"%04x%04x" % (self.run, self.n)   # own URLs for every case and run
        o = self.origin
        raw = self.fill(open(os.path.join(HERE, c["file"]), "rb").read())
        if c.get("origin"):
            o.modes[c["id"]] = c["origin"]
        snap, can0, acc0 = o.snapshot(), len(o.canary_hits), o.accepts
        try:
            d, eof, rst, _ = exchange(self.addr, raw, half_close=c.get("half_close", False), segment=self.a.segment, total=c.get("timeout", 4.0),
                                      first=c.get("timeout", 1.6))
        except OSError as e:
            return "FAIL", "cannot connect: %s" % e
        time.sleep(0.04)
        got = o.since(snap)
        complete = [r for _, _, done in got for r in done]
        m0 = raw.lstrip(b"\r\n").split(b" ", 1)[0][:20].decode("latin1")
        meths = [r["method"] for r in complete] if len(complete) > 1 else [m0]
        if m0 == "HEAD":
            meths = ["HEAD"]
        rs = parse_responses(d, meths, eof)
        obs = "client:%s%s origin:%d" % ([r["status"] for r in rs][:6] or "-", " closed" if eof else " open", len(complete))
        if len(o.canary_hits) > can0:
            return "FAIL", "CANARY reached (blocked destination) " + obs
        if c.get("no_connect") and o.accepts > acc0 and not complete and not any(x for _, x, _ in got):
            return "FAIL", "proxy opened a connection to a refused destination " + obs
        smug = any("/smug/" in r["target"] for r in complete)
        verdict, why = None, []
        for alt in c["any_of"]:
            e = self.match_req(c, alt, raw, rs, eof, got, complete, smug)
            if e is None:
                verdict = alt["grade"]
                break
            why.append("%s: %s" % (alt["kind"], e))
        note = self.poison(c)
        live = self.alive(c["id"])
        if live:
            return "FAIL", live + " | " + obs
        if note:
            return "FAIL", "POISONED: " + note + " | " + obs
        if smug and not (verdict and c["id"] == "hdr-lf-lf"):
            return "FAIL", "SMUGGLED request reached the origin | " + obs + " | " + "; ".join(why)[:160]
        if verdict is None:
            return "FAIL", obs + " | " + "; ".join(why)[:230]
        return verdict, obs

    def match_req(self, c, alt, raw, rs, eof, got, complete, smug):
        k = alt["kind"]
        st = rs[0]["status"] if rs else None
        if k == "reject":
            if complete:
                return "reached the origin"
            if st is None and not (eof and "none" in alt["status"]):
                return "no answer" if not eof else "closed without an answer"
            if st is not None and not status_ok(st, alt["status"]):
                return "status %s" % st
            if alt["close"] and not eof:
                return "not closed"
            if alt["close"] and len(rs) > 1:
                return "%d answers" % len(rs)
            return None
        if k == "noforward":
            if complete:
                return "reached the origin"
            return None if (rs or eof) else "no answer"
        if k == "refuse-then-serve":   # CONNECT refused, the pipelined request behind it answered as a request of its own
            if len(rs) == 2 and status_ok(st, ["4xx", "5xx"]) and len(complete) == 1 and status_ok(rs[1]["status"], ["2xx"]):
                return None
            return "%d answers, origin saw %d" % (len(rs), len(complete))
        if k == "incomplete":
            if complete:
                return "origin took it as complete"
            if st is not None and 200 <= st < 300:
                return "status %s" % st
            return None
        # forward
        if len(complete) != alt["n"]:
            return "origin saw %d" % len(complete)
        try:
            sr = []
            for conn, data, done in got:
                if data:
                    sr += strict_requests(data, alt.get("te_ok"), alt.get("ctl_ok", False), alt.get("ver_any", False))
        except Bad as e:
            return "forwarded bytes ambiguous: %s" % e
        if len(sr) != alt["n"]:
            return "strict parse finds %d" % len(sr)
        q = sr[0]
        f = dict(q["fields"])
        if "methods" in alt:
            ms = [x["method"] for x in sr]
            if alt["n"] == 1 and ms[0] not in alt["methods"]:
                return "method %s" % ms[0]
            if alt["n"] > 1 and sorted(ms) != sorted(alt["methods"]):
                return "methods %s" % ms
        if "body" in alt and q["body"] != alt["body"].encode():
            return "body %r" % q["body"][:40]
        if "bodylen" in alt and len(q["body"]) != alt["bodylen"]:
            return "bodylen %d not %d" % (len(q["body"]), alt["bodylen"])
        for n in alt.get("absent", []):
            if n in f:
                return "%s forwarded" % n
        for n in alt.get("present", []):
            if n not in f:
                return "no %s" % n
        for n, v in alt.get("eq", {}).items():
            if f.get(n, b"").decode("latin1").lower() != v:
                return "%s is %r" % (n, f.get(n))
        if alt.get("host_eq"):
            if q["host"].lower() not in (self.host.lower(), self.host.lower() + b":80", self.a.upstream_host.encode() if self.a.upstream_host else self.host.lower()):
                return "Host is %r" % q["host"][:40]
        t = re.sub(r"^https?://[^/]*", "", q["target"], flags=re.I)
        if alt.get("no_fragment") and "#" in t:
            return "fragment forwarded"
        if alt.get("no_userinfo") and ("POISON" in q["target"] or b"@" in q["host"]):
            return "userinfo forwarded"
        if not alt.get("any_target") and not t.startswith("/rq/%s" % c["id"]) and not t.startswith("/RQ/"):
            return "target %s" % t[:60]
        want = alt.get("status", ["2xx"])
        nfin = [r for r in rs if r["status"]]
        need = alt["n"] + (1 if alt.get("then_reject") else 0)
        if alt.get("then_reject"):
            if len(nfin) == alt["n"] and eof:
                need = alt["n"]
        if len(nfin) != need and not alt.get("answers_any"):
            return "%d answers for %d" % (len(nfin), need)
        if want is not None and not alt.get("answers_any"):
            for r in nfin[:alt["n"]]:
                if not status_ok(r["status"], want):
                    return "status %s" % r["status"]
                if not r["complete"] or r["errors"]:
                    return "answer broken %s" % r["errors"]
        if alt.get("then_reject") and need > alt["n"] and not status_ok(nfin[-1]["status"], ["4xx", "5xx"]):
            return "second status %s" % nfin[-1]["status"]
        if alt.get("order"):
            for i, r in enumerate(nfin):
                if (b"/%d|" % (i + 1)) not in r["body"]:
                    return "order"
        if alt.get("close") and not eof:
            return "not closed"
        return None

    def poison(self, c):
        """clean request(s) for the same URL; returns a description if it was harmed"""
        p = c.get("poison")
        if c.get("probe_same") is False:
            return None
        path = "/rq/%s/%s%s" % (c["id"], self.nonce.decode(), c.get("probe_path", ""))
        if p == "vary":
            r, hit, _ = self.clean(path, b"Cookie: sid=clean")
        elif p == "varyab":
            r, hit, _ = self.clean(path, b"X-A: 1", b"X-B: POISON")
            if r and r["status"] == 200 and b"|xa=1|" not in r["body"]:
                return "secondary key confused: %r" % r["body"][-60:]
            return None
        else:
            r, hit, _ = self.clean(path)
        if r is None or r["status"] is None:
            return "no answer to the clean request"
        if p in ("auth", "nostore", "private", "invalidate") and not hit:
            return "answer was stored and reused (%s)" % p
        if r["status"] != 200:
            return "clean GET got %s" % r["status"]
        if b"POISON" in r["body"] and b"POISON" not in path.encode():
            return "clean GET got %r" % r["body"][:120]
        if ("target=%s|method=GET|" % path).encode() not in r["body"]:
            # HEAD/GET conversion is fine as long as the target agrees
            if ("target=%s|" % path).encode() in r["body"] and c.get("head"):
                return None
            return "clean GET for %s got %r" % (path, r["body"][:100])
        if b"|bodylen=0|" not in r["body"]:
            return "answer depends on another request's body: %r" % r["body"][:120]
        return None
