#include "limit/ttl.hpp"

#include <gtest/gtest.h>
#include <set>

#include "unit/limit/now.hpp"

namespace cachearr::limit {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

using test::kNow;

TEST(SpreadTtl, ShortensByAtMostATenthAndNeverLengthens) {
  for (std::uint64_t i = 0; i < 5000; ++i) {
    const auto ttl = spread_ttl(hours{24}, Hash128{0, i * 0x9E3779B97F4A7C15U});
    EXPECT_LE(ttl, hours{24});
    EXPECT_GE(ttl, hours{24} * 9 / 10);
  }
}

TEST(HalvedTtl, IsHalfButNeverUnderAMinute) {
  EXPECT_EQ(halved_ttl(hours{1}), minutes{30});
  EXPECT_EQ(halved_ttl(seconds{90}), seconds{60});
  EXPECT_EQ(halved_ttl(seconds{60}), seconds{60});
  EXPECT_EQ(halved_ttl(seconds{5}), seconds{5}) << "never longer";
  EXPECT_EQ(halved_ttl(Duration{0}), Duration{0});
}

TEST(SpreadTtl, IsTheSameForTheSameKeyAndDiffersBetweenKeys) {
  std::set<Duration> lengths;
  for (std::uint64_t i = 0; i < 100; ++i) {
    EXPECT_EQ(spread_ttl(hours{1}, Hash128{1, i}), spread_ttl(hours{1}, Hash128{2, i}));
    lengths.insert(spread_ttl(hours{1}, Hash128{1, i}));
  }
  EXPECT_EQ(lengths.size(), 100U);
}

TEST(SpreadTtl, ShortLifetimesStay) { EXPECT_EQ(spread_ttl(seconds{5}, Hash128{0, 999}), seconds{5}); }

TEST(LearnedTtl, StretchesWhileTheBodyStaysTheSame) {
  EXPECT_EQ(learned_ttl(hours{2}, Refetch::unchanged, hours{1}, hours{1}, hours{24}), hours{3});
  EXPECT_EQ(learned_ttl(hours{20}, Refetch::unchanged, hours{1}, hours{1}, hours{24}), hours{24});
}

TEST(LearnedTtl, ShrinksOnceTheBodyChanged) {
  EXPECT_EQ(learned_ttl(hours{8}, Refetch::changed, hours{1}, hours{1}, hours{24}), hours{4});
  EXPECT_EQ(learned_ttl(minutes{70}, Refetch::changed, hours{1}, hours{1}, hours{24}), hours{1});
}

TEST(LearnedTtl, BeginsWithTheRulesOwnInsideTheBounds) {
  EXPECT_EQ(learned_ttl(std::nullopt, Refetch::changed, hours{2}, hours{1}, hours{24}), hours{2});
  EXPECT_EQ(learned_ttl(std::nullopt, Refetch::changed, minutes{1}, hours{1}, hours{24}), hours{1});
}

TEST(RefreshAhead, ActsOnceTheShareHasPassed) {
  const auto stored = kNow - hours{20};
  const auto fresh_until = kNow + hours{4};
  EXPECT_TRUE(refresh_ahead(kNow, stored, fresh_until, 0.8));
  EXPECT_FALSE(refresh_ahead(kNow, stored, fresh_until, 0.9));
}

TEST(RefreshAhead, IsNoMatterOfStaleAnswersOrOfRulesWithoutIt) {
  EXPECT_FALSE(refresh_ahead(kNow, kNow - hours{2}, kNow - hours{1}, 0.8));
  EXPECT_FALSE(refresh_ahead(kNow, kNow - hours{20}, kNow + hours{1}, 0));
}

}  // namespace
}  // namespace cachearr::limit
