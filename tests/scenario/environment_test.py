"""The variables that users bring along, at work: each does what it names, and nothing else."""
import gzip
import json

from lab.case import Scenario, main
from lab.origin import answer

JSON = {"Content-Type": "application/json", "Cache-Control": "no-store"}
KEY = {"X-Api-Key": "k"}
# Which answer of Sonarr each variable gives its TTL.
TTLS = {"CACHE_TTL_SERIES": "/series/5", "CACHE_TTL_SERIES_LIST": "/series", "CACHE_TTL_EPISODES": "/episode/7",
        "CACHE_TTL_EPISODES_LIST": "/episode?seriesId=5", "CACHE_TTL_QUALITY_PROFILES": "/qualityprofile",
        "CACHE_TTL_CUSTOM_FORMATS": "/customformat", "CACHE_TTL_CONFIG": "/config/naming", "CACHE_TTL_TAGS": "/tag",
        "CACHE_TTL_ROOT_FOLDERS": "/rootfolder"}
# A write that each switch is about, and an answer that it makes void.
SWITCHES = {"SERIES_UPDATE": ("PUT", "/series/5", "/series"), "EPISODE_UPDATE": ("PUT", "/episode/7", "/episode?seriesId=5"),
            "QUALITY_PROFILE_UPDATE": ("PUT", "/qualityprofile/1", "/qualityprofile"),
            "CUSTOM_FORMAT_UPDATE": ("PUT", "/customformat/1", "/customformat"), "TAG_UPDATE": ("PUT", "/tag/1", "/tag"),
            "ROOT_FOLDER_UPDATE": ("POST", "/rootfolder/1", "/rootfolder"), "INDEXER_UPDATE": ("PUT", "/indexer/1", "/indexer"),
            "METADATA_REFRESH": ("POST", "/command", "/series")}


class Environment(Scenario):
    @classmethod
    def rules_of(cls, origin):
        return {"upstreams": {"sonarr": {"origin": origin.url, "mount": "/sonarr"},
                              "up": {"hosts": ["127.0.0.1"], "origin": origin.url}},
                "rules": [{"name": "ahead", "upstream": "up", "match": {"path": "/ahead/**"}, "ttl": "10s", "refresh_ahead": 0.01, "expect": "any"}]}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for path in {path.partition("?")[0] for path in list(TTLS.values()) + [row[i] for row in SWITCHES.values() for i in (1, 2)]}:
            cls.origin.on("/api/v3" + path, answer("[{}]", 200, JSON))

    def with_environment(self, **variables):
        return self.start(self.rules_of(self.origin), {}, environment=variables)

    def sonarr(self, proxy, path, method="GET"):
        return proxy.visit("/sonarr/api/v3" + path, method, KEY)

    def ttl(self, proxy, path):
        self.sonarr(proxy, path)
        response = self.sonarr(proxy, path)
        self.assertHit(response, path)
        return int(response.cache["ttl"])

    def test_each_ttl_is_that_of_its_answers(self):
        seconds = {name: 5000 + 100 * number for number, name in enumerate(TTLS)}
        proxy = self.with_environment(**{name: str(value) for name, value in seconds.items()})
        for name, path in TTLS.items():
            self.assertAlmostEqual(seconds[name], self.ttl(proxy, path), delta=60, msg=name)

    def test_each_switch_turns_off_its_invalidation_alone(self):
        for off in SWITCHES:
            proxy = self.with_environment(**{"AUTO_INVALIDATE_ON_" + off: "false"})
            for name, (method, write, read) in SWITCHES.items():
                self.ttl(proxy, read)
                self.assertEqual(200, self.sonarr(proxy, write, method).status)
                response = self.sonarr(proxy, read)
                (self.assertHit if name == off else self.assertMiss)(response)

    def test_compression_packs_text(self):
        text = json.dumps([{"title": "the same again"}] * 400)
        self.origin.on("/text", answer(text, 200, {"Content-Type": "application/json", "Cache-Control": "max-age=600"}))
        for value, coding in (("true", "gzip"), ("false", None)):
            proxy = self.with_environment(CACHE_COMPRESSION=value)
            self.ask("/text", proxy=proxy)
            response = self.ask("/text", headers={"Accept-Encoding": "gzip"}, proxy=proxy)
            self.assertHit(response)
            self.assertEqual(coding, response["content-encoding"])
            self.assertEqual(text.encode(), gzip.decompress(response.body) if coding else response.body)

    def test_prefetch_on_access_refreshes_ahead(self):
        for value, fetched in (("true", 2), ("false", 1)):
            path = self.path("/ahead")
            self.origin.on(path, answer("x", 200, {"Content-Type": "text/plain"}))
            proxy = self.with_environment(CACHE_PREFETCH_ON_ACCESS=value)
            self.ask(path, proxy=proxy)

            def is_due():
                """Longer than a hundredth of the TTL has passed since the first fetch."""
                response = self.ask(path, proxy=proxy)
                self.assertHit(response)
                return int(response.cache["ttl"]) <= 8 or self.origin.count(path) > 1
            self.until(is_due)
            self.assertEqual(fetched, self.origin.count(path), value)

    def test_a_value_that_makes_no_sense_keeps_it_from_starting(self):
        proxy = self.with_environment()
        for name in ("CACHE_TTL_SERIES", "AUTO_INVALIDATE_ON_TAG_UPDATE", "CACHE_MAX_KEYS", "CACHE_PREFETCH_INTERVAL"):
            result = proxy.command("check", environment={name: "much"})
            self.assertEqual(78, result.returncode, name)
            self.assertIn(name, result.stdout + result.stderr)


if __name__ == "__main__":
    main()
