// What a limiter saves and shows.
#include <gtest/gtest.h>

#include "unit/limit/limiter_bench.hpp"

namespace cachearr::limit {
namespace {

using namespace test;

TEST(Limiter, ARestartInTheMiddleOfACoolDownForgivesNothing) {
  Bench before{day_quota(100)};
  for (int i = 0; i < 30; ++i) EXPECT_TRUE(before.goes(kNow));
  before.limiter.observe(kNow, limited(kNow + hours{5}));
  Bench after{day_quota(100)};
  after.restore(before.saved(true), kNow + hours{1});
  EXPECT_FALSE(after.goes(kNow + hours{5} - Duration{1}));
  int left = 0;
  while (after.goes(kNow + hours{5})) ++left;
  EXPECT_EQ(left, 70);
}

TEST(Limiter, WhereNothingIsCountedNoGrantNeedsToBeSavedAtOnce) {
  Bench bench;
  for (int grant = 0; grant < 100; ++grant) {
    EXPECT_TRUE(bench.goes(kNow));
    EXPECT_FALSE(bench.limiter.effects(kNow).save_now);
  }
}

TEST(Limiter, WhereTheUpstreamCountsGrantsAreSavedAtOnce) {
  Bench bench;
  content::LimitSignal signal;
  signal.readings = {{1000, 900, hours{24}, kNow + hours{5}}};
  bench.limiter.observe(kNow, signal);
  bool saved = false;
  for (int grant = 0; grant < 20 && !saved; ++grant) {
    EXPECT_TRUE(bench.goes(kNow));
    saved = bench.limiter.effects(kNow).save_now;
  }
  EXPECT_TRUE(saved);
}

TEST(Limiter, WhatItGrantsFirstIsSavedAtOnce) {
  Bench bench{day_quota(200)};
  EXPECT_TRUE(bench.goes(kNow));
  EXPECT_TRUE(bench.limiter.effects(kNow).save_now);
  Bench after{day_quota(200)};
  after.restore(bench.saved(false), kNow);
  EXPECT_TRUE(after.goes(kNow));
  EXPECT_TRUE(after.limiter.effects(kNow).save_now) << "what the state claims is of the process before";
}

TEST(Limiter, ACrashBetweenTwoSavesForgivesNothingEither) {
  Bench before{day_quota(200)};
  EXPECT_TRUE(before.goes(kNow));
  const auto bytes = before.saved(false);
  int unsaved = 0;
  while (!before.limiter.effects(kNow).save_now) {
    EXPECT_TRUE(before.goes(kNow));
    ++unsaved;
  }
  Bench after{day_quota(200)};
  after.restore(bytes, kNow);
  int left = 0;
  while (after.goes(kNow)) ++left;
  EXPECT_LE(1 + unsaved + left, 200);
  EXPECT_GE(left, 190);
}

TEST(Limiter, NewFiguresKeepWhatWasSpent) {
  Bench bench{day_quota(10)};
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(bench.goes(kNow));
  bench.limiter.reconfigure(kNow, day_quota(9));
  EXPECT_TRUE(bench.goes(kNow));
  EXPECT_FALSE(bench.goes(kNow));
}

TEST(Limiter, IsAtRestOnlyWhenNothingWouldBeForgiven) {
  Bench bench{rate(1, 2)};
  EXPECT_TRUE(bench.limiter.at_rest(kNow));
  EXPECT_TRUE(bench.goes(kNow));
  EXPECT_FALSE(bench.limiter.at_rest(kNow));
  EXPECT_TRUE(bench.limiter.at_rest(kNow + seconds{2}));
}

TEST(Limiter, ItsSnapshotTellsHowThingsStand) {
  auto config = rate(1, 5);
  config.quotas = {{100, hours{24}, false, 0}};
  config.concurrency = 7;
  Bench bench{config};
  EXPECT_EQ(bench.ask(kNow).kind, Kind::grant);
  bench.limiter.observe(kNow, limited(kNow + hours{1}));
  const auto shot = bench.limiter.snapshot(kNow);
  EXPECT_EQ(shot.tokens, 4U);
  EXPECT_EQ(shot.burst, 5U);
  EXPECT_EQ(shot.in_flight, 1U);
  ASSERT_EQ(shot.quotas.size(), 1U);
  EXPECT_EQ(shot.quotas[0].remaining, 99U);
  EXPECT_EQ(shot.cooldown_until, kNow + hours{1});
  EXPECT_EQ(shot.cooldown_why, "429");
  EXPECT_EQ(shot.earliest[0].at, kNow + hours{1});
  EXPECT_EQ(shot.earliest[0].why, Why::cooldown);
}

}  // namespace
}  // namespace cachearr::limit
