#include "admin/health.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cachearr::admin {
namespace {

using ::testing::HasSubstr;
using Type = HealthNote::Type;

Condition sound() {
  Condition condition;
  condition.lags_ms = {0, 12};
  condition.store.memory = {.entries = 10, .bytes = 750, .max_bytes = 1000};
  return condition;
}

TEST(Health, IsGoodWhereNothingIsWrong) {
  const auto health = judge(sound());
  EXPECT_EQ(health.wellbeing, Wellbeing::healthy);
  EXPECT_EQ(health.message(), "everything is as it should be");
}

TEST(Health, IsDegradedAboveThreeQuartersOfABudget) {
  auto crowded = sound();
  crowded.store.memory.bytes = 760;
  const auto health = judge(crowded);
  EXPECT_EQ(health.wellbeing, Wellbeing::degraded);
  EXPECT_THAT(health.message(), HasSubstr("the memory tier holds 76 %"));
}

TEST(Health, HasNoShareOfABudgetThatIsNone) { EXPECT_EQ(percent_used({.bytes = 5}), 0); }

TEST(Health, IsDegradedByADiskThatIsNotInUse) {
  auto broken = sound();
  broken.store.disk_problem = "No space left on device";
  const auto health = judge(broken);
  EXPECT_EQ(health.wellbeing, Wellbeing::degraded);
  EXPECT_THAT(health.message(), HasSubstr("No space left on device"));
}

TEST(Health, IsDownWhereAWorkerAnswersNobody) {
  auto stuck = sound();
  stuck.lags_ms = {0, 7300};
  stuck.notes = {{Type::warning, "Rules", "old"}};
  const auto health = judge(stuck);
  EXPECT_EQ(health.wellbeing, Wellbeing::down);
  EXPECT_EQ(health.notes.front().message, "1 of 2 workers have answered nobody for 7 s");
}

TEST(Health, IsDegradedByWarningsAndErrorsAndNotByNotices) {
  for (const auto& [type, expected] : {std::pair{Type::notice, Wellbeing::healthy},
                                       {Type::warning, Wellbeing::degraded},
                                       {Type::error, Wellbeing::degraded}}) {
    auto noted = sound();
    noted.notes = {{type, "X", "something"}};
    EXPECT_EQ(judge(noted).wellbeing, expected) << name_of(type);
  }
}

}  // namespace
}  // namespace cachearr::admin
