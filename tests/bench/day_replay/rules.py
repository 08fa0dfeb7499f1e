"""What the shipped rules promise for a request: read from the files themselves, by other code than the program's.

Serves the bound: how many calls upstream the TTLs permit at least.
"""
import json
import pathlib
import re
from urllib.parse import parse_qsl, unquote, urlsplit

ROOT = pathlib.Path(__file__).resolve().parents[3]
UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "": 1}
# The types and their usual lifetimes, as far as a rule may name a type without a TTL of its own.
TYPES = {"metadata_series": "24h", "metadata_episode": "24h", "metadata_images": "7d", "indexer": "24h", "indexer_feed": "15m",
         "indexer_search": "15m", "indexer_status": "5m", "config": "5m"}


def seconds(duration):
    number, unit = re.fullmatch(r"([0-9.]+)([a-z]*)", str(duration)).groups()
    return float(number) * UNITS[unit]


def without_comments(text):
    """JSON with // and /* */ outside of strings taken out."""
    token = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.S)
    return token.sub(lambda found: found[0] if found[0].startswith('"') else "", text)


def path_pattern(pattern):
    """'/3/tv/{id:int}/**' as a regular expression."""
    pieces = []
    for piece in re.split(r"(\{[^}]*\}|\*\*|\*)", pattern):
        if piece == "**":
            pieces.append(".*")
        elif piece == "*":
            pieces.append("[^/]*")
        elif piece.startswith("{"):
            pieces.append("[0-9]+" if piece.endswith(":int}") else "[^/]+")
        else:
            pieces.append(re.escape(piece))
    # "/a/**" matches "/a" as well.
    return re.compile("".join(pieces).replace("/.*", "(?:/.*)?") + r"\Z")


def plain_ttl(ttl, of_type):
    """Of a TTL that is learned the longest, which is the smallest number of calls."""
    if not isinstance(ttl, dict):
        return ttl or of_type
    return ttl["learn"]["max"] if "learn" in ttl else ttl.get("fresh", of_type)


def as_list(value):
    return value if isinstance(value, list) else [value]


class Rule:
    def __init__(self, given, types):
        match = given.get("match", {})
        self.name, self.upstream = given["name"], given.get("upstream")
        self.methods = as_list(match.get("method", ["GET", "HEAD"]))
        self.paths = [path_pattern(pattern) for pattern in as_list(match.get("path", "/**"))]
        self.query = match.get("query", {})
        self.ignored = set(given.get("ignore_query", []))
        self.never = given.get("policy") == "never"
        ttl = plain_ttl(given.get("ttl"), types.get(given.get("type")))
        self.ttl = 0 if self.never or ttl is None else seconds(ttl)
        self.by_body = given.get("ttl_from", [])

    def matches(self, path, query):
        if "GET" not in self.methods or not any(pattern.match(path) for pattern in self.paths):
            return False
        return all(self.query_holds(wanted, query.get(name)) for name, wanted in self.query.items())

    @staticmethod
    def query_holds(wanted, given):
        if wanted is None:
            return given is None
        if re.fullmatch(r"\{[^}]*\?\}", str(wanted)):
            return True
        if given is None:
            return False
        return any(str(each).startswith("{") or each == given for each in as_list(wanted))

    def ttl_of(self, body):
        for condition in self.by_body:
            if "json" in condition and isinstance(body, dict) and at_pointer(body, condition["json"]) == condition.get("equals"):
                return seconds(condition["ttl"])
        return self.ttl


def at_pointer(document, pointer):
    for part in pointer.split("/")[1:]:
        document = document.get(part) if isinstance(document, dict) else None
    return document


class RuleBook:
    def __init__(self, folder=ROOT / "rules", extra=None):
        files = [json.loads(without_comments(path.read_text())) for path in sorted(folder.glob("*.json")) if path.name != "schema.json"]
        files = ([extra] if extra else []) + files
        self.types, self.upstreams, self.rules = dict(TYPES), {}, []
        for file in files:
            self.types.update(file.get("ttls", {}))
        for file in files:
            for name, upstream in file.get("upstreams", {}).items():
                self.upstreams.setdefault(name, {}).update({key: value for key, value in upstream.items() if key not in self.upstreams[name]})
            self.rules += [Rule(rule, self.types) for rule in file.get("rules", [])]

    def upstream_of_host(self, host):
        return next((name for name, upstream in self.upstreams.items() if host in upstream.get("hosts", [])), None)

    def mount(self, upstream):
        return self.upstreams[upstream].get("mount", "/" + upstream)

    def kin(self, upstream):
        """The upstream and those it is like, whose rules hold for it."""
        names = []
        while upstream and upstream not in names:
            names.append(upstream)
            upstream = self.upstreams.get(upstream, {}).get("like")
        return names

    def setting(self, upstream, name, default):
        return next((self.upstreams[each][name] for each in self.kin(upstream) if name in self.upstreams.get(each, {})), default)

    def judge(self, upstream, target, credential, body):
        """(identity, TTL in seconds): requests of one identity may share an answer for so long."""
        parts = urlsplit(target)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        secret = {name.lower() for name in self.setting(upstream, "credentials", {}).get("query", [])}
        rule = next((rule for rule in self.rules if rule.upstream in self.kin(upstream) and rule.matches(unquote(parts.path), query)), None)
        ignored = secret | (rule.ignored if rule else set())
        kept = tuple(sorted((name, value) for name, value in query.items() if name.lower() not in ignored))
        shared = self.setting(upstream, "share", "none") != "none"
        identity = (upstream, parts.path, kept, None if shared else credential)
        return identity, rule.ttl_of(body) if rule else 0
