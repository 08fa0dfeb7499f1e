#include <gtest/gtest.h>

#include <cachearr/clock.hpp>

namespace cachearr {
namespace {

constexpr std::int64_t kDay = 24 * 60 * 60 * 1000;

TEST(ForwardTime, GoesOnWithSteadyTime) {
  ForwardTime time{1'000'000, 500};
  EXPECT_EQ(time.at(1'000'000, 500), 1'000'000);
  EXPECT_EQ(time.at(1'000'700, 1200), 1'000'700);
}

TEST(ForwardTime, CountsWhatTheMachineSleptThrough) {
  ForwardTime time{1'000'000, 500};
  EXPECT_EQ(time.at(1'000'000 + 5 * kDay, 500), 1'000'000 + 5 * kDay) << "steady time stood still";
  EXPECT_EQ(time.at(1'000'100 + 5 * kDay, 600), 1'000'100 + 5 * kDay);
}

TEST(ForwardTime, OfAClockThatWasSetBackNeitherRunsBackNorStandsStill) {
  ForwardTime time{1'000'000, 500};
  EXPECT_EQ(time.at(1'000'000 - kDay, 500), 1'000'000);
  EXPECT_EQ(time.at(1'003'000 - kDay, 3500), 1'003'000);
}

TEST(ForwardTime, AfterSleepAndAClockSetBackLosesNoneOfTheSleep) {
  ForwardTime time{1'000'000, 500};
  time.at(1'000'000 + 5 * kDay, 500);
  EXPECT_EQ(time.at(1'000'100, 600), 1'000'100 + 5 * kDay);
}

TEST(SystemClock, IsNeverBehindTheWallClock) {
  const SystemClock clock;
  for (int i = 0; i < 100; ++i) {
    const auto wall = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
    EXPECT_GE(clock.now(), wall);
  }
  EXPECT_GE(clock.ahead(), Duration{0});
}

}  // namespace
}  // namespace cachearr
