"""A household's day: what Sonarr, Radarr, Prowlarr, Seerr and Jellyfin ask of their upstreams, as a list of requests in time.

200 series (70 of them still running), 300 films (30 not yet released), 10 indexers; Sonarr and Radarr in several editions (HD,
4K and so on, each with the same library), as households that want them have them; five people use Seerr. Intervals, page sizes
and what an application remembers itself are those of its own source. Times are seconds since midnight of the first day.
"""
import dataclasses
import random

DAY = 86400
HOUR = 3600
SERIES = range(300001, 300201)
RUNNING = set(list(SERIES)[:70])
FILMS = range(600001, 600301)
UNRELEASED = set(list(FILMS)[:30])
INDEXERS = range(1, 11)
COVERS = ("poster", "banner", "fanart", "clearlogo")
TMDB_KEYS = {"seerr": "5ee50000000000000000000000000001", "jellyfin": "4e1100000000000000000000000000002"}


@dataclasses.dataclass(order=True)
class Request:
    at: float
    app: str = dataclasses.field(compare=False)
    host: str = dataclasses.field(compare=False)
    target: str = dataclasses.field(compare=False)
    method: str = dataclasses.field(default="GET", compare=False)
    credential: str = dataclasses.field(default="", compare=False)
    headers: tuple = dataclasses.field(default=(), compare=False)


