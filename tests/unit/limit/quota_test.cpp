#include "limit/quota.hpp"

#include <cstdint>
#include <deque>
#include <gtest/gtest.h>
#include <random>

namespace cachearr::limit {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const TimePoint kMidnight{hours{24 * 20'000}};

QuotaConfig rolling(std::uint64_t limit, Duration per) { return {limit, per, false, 0}; }
QuotaConfig fixed(std::uint64_t limit, Duration per) { return {limit, per, true, 0}; }

bool take(Quota& quota, TimePoint now, Priority priority = Priority::interactive) {
  if (quota.ready_at(now, priority) > now) return false;
  quota.take(now, priority);
  return true;
}

/// Runs a greedy client and checks that no window of the given length ever holds more than the limit.
void expect_never_exceeded(const QuotaConfig& config, int steps, std::uint64_t longest_step_ms) {
  std::mt19937_64 random{11};
  Quota quota{config, kMidnight};
  std::deque<TimePoint> sent;
  auto now = kMidnight;
  for (int i = 0; i < steps; ++i) {
    now += Duration{static_cast<std::int64_t>(random() % longest_step_ms)};
    while (take(quota, now)) sent.push_back(now);
    while (!sent.empty() && sent.front() + config.per <= now) sent.pop_front();
    ASSERT_LE(sent.size(), config.limit);
  }
}

TEST(Quota, ARollingOneNeverHoldsMoreThanItsLimitInAnyWindow) {
  expect_never_exceeded(rolling(60, minutes{1}), 100'000, 1500);
}

TEST(Quota, ALargeRollingOneKeptInRunsNeverHoldsMoreThanItsLimitEither) {
  expect_never_exceeded(rolling(5'000, hours{1}), 20'000, 3'000);
}

TEST(Quota, ALargeRollingOneGivesAPlaceBackAtMostOneRunLate) {
  Quota quota{rolling(10'000, hours{24}), kMidnight};
  for (int i = 0; i < 10'000; ++i) ASSERT_TRUE(take(quota, kMidnight + seconds{i}));
  const auto now = kMidnight + seconds{10'000};
  const auto exact = kMidnight + hours{24};
  EXPECT_GE(quota.ready_at(now, Priority::interactive), exact);
  EXPECT_LE(quota.ready_at(now, Priority::interactive), exact + seconds{90});
}

TEST(Quota, ARollingPlaceComesBackWhenItsRequestLeavesTheWindow) {
  Quota quota{rolling(2, minutes{1}), kMidnight};
  EXPECT_TRUE(take(quota, kMidnight));
  EXPECT_TRUE(take(quota, kMidnight + seconds{30}));
  EXPECT_EQ(quota.remaining(kMidnight + seconds{30}), 0U);
  EXPECT_FALSE(take(quota, kMidnight + seconds{60}));
  EXPECT_TRUE(take(quota, kMidnight + seconds{61}));
  EXPECT_FALSE(take(quota, kMidnight + seconds{62}));
}

TEST(Quota, AFixedOneComesBackAsAWholeShortlyAfterMidnight) {
  Quota quota{fixed(3, hours{24}), kMidnight + hours{1}};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(take(quota, kMidnight + hours{1}));
  EXPECT_EQ(quota.ready_at(kMidnight + hours{2}, Priority::interactive), kMidnight + hours{24} + seconds{2});
  EXPECT_FALSE(take(quota, kMidnight + hours{24}));
  EXPECT_EQ(quota.remaining(kMidnight + hours{24} + seconds{2}), 3U);
}

TEST(Quota, ARequestRightBeforeAFixedResetCountsForBothWindows) {
  Quota quota{fixed(3, hours{24}), kMidnight};
  EXPECT_TRUE(take(quota, kMidnight + hours{24} - seconds{1}));
  EXPECT_EQ(quota.remaining(kMidnight + hours{24} + seconds{3}), 2U);
  EXPECT_EQ(quota.remaining(kMidnight + hours{48} + seconds{3}), 3U);
}

TEST(Quota, OnlyInteractiveRequestsUseTheReserve) {
  Quota quota{{5, hours{1}, false, 2}, kMidnight};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(take(quota, kMidnight, Priority::feed));
  EXPECT_FALSE(take(quota, kMidnight, Priority::feed));
  EXPECT_FALSE(take(quota, kMidnight, Priority::background));
  EXPECT_TRUE(take(quota, kMidnight));
  EXPECT_TRUE(take(quota, kMidnight));
  EXPECT_FALSE(take(quota, kMidnight));
}

TEST(Quota, BackgroundWorkIsSpreadOverWhatIsLeftUntilTheReset) {
  Quota quota{fixed(24, hours{24}), kMidnight + seconds{2}};
  const auto start = kMidnight + seconds{2};
  EXPECT_TRUE(take(quota, start, Priority::background));
  EXPECT_FALSE(take(quota, start + minutes{59}, Priority::background));
  EXPECT_TRUE(take(quota, start + minutes{63}, Priority::background));
  EXPECT_TRUE(take(quota, start + minutes{63}, Priority::feed));
}

TEST(Quota, TellsWhenALaterRequestInLineCouldGo) {
  Quota quota{rolling(2, minutes{1}), kMidnight};
  EXPECT_TRUE(take(quota, kMidnight));
  EXPECT_TRUE(take(quota, kMidnight + seconds{20}));
  const auto now = kMidnight + seconds{30};
  EXPECT_EQ(quota.ready_at(now, Priority::interactive, 1), kMidnight + seconds{61});
  EXPECT_EQ(quota.ready_at(now, Priority::interactive, 2), kMidnight + seconds{81});
}

TEST(Quota, ARestartForgivesNothing) {
  for (const auto& config : {rolling(4, hours{1}), fixed(4, hours{1})}) {
    Quota quota{config, kMidnight};
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(take(quota, kMidnight + minutes{i}));
    StateWriter writer;
    quota.save(writer);
    const auto bytes = writer.take();
    Quota restored{config, kMidnight + minutes{30}};
    StateReader reader{bytes};
    restored.load(reader);
    EXPECT_EQ(restored.remaining(kMidnight + minutes{30}), 0U);
    EXPECT_EQ(restored.ready_at(kMidnight + minutes{30}, Priority::feed),
              quota.ready_at(kMidnight + minutes{30}, Priority::feed));
  }
}

TEST(Quota, AClockThatGoesBackDoesNotEmptyTheLog) {
  Quota quota{rolling(2, minutes{1}), kMidnight};
  EXPECT_TRUE(take(quota, kMidnight));
  EXPECT_TRUE(take(quota, kMidnight - minutes{5}));
  EXPECT_FALSE(take(quota, kMidnight - minutes{5}));
  EXPECT_FALSE(take(quota, kMidnight + seconds{59}));
}

TEST(Quota, GivesThePlaceOfTheVeryRequestBackThatDidNotGo) {
  Quota quota{rolling(2, minutes{1}), kMidnight};
  EXPECT_TRUE(take(quota, kMidnight));
  EXPECT_TRUE(take(quota, kMidnight + seconds{30}));
  quota.refund(kMidnight);
  EXPECT_TRUE(take(quota, kMidnight + seconds{31}));
  EXPECT_FALSE(take(quota, kMidnight + seconds{61})) << "the one of 30 s still counts";
}

TEST(Quota, GivesNothingBackOfAWindowThatIsOver) {
  Quota quota{fixed(2, hours{1}), kMidnight};
  EXPECT_TRUE(take(quota, kMidnight + minutes{30}));
  EXPECT_TRUE(take(quota, kMidnight + minutes{70}));
  quota.refund(kMidnight + minutes{30});
  EXPECT_EQ(quota.remaining(kMidnight + minutes{70}), 1U);
  quota.refund(kMidnight + minutes{70});
  EXPECT_EQ(quota.remaining(kMidnight + minutes{70}), 2U);
}

}  // namespace
}  // namespace cachearr::limit
