#include "upkeep/optimizer_decision.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cachearr::upkeep {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr TimePoint kJudged{Duration{1'700'000'000'000}};

RuleRate rate(std::string rule, std::uint64_t hits, Duration ttl = std::chrono::hours{1}) {
  return {"up", std::move(rule), "*", ttl, 1, hits, 100};
}

std::vector<std::string> names(const std::vector<RuleRate>& rates) {
  std::vector<std::string> names;
  for (const auto& each : rates) names.push_back(each.rule);
  return names;
}

TEST(TheOptimizer, HalvesRulesBelowTheShare) {
  const auto decision = decide({rate("poor", 29), rate("enough", 30), rate("good", 90)}, {}, 30, kJudged);
  EXPECT_THAT(names(decision.halve), ElementsAre("poor"));
  EXPECT_THAT(decision.undo, IsEmpty());
}

TEST(TheOptimizer, LeavesTtlsOfAMinuteOrLess) {
  using std::chrono::seconds;
  const auto decision = decide({rate("short", 0, seconds{60}), rate("longer", 0, seconds{61})}, {}, 30, kJudged);
  EXPECT_THAT(names(decision.halve), ElementsAre("longer"));
}

TEST(TheOptimizer, HalvesOnce) {
  const HalvedRules in_force{{{"up", "poor"}, {kJudged - std::chrono::hours{5}, {}}}};
  const auto decision = decide({rate("poor", 0)}, in_force, 30, kJudged);
  EXPECT_THAT(decision.halve, IsEmpty());
  EXPECT_THAT(decision.undo, IsEmpty());
}

TEST(TheOptimizer, UndoesOnceTheRateIsWellAboveAndSomeTimeHasPassed) {
  const auto decided = [](std::uint64_t hits, Duration ago) {
    const HalvedRules in_force{{{"up", "rule"}, {kJudged - ago, {}}}};
    return names(decide({rate("rule", hits)}, in_force, 30, kJudged).undo);
  };
  EXPECT_THAT(decided(35, std::chrono::hours{1}), ElementsAre("rule"));
  EXPECT_THAT(decided(34, std::chrono::hours{1}), IsEmpty());
  EXPECT_THAT(decided(90, std::chrono::minutes{59}), IsEmpty());
}

TEST(TheOptimizer, TellsRulesOfTheSameNameApartByTheirUpstream) {
  auto other = rate("poor", 0);
  other.upstream = "other";
  const HalvedRules in_force{{{"up", "poor"}, {kJudged, {}}}};
  const auto decision = decide({rate("poor", 0), other}, in_force, 30, kJudged);
  ASSERT_EQ(decision.halve.size(), 1U);
  EXPECT_EQ(decision.halve.front().upstream, "other");
}

}  // namespace
}  // namespace cachearr::upkeep
