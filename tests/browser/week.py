"""A household's week in seven minutes, and a picture of the overview at its end:

    python3 week.py PICTURE.webp [light | dark]

CACHEARR_BIN names the program. Its calendar does not run: it leaps to the next half hour when the applications have asked (package
libfaketime); what it measures, latencies above all, is real. The applications ask as they do: feeds around the clock, people in the
evening, searches of several at once. One service is away for a night, and one indexer is short of quota in the end.
The letters are those that the system takes for system-ui (the README's picture: package fonts-inter).
"""
import collections
import concurrent.futures
import os
import random
import subprocess
import sys
import time
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "scenario"))
sys.path.insert(0, HERE)
import pages_test  # noqa: E402
from lab.origin import Origin, answer  # noqa: E402
from lab.proxy import API_KEY, Proxy  # noqa: E402

LIBRARIES = ["/usr/lib/%s-linux-gnu/faketime/libfaketimeMT.so.1" % machine for machine in ("x86_64", "aarch64")]
DAY, WEEK, HOUR, LEAP = 86400, 7 * 86400, 3600, 1800
LAST_LEAP = 600  # in the last half hour, so that something is about to expire
CHANCE = random.Random(7)
NOISE = CHANCE.randbytes(1 << 17)
SERIES = [121361, 81189, 305288, 361753, 73244, 153021, 78804, 295759, 366524, 371980] + [CHANCE.randrange(70000, 450000) for _ in range(70)]
FILMS = [603, 27205, 157336, 155, 438631, 693134, 680, 550, 13, 872585] + [CHANCE.randrange(100, 990000) for _ in range(90)]
ARTISTS = [uuid.UUID(int=CHANCE.getrandbits(128), version=4) for _ in range(40)]
IMAGES = ["%s.jpg" % CHANCE.randbytes(10).hex() for _ in range(260)]

# Name, path, its pattern, key, type, lifetime, what is asked for, share of the requests, milliseconds, kilobytes.
METADATA = [
    ("tmdb", "/3/movie/%s", "/3/movie/{tmdbId}", "metadata:movie:tmdbId:{tmdbId}", "metadata_movie", "24h", FILMS, 6, 60, 9),
    ("tmdb-images", "/t/p/w500/%s", "/t/p/w500/{file}", "images:tmdb:{file}", "metadata_images", "30d", IMAGES, 7, 35, 48),
    ("tvdb", "/v4/series/%s/extended", "/v4/series/{tvdbId}/extended", "metadata:series:tvdbId:{tvdbId}:extended", "metadata_series", "24h", SERIES, 4, 180, 14),
    ("skyhook", "/v1/tvdb/shows/en/%s", "/v1/tvdb/shows/en/{tvdbId}", "metadata:series:tvdbId:{tvdbId}", "metadata_series", "24h", SERIES, 5, 110, 22),
    ("musicbrainz", "/ws/2/artist/%s", "/ws/2/artist/{mbid}", "metadata:artist:mbid:{mbid}", "metadata_music", "7d", ARTISTS, 2, 240, 6),
]
# Name, searches a day, calls that it allows a day, milliseconds.
INDEXERS = [("nzbgeek", 120, 1000, 210), ("nzbplanet", 90, 500, 290), ("drunkenslug", 0, 100, 240)]
SHORT = ("drunkenslug", 93)  # so many calls of its day are used in the end
AGENTS = ["Sonarr/4.0.16.2944 (debian 12)", "Radarr/6.0.4.10291 (debian 12)", "Prowlarr/2.3.0.5236", "Seerr/3.0.1", "Jellyfin-Server/10.11.4", "Lidarr/3.1.0.4875"]


