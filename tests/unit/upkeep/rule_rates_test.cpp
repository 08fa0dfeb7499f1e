#include "upkeep/rule_rates.hpp"

#include <gtest/gtest.h>

#include "unit/pipeline/snapshots.hpp"

namespace cachearr::upkeep {
namespace {

constexpr std::string_view kRatedRules = R"({
  "upstreams": {"sonarr": {"hosts": ["sonarr.test"]}, "radarr": {"hosts": ["radarr.test"]}},
  "rules": [
    {"name": "episode", "upstream": "sonarr", "match": {"path": "/e/{id}"}, "ttl": "1h", "type": "episode", "key": "episode:{id}"},
    {"name": "season", "upstream": "sonarr", "match": {"path": "/s/{id}/{n}"}, "ttl": "10m", "type": "episode", "key": "season:{id}:{n}"},
    {"name": "never", "upstream": "sonarr", "match": {"path": "/n"}, "policy": "never", "type": "queue", "key": "never"},
    {"name": "movie", "upstream": "radarr", "match": {"path": "/m/**"}, "ttl": "2h", "type": "episode"}]})";

TEST(APatternOfKeys, TakesAnythingForACaptureAndBehindTheEnd) {
  EXPECT_EQ(key_pattern("series:{id}"), "series:*");
  EXPECT_EQ(key_pattern("a:{x}:b:{y:z}"), "a:*:b:*");
  EXPECT_EQ(key_pattern("tags:all"), "tags:all*");
  EXPECT_EQ(key_pattern(""), "*");
}

TEST(RatesOfRules, AreOfTheRuleThatHasStoredTheKey) {
  const auto snapshot = cachearr::test::snapshot_of(kRatedRules);
  RuleRates rates{*snapshot->rules};
  const store::EntryMeta meta;
  const auto add = [&](std::string_view key, std::string_view upstream, std::string_view type, std::uint32_t hits) {
    rates.add({key, upstream, type, meta, {}, 0, hits, 10});
  };
  add("episode:1", "sonarr", "episode", 10);
  add("episode:2?x=1", "sonarr", "episode", 30);
  add("season:1:2", "sonarr", "episode", 0);
  add("GET:radarr.test/m/1", "radarr", "episode", 5);
  add("never", "sonarr", "queue", 5);
  add("episode:1", "sonarr", "series", 5);
  add("episode:1", "nobody", "episode", 5);
  const auto found = rates.finish();
  ASSERT_EQ(found.size(), 3U) << "rules without keys, or without a TTL, are left out";
  EXPECT_EQ(found[0].rule, "movie");
  EXPECT_EQ(found[1].rule, "episode");
  EXPECT_EQ(found[1].keys, 2U);
  EXPECT_EQ(found[1].requests, 60U);
  EXPECT_NEAR(found[1].hit_rate(), 66.7, 0.1);
  EXPECT_EQ(found[1].ttl, std::chrono::hours{1});
  EXPECT_EQ(found[2].rule, "season");
  EXPECT_EQ(found[2].hit_rate(), 0);
}

}  // namespace
}  // namespace cachearr::upkeep
