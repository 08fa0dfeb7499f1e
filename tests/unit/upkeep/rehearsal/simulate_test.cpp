#include "upkeep/rehearsal/simulate.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace cachearr::upkeep {
namespace {

using std::chrono::minutes;

/// A request at so many minutes, for one of two resources.
ReplayStep step(int at, std::uint64_t name, Duration lifetime, Duration stale = {}) {
  return {TimePoint{minutes{at}}, {name, 0}, true, true, lifetime, stale};
}

TEST(Simulation, AnswersFromTheCacheUntilTheLifetimeIsOver) {
  const std::vector<ReplayStep> steps{step(0, 1, minutes{10}), step(5, 1, minutes{10}), step(9, 1, minutes{10}),
                                      step(10, 1, minutes{10}), step(10, 2, minutes{10})};
  const auto figures = simulate(steps);
  EXPECT_EQ(figures.requests, 5U);
  EXPECT_EQ(figures.hits, 2U);
  EXPECT_EQ(figures.upstream_calls, 3U);
  EXPECT_DOUBLE_EQ(figures.hit_rate(), 40.0);
  EXPECT_EQ(figures.mean_age, minutes{7});
}

TEST(Simulation, ServesStaleAnswersWhileTheyAreRefreshed) {
  const std::vector<ReplayStep> steps{step(0, 1, minutes{10}, minutes{60}), step(30, 1, minutes{10}, minutes{60}),
                                      step(35, 1, minutes{10}, minutes{60}), step(200, 1, minutes{10}, minutes{60})};
  const auto figures = simulate(steps);
  EXPECT_EQ(figures.stale_hits, 1U);
  EXPECT_EQ(figures.hits, 1U);
  EXPECT_EQ(figures.upstream_calls, 3U);
  EXPECT_EQ(figures.oldest_stale, minutes{20});
}

TEST(Simulation, AsksForWhatIsNotCachedEachTime) {
  auto passed = step(0, 1, minutes{10});
  passed.may_hit = passed.may_store = false;
  const std::vector<ReplayStep> steps{passed, passed, step(1, 2, {}), step(1, 2, {})};
  EXPECT_EQ(simulate(steps).upstream_calls, 4U);
  EXPECT_EQ(simulate(steps).hit_rate(), 0.0);
}

TEST(Simulation, AsksAnewForWhatMayNotHitAndKeepsWhatItGets) {
  auto anew = step(5, 1, minutes{10});
  anew.may_hit = false;
  const std::vector<ReplayStep> steps{step(0, 1, minutes{10}), anew, step(14, 1, minutes{10})};
  const auto figures = simulate(steps);
  EXPECT_EQ(figures.hits, 1U);
  EXPECT_EQ(figures.mean_age, minutes{9});
}

TEST(Simulation, OfNothingIsNothing) { EXPECT_EQ(simulate({}), ReplayFigures{}); }

}  // namespace
}  // namespace cachearr::upkeep
