// What the variables that users bring along do: each to what it names, and to nothing else.

#include <gtest/gtest.h>

#include "admin/gather.hpp"
#include "app/load_rules.hpp"
#include "pipeline/config_snapshot.hpp"
#include "rules/inspect.hpp"
#include "unit/app/config/config_test_support.hpp"
#include "unit/rules/rules_support.hpp"
#include "upkeep/alerts/conditions.hpp"

namespace cachearr::app {
namespace {

using rules::test::Asked;

struct TtlRow {
  const char* variable;
  std::vector<const char*> requests;
};

const TtlRow kTtls[] = {
    {"CACHE_TTL_SERIES",
     {"GET http://sonarr.test:8989/api/v3/series/5", "GET http://sonarr.test:8989/api/v5/series?tvdbId=7"}},
    {"CACHE_TTL_EPISODES", {"GET http://sonarr.test:8989/api/v3/episode/7"}},
    {"CACHE_TTL_METADATA",
     {"GET https://skyhook.sonarr.tv/v1/tvdb/shows/en/7", "GET https://api.themoviedb.org/3/tv/7?api_key=k",
      "GET https://api.themoviedb.org/3/tv/7/season/1/episode/2?api_key=k"}},
    {"CACHE_TTL_EPISODE_IMAGES",
     {"GET https://image.tmdb.org/t/p/w500/a.jpg", "GET http://sonarr.test:8989/MediaCover/5/poster.jpg"}},
    {"CACHE_TTL_INDEXER_FEED", {"GET http://prowlarr.test:9696/3/api?t=tvsearch&cat=5040&apikey=k"}},
    {"CACHE_TTL_INDEXER_STATUS",
     {"GET http://prowlarr.test:9696/api/v1/indexerstatus", "GET http://prowlarr.test:9696/api/v1/indexerstats"}},
    {"CACHE_TTL_QUALITY_PROFILES", {"GET http://sonarr.test:8989/api/v3/qualityprofile"}},
    {"CACHE_TTL_CUSTOM_FORMATS", {"GET http://sonarr.test:8989/api/v3/customformat/2"}},
    {"CACHE_TTL_SERIES_LIST", {"GET http://sonarr.test:8989/api/v3/series"}},
    {"CACHE_TTL_EPISODES_LIST", {"GET http://sonarr.test:8989/api/v3/episode?seriesId=5"}},
    {"CACHE_TTL_CONFIG", {"GET http://sonarr.test:8989/api/v3/config/naming"}},
    {"CACHE_TTL_TAGS", {"GET http://sonarr.test:8989/api/v3/tag"}},
    {"CACHE_TTL_ROOT_FOLDERS", {"GET http://sonarr.test:8989/api/v3/rootfolder"}},
};

struct SwitchRow {
  const char* variable;
  const char* write;
};

const SwitchRow kSwitches[] = {
    {"AUTO_INVALIDATE_ON_SERIES_UPDATE", "PUT http://sonarr.test:8989/api/v3/series/5"},
    {"AUTO_INVALIDATE_ON_EPISODE_UPDATE", "PUT http://sonarr.test:8989/api/v3/episode/7"},
    {"AUTO_INVALIDATE_ON_METADATA_REFRESH", "POST http://sonarr.test:8989/api/v3/command"},
    {"AUTO_INVALIDATE_ON_INDEXER_UPDATE", "PUT http://sonarr.test:8989/api/v3/indexer/1"},
    {"AUTO_INVALIDATE_ON_QUALITY_PROFILE_UPDATE", "PUT http://sonarr.test:8989/api/v3/qualityprofile/1"},
    {"AUTO_INVALIDATE_ON_CUSTOM_FORMAT_UPDATE", "PUT http://sonarr.test:8989/api/v3/customformat/1"},
    {"AUTO_INVALIDATE_ON_TAG_UPDATE", "PUT http://sonarr.test:8989/api/v3/tag/1"},
    {"AUTO_INVALIDATE_ON_ROOT_FOLDER_UPDATE", "POST http://sonarr.test:8989/api/v3/rootfolder"},
};

/// The program's settings and rules, with one variable of the environment or none.
struct EnvironmentProgram {
  explicit EnvironmentProgram(const std::string& variable = "", const std::string& value = "") {
    Machine machine;
    machine.with_file(R"({"rules": ["rules.json"]})");
    machine.write("rules.json",
                  R"({"upstreams": {"sonarr": {"hosts": ["sonarr.test"], "origin": "http://sonarr.test:8989"},
        "prowlarr": {"hosts": ["prowlarr.test"], "origin": "http://prowlarr.test:9696"}}})");
    if (!variable.empty()) machine.with(variable, value);
    const auto loaded = machine.load();
    EXPECT_TRUE(loaded) << machine.errors();
    Problems problems;
    settings = pipeline::compile_settings(*loaded, problems);
    rule_set = load_rules(*loaded, problems);
    EXPECT_TRUE(settings && rule_set) << rules::test::told(problems);
  }

  const rules::Rule& rule_of(const char* request) const {
    const auto answer = rules::test::ask(*rule_set, request);
    EXPECT_TRUE(answer.rule) << request;
    return *answer.rule;
  }
  std::optional<Duration> ttl_of(const char* request) const { return rule_of(request).policy.ttl; }

  /// How many rules invalidate something after this write.
  std::size_t invalidations(const char* write) const {
    const Asked asked{write};
    rules::Scratch scratch;
    rules::Captures captures;
    std::size_t count = 0;
    const auto* const upstream = rule_set->upstream_named("sonarr");
    for (const auto* rule :
         rule_set->invalidations(*upstream, asked.head, asked.target.path, asked.target.query, "", scratch, captures))
      count += settings->invalidates(*rule) && !rule->invalidate.empty() ? 1 : 0;
    return count;
  }

