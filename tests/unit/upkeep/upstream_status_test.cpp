#include "upkeep/upstream_status.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <string_view>

#include "rules/load/load.hpp"

namespace cachearr::upkeep {
namespace {

std::shared_ptr<const rules::RuleSet> rules_of(std::string_view text) {
  Problems problems;
  auto rules = rules::load_text(text, "rules.json", problems);
  EXPECT_TRUE(problems.empty());
  return rules;
}

limit::UpstreamSnapshot snapshot_of(std::string name, std::size_t credentials) {
  limit::UpstreamSnapshot snapshot;
  snapshot.name = std::move(name);
  snapshot.limiters.resize(credentials);
  return snapshot;
}

TEST(UpstreamStatuses, AreInTheOrderOfTheRulesThenHostsThatWereAsked) {
  const auto rules = rules_of(R"({"upstreams": {"a": {"hosts": ["a.test", "b.test"]}, "z": {"hosts": ["z.test"]}}})");
  const auto statuses = upstream_statuses(
      {snapshot_of("never.test", 0), snapshot_of("other.test", 1), snapshot_of("z", 0), snapshot_of("a", 0)}, *rules,
      pipeline::UpstreamModes{*rules}, {{"a.test", 2}, {"b.test", 3}, {"other.test", 4}});
  ASSERT_EQ(statuses.size(), 3U);
  EXPECT_EQ(statuses[0].name, "a");
  EXPECT_EQ(statuses[0].idle_connections, 5U);
  EXPECT_EQ(statuses[1].name, "z");
  EXPECT_EQ(statuses[2].name, "other.test");
  EXPECT_EQ(statuses[2].mode, "live");
}

TEST(AnUpstreamStatus, ShowsTheCredentialThatIsHeldBackTheLongest) {
  UpstreamStatus status{"a", "live", snapshot_of("a", 2), 0};
  auto& first = status.limits.limiters.front();
  auto& second = status.limits.limiters.back();
  first.tokens = 7;
  second.tokens = 3;
  first.cooldown_until = TimePoint{Duration{1000}};
  second.cooldown_until = TimePoint{Duration{2000}};
  first.quotas = {{Duration{1000}, 10, 4, {}, false, false}};
  second.quotas = {{Duration{1000}, 10, 2, {}, false, false}, {Duration{1000}, 10, 9, {}, true, false}};
  EXPECT_EQ(status.tokens(), 3U);
  EXPECT_EQ(status.paused(), &second);
  ASSERT_EQ(status.quotas().size(), 2U);
  EXPECT_EQ(status.quotas()[0].remaining, 2U);
}

TEST(AnUpstreamStatus, TellsWhatTheOperatorHasChosen) {
  const auto rules = rules_of(R"({"upstreams": {"a": {"hosts": ["a.test"]}, "b": {"hosts": ["b.test"]}}})");
  pipeline::UpstreamModes modes{*rules};
  modes.change(*rules->upstream_named("a"), true, rules::UpstreamMode::prefer_cache);
  const auto statuses = upstream_statuses({snapshot_of("a", 0), snapshot_of("b", 0)}, *rules, modes, {});
  ASSERT_EQ(statuses.size(), 2U);
  EXPECT_TRUE(statuses[0].paused_by_operator);
  EXPECT_EQ(statuses[0].mode, "prefer-cache");
  EXPECT_EQ(statuses[0].mode_of_rules, "live");
  EXPECT_FALSE(statuses[1].paused_by_operator);
  EXPECT_EQ(statuses[1].mode_of_rules, "");
}

TEST(APeriod, IsNamedByItsUnit) {
  EXPECT_EQ(period_name(Duration{0}), "unknown");
  EXPECT_EQ(period_name(std::chrono::minutes{1}), "minute");
  EXPECT_EQ(period_name(std::chrono::hours{24}), "day");
  EXPECT_EQ(period_name(std::chrono::seconds{90}), "90s");
}

}  // namespace
}  // namespace cachearr::upkeep