class Household:
    def __init__(self, days, editions, seed):
        self.random, self.days, self.requests = random.Random(seed), days, []
        self.sonarrs = ["sonarr%d" % number for number in range(1, editions + 1)]
        self.radarrs = ["radarr%d" % number for number in range(1, editions + 1)]

    def ask(self, at, app, host, target, method="GET", credential="", headers=()):
        if 0 <= at < self.days * DAY:
            self.requests.append(Request(at, app, host, target, method, credential, headers))

    def every(self, period, phase):
        """Moments of a task: its period and a few seconds for what it did before."""
        at = phase
        while at < self.days * DAY:
            yield at
            at += period + self.random.uniform(0, 3)

    def waking_moment(self, day):
        """When people sit before the television: mostly in the evening."""
        return day * DAY + min(23.9, max(7, self.random.gauss(20, 3))) * HOUR

    # Sonarr -------------------------------------------------------------------------------------------------------------

    def sonarr(self, app, phase):
        for at in self.every(12 * HOUR, phase):
            due = sorted(RUNNING) + self.random.sample([each for each in SERIES if each not in RUNNING], 2)
            for number, series in enumerate(due):
                self.refresh_series(app, at + number * 1.5, series)
        for at in self.every(3 * HOUR, phase + 60):
            self.ask(at, app, "services.sonarr.tv", "/v1/scenemapping")
            self.ask(at + 1, app, "thexem.info", "/map/havemap?origin=tvdb")
            self.ask(at + 4, app, "thexem.info", "/map/allNames?seasonNumbers=True&origin=tvdb")
        for at in self.every(6 * HOUR, phase + 90):
            self.ask(at, app, "services.sonarr.tv", "/v1/time")
            self.ask(at + 1, app, "services.sonarr.tv", "/v1/ping")
            self.ask(at + 2, app, "services.sonarr.tv", "/v1/notification?version=4.0.15&os=linux&arch=x64&branch=main")
            self.ask(at + 3, app, "services.sonarr.tv", "/v1/update/main?version=4.0.15&os=linux&arch=x64&runtime=netcore")
        self.feeds(app, 900, "t=tvsearch&cat=5030,5040&extended=1")

    def refresh_series(self, app, at, series):
        """One series: its data, its numbers at the XEM for every tenth, and whether its covers are still the same."""
        self.ask(at, app, "skyhook.sonarr.tv", "/v1/tvdb/shows/en/%d" % series)
        if series % 10 == 0:
            self.ask(at + 2, app, "thexem.info", "/map/all?id=%d&origin=tvdb" % series)
        for number, cover in enumerate(COVERS):
            self.ask(at + 2 + number * 0.3, app, "artworks.thetvdb.com", "/banners/v4/series/%d/%s.jpg" % (series, cover), "HEAD")

    # Radarr -------------------------------------------------------------------------------------------------------------

    def radarr(self, app, phase):
        for at in self.every(24 * HOUR, phase):
            due = sorted(UNRELEASED) + self.random.sample([each for each in FILMS if each not in UNRELEASED], 4)
            for number, film in enumerate(due):
                self.refresh_film(app, at + number * 2, film)
            for number in range(12):
                self.ask(at + 120 + number, app, "api.radarr.video", "/v1/movie/collection/%d" % (9000 + number))
        for at in self.every(6 * HOUR, phase + 90):
            self.ask(at, app, "radarr.servarr.com", "/v1/time")
            self.ask(at + 1, app, "radarr.servarr.com", "/v1/ping")
            self.ask(at + 2, app, "radarr.servarr.com", "/v1/update/master?version=5.20&os=linux&arch=x64&runtime=netcore")
        for at in self.every(12 * HOUR, phase + 300):
            for name in ("trending", "popular"):
                self.ask(at, app, "api.radarr.video", "/v1/list/tmdb/" + name)
        self.feeds(app, 1800, "t=movie&cat=2000,2010,2020,2030,2040,2045&extended=1")

    def refresh_film(self, app, at, film):
        self.ask(at, app, "api.radarr.video", "/v1/movie/%d" % film)
        for number, kind in enumerate(("poster", "fanart")):
            self.ask(at + 1 + number * 0.3, app, "image.tmdb.org", "/t/p/original/%d-%s.jpg" % (film, kind), "HEAD")

    # Indexers -----------------------------------------------------------------------------------------------------------

    def indexer(self, at, app, number, query):
        self.ask(at, app, "indexer%d.test" % number, "/api?%s&apikey=key%d" % (query, number), credential="key%d" % number)

    def feeds(self, app, period, query):
        for at in self.every(period, self.random.uniform(30, period)):
            for place, number in enumerate(INDEXERS):
                self.indexer(at + place * 0.5, app, number, query + "&offset=0&limit=100")

    def search_everywhere(self, at, app, query):
        for number in INDEXERS:
            self.indexer(at + self.random.uniform(0, 1), app, number, query + "&extended=1&offset=0&limit=100")

    def searches(self, day):
        """What is missing is searched by every edition; who finds nothing looks again a few minutes later."""
        for _ in range(12):
            at, series = self.waking_moment(day), self.random.choice(SERIES)
            query = "t=tvsearch&cat=5030,5040&tvdbid=%d&season=%d&ep=%d" % (series, self.random.randint(1, 5), self.random.randint(1, 10))
            for app in self.sonarrs:
                self.search_everywhere(at + self.random.uniform(0, 60), app, query)
            if self.random.random() < 0.4:
                self.search_everywhere(at + self.random.uniform(180, 600), self.sonarrs[0], query)
        for _ in range(6):
            at, film = self.waking_moment(day), self.random.choice(FILMS)
            for app in self.radarrs:
                self.search_everywhere(at + self.random.uniform(0, 60), app, "t=movie&cat=2000,2040,2045&tmdbid=%d" % film)

    def prowlarr(self, phase):
        for at in self.every(6 * HOUR, phase):
            for number in INDEXERS:
                self.indexer(at + number * 2, "prowlarr", number, "t=caps")
            self.ask(at, "prowlarr", "prowlarr.servarr.com", "/v1/ping")
            self.ask(at + 1, "prowlarr", "prowlarr.servarr.com", "/v1/update/master?version=1.30&os=linux&arch=x64&runtime=netcore")
        for at in self.every(24 * HOUR, phase + 30):
            self.ask(at, "prowlarr", "indexers.prowlarr.com", "/master/11")

    # Seerr and Jellyfin -------------------------------------------------------------------------------------------------

    def tmdb(self, at, app, target):
        key = TMDB_KEYS[app]
        joint = "&" if "?" in target else "?"
        self.ask(at, app, "api.themoviedb.org", "/3%s%sapi_key=%s" % (target, joint, key), credential=key)

    def tvdb(self, at, app, target):
        token = "token-of-" + app
        self.ask(at, app, "api4.thetvdb.com", "/v4" + target, credential=token, headers=(("Authorization", "Bearer " + token),))

    def seerr(self, day):
        """Five people browse: the front page's rows, some titles, now and then a request. What Seerr itself remembers (rows
        six hours, titles twelve) it does not ask for again."""
        known = {}

        def once(at, name, hours, ask):
            if at - known.get(name, -DAY) >= hours * HOUR:
                known[name] = at
                ask()

        rows = ["/trending/all/week", "/movie/popular", "/tv/popular", "/movie/upcoming", "/discover/movie?sort_by=popularity.desc",
                "/discover/tv?sort_by=popularity.desc", "/genre/movie/list", "/genre/tv/list"]
        for at in sorted(self.waking_moment(day) for _ in range(40)):
            for row in rows:
                for page in range(1, self.random.randint(1, 3) + 1):
                    target = row + ("&" if "?" in row else "?") + "language=en&page=%d" % page
                    once(at, target, 6, lambda target=target: self.tmdb(at + self.random.uniform(0, 2), "seerr", target))
            for _ in range(self.random.randint(1, 4)):
                self.seerr_title(at + self.random.uniform(5, 200), once)

    def seerr_title(self, at, once):
        if self.random.random() < 0.5:
            film = self.favourite(FILMS)
            once(at, ("film", film), 12, lambda: self.tmdb(at, "seerr", "/movie/%d?language=en&append_to_response=credits,external_ids,videos,keywords,release_dates,watch/providers" % film))
            for part in ("recommendations", "similar"):
                once(at, (part, film), 6, lambda part=part: self.tmdb(at + 0.2, "seerr", "/movie/%d/%s?language=en&page=1" % (film, part)))
            return
        series = self.favourite(SERIES)
        once(at, ("series", series), 12, lambda: self.tmdb(at, "seerr", "/tv/%d?language=en&append_to_response=aggregate_credits,credits,external_ids,keywords,videos,content_ratings,watch/providers" % series))
        once(at, ("tvdb", series), 12, lambda: self.tvdb(at + 0.3, "seerr", "/series/%d/extended?short=true" % series))
        if self.random.random() < 0.3:
            # A request: Seerr has Sonarr look the series up, then Sonarr adds and refreshes it, in every edition.
            for app in self.sonarrs:
                self.ask(at + 20, app, "skyhook.sonarr.tv", "/v1/tvdb/shows/en/%d" % series)
                self.refresh_series(app, at + 40, series)

    def favourite(self, titles):
        """What people look at is not spread evenly."""
        return titles[min(len(titles) - 1, int(self.random.paretovariate(0.9)) - 1)]

    def jellyfin(self, day):
        """New files are identified as they come; at four in the morning what is thirty days old is renewed."""
        for _ in range(14):
            at = day * DAY + self.random.uniform(0, DAY)
            self.jellyfin_series(at, self.random.choice(sorted(RUNNING)), self.random.randint(1, 5), self.random.randint(1, 10))
        for _ in range(4):
            self.jellyfin_film(day * DAY + self.random.uniform(0, DAY), self.random.choice(FILMS))
        start = day * DAY + 4 * HOUR
        for number, series in enumerate(self.random.sample(SERIES, 7)):
            self.jellyfin_series(start + number * 4, series, 1, 1)
        for number, film in enumerate(self.random.sample(FILMS, 10)):
            self.jellyfin_film(start + 200 + number, film)

    def jellyfin_series(self, at, series, season, episode):
        self.tvdb(at, "jellyfin", "/series/%d/extended?meta=translations&short=false" % series)
        self.tvdb(at + 0.5, "jellyfin", "/series/%d/episodes/default?page=0&season=%d&episodeNumber=%d" % (series, season, episode))
        self.tmdb(at + 1, "jellyfin", "/tv/%d?append_to_response=credits,images,external_ids,videos,content_ratings&language=en" % series)
        self.tmdb(at + 1.3, "jellyfin", "/tv/%d/season/%d?append_to_response=credits,images,external_ids,videos&language=en" % (series, season))
        for cover in COVERS[:3]:
            self.ask(at + 2, "jellyfin", "artworks.thetvdb.com", "/banners/v4/series/%d/%s.jpg" % (series, cover))

    def jellyfin_film(self, at, film):
        self.tmdb(at, "jellyfin", "/movie/%d?append_to_response=credits,images,keywords,videos,release_dates&language=en" % film)
        for kind in ("poster", "fanart"):
            self.ask(at + 1, "jellyfin", "image.tmdb.org", "/t/p/original/%d-%s.jpg" % (film, kind))

    # ---------------------------------------------------------------------------------------------------------------------

    def import_library(self):
        """The first hours of the first day: the library is new to the proxy, and everything is fetched once."""
        for number, series in enumerate(SERIES):
            at = 60 + number * 15
            self.ask(at, self.sonarrs[0], "skyhook.sonarr.tv", "/v1/tvdb/shows/en/%d" % series)
            for cover in COVERS:
                self.ask(at + 3, self.sonarrs[0], "artworks.thetvdb.com", "/banners/v4/series/%d/%s.jpg" % (series, cover))
        for number, film in enumerate(FILMS):
            at = 60 + number * 10
            self.ask(at, self.radarrs[0], "api.radarr.video", "/v1/movie/%d" % film)
            for kind in ("poster", "fanart"):
                self.ask(at + 3, self.radarrs[0], "image.tmdb.org", "/t/p/original/%d-%s.jpg" % (film, kind))

    def live(self):
        self.import_library()
        # They were started together; so their tasks stay close to each other.
        for number, app in enumerate(self.sonarrs):
            self.sonarr(app, 6 * HOUR + number * 200)
        for number, app in enumerate(self.radarrs):
            self.radarr(app, 7 * HOUR + number * 200)
        self.prowlarr(HOUR)
        for day in range(self.days):
            self.searches(day)
            self.seerr(day)
            self.jellyfin(day)
        return sorted(self.requests)


def household(days, editions, seed=1):
    return Household(days, editions, seed).live()
