#include "limit/breaker.hpp"

#include <gtest/gtest.h>

#include "unit/limit/now.hpp"

namespace cachearr::limit {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

using test::kNow;

void fail_times(Breaker& breaker, int times, TimePoint now = kNow) {
  for (int i = 0; i < times; ++i) breaker.failed(now, false);
}

TEST(Breaker, OpensAfterTenFailuresInARow) {
  Breaker breaker;
  fail_times(breaker, 9);
  EXPECT_TRUE(breaker.allows(kNow));
  fail_times(breaker, 1);
  EXPECT_EQ(breaker.state(kNow), BreakerState::open);
  EXPECT_FALSE(breaker.allows(kNow));
}

TEST(Breaker, TellsSinceWhenNobodyWasAnswered) {
  Breaker breaker;
  EXPECT_FALSE(breaker.open_since());
  fail_times(breaker, 10);
  const auto probed = breaker.until();
  ASSERT_TRUE(breaker.begin(probed));
  breaker.failed(probed, true);
  EXPECT_EQ(breaker.open_since(), kNow) << "a probe that fails changes nothing";
  const auto again = breaker.until();
  ASSERT_TRUE(breaker.begin(again));
  breaker.succeeded(again, true);
  EXPECT_FALSE(breaker.open_since());
}

TEST(Breaker, ASuccessInBetweenStartsTheCountAgain) {
  Breaker breaker;
  fail_times(breaker, 9);
  breaker.succeeded(kNow, false);
  fail_times(breaker, 9);
  EXPECT_EQ(breaker.state(kNow), BreakerState::closed);
}

TEST(Breaker, OpensWhenHalfOfTheLastMinutesCallsFailed) {
  Breaker breaker;
  for (int i = 0; i < 10; ++i) {
    breaker.succeeded(kNow + seconds{i}, false);
    breaker.failed(kNow + seconds{i}, false);
  }
  EXPECT_EQ(breaker.state(kNow + seconds{10}), BreakerState::open);
}

TEST(Breaker, FailuresOfLongAgoDoNotCount) {
  Breaker breaker;
  for (int i = 0; i < 40; ++i) {
    breaker.succeeded(kNow + minutes{i * 2}, false);
    breaker.failed(kNow + minutes{i * 2}, false);
  }
  EXPECT_EQ(breaker.state(kNow + minutes{80}), BreakerState::closed);
}

TEST(Breaker, LetsOneProbeThroughWhenThePauseIsOver) {
  Breaker breaker;
  fail_times(breaker, 10);
  const auto later = breaker.until();
  EXPECT_TRUE(breaker.allows(later));
  EXPECT_TRUE(breaker.begin(later));
  EXPECT_FALSE(breaker.allows(later));
}

TEST(Breaker, ASuccessfulProbeClosesIt) {
  Breaker breaker;
  fail_times(breaker, 10);
  const auto later = breaker.until();
  breaker.succeeded(later, breaker.begin(later));
  EXPECT_EQ(breaker.state(later), BreakerState::closed);
  EXPECT_FALSE(breaker.begin(later));
}

TEST(Breaker, AFailedProbeOpensItForTwiceAsLongUpToFiveMinutes) {
  Breaker breaker;
  fail_times(breaker, 10);
  EXPECT_EQ(breaker.until(), kNow + seconds{5});
  auto now = breaker.until();
  breaker.failed(now, breaker.begin(now));
  EXPECT_EQ(breaker.until(), now + seconds{10});
  for (int i = 0; i < 20; ++i) {
    now = breaker.until();
    breaker.failed(now, breaker.begin(now));
  }
  EXPECT_EQ(breaker.until(), now + minutes{5});
}

TEST(Breaker, AProbeThatWasGivenUpMakesRoomForAnother) {
  Breaker breaker;
  fail_times(breaker, 10);
  const auto later = breaker.until();
  breaker.abandoned(breaker.begin(later));
  EXPECT_TRUE(breaker.allows(later));
}

TEST(Breaker, FailuresOfRequestsThatWereUnderWayDoNotOpenItLonger) {
  Breaker breaker;
  fail_times(breaker, 100);
  EXPECT_EQ(breaker.until(), kNow + seconds{5});
}

TEST(Breaker, ARestartForgivesNothing) {
  Breaker breaker;
  fail_times(breaker, 10);
  StateWriter writer;
  breaker.save(writer);
  const auto bytes = writer.take();
  Breaker restored;
  StateReader reader{bytes};
  restored.load(reader);
  EXPECT_FALSE(restored.allows(kNow + seconds{4}));
  EXPECT_TRUE(restored.allows(kNow + seconds{5}));
}

TEST(Breaker, IsClosedByAResetAsIfNothingHadFailed) {
  Breaker breaker;
  fail_times(breaker, 10);
  breaker.reset();
  EXPECT_EQ(breaker.state(kNow), BreakerState::closed);
  EXPECT_EQ(breaker.failures_in_a_row(), 0U);
  fail_times(breaker, 9);
  EXPECT_TRUE(breaker.allows(kNow));
}

}  // namespace
}  // namespace cachearr::limit
