#include "upkeep/history/figures.hpp"

#include <gtest/gtest.h>

namespace cachearr::upkeep {
namespace {

Figures figures(std::uint64_t fetched, std::uint64_t entries = 0) {
  Figures made;
  made[Figure::fetched] = fetched;
  made[Figure::entries] = entries;
  return made;
}

TEST(ADifference, IsWhatWasCountedBetweenTwoReadings) {
  const auto since = difference({figures(5), {}, {}}, {figures(8), {}, {}});
  EXPECT_EQ(since.whole[Figure::fetched], 3U);
}

TEST(ADifference, TakesAllOfACounterThatHasBegunAnew) {
  const auto since = difference({figures(5), {}, {}}, {figures(2), {}, {}});
  EXPECT_EQ(since.whole[Figure::fetched], 2U);
}

TEST(ADifference, KeepsHowThingsStand) {
  const auto since = difference({figures(5, 100), {}, {}}, {figures(5, 90), {}, {}});
  EXPECT_EQ(since.whole[Figure::entries], 90U);
}

TEST(ADifference, LeavesOutNamesOfWhichNothingWasCounted) {
  const Sample before{{}, {{"quiet", figures(4)}, {"busy", figures(4)}}, {}};
  const Sample after{{}, {{"quiet", figures(4)}, {"busy", figures(5)}, {"new", figures(1)}}, {}};
  const auto since = difference(before, after);
  EXPECT_EQ(since.upstreams, (FiguresByName{{"busy", figures(1)}, {"new", figures(1)}}));
}

TEST(Joining, AddsCountsAndTakesTheLaterSizeAndTheLongestQueue) {
  Sample sum{figures(5, 100), {}, {{"series", figures(1)}}};
  sum.whole[Figure::waiting] = 7;
  Sample later{figures(2, 90), {}, {{"series", figures(2)}, {"tag", figures(1)}}};
  later.whole[Figure::waiting] = 3;
  later.whole[Latency::miss][4] = 6;
  add(sum, later);
  EXPECT_EQ(sum.whole[Figure::fetched], 7U);
  EXPECT_EQ(sum.whole[Figure::entries], 90U);
  EXPECT_EQ(sum.whole[Figure::waiting], 7U);
  EXPECT_EQ(sum.whole[Latency::miss][4], 6U);
  EXPECT_EQ(sum.types, (FiguresByName{{"series", figures(3)}, {"tag", figures(1)}}));
}

TEST(TooManyNames, AreTakenTogetherButForTheBusiest) {
  FiguresByName names{{"a", figures(1)}, {"b", figures(9)}, {"c", figures(2)}, {"d", figures(8)}};
  keep_busiest(names, 2);
  EXPECT_EQ(names, (FiguresByName{{"b", figures(9)}, {"d", figures(8)}, {"other", figures(3)}}));
  keep_busiest(names, 3);
  EXPECT_EQ(names.size(), 3U);
}

TEST(AQuantile, IsNoneWithoutRequests) { EXPECT_FALSE(quantile({}, 0.5)); }

TEST(AQuantile, LiesWithinItsBucket) {
  Buckets buckets{};
  buckets[4] = 10;  // 500 to 1,000 microseconds
  EXPECT_DOUBLE_EQ(*quantile(buckets, 0.5), 0.75);
  buckets[6] = 10;  // 2,500 to 5,000
  EXPECT_DOUBLE_EQ(*quantile(buckets, 0.5), 1.0);
  EXPECT_DOUBLE_EQ(*quantile(buckets, 0.75), 3.75);
}

TEST(AQuantile, BeyondTheLastBoundIsThatBound) {
  Buckets buckets{};
  buckets.back() = 1;
  EXPECT_DOUBLE_EQ(*quantile(buckets, 0.99), 30'000);
}

TEST(AHitRatio, IsNoneWithoutLookUps) {
  Figures made;
  EXPECT_FALSE(hit_ratio(made));
  made[Figure::hits] = 3;
  made[Figure::misses] = 1;
  EXPECT_DOUBLE_EQ(*hit_ratio(made), 75);
}

}  // namespace
}  // namespace cachearr::upkeep
