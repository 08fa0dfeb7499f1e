"""Scripted upstreams that answer as the real ones do, count, enforce their limits and ban who breaks them.

All times are the replay's own seconds (real seconds times its speed). A limit for one second is enforced over ten: at full
speed a real millisecond of scheduling is a third of a second here.
"""
import asyncio
import collections
import dataclasses
import hashlib
import json
from urllib.parse import parse_qsl, urlsplit

from traffic import RUNNING, UNRELEASED

BAN = 3600


@dataclasses.dataclass
class Limit:
    """At most `most` calls in any window of so many seconds, for each credential (or for the address)."""
    most: int
    window: float
    per_credential: bool = True


LIMITS = {
    "api.themoviedb.org": [Limit(500, 10, False)],
    "api4.thetvdb.com": [Limit(200, 10, False)],
    "skyhook.sonarr.tv": [Limit(100, 10, False)],
    "api.radarr.video": [Limit(100, 10, False)],
    "thexem.info": [Limit(30, 10, False)],
}
CONNECTIONS = {"api.themoviedb.org": 20}
# What accounts of different classes may ask in a day: the smallest ones are below what the applications' feeds alone need.
# How every JPEG begins and ends: what is none, or is cut off, is not stored as one.
JPEG, JPEG_END = bytes.fromhex("ffd8ffe000104a46494600010100000100010000"), bytes.fromhex("ffd9")

DAILY = [100, 150, 200, 250, 500, 1000, 1000, 2000, 5000, 10000]
for number, most in enumerate(DAILY, 1):
    LIMITS["indexer%d.test" % number] = [Limit(most, 86400), Limit(60, 60)]


class Enforcer:
    """One upstream's book: who asked when, who is banned until when, what was broken."""

    def __init__(self, host):
        self.host, self.limits = host, LIMITS.get(host, [])
        self.calls, self.banned, self.violations = collections.defaultdict(collections.deque), {}, []

    def judge(self, at, credential):
        """None: fine; else the second until which the answer is no."""
        who = credential if any(limit.per_credential for limit in self.limits) else ""
        until = self.banned.get(who, 0)
        if at < until:
            self.violations.append((at, who, "asked again during the ban"))
            return until
        calls = self.calls[who]
        calls.append(at)
        longest = max((limit.window for limit in self.limits), default=0)
        while calls and calls[0] <= at - longest:
            calls.popleft()
        for limit in self.limits:
            if sum(1 for call in calls if call > at - limit.window) > limit.most:
                calls.pop()
                self.violations.append((at, who, "more than %d in %d s" % (limit.most, limit.window)))
                self.banned[who] = at + BAN
                return at + BAN
        return None

    def used(self, at, credential):
        return sum(1 for call in self.calls[credential] if call > at - 86400)


def is_feed(target):
    """An indexer's newest releases: a search for nothing."""
    query = dict(parse_qsl(urlsplit(target).query))
    return query.get("t") in ("tvsearch", "movie", "search") and not {"q", "tvdbid", "tmdbid"} & query.keys()


def credential_of(target, headers):
    query = dict(parse_qsl(urlsplit(target).query))
    return query.get("apikey") or query.get("api_key") or headers.get("authorization", "")


def json_body(host, target):
    """The document behind a path, with the member on which a rule's TTL may depend; None where it is no JSON."""
    path = urlsplit(target).path
    last = path.rsplit("/", 1)[-1]
    number = int(last) if last.isdigit() else 0
    if host == "skyhook.sonarr.tv":
        return {"tvdbId": number, "title": "Series %d" % number, "status": "continuing" if number in RUNNING else "ended", "seasons": [], "episodes": []}
    if host == "api.radarr.video":
        if "/movie/" in path and "/collection/" not in path:
            return {"TmdbId": number, "Title": "Film %d" % number, "Status": "announced" if number in UNRELEASED else "Released"}
        return [] if "/list/" in path else {"TmdbId": number, "Parts": []}
    if host == "api4.thetvdb.com":
        series = int(path.split("/")[3]) if path.startswith("/v4/series/") else 0
        return {"status": "success", "data": {"id": series, "status": {"name": "Continuing" if series in RUNNING else "Ended"}}}
    if host == "thexem.info":
        return {"result": "success", "data": {}, "message": ""}
    if host in ("artworks.thetvdb.com", "image.tmdb.org") or host.endswith(".test"):
        return None
    return {"path": path}


