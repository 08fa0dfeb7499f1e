// What a limiter does about pauses and quotas, of calls and of grabs.
#include <gtest/gtest.h>

#include "unit/limit/limiter_bench.hpp"

namespace cachearr::limit {
namespace {

using namespace test;

TEST(Limiter, NotOneRequestGoesDuringACoolDown) {
  Bench bench;
  bench.limiter.observe(kNow, limited(kNow + hours{2}));
  EXPECT_TRUE(bench.limiter.effects(kNow).save_now);
  for (auto now = kNow; now < kNow + hours{2}; now += minutes{1}) EXPECT_FALSE(bench.goes(now));
  EXPECT_EQ(bench.ask(kNow + hours{1}).at, kNow + hours{2});
  EXPECT_EQ(bench.ask(kNow + hours{1}).why, Why::cooldown);
  EXPECT_TRUE(bench.goes(kNow + hours{2}));
}

content::LimitSignal spent(LimitScope scope) {
  auto signal = limited(kNow + hours{2});
  signal.scope = scope;
  return signal;
}

TEST(Limiter, SpentGrabsPauseGrabsAlone) {
  Bench bench;
  bench.limiter.observe(kNow, spent(LimitScope::grab), true);
  EXPECT_TRUE(bench.goes(kNow));
  EXPECT_EQ(bench.ask_grab(kNow).at, kNow + hours{2});
  EXPECT_EQ(bench.limiter.cooldown_until(kNow), std::nullopt);
  EXPECT_EQ(bench.limiter.cooldown_until(kNow, true), kNow + hours{2});
}

TEST(Limiter, SpentCallsPauseCallsAlone) {
  Bench bench;
  bench.limiter.observe(kNow, spent(LimitScope::call));
  EXPECT_FALSE(bench.goes(kNow));
  EXPECT_EQ(bench.ask_grab(kNow).kind, Kind::grant);
}

TEST(Limiter, ARefusalThatNamesNoKindPausesTheKindThatWasRefused) {
  Bench bench;
  bench.limiter.observe(kNow, limited(kNow + hours{2}), true);
  EXPECT_TRUE(bench.goes(kNow));
  EXPECT_EQ(bench.ask_grab(kNow).why, Why::cooldown);
}

TEST(Limiter, ARefusalThatNamesTheOtherKindPausesBoth) {
  Bench bench;
  bench.limiter.observe(kNow, spent(LimitScope::call), true);
  EXPECT_FALSE(bench.goes(kNow));
  EXPECT_EQ(bench.ask_grab(kNow).why, Why::cooldown);
}

TEST(Limiter, EachKindBacksOffByItself) {
  Bench bench;
  auto unsaid = spent(LimitScope::grab);
  unsaid.until.reset();
  bench.limiter.observe(kNow, unsaid, true);
  bench.ask(kNow);
  bench.limiter.done(kNow, bench.ticket, Outcome::answered, kTook);
  EXPECT_FALSE(bench.limiter.at_rest(kNow + hours{1}));
}

TEST(Limiter, ARestartForgetsNeitherPause) {
  Bench before;
  before.limiter.observe(kNow, spent(LimitScope::grab), true);
  Bench after;
  after.restore(before.saved(true), kNow);
  EXPECT_EQ(after.limiter.cooldown_until(kNow), std::nullopt);
  EXPECT_EQ(after.limiter.cooldown_until(kNow, true), kNow + hours{2});
}

TEST(Limiter, CountsGrabsAndCallsApartWhereTheirQuotasSaySo) {
  RateConfig config;
  config.quotas = {{1, hours{24}, false, 0, LimitScope::grab}, {2, hours{24}, false, 0, LimitScope::call}};
  Bench bench{config};
  EXPECT_EQ(bench.ask_grab(kNow).kind, Kind::grant);
  EXPECT_EQ(bench.ask_grab(kNow).why, Why::quota);
  EXPECT_TRUE(bench.goes(kNow));
  EXPECT_TRUE(bench.goes(kNow));
  EXPECT_FALSE(bench.goes(kNow));
  Bench after{config};
  after.restore(bench.saved(true), kNow);
  EXPECT_FALSE(after.goes(kNow));
  EXPECT_EQ(after.ask_grab(kNow).why, Why::quota);
}

TEST(Limiter, AQuotaThatNamesNoKindCountsBoth) {
  Bench bench{day_quota(1)};
  EXPECT_EQ(bench.ask_grab(kNow).kind, Kind::grant);
  EXPECT_FALSE(bench.goes(kNow));
}

TEST(Limiter, WhoWaitsWhenACoolDownBeginsIsRefusedAtOnce) {
  Bench bench{rate(1, 1)};
  EXPECT_EQ(bench.ask(kNow).kind, Kind::grant);
  EXPECT_EQ(bench.ask(kNow).kind, Kind::wait);
  bench.limiter.observe(kNow, limited(kNow + hours{2}));
  const auto effects = bench.limiter.effects(kNow);
  ASSERT_EQ(effects.wakes.size(), 1U);
  EXPECT_FALSE(effects.wakes[0].granted);
  EXPECT_EQ(effects.wakes[0].retry_at, kNow + hours{2});
}

TEST(Limiter, AQuotaThatIsUsedUpRefusesWithTheMomentAPlaceComesBack) {
  Bench bench{day_quota(2)};
  EXPECT_TRUE(bench.goes(kNow));
  EXPECT_TRUE(bench.goes(kNow + hours{1}));
  const auto refused = bench.ask(kNow + hours{2});
  EXPECT_EQ(refused.kind, Kind::refuse);
  EXPECT_EQ(refused.why, Why::quota);
  EXPECT_EQ(refused.at, kNow + hours{24} + seconds{2});
}

TEST(Limiter, TheReserveOutlastsFeedsForClients) {
  Bench bench{day_quota(10, 4)};
  int feeds = 0;
  while (bench.goes(kNow, Priority::feed)) ++feeds;
  EXPECT_EQ(feeds, 6);
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(bench.goes(kNow));
  EXPECT_FALSE(bench.goes(kNow));
}

TEST(Limiter, TheUpstreamsOwnCountStopsBeforeItsLimit) {
  Bench bench;
  content::LimitSignal signal;
  signal.readings = {{50, 1, hours{24}, kNow + hours{3}}};
  EXPECT_EQ(bench.ask(kNow).kind, Kind::grant);
  bench.limiter.observe(kNow, signal);
  EXPECT_TRUE(bench.goes(kNow));
  EXPECT_FALSE(bench.goes(kNow));
  EXPECT_TRUE(bench.goes(kNow + hours{3}));
}

}  // namespace
}  // namespace cachearr::limit
