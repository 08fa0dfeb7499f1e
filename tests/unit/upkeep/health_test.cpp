#include "upkeep/health.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cachearr::upkeep {
namespace {

using ::testing::HasSubstr;
using Level = HealthStatus::Level;
using Severity = HealthNote::Severity;

constexpr TimePoint kNow{Duration{1'700'000'000'000}};

HealthInputs sound() {
  HealthInputs inputs;
  inputs.now = kNow;
  inputs.worker_lags_ms = {0, 12};
  inputs.store.memory = {.entries = 10, .bytes = 750, .max_bytes = 1000};
  return inputs;
}

/// An upstream with one credential.
UpstreamStatus tmdb() {
  UpstreamStatus upstream{"tmdb", "live", {}, 0};
  upstream.limits.limiters.emplace_back();
  return upstream;
}

TEST(Health, IsGoodWhereNothingIsWrong) {
  const auto status = evaluate(sound());
  EXPECT_EQ(status.level, Level::healthy);
  EXPECT_EQ(status.message(), "everything is as it should be");
}

TEST(Health, IsDegradedAboveThreeQuartersOfABudget) {
  auto crowded = sound();
  crowded.store.memory.bytes = 760;
  const auto status = evaluate(crowded);
  EXPECT_EQ(status.level, Level::degraded);
  EXPECT_THAT(status.message(), HasSubstr("the memory tier holds 76 %"));
}

TEST(Health, FindsAnErrorAboveNineTenthsOfABudget) {
  auto full = sound();
  full.store.memory.bytes = 910;
  EXPECT_EQ(evaluate(full).notes.front().severity, Severity::error);
  full.store.memory.bytes = 900;
  EXPECT_EQ(evaluate(full).notes.front().severity, Severity::warning);
}

TEST(Health, HasNoShareOfABudgetThatIsNone) { EXPECT_EQ(percent_used({.bytes = 5}), 0); }

TEST(Health, IsDegradedByADiskThatIsNotInUse) {
  auto broken = sound();
  broken.store.disk_problem = "No space left on device";
  const auto status = evaluate(broken);
  EXPECT_EQ(status.level, Level::degraded);
  EXPECT_THAT(status.message(), HasSubstr("No space left on device"));
}

TEST(Health, IsDownWhereAWorkerAnswersNobody) {
  auto stuck = sound();
  stuck.worker_lags_ms = {0, 7300};
  stuck.interception_problems = {"old"};
  const auto status = evaluate(stuck);
  EXPECT_EQ(status.level, Level::down);
  EXPECT_EQ(status.notes.front().message, "1 of 2 workers have answered nobody for 7 s");
}

TEST(Health, IsDegradedByAnAuthorityThatHasAProblem) {
  auto noted = sound();
  noted.interception_problems = {"the local authority has expired"};
  const auto status = evaluate(noted);
  EXPECT_EQ(status.level, Level::degraded);
  EXPECT_EQ(status.notes.front(), (HealthNote{Severity::warning, "Interception", "the local authority has expired"}));
}

TEST(Health, IsDegradedByAReloadThatWasRefused) {
  auto refused = sound();
  refused.refused_reload = "rules.json:3:7: a duration is expected";
  const auto status = evaluate(refused);
  EXPECT_EQ(status.level, Level::degraded);
  EXPECT_THAT(status.message(), HasSubstr("rules.json:3:7: a duration is expected"));
}

TEST(Health, IsNotDegradedByNotices) {
  auto noticed = sound();
  noticed.bypassed = {{"192.0.2.7", "api.test", kNow + std::chrono::minutes{10}}};
  auto upstream = tmdb();
  upstream.limits.limiters.front().cooldown_until = kNow + std::chrono::minutes{1};
  upstream.limits.limiters.front().cooldown_why = "429";
  noticed.upstreams = {upstream};
  const auto status = evaluate(noticed);
  EXPECT_EQ(status.level, Level::healthy);
  EXPECT_THAT(status.message(), HasSubstr("192.0.2.7 does not believe"));
  EXPECT_THAT(status.message(), HasSubstr("tmdb has asked for a pause (429): nothing is sent there until "
                                          "2023-11-14T22:14:20Z"));
}

TEST(Health, IsDegradedByAnOpenBreaker) {
  auto failing = sound();
  auto upstream = tmdb();
  upstream.limits.breaker = limit::BreakerState::open;
  upstream.limits.breaker_until = kNow + std::chrono::minutes{1};
  upstream.limits.failures_in_a_row = 5;
  failing.upstreams = {upstream};
  const auto status = evaluate(failing);
  EXPECT_EQ(status.level, Level::degraded);
  EXPECT_THAT(status.message(), HasSubstr("tmdb has failed 5 times in a row"));
}

TEST(Health, IsDegradedByAnUpstreamThatHasNotAnsweredSinceItsBreakerOpened) {
  auto failing = sound();
  auto upstream = tmdb();
  upstream.limits.breaker = limit::BreakerState::half_open;
  upstream.limits.failures_in_a_row = 5;
  failing.upstreams = {upstream};
  EXPECT_THAT(evaluate(failing).message(),
              HasSubstr("tmdb has failed 5 times in a row: one request at a time tries it"));
  failing.upstreams[0].limits.failures_in_a_row = 0;
  EXPECT_EQ(evaluate(failing).level, Level::healthy) << "what was on its way then has been answered";
}

TEST(Health, NamesAQuotaThatIsUsedUpUntilItsReset) {
  auto spent = sound();
  auto upstream = tmdb();
  upstream.limits.limiters.front().quotas = {
      {std::chrono::hours{24}, 100, 0, kNow + std::chrono::hours{2}, false, false}};
  spent.upstreams = {upstream};
  EXPECT_THAT(evaluate(spent).message(), HasSubstr("the quota of tmdb (100 a day) is used up"));
  spent.now = kNow + std::chrono::hours{2};
  EXPECT_TRUE(evaluate(spent).notes.empty());
}

TEST(Health, NamesTheWorstFirst) {
  auto troubled = sound();
  troubled.bypassed = {{"192.0.2.7", "api.test", kNow}};
  troubled.interception_problems = {"middling"};
  troubled.refused_reload = "large";
  std::vector<Severity> order;
  for (const auto& note : evaluate(troubled).notes) order.push_back(note.severity);
  EXPECT_EQ(order, (std::vector{Severity::error, Severity::warning, Severity::notice}));
}

TEST(Health, NotesWhatTheOperatorHasChosen) {
  auto noticed = sound();
  auto upstream = tmdb();
  upstream.paused_by_operator = true;
  upstream.mode = "prefer-cache";
  upstream.mode_of_rules = "live";
  noticed.upstreams = {upstream};
  const auto status = evaluate(noticed);
  EXPECT_EQ(status.level, Level::healthy);
  EXPECT_THAT(status.message(), HasSubstr("tmdb is paused by hand"));
  EXPECT_THAT(status.message(), HasSubstr("tmdb is set by hand to prefer-cache instead of live"));
}

}  // namespace
}  // namespace cachearr::upkeep
