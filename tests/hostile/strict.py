"""Strict reading of HTTP/1 (RFC 9112): one unambiguous reading, or Bad."""
import re

TOKEN = re.compile(rb"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
CTL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


class Bad(Exception):
    pass


def split_header(data, off, ctl_ok=False):
    """strict header section at off (after the start-line): returns (fields, offset behind the empty line)"""
    fields = []
    while True:
        e = data.find(b"\r\n", off)
        if e < 0:
            raise Bad("incomplete header")
        line = data[off:e]
        off = e + 2
        if line == b"":
            return fields, off
        if line[:1] in b" \t":
            raise Bad("obs-fold / leading whitespace line")
        i = line.find(b":")
        if i < 0:
            raise Bad("field line without colon: %r" % line[:40])
        name, val = line[:i], line[i + 1:].strip(b" \t")
        if not TOKEN.match(name):
            raise Bad("field name %r is not a token" % name[:40])
        if b"\x00" in val or b"\r" in val or b"\n" in val:
            raise Bad("CR/LF/NUL in value of %r" % name[:40])
        if CTL.search(val.replace(b"\t", b"")) and not ctl_ok:
            raise Bad("control character in value of %r" % name[:40])
        fields.append((name.decode().lower(), val))


def strict_chunked(data, off):
    body = bytearray()
    while True:
        e = data.find(b"\r\n", off)
        if e < 0:
            raise Bad("incomplete chunk-size line")
        line = data[off:e]
        m = re.match(rb"^0*([0-9A-Fa-f]{1,16})((?:[ \t]*;[^\x00-\x08\x0a-\x1f\x7f]*)?)$", line)
        if not m:
            raise Bad("bad chunk-size line %r" % line[:40])
        n = int(m.group(1), 16)
        off = e + 2
        if n == 0:
            tr, off = split_header(data, off)
            return bytes(body), off, tr
        if len(data) < off + n + 2:
            raise Bad("incomplete chunk")
        body += data[off:off + n]
        if data[off + n:off + n + 2] != b"\r\n":
            raise Bad("chunk data not followed by CRLF")
        off += n + 2


def strict_requests(data, te_ok=None, ctl_ok=False, ver_any=False):
    out, off = [], 0
    while off < len(data):
        e = data.find(b"\r\n", off)
        if e < 0:
            raise Bad("incomplete request line")
        line = data[off:e]
        parts = line.split(b" ")
        if len(parts) != 3:
            raise Bad("request line %r" % line[:60])
        m, t, v = parts
        if not TOKEN.match(m):
            raise Bad("method %r" % m[:30])
        if not t or re.search(rb"[^\x21-\x7e]", t):
            raise Bad("target %r" % t[:60])
        if v not in (b"HTTP/1.1", b"HTTP/1.0"):
            raise Bad("version %r" % v[:20])
        fields, off = split_header(data, e + 2, ctl_ok)
        hosts = [x for n, x in fields if n == "host"]
        if len(hosts) > 1 or (v == b"HTTP/1.1" and len(hosts) != 1):
            raise Bad("%d Host fields" % len(hosts))
        cl = [x for n, x in fields if n == "content-length"]
        te = [x for n, x in fields if n == "transfer-encoding"]
        if cl and te:
            raise Bad("both CL and TE forwarded")
        if len(cl) > 1 or len(te) > 1:
            raise Bad("duplicate CL or TE forwarded")
        body, trailers = b"", []
        if te:
            allowed = {b"chunked"} | {x.encode() for x in (te_ok or [])}
            if te[0].lower() not in allowed:
                raise Bad("Transfer-Encoding %r forwarded" % te[0][:40])
            if v == b"HTTP/1.0":
                raise Bad("TE in HTTP/1.0 forwarded")
            body, off, trailers = strict_chunked(data, off)
        elif cl:
            if not re.match(rb"^\d{1,18}$", cl[0]):
                raise Bad("Content-Length %r forwarded" % cl[0][:40])
            n = int(cl[0])
            if len(data) < off + n:
                raise Bad("incomplete body")
            body = data[off:off + n]
            off += n
        out.append(dict(method=m.decode("latin1"), target=t.decode("latin1"), fields=fields, body=bytes(body), host=hosts[0] if hosts else b"", trailers=trailers))
    return out


def parse_response(data, method, eof):
    """client's view of one final response: dict(status, fields, body, complete, errors, end, interim)"""
    off, interim = 0, []
    while True:
        r = dict(status=None, fields=[], body=b"", complete=False, errors=[], end=off, interim=interim)
        if off >= len(data):
            return r
        e = data.find(b"\r\n", off)
        if e < 0:
            r["errors"].append("incomplete or LF-only status line")
            r["end"] = len(data)
            return r
        m = re.match(rb"^HTTP/1\.[01] (\d{3})(?: [^\x00-\x08\x0a-\x1f\x7f]*)?$", data[off:e])
        if not m:
            r["errors"].append("status line %r" % data[off:e][:60])
            r["end"] = len(data)
            return r
        st = int(m.group(1))
        try:
            fields, o2 = split_header(data, e + 2, ctl_ok=True)
        except Bad as ex:
            r.update(status=st)
            r["errors"].append(str(ex))
            r["end"] = len(data)
            return r
        if 100 <= st < 200 and st != 101:
            interim.append(st)
            off = o2
            continue
        break
    r.update(status=st, fields=fields)
    cl = [x for n, x in fields if n == "content-length"]
    te = [x for n, x in fields if n == "transfer-encoding"]
    if cl and te:
        r["errors"].append("CL and TE towards the client")
    if len(cl) > 1:
        r["errors"].append("several CL towards the client")
    if method == "HEAD" or st in (204, 304) or st < 200:
        r.update(complete=True, end=o2)
        if st in (204,) and te:
            r["errors"].append("TE on 204")
        return r
    if te:
        if te[-1].lower() == b"chunked":
            try:
                b, end, _ = strict_chunked(data, o2)
                r.update(body=b, complete=True, end=end)
            except Bad as ex:
                r["end"] = len(data)
                if not str(ex).startswith("incomplete"):
                    r["errors"].append(str(ex))
                r["partial"] = len(data) - o2
            return r
        r.update(body=data[o2:], complete=eof, end=len(data))
        r["te_unknown"] = True
        return r
    if cl:
        if not re.match(rb"^\d{1,18}$", cl[0]):
            r["errors"].append("bad CL towards the client %r" % cl[0][:30])
            r["end"] = len(data)
            return r
        n = int(cl[0])
        r["body"] = data[o2:o2 + n]
        r["complete"] = len(data) >= o2 + n
        r["end"] = min(len(data), o2 + n)
        return r
    r.update(body=data[o2:], complete=eof, end=len(data), close_delimited=True)
    return r


def parse_responses(data, methods, eof):
    out, off, i = [], 0, 0
    while off < len(data):
        m = methods[i] if i < len(methods) else "GET"
        r = parse_response(data[off:], m, eof)
        if r["status"] is None and not r["errors"]:
            break
        out.append(r)
        if r["end"] <= 0:
            break
        off += r["end"]
        i += 1
        if len(out) > 60:
            break
    return out