def caps():
    return b'<?xml version="1.0"?><caps><limits max="100" default="100"/><categories/></caps>'


def feed(used, most):
    return ('<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:newznab="http://www.newznab.com/DTD/2010/feeds/attributes/">'
            '<channel><title>Indexer</title><newznab:apilimits apicurrent="%d" apimax="%d"/><newznab:response offset="0" total="1"/>'
            '<item><title>Some.Release.1080p</title><guid>abc</guid></item></channel></rss>' % (used, most)).encode()


class Upstream:
    """A server on a port of its own."""

    def __init__(self, host, clock):
        self.host, self.clock, self.enforcer = host, clock, Enforcer(host)
        self.served, self.open, self.most_open, self.port = collections.Counter(), 0, 0, 0

    async def start(self):
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0, backlog=512)
        self.port = server.sockets[0].getsockname()[1]
        return self

    async def serve(self, reader, writer):
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        allowed = CONNECTIONS.get(self.host)
        if allowed and self.open > allowed:
            self.enforcer.violations.append((self.clock(), "", "more than %d connections" % allowed))
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                method, target, _ = head[0].split(" ", 2)
                headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
                writer.write(self.answer(method, target, headers))
                await writer.drain()
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError, ValueError):
            pass
        finally:
            self.open -= 1
            writer.close()

    def answer(self, method, target, headers):
        at, credential = self.clock(), credential_of(target, headers)
        self.served[int(at // 86400), self.host.endswith(".test") and is_feed(target)] += 1
        refused_until = self.enforcer.judge(at, credential)
        if refused_until is not None:
            return self.refusal(method, refused_until - at)
        kind, body, extra = self.content(target, at, credential)
        etag = '"%s"' % hashlib.sha1(target.encode()).hexdigest()[:16]
        if not self.host.endswith(".test") and headers.get("if-none-match", "").removeprefix("W/") == etag:
            return head_bytes(304, [("ETag", etag), *extra])
        fields = [("Content-Type", kind), ("Content-Length", str(len(body))), *extra]
        if not self.host.endswith(".test"):
            fields.append(("ETag", etag))
        return head_bytes(200, fields) + (b"" if method == "HEAD" else body)

    def refusal(self, method, seconds):
        """Half of the indexers say no inside a 200, the others and all services as HTTP means it."""
        if self.host.endswith(".test") and int(self.host[7:-5]) % 2:
            body = b'<?xml version="1.0" encoding="UTF-8"?><error code="500" description="Request limit reached"/>'
            return head_bytes(200, [("Content-Type", "application/rss+xml"), ("Content-Length", str(len(body)))]) + body
        body = b'{"status_code":25,"status_message":"Your request count is over the allowed limit."}'
        fields = [("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("Retry-After", str(int(seconds) + 1))]
        return head_bytes(429, fields) + (b"" if method == "HEAD" else body)

    def content(self, target, at, credential):
        if self.host.endswith(".test"):
            if "t=caps" in target:
                return "application/xml", caps(), []
            most = self.enforcer.limits[0].most
            return "application/rss+xml; charset=utf-8", feed(self.enforcer.used(at, credential), most), []
        document = json_body(self.host, target)
        if document is None:
            return "image/jpeg", JPEG + hashlib.sha256(target.encode()).digest() * 64 + JPEG_END, []
        extra = [("Cache-Control", "public, max-age=%d" % (36000 - int(at) % 36000))] if self.host == "api.themoviedb.org" else []
        return "application/json; charset=utf-8", json.dumps(document).encode(), extra


def head_bytes(status, fields):
    reasons = {200: "OK", 304: "Not Modified", 429: "Too Many Requests"}
    lines = ["HTTP/1.1 %d %s" % (status, reasons[status]), *("%s: %s" % field for field in fields)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
