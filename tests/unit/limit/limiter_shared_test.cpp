// What a limiter does about limits that several instances share.
#include <gtest/gtest.h>

#include "limit/registry.hpp"
#include "unit/limit/limiter_bench.hpp"

namespace cachearr::limit {
namespace {

using namespace test;

Waiter waiter_of(Ticket ticket, Priority priority = Priority::interactive, std::uint64_t client = 1) {
  return {ticket, priority, client, kNow + minutes{1}, false};
}

TEST(ASharedLimiter, GivesBackWhatARefusedDrawHasCost) {
  auto config = rate(1, 2);
  config.quotas = {{3, hours{24}, false, 0, {}}, {5, hours{24}, true, 0, {}}};
  config.concurrency = 1;
  Bench bench{config};
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(bench.ask(kNow).kind, Kind::grant);
    bench.limiter.refund(kNow, waiter_of(bench.ticket));
    bench.limiter.cancel(kNow, bench.ticket);
  }
  EXPECT_TRUE(bench.goes(kNow));
  const auto snapshot = bench.limiter.snapshot(kNow);
  EXPECT_EQ(snapshot.tokens, 1U);
  EXPECT_EQ(snapshot.quotas[0].remaining, 2U);
  EXPECT_EQ(snapshot.quotas[1].remaining, 4U);
}

TEST(ASharedLimiter, LetsTheRefusedOneGoFirstWhenTheHoldIsOver) {
  Bench bench{rate(100, 10)};
  ASSERT_EQ(bench.ask(kNow).kind, Kind::grant);
  bench.limiter.hold(Priority::interactive, false, kNow + seconds{2}, Why::quota);
  bench.limiter.refund(kNow, waiter_of(1));
  EXPECT_EQ(bench.ask(kNow).kind, Kind::wait);
  EXPECT_TRUE(bench.limiter.effects(kNow + seconds{2} - Duration{1}).wakes.empty());
  EXPECT_EQ(bench.limiter.earliest(kNow, Priority::interactive).why, Why::quota);
  const auto wakes = bench.limiter.effects(kNow + seconds{2}).wakes;
  ASSERT_EQ(wakes.size(), 2U);
  EXPECT_EQ(wakes[0].ticket, 1U);
  EXPECT_EQ(wakes[1].ticket, 2U);
}

TEST(ASharedLimiter, PutsSeveralRefusedOnesBackInTheirOrder) {
  Bench bench{rate(100, 10)};
  for (int i = 0; i < 3; ++i) ASSERT_EQ(bench.ask(kNow).kind, Kind::grant);
  bench.limiter.hold(Priority::interactive, false, kNow + seconds{1}, Why::rate);
  for (const Ticket ticket : {2U, 3U, 1U}) bench.limiter.refund(kNow, waiter_of(ticket));
  const auto wakes = bench.limiter.effects(kNow + seconds{1}).wakes;
  ASSERT_EQ(wakes.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(wakes[i].ticket, i + 1);
}

TEST(ASharedLimiter, IsHeldNoLongerWhereItsLimitsBecomeOthers) {
  Bench bench{rate(100, 10)};
  bench.limiter.hold(Priority::interactive, false, kNow + minutes{9}, Why::quota);
  bench.limiter.reconfigure(kNow, rate(100, 10));
  EXPECT_EQ(bench.limiter.earliest(kNow, Priority::interactive).why, Why::quota);
  bench.limiter.reconfigure(kNow, rate(100, 20));
  EXPECT_TRUE(bench.goes(kNow));
}

TEST(ASharedLimiter, HoldsWhoIsLessUrgentAndNobodyElse) {
  Bench bench;
  bench.limiter.hold(Priority::feed, false, kNow + seconds{9}, Why::rate);
  EXPECT_TRUE(bench.goes(kNow));
  EXPECT_FALSE(bench.goes(kNow, Priority::feed));
  EXPECT_FALSE(bench.goes(kNow, Priority::background));
  EXPECT_EQ(bench.ask_grab(kNow).kind, Kind::grant);
}

TEST(ASharedLimiter, RefusesAtOnceWhoCannotMakeItBehindAHold) {
  Bench bench;
  bench.limiter.hold(Priority::interactive, false, kNow + seconds{20}, Why::quota);
  const auto refused = bench.ask(kNow, Priority::interactive, seconds{3});
  EXPECT_EQ(refused.kind, Kind::refuse);
  EXPECT_EQ(refused.at, kNow + seconds{20});
  EXPECT_EQ(refused.why, Why::quota);
}

TEST(ASharedLimiter, AnOperatorsResetEndsTheHold) {
  Bench bench;
  bench.limiter.hold(Priority::interactive, false, kNow + hours{1}, Why::cooldown);
  bench.limiter.reset(true);
  EXPECT_TRUE(bench.goes(kNow));
}

TEST(AShare, BeginsWithAnEmptyBucketAndGivesItsPartOfTheRate) {
  Bench bench{rate(2, 8)};
  bench.limiter.set_share(kNow, ShareConfig{0.5, 2, {}});
  EXPECT_FALSE(bench.goes(kNow));
  EXPECT_FALSE(bench.goes(kNow + Duration{1'999}));
  EXPECT_TRUE(bench.goes(kNow + seconds{2}));
  int burst = 0;
  while (bench.goes(kNow + minutes{5})) ++burst;
  EXPECT_EQ(burst, 2);
  bench.limiter.set_share(kNow + minutes{5}, std::nullopt);
  EXPECT_TRUE(bench.goes(kNow + minutes{5}));
}

TEST(AShare, OfAQuotaIsWhatWasLeftAndAfterAWindowAPartOfTheLimit) {
  Bench bench{day_quota(100)};
  for (int i = 0; i < 40; ++i) ASSERT_TRUE(bench.goes(kNow));
  bench.limiter.set_share(kNow, ShareConfig{0, 0, {{3, 25}}});
  int first = 0;
  while (bench.goes(kNow + hours{1})) ++first;
  EXPECT_EQ(first, 3);
  int later = 0;
  while (bench.goes(kNow + hours{24} + seconds{2})) ++later;
  EXPECT_EQ(later, 25 - 3);
  while (bench.goes(kNow + hours{26})) ++later;
  EXPECT_EQ(later, 25);
}

TEST(SharedLimits, ShowWhatIsLeftForAllWhereOthersHaveSpent) {
  Bench bench{day_quota(100)};
  ASSERT_TRUE(bench.goes(kNow));
  bench.limiter.note_left(kNow, {7});
  const auto quota = bench.limiter.snapshot(kNow).quotas.at(0);
  EXPECT_EQ(quota.remaining, 7U);
  EXPECT_GT(quota.reset, kNow);
  EXPECT_EQ(bench.limiter.snapshot(kNow + minutes{2}).quotas.at(0).remaining, 99U) << "nobody has said so lately";
  bench.limiter.set_share(kNow, ShareConfig{0, 0, {{3, 25}}});
  EXPECT_EQ(bench.limiter.snapshot(kNow).quotas.at(0).remaining, 99U);
}

TEST(AShare, OfNothingLetsNothingGo) {
  Bench bench{rate(2, 8)};
  bench.limiter.set_share(kNow, ShareConfig{0.5, 0, {}});
  EXPECT_FALSE(bench.goes(kNow + minutes{1}));
  EXPECT_EQ(bench.limiter.earliest(kNow, Priority::interactive).why, Why::away);
}

TEST(AShare, OfNothingIsWorthAnotherTrySoonWhateverTheLimits) {
  auto by_quota = RateConfig{};
  by_quota.quotas = {{100, hours{24}, false, 0, {}}};
  for (const auto& config : {rate(10, 10), by_quota}) {
    Bench bench{config};
    ShareConfig share;
    share.nothing = true;
    bench.limiter.set_share(kNow, share);
    const auto refused = bench.ask(kNow, Priority::interactive, minutes{10});
    EXPECT_EQ(refused.kind, Kind::refuse);
    EXPECT_EQ(refused.why, Why::away);
    EXPECT_EQ(refused.at, kNow + seconds{5});
    EXPECT_FALSE(bench.goes(kNow + hours{2}));
  }
}

TEST(AShare, KnowsWhatWasGrantedWithinIt) {
  Bench bench;
  ASSERT_EQ(bench.ask(kNow).kind, Kind::grant);
  bench.limiter.set_share(kNow, ShareConfig{});
  ASSERT_EQ(bench.ask(kNow).kind, Kind::grant);
  EXPECT_FALSE(bench.limiter.is_within_share(1));
  EXPECT_TRUE(bench.limiter.is_within_share(2));
}

TEST(ASharedLimiter, TellsWhatItHasSentAndOfAFixedWindowWhenThatEnds) {
  RateConfig config;
  config.quotas = {{100, hours{24}, false, 0, {}}, {100, hours{24}, true, 0, {}}};
  Bench bench{config};
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(bench.goes(kNow));
  ASSERT_TRUE(bench.goes(kNow + hours{1}));
  const auto runs = bench.limiter.runs(kNow + hours{1});
  EXPECT_EQ(runs[0], (std::vector<QuotaRun>{{kNow, 3}, {kNow + hours{1}, 1}}));
  const auto day = std::chrono::floor<std::chrono::days>(kNow.time_since_epoch());
  EXPECT_EQ(runs[1], (std::vector<QuotaRun>{{TimePoint{day} + seconds{2}, 4}}));
  EXPECT_EQ(bench.limiter.runs(kNow + hours{48})[0].size(), 0U);
}

TEST(ASharedLimiter, TellsNothingOfWhatMayStillBeGivenBack) {
  Bench bench{day_quota(100)};
  for (int i = 0; i < 3; ++i) ASSERT_EQ(bench.ask(kNow).kind, Kind::grant);
  EXPECT_TRUE(bench.limiter.runs(kNow)[0].empty());
  bench.limiter.confirm(2);
  EXPECT_EQ(bench.limiter.runs(kNow)[0], (std::vector<QuotaRun>{{kNow, 1}}));
  bench.limiter.set_share(kNow, ShareConfig{0, 0, {{9, 9}}});
  ASSERT_EQ(bench.ask(kNow).kind, Kind::grant);
  EXPECT_EQ(bench.limiter.runs(kNow)[0], (std::vector<QuotaRun>{{kNow, 2}}));
}

TEST(AKeyLimiter, GivesBackInOneStepWithTheHold) {
  Registry registry;
  registry.configure("tmdb", rate(10, 10), kNow);
  const auto limiter = registry.limiter("tmdb", {}, kNow);
  Effects effects;
  ASSERT_TRUE(limiter->try_take(kNow, waiter_of(1), effects));
  effects = limiter->give_back(kNow, waiter_of(1), kNow + seconds{1}, Why::rate);
  EXPECT_TRUE(effects.wakes.empty());
  EXPECT_EQ(effects.next, kNow + seconds{1});
  EXPECT_EQ(registry.due(kNow + seconds{1}).wakes.size(), 1U);
}

}  // namespace
}  // namespace cachearr::limit
