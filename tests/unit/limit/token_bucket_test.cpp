#include "limit/token_bucket.hpp"

#include <cstdint>
#include <gtest/gtest.h>
#include <random>

namespace cachearr::limit {
namespace {

constexpr TimePoint kStart{Duration{1'700'000'000'000}};

TEST(TokenBucket, GivesItsBurstAtOnceAndThenWaitsForTheRate) {
  TokenBucket bucket{2, 3, kStart};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(bucket.take(kStart));
  EXPECT_FALSE(bucket.take(kStart));
  EXPECT_EQ(bucket.ready_at(kStart, 1), kStart + Duration{500});
  EXPECT_FALSE(bucket.take(kStart + Duration{499}));
  EXPECT_TRUE(bucket.take(kStart + Duration{500}));
}

TEST(TokenBucket, WithoutARateEveryRequestMayGo) {
  TokenBucket bucket;
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(bucket.take(kStart));
  EXPECT_EQ(bucket.ready_at(kStart, 100), kStart);
}

TEST(TokenBucket, NeverGivesOneTokenTooManyInAMillionStepsOfAnyLength) {
  std::mt19937_64 random{7};
  TokenBucket bucket{3.7, 5, kStart};
  auto now = kStart;
  std::uint64_t taken = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    now += Duration{static_cast<std::int64_t>(random() % 400)};
    while (random() % 4 != 0 && bucket.take(now)) ++taken;
    // 3.7 tokens a second as a fraction: 37 tokens in 10,000 ms; all in integers.
    const auto allowed = 5 + (now - kStart).count() * 37 / 10'000;
    ASSERT_LE(taken, static_cast<std::uint64_t>(allowed));
  }
}

TEST(TokenBucket, LosesNothingWhereTokensAreTakenAsSoonAsTheyAreThere) {
  TokenBucket bucket{4, 1, kStart};
  auto now = kStart;
  int taken = 0;
  for (; now < kStart + std::chrono::seconds{1000}; now += Duration{1}) taken += bucket.take(now) ? 1 : 0;
  EXPECT_EQ(taken, 4000);
}

TEST(TokenBucket, TimeThatGoesBackGivesNothingAndTakesNothing) {
  TokenBucket bucket{1, 2, kStart};
  EXPECT_TRUE(bucket.take(kStart));
  EXPECT_EQ(bucket.tokens(kStart - std::chrono::hours{24}), 1U);
  EXPECT_TRUE(bucket.take(kStart - std::chrono::hours{24}));
  EXPECT_FALSE(bucket.take(kStart - std::chrono::hours{23}));
  EXPECT_FALSE(bucket.take(kStart));
  EXPECT_TRUE(bucket.take(kStart + std::chrono::seconds{1}));
}

TEST(TokenBucket, KeepsBackWhatItIsToldToKeep) {
  TokenBucket bucket{1, 4, kStart};
  EXPECT_TRUE(bucket.take(kStart, 2));
  EXPECT_TRUE(bucket.take(kStart, 2));
  EXPECT_FALSE(bucket.take(kStart, 2));
  EXPECT_TRUE(bucket.take(kStart));
}

TEST(TokenBucket, OneADayIsNotRoundedAway) {
  TokenBucket bucket{1.0 / 86'400, 1, kStart};
  EXPECT_TRUE(bucket.take(kStart));
  const auto again = bucket.ready_at(kStart, 1);
  EXPECT_GE(again, kStart + std::chrono::hours{24});
  EXPECT_LE(again, kStart + std::chrono::hours{24} + std::chrono::seconds{10});
  EXPECT_TRUE(bucket.take(again));
}

TEST(TokenBucket, EnormousFiguresDoNotOverflow) {
  TokenBucket bucket{1e300, 4'000'000'000U, kStart};
  EXPECT_EQ(bucket.tokens(kStart + std::chrono::hours{24 * 365 * 200}), 1'000'000U);
  bucket.charge(UINT64_MAX);
  EXPECT_EQ(bucket.tokens(kStart), 0U);
  EXPECT_EQ(bucket.tokens(kStart + std::chrono::hours{1}), 1'000'000U);
}

TEST(TokenBucket, NewFiguresDoNotForgiveWhatWasSpent) {
  TokenBucket bucket{1, 2, kStart};
  EXPECT_TRUE(bucket.take(kStart));
  EXPECT_TRUE(bucket.take(kStart));
  bucket.reconfigure(1, 100, kStart);
  EXPECT_FALSE(bucket.take(kStart));
}

TEST(TokenBucket, ARestartForgivesNothing) {
  TokenBucket bucket{1, 5, kStart};
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(bucket.take(kStart));
  StateWriter writer;
  bucket.save(writer);
  const auto bytes = writer.take();
  TokenBucket restored{1, 5, kStart + std::chrono::seconds{1}};
  StateReader reader{bytes};
  restored.load(reader, kStart + std::chrono::seconds{1});
  EXPECT_TRUE(restored.take(kStart + std::chrono::seconds{1}));
  EXPECT_FALSE(restored.take(kStart + std::chrono::seconds{1}));
}

}  // namespace
}  // namespace cachearr::limit