class Calendar:
    """What the program takes for the time: a file that libfaketime reads."""

    def __init__(self, folder):
        self.path, self.shift = os.path.join(folder, "calendar"), 0

    def set(self, moment):
        self.shift = moment - time.time()
        with open(self.path + ".new", "w") as file:
            file.write("%+d\n" % self.shift)
        os.replace(self.path + ".new", self.path)

    def now(self):
        return time.time() + self.shift

    def environment(self):
        library = next((each for each in LIBRARIES if os.path.exists(each)), None) or pages_test.skip("libfaketime is not installed")
        return {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": self.path, "FAKETIME_NO_CACHE": "1", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


def serve(milliseconds, kilobytes, content_type):
    """An origin that takes its time, and knows what it has given before."""
    origin = Origin()
    origin.away, origin.busy = False, set()

    def reply(_wire, request):
        origin.busy.add(request)
        time.sleep(milliseconds * CHANCE.uniform(0.6, 1.7) / 1000)
        origin.busy.discard(request)
        if origin.away:
            return answer("no", 503)
        tag = '"%x"' % (hash(request.target) & 0xffffffff)
        if request["if-none-match"] == tag:
            return answer(b"", 304, [("ETag", tag)])
        size = int(kilobytes * 1024 * random.Random(request.target).uniform(0.5, 1.5))
        return answer(NOISE[:size], 200, [("Content-Type", content_type), ("ETag", tag)])
    origin.default = [reply]
    return origin


def household(origins):
    """The rules: what is public lives for hours, what an indexer says for minutes."""
    upstreams, rules = {}, []
    stale = {"if_error": "30d", "if_limited": "30d"}
    open_rate = {"scope": "address", "per_second": 100, "burst": 100, "concurrency": 16, "max_wait": "10s"}
    common = {"policy": "override", "expect": "any"}
    for name, _, pattern, key, kind, ttl, *_ in METADATA:
        upstreams[name] = {"origin": origins[name].url, "mount": "/" + name, "credentials": {}, "rate": open_rate}
        rules.append({"name": name, "upstream": name, "match": {"path": pattern}, "type": kind, "key": key, "ttl": ttl, "stale": {"while_revalidate": "1h", **stale}, **common})
    for name, _, limit, _ in INDEXERS:
        upstreams[name] = {"origin": origins[name].url, "mount": "/" + name, "rate": {**open_rate, "quota": [{"limit": limit, "per": "day"}]}}
        rules.append({"name": name + "-feed", "upstream": name, "match": {"path": "/api", "query": {"t": "search", "q": None}}, "type": "indexer_feed",
                      "key": "indexer:feed:" + name, "ttl": "10m", "stale": stale, **common})
        rules.append({"name": name + "-search", "upstream": name, "match": {"path": "/api"}, "type": "indexer_search", "key": "indexer:search:" + name, "ttl": "15m", "stale": stale, **common})
    return {"upstreams": upstreams, "rules": rules}


def liveliness(moment):
    """From 0.2 in the night to 1 in the evening; more at the weekend."""
    hour, weekend = moment % DAY / HOUR, time.gmtime(moment).tm_wday >= 5
    evening, noon = max(0.0, 1 - abs(hour - 20.5) / 5.5), max(0.0, 1 - abs(hour - 12.5) / 5)
    return 0.2 + 0.8 * max(evening, noon * (0.75 if weekend else 0.35))


class Household:
    def __init__(self, proxy, origins, pool):
        self.proxy, self.origins, self.pool = proxy, origins, pool
        self.owed = {name: 0.0 for name, *_ in INDEXERS}

    def search(self, name):
        """One search, as several applications send it within a minute."""
        path = "/%s/api?t=tvsearch&tvdbid=%d&season=%d&ep=%d" % (name, CHANCE.choice(SERIES), CHANCE.randint(1, 9), CHANCE.randint(1, 22))
        return [path] * CHANCE.randint(6, 10)

    def used(self, name):
        upstreams = self.proxy.admin("GET", "/api/v1/upstreams").data["upstreams"]
        quota = next(each for each in upstreams if each["name"] == name)["quota"]
        return quota[0]["limit"] - quota[0]["remaining"] if quota else 0

    def ask(self, moment, length, grown):
        """What is asked in so many seconds."""
        lively = liveliness(moment) * CHANCE.uniform(0.88, 1.12)
        paths = []
        for name, path, *_, items, share, _, _ in METADATA:
            reach = max(8, int(len(items) * min(1, 0.55 + 0.45 * grown)))
            paths += ["/" + name + path % items[int(reach * CHANCE.random() ** 2.8)] for _ in range(round(2.4 * share * lively))]
        for name, searches, _, _ in INDEXERS:
            paths += ["/%s/api?t=search" % name] * 12
            self.owed[name] += searches * lively * length / DAY * 1.9
            while self.owed[name] >= 1:
                self.owed[name] -= 1
                paths += self.search(name)
        name, most = SHORT
        due = most * min(1, moment % DAY / (20.5 * HOUR)) - self.used(name) - 1
        for _ in range(max(0, min(4, int(due)))):
            paths += self.search(name)
        # One in twenty asks for the same at the same moment, the others when there is an answer.
        first = list(dict.fromkeys(paths))
        later = list((collections.Counter(paths) - collections.Counter(first)).elements())
        CHANCE.shuffle(later)
        together = len(later) // 20
        for wave in (first + later[:together], later[together:]):
            concurrent.futures.wait([self.pool.submit(self.proxy.visit, path, headers=[("User-Agent", CHANCE.choice(AGENTS))]) for path in wave])
        # What is refreshed behind the answers ends before the calendar leaps.
        while any(origin.busy for origin in self.origins.values()):
            time.sleep(0.01)

    def newest(self):
        points = self.proxy.admin("GET", "/api/v1/history?series=requests&from=-1h&step=10s").data["series"][0]["points"]
        return max((at for at, value in points if value is not None), default=0)

    def wait_until_counted(self, before):
        """Until the program has looked at its counters, which it does each second."""
        deadline = time.monotonic() + 2.5
        while self.newest() == before and time.monotonic() < deadline:
            time.sleep(0.03)

    def live(self, dates, end):
        moment = end - WEEK
        while moment <= end:
            before = self.newest()
            dates.set(moment)
            self.wait_until_counted(before)
            self.origins["tvdb"].away = 3 * DAY < end - moment < 4 * DAY and 1 <= moment % DAY / HOUR < 5
            self.ask(moment, LEAP, 1 - (end - moment) / WEEK)
            moment += LAST_LEAP if moment >= end - LEAP else LEAP
        name, most = SHORT
        for _ in range(most - self.used(name)):
            self.proxy.visit(self.search(name)[0])


def wait_for_alert(proxy):
    """The program judges its alerts each minute."""
    for _ in range(80):
        if proxy.admin("GET", "/api/v1/alerts").data["firing"]:
            return
        time.sleep(1)


def picture(proxy, dates, path, scheme):
    environment = dict(os.environ, CHROMIUM=pages_test.find_browser(), MODULES=os.path.join(pages_test.CACHE, "node_modules"), API_KEY=API_KEY,
                       PAGE="http://127.0.0.1:%d/" % proxy.admin_port, PICTURE=path, SCHEME=scheme, NOW=str(int(dates.now() * 1000)))
    subprocess.run(["node", os.path.join(HERE, "picture.mjs")], env=environment, check=True)


def last_evening():
    """The end: two minutes to ten of an evening that is over, in UTC."""
    now = time.time()
    return now - (now - 21 * HOUR - 58 * 60) % DAY


def main():
    path, scheme = os.path.abspath(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "light"
    origins = {name: serve(milliseconds, kilobytes, "image/jpeg" if kind == "metadata_images" else "application/json")
               for name, _, _, _, kind, _, _, _, milliseconds, kilobytes in METADATA}
    origins.update({name: serve(milliseconds, 30, "application/rss+xml") for name, _, _, milliseconds in INDEXERS})
    settings = {"memory": {"max_bytes": "128MiB"}, "disk": {"path": "store", "max_bytes": "256MiB"}, "log": {"level": "error"}}
    proxy = Proxy(household(origins), settings)
    dates, end = Calendar(proxy.folder), last_evening()
    dates.set(end - WEEK)
    proxy.environment = dates.environment()
    proxy.start()
    try:
        with concurrent.futures.ThreadPoolExecutor(24) as pool:
            Household(proxy, origins, pool).live(dates, end)
        wait_for_alert(proxy)
        picture(proxy, dates, path, scheme)
    finally:
        proxy.stop()
        for origin in origins.values():
            origin.close()


if __name__ == "__main__":
    main()
