#include "limit/cooldown.hpp"

#include <gtest/gtest.h>

#include "unit/limit/now.hpp"

namespace cachearr::limit {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

using test::kNow;

content::LimitSignal told(TimePoint until) { return {true, until, seconds{60}, "429", {}}; }
content::LimitSignal untold(Duration pause) { return {true, std::nullopt, pause, "503", {}}; }

TEST(Cooldown, LastsExactlyUntilTheTimeThatWasTold) {
  Cooldown cooldown;
  cooldown.enter(kNow, told(kNow + seconds{85'871}));
  EXPECT_TRUE(cooldown.active(kNow + seconds{85'871} - Duration{1}));
  EXPECT_FALSE(cooldown.active(kNow + seconds{85'871}));
}

TEST(Cooldown, BeginsWithTheFirstRefusal) {
  Cooldown cooldown;
  EXPECT_FALSE(cooldown.since());
  cooldown.enter(kNow, told(kNow + seconds{60}));
  cooldown.enter(kNow + seconds{5}, told(kNow + seconds{90}));
  EXPECT_EQ(cooldown.since(), kNow);
  cooldown.enter(kNow + seconds{100}, told(kNow + seconds{160}));
  EXPECT_EQ(cooldown.since(), kNow + seconds{100});
}

TEST(Cooldown, WithoutATimeDoublesFromRefusalToRefusal) {
  Cooldown cooldown;
  auto now = kNow;
  auto expected = Duration{seconds{2}};
  for (int i = 0; i < 8; ++i) {
    cooldown.enter(now, untold(seconds{2}));
    const auto pause = cooldown.until() - now;
    EXPECT_GE(pause, expected);
    EXPECT_LE(pause, expected + expected / 4);
    now = cooldown.until();
    expected *= 2;
  }
}

TEST(Cooldown, WithoutATimeNeverGuessesMoreThanSixHoursAndAQuarter) {
  Cooldown cooldown;
  auto now = kNow;
  for (int i = 0; i < 40; ++i) {
    cooldown.enter(now, untold(seconds{60}));
    now = cooldown.until();
  }
  EXPECT_LE(cooldown.until() - now, hours{7} + std::chrono::minutes{30});
}

TEST(Cooldown, RefusalsOfRequestsThatWereAlreadyUnderWayDoNotDoubleIt) {
  Cooldown cooldown;
  for (int i = 0; i < 10; ++i) cooldown.enter(kNow + Duration{i}, untold(seconds{60}));
  EXPECT_EQ(cooldown.strikes(), 1U);
  EXPECT_LE(cooldown.until(), kNow + seconds{75});
}

TEST(Cooldown, ATrueTimeTakesThePlaceOfAGuess) {
  Cooldown cooldown;
  cooldown.enter(kNow, untold(hours{1}));
  cooldown.enter(kNow + seconds{1}, told(kNow + seconds{20}));
  EXPECT_EQ(cooldown.until(), kNow + seconds{20});
}

TEST(Cooldown, OfTwoTrueTimesTheLaterOneHolds) {
  Cooldown cooldown;
  cooldown.enter(kNow, told(kNow + seconds{90}));
  cooldown.enter(kNow, told(kNow + seconds{20}));
  EXPECT_EQ(cooldown.until(), kNow + seconds{90});
}

TEST(Cooldown, AnAnswerLowersTheNextBackOff) {
  Cooldown cooldown;
  cooldown.enter(kNow, untold(seconds{2}));
  cooldown.answered(kNow + hours{1});
  cooldown.enter(kNow + hours{2}, untold(seconds{2}));
  EXPECT_LE(cooldown.until(), kNow + hours{2} + Duration{2'500});
}

TEST(Cooldown, ARestartForgivesNothing) {
  Cooldown cooldown;
  cooldown.enter(kNow, told(kNow + hours{5}));
  StateWriter writer;
  cooldown.save(writer);
  const auto bytes = writer.take();
  Cooldown restored;
  StateReader reader{bytes};
  restored.load(reader);
  EXPECT_EQ(restored.until(), kNow + hours{5});
  EXPECT_EQ(restored.why(), "429");
  EXPECT_EQ(restored.strikes(), 1U);
}

}  // namespace
}  // namespace cachearr::limit