  std::shared_ptr<const pipeline::Settings> settings;
  std::shared_ptr<const rules::RuleSet> rule_set;
};

TEST(EnvironmentTtl, MayBeShorterThanWhatARuleHasWithoutEvents) {
  for (const auto& set : kTtls) {
    const EnvironmentProgram program{set.variable, "1"};
    for (const auto* request : set.requests)
      EXPECT_EQ(program.ttl_of(request), Duration{1'000}) << set.variable << ": " << request;
  }
}

TEST(EnvironmentTtl, IsThatOfTheAnswersOfItsTypeAndOfNoOther) {
  const EnvironmentProgram plain;
  for (const auto& set : kTtls) {
    const EnvironmentProgram program{set.variable, "4321"};
    for (const auto& row : kTtls) {
      for (const auto* request : row.requests)
        EXPECT_EQ(program.ttl_of(request), &row == &set ? Duration{4'321'000} : plain.ttl_of(request))
            << set.variable << ": " << request;
    }
  }
}

TEST(EnvironmentTtl, HoldsWithAFeedOfEventsAndWithoutOne) {
  const EnvironmentProgram program{"CACHE_TTL_SERIES", "4321"};
  const auto& rule = program.rule_of("GET http://sonarr.test:8989/api/v3/series/5");
  EXPECT_EQ(rule.ttl_with_events, Duration{4'321'000});
  EXPECT_EQ(rule.ttl_without_events, Duration{4'321'000});
}

TEST(EnvironmentTtl, IsShortenedByTheContentButNeverExceeded) {
  const EnvironmentProgram program{"CACHE_TTL_METADATA", "7200"};
  const auto& series = program.rule_of("GET https://api.themoviedb.org/3/tv/7?api_key=k");
  EXPECT_EQ(rules::inspect_body(series, "", R"({"status":"Ended"})").ttl, Duration{7'200'000});
  const auto& search = program.rule_of("GET https://api.themoviedb.org/3/search/tv?query=a&api_key=k");
  EXPECT_EQ(rules::inspect_body(search, "", R"({"total_results":0})").ttl, Duration{3'600'000});
  EXPECT_FALSE(program.rule_of("GET https://thexem.info/map/havemap?origin=tvdb").learn_max);
}

TEST(EnvironmentSwitch, TurnsOffItsInvalidationAndNoOther) {
  const EnvironmentProgram plain;
  for (const auto& row : kSwitches) EXPECT_GT(plain.invalidations(row.write), 0U) << row.write;
  for (const auto& set : kSwitches) {
    const EnvironmentProgram program{set.variable, "false"};
    for (const auto& row : kSwitches)
      EXPECT_EQ(program.invalidations(row.write), &row == &set ? 0U : plain.invalidations(row.write))
          << set.variable << ": " << row.write;
  }
}

TEST(EnvironmentSwitch, DoesNothingWhereItSaysTrue) {
  const EnvironmentProgram plain;
  for (const auto& row : kSwitches) {
    const EnvironmentProgram program{row.variable, "true"};
    EXPECT_EQ(program.invalidations(row.write), plain.invalidations(row.write)) << row.variable;
  }
}

TEST(EnvironmentSetting, IsTheSettingThatItNames) {
  const auto with = [](const char* variable, const char* value) {
    return EnvironmentProgram{variable, value}.settings->config.cache;
  };
  const auto plain = EnvironmentProgram{}.settings->config.cache;
  EXPECT_NE(with("CACHE_COMPRESSION", "true").compression, plain.compression);
  EXPECT_NE(with("CACHE_WARMUP_ON_STARTUP", "true").warmup_on_startup, plain.warmup_on_startup);
  EXPECT_NE(with("CACHE_PREFETCH_ON_ACCESS", "false").prefetch_on_access, plain.prefetch_on_access);
  EXPECT_EQ(with("CACHE_PREFETCH_INTERVAL", "7").prefetch_interval, std::chrono::minutes{7});
  EXPECT_EQ(with("CACHE_HIT_RATE_THRESHOLD", "33").alert_hit_rate_below, 33);
  EXPECT_EQ(with("CACHE_MAX_KEYS", "17").max_keys, 17U);
}

/// Whether the alert would fire where 40 of 100 look-ups were hits and ten keys are stored.
bool fires(std::string_view id, const char* variable, const char* value) {
  upkeep::AlertInputs inputs;
  inputs.last_minute = {40, 60};
  inputs.health.store.memory.entries = 10;
  const auto thresholds = admin::alert_thresholds(EnvironmentProgram{variable, value}.settings->config.cache);
  for (const auto& condition : upkeep::conditions(inputs, thresholds)) {
    if (condition.id == id && condition.state == upkeep::Condition::State::holds) return true;
  }
  return false;
}

TEST(EnvironmentSetting, MovesTheThresholdOfItsAlert) {
  EXPECT_TRUE(fires("hit-rate", "CACHE_HIT_RATE_THRESHOLD", "45"));
  EXPECT_FALSE(fires("hit-rate", "CACHE_HIT_RATE_THRESHOLD", "35"));
  EXPECT_TRUE(fires("keys", "CACHE_MAX_KEYS", "9"));
  EXPECT_FALSE(fires("keys", "CACHE_MAX_KEYS", "1000"));
}

}  // namespace
}  // namespace cachearr::app
