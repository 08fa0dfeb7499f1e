// What the shipped rules make of the content of an answer: real answers in their shapes, cut short.

#include <gtest/gtest.h>

#include "base/units.hpp"
#include "rules_support.hpp"

namespace cachearr::rules::test {
namespace {

/// 2025-01-02T03:04:05Z
constexpr TimePoint kShippedNow{Duration{1'735'787'045'000}};

struct ContentRow {
  const char* what;
  const char* rule;
  const char* body;
  const char* ttl;  // "-": the content changes nothing
};

const ContentRow kContentRows[] = {
    {"a series that goes on", "skyhook-show", R"({"status":"Continuing","lastUpdated":"2024-12-01T03:04:05Z"})", "-"},
    {"a series that has ended", "skyhook-show", R"({"status":"Ended","lastUpdated":"2024-12-01T03:04:05Z"})", "24h"},
    {"an ended one that was changed today", "skyhook-show",
     R"({"status":"Ended","lastUpdated":"2025-01-02T01:00:00Z"})", "1h"},
    {"no hit", "skyhook-search", "[]", "1h"},
    {"a hit", "skyhook-search", R"([{"tvdbId":1}])", "-"},
    {"a series that goes on", "tvdb-series-extended",
     R"({"data":{"status":{"name":"Continuing"},"nextAired":"2025-01-20","lastUpdated":"2024-12-01 03:04:05"}})", "-"},
    {"a series that airs tomorrow", "tvdb-series-extended",
     R"({"data":{"status":{"name":"Continuing"},"nextAired":"2025-01-03","lastUpdated":"2024-12-01 03:04:05"}})", "1h"},
    {"a series that was changed today", "tvdb-series",
     R"({"data":{"status":{"name":"Ended"},"nextAired":"","lastUpdated":"2025-01-02 03:00:00"}})", "1h"},
    {"a series that has ended", "tvdb-series",
     R"({"data":{"status":{"name":"Ended"},"nextAired":"","lastUpdated":"2020-01-02 03:04:05"}})", "24h"},
    {"a series to come", "tvdb-series", R"({"data":{"status":{"name":"Upcoming"},"nextAired":null}})", "6h"},
    {"no episodes", "tvdb-series-episodes", R"({"data":{"episodes":[]}})", "1h"},
    {"an episode that airs in these days", "tvdb-episode", R"({"data":{"aired":"2025-01-07"}})", "1h"},
    {"an old episode", "tvdb-episode", R"({"data":{"aired":"2015-01-07","lastUpdated":"2016-01-02 03:04:05"}})", "-"},
    {"no hit", "tvdb-search", R"({"data":[]})", "1h"},
    {"a changed film", "tvdb-movie", R"({"data":{"lastUpdated":"2025-01-02 01:00:00"}})", "3h"},
    {"a series that has ended", "tvdb-v3-series", R"({"data":{"status":"Ended","lastUpdated":1500000000}})", "24h"},
    {"a series that was changed today", "tvdb-v3-series", R"({"data":{"status":"Ended","lastUpdated":1735780000}})",
     "1h"},
    {"no hit", "tmdb-search", R"({"page":1,"results":[],"total_results":0})", "1h"},
    {"a hit", "tmdb-search", R"({"page":1,"results":[{}],"total_results":1})", "-"},
    {"a series that airs tomorrow", "tmdb-tv",
     R"({"status":"Returning Series","next_episode_to_air":{"air_date":"2025-01-03"}})", "12h"},
    {"a series in a pause", "tmdb-tv", R"({"status":"Returning Series","next_episode_to_air":null})", "-"},
    {"a series that has ended", "tmdb-tv", R"({"status":"Ended","next_episode_to_air":null})", "7d"},
    {"a series that was cancelled", "tmdb-tv", R"({"status":"Canceled","next_episode_to_air":null})", "7d"},
    {"a season without episodes", "tmdb-season", R"({"episodes":[]})", "1h"},
    {"an episode of these days", "tmdb-episode", R"({"air_date":"2025-01-01"})", "3h"},
    {"an episode of old", "tmdb-episode", R"({"air_date":"2015-01-01"})", "-"},
    {"a film that comes out", "tmdb-movie", R"({"status":"Released","release_date":"2024-12-25"})", "12h"},
    {"a film in the making", "tmdb-movie", R"({"status":"Post Production","release_date":"2026-12-25"})", "12h"},
    {"a film of old", "tmdb-movie", R"({"status":"Released","release_date":"1999-03-31"})", "-"},
    {"a released film", "radarr-metadata-movie", R"({"Status":"Released","PhysicalRelease":"2020-01-01T00:00:00Z"})",
     "12h"},
    {"a film on disc since last week", "radarr-metadata-movie",
     R"({"Status":"Released","PhysicalRelease":"2024-12-27T00:00:00Z"})", "6h"},
    {"a film in cinemas", "radarr-metadata-movie", R"({"Status":"InCinemas","PhysicalRelease":null})", "-"},
    {"a released film", "radarr-metadata-movie-imdb", R"([{"Status":"Released"}])", "12h"},
    {"no film", "radarr-metadata-movie-imdb", "[]", "1h"},
    {"no hit", "radarr-metadata-search", "[]", "1h"},
    {"an artist that is no more", "lidarr-metadata-artist", R"({"status":"ended"})", "24h"},
    {"an artist at work", "lidarr-metadata-artist", R"({"status":"active"})", "-"},
    {"no hit", "lidarr-metadata-search", "[]", "1h"},
    {"a show that has ended", "tvmaze-show", R"({"status":"Ended","updated":1600000000})", "24h"},
    {"a show that was changed today", "tvmaze-show", R"({"status":"Ended","updated":1735780000})", "1h"},
    {"a show that runs", "tvmaze-show", R"({"status":"Running","updated":1600000000})", "-"},
    {"an anime that goes on", "anidb-anime", "<anime id='1'><startdate>2024-10-01</startdate></anime>", "24h"},
    {"an anime that has ended", "anidb-anime", "<anime id='1'><enddate>2004-10-01</enddate></anime>", "-"},
    {"no film", "omdb-title", R"({"Response":"False","Error":"Movie not found!"})", "3h"},
    {"no subtitles", "opensubtitles-search", R"({"total_count":0,"data":[]})", "1h"},
    {"an empty feed", "newznab-feed", "<rss><channel><title>a</title></channel></rss>", "1m"},
    {"a feed", "newznab-feed", "<rss><channel><item/></channel></rss>", "-"},
    {"an empty search", "prowlarr-search", "<rss><channel/></rss>", "1m"},
    {"no results", "jackett-results", R"({"Results":[],"Indexers":[]})", "1m"},
};

const RuleSet& shipped_alone() {
  static const auto set = [] {
    Problems problems;
    auto made = load({}, problems);
    EXPECT_TRUE(made) << told(problems);
    return made;
  }();
  return *set;
}

const Rule* shipped_rule(std::string_view name) {
  for (const auto& rule : shipped_alone().rules()) {
    if (rule->name == name) return rule.get();
  }
  return nullptr;
}

TEST(ShippedTtls, FollowTheContent) {
  for (const auto& row : kContentRows) {
    const auto* const rule = shipped_rule(row.rule);
    ASSERT_TRUE(rule) << row.rule;
    const auto verdict = inspect_body(*rule, "", row.body, kShippedNow);
    EXPECT_FALSE(verdict.refused) << row.rule << ": " << row.what;
    EXPECT_EQ(verdict.ttl ? format_duration(*verdict.ttl) : "-", row.ttl) << row.rule << ": " << row.what;
  }
}

TEST(ShippedTtls, SayWhichPartOfTheContentGaveThem) {
  EXPECT_EQ(inspect_body(*shipped_rule("tmdb-tv"), "", R"({"status":"Ended"})", kShippedNow).ttl_because,
            "json /status = Ended");
  const auto verdict =
      inspect_body(*shipped_rule("tvdb-series"), "", R"({"data":{"nextAired":"2025-01-03"}})", kShippedNow);
  EXPECT_EQ(verdict.ttl_because, "json /data/nextAired since 24h ago until in 3d");
}

TEST(ShippedTtls, AreLearnedWhereNothingTellsThemWithinBounds) {
  for (const auto* name : {"musicbrainz-entity", "omdb-title", "fanart-series", "xem-havemap", "tvdb-series-episodes",
                           "lidarr-metadata-album", "anidb-anime"}) {
    const auto* const rule = shipped_rule(name);
    ASSERT_TRUE(rule && rule->learn_min && rule->learn_max && rule->policy.ttl) << name;
    EXPECT_LE(*rule->learn_min, *rule->policy.ttl) << name;
    EXPECT_LE(*rule->policy.ttl, *rule->learn_max) << name;
  }
}

}  // namespace
}  // namespace cachearr::rules::test
