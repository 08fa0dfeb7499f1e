#include "limit/limiter.hpp"

#include <deque>
#include <gtest/gtest.h>
#include <random>

#include "unit/limit/limiter_bench.hpp"

namespace cachearr::limit {
namespace {

using namespace test;

TEST(Limiter, WithoutLimitsEverythingGoesAtOnce) {
  Bench bench;
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(bench.ask(kNow).kind, Kind::grant);
}

TEST(Limiter, ARequestWaitsForItsTokenAndIsWokenThen) {
  Bench bench{rate(1, 1)};
  EXPECT_EQ(bench.ask(kNow).kind, Kind::grant);
  const auto waits = bench.ask(kNow);
  EXPECT_EQ(waits.kind, Kind::wait);
  EXPECT_EQ(waits.at, kNow + seconds{1});
  const auto early = bench.limiter.effects(kNow + Duration{999});
  EXPECT_TRUE(early.wakes.empty());
  EXPECT_EQ(early.next, kNow + seconds{1});
  const auto due = bench.limiter.effects(kNow + seconds{1});
  ASSERT_EQ(due.wakes.size(), 1U);
  EXPECT_TRUE(due.wakes[0].granted);
  EXPECT_EQ(due.wakes[0].ticket, 2U);
  EXPECT_FALSE(due.next);
}

TEST(Limiter, WhoCannotMakeItIsRefusedAtOnceWithTheTrueTime) {
  Bench bench{rate(0.1, 1)};
  EXPECT_EQ(bench.ask(kNow).kind, Kind::grant);
  const auto refused = bench.ask(kNow, Priority::interactive, seconds{3});
  EXPECT_EQ(refused.kind, Kind::refuse);
  EXPECT_EQ(refused.at, kNow + seconds{10});
  EXPECT_EQ(refused.why, Why::rate);
}

TEST(Limiter, MaxWaitBoundsClientsButNotBackgroundWork) {
  auto config = rate(0.1, 1);
  config.max_wait = seconds{5};
  Bench bench{config};
  EXPECT_EQ(bench.ask(kNow).kind, Kind::grant);
  EXPECT_EQ(bench.ask(kNow, Priority::interactive, hours{1}).kind, Kind::refuse);
  EXPECT_EQ(bench.ask(kNow, Priority::background, hours{1}).kind, Kind::wait);
}

TEST(Limiter, ThoseInLineAreCountedForThoseWhoAskLater) {
  Bench bench{rate(1, 1)};
  EXPECT_EQ(bench.ask(kNow).kind, Kind::grant);
  for (int i = 1; i <= 3; ++i) EXPECT_EQ(bench.ask(kNow, Priority::feed, seconds{4}).at, kNow + seconds{i});
  EXPECT_EQ(bench.ask(kNow, Priority::feed, seconds{3}).kind, Kind::refuse);
  EXPECT_EQ(bench.ask(kNow, Priority::interactive, seconds{3}).at, kNow + seconds{1});
}

TEST(Limiter, WhoIsOvertakenAndCannotMakeItAnyMoreIsToldAtOnce) {
  Bench bench{rate(1, 1)};
  EXPECT_EQ(bench.ask(kNow).kind, Kind::grant);
  EXPECT_EQ(bench.ask(kNow, Priority::feed, Duration{1'500}).kind, Kind::wait);
  EXPECT_EQ(bench.ask(kNow, Priority::interactive, seconds{3}).kind, Kind::wait);
  const auto effects = bench.limiter.effects(kNow);
  ASSERT_EQ(effects.wakes.size(), 1U);
  EXPECT_EQ(effects.wakes[0].ticket, 2U);
  EXPECT_FALSE(effects.wakes[0].granted);
  EXPECT_EQ(effects.wakes[0].retry_at, kNow + seconds{2});
}

TEST(Limiter, TheConcurrencyCapHoldsAndItsPlacesComeBack) {
  RateConfig config;
  config.concurrency = 2;
  Bench bench{config};
  EXPECT_EQ(bench.ask(kNow).kind, Kind::grant);
  EXPECT_EQ(bench.ask(kNow).kind, Kind::grant);
  EXPECT_EQ(bench.ask(kNow).kind, Kind::wait);
  EXPECT_TRUE(bench.limiter.effects(kNow + seconds{1}).wakes.empty());
  bench.limiter.done(kNow + seconds{1}, 1, Outcome::answered, kTook);
  EXPECT_EQ(bench.limiter.effects(kNow + seconds{1}).wakes.size(), 1U);
}

TEST(Limiter, EndingATicketTwiceOrOneThatNeverWasChangesNothing) {
  RateConfig config;
  config.concurrency = 1;
  Bench bench{config};
  EXPECT_EQ(bench.ask(kNow).kind, Kind::grant);
  bench.limiter.done(kNow, 1, Outcome::answered, kTook);
  bench.limiter.done(kNow, 1, Outcome::answered, kTook);
  bench.limiter.cancel(kNow, 77);
  EXPECT_EQ(bench.ask(kNow).kind, Kind::grant);
  EXPECT_EQ(bench.ask(kNow).kind, Kind::wait);
}

TEST(Limiter, BackgroundWorkLeavesTokensAndAPlaceForClients) {
  auto config = rate(1, 8);
  config.concurrency = 2;
  Bench bench{config};
  EXPECT_EQ(bench.ask(kNow, Priority::background).kind, Kind::grant);
  EXPECT_EQ(bench.ask(kNow, Priority::background).kind, Kind::wait);
  EXPECT_EQ(bench.ask(kNow).kind, Kind::grant);
  EXPECT_FALSE(bench.limiter.has_spare(kNow));
}

TEST(Limiter, TenFailuresCloseTheRoadAndOneProbeOpensIt) {
  Bench bench;
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(bench.ask(kNow).kind, Kind::grant);
    bench.limiter.done(kNow, bench.ticket, Outcome::failed, Duration{-1});
  }
  EXPECT_EQ(bench.ask(kNow, Priority::interactive, seconds{1}).why, Why::breaker);
  const auto later = kNow + seconds{5};
  EXPECT_EQ(bench.ask(later).kind, Kind::grant);
  const auto probe = bench.ticket;
  EXPECT_EQ(bench.ask(later).kind, Kind::wait);
  bench.limiter.done(later, probe, Outcome::answered, kTook);
  EXPECT_EQ(bench.limiter.effects(later).wakes.size(), 1U);
}

TEST(Limiter, AWaitingTicketThatIsCancelledNeverWakes) {
  Bench bench{rate(1, 1)};
  EXPECT_EQ(bench.ask(kNow).kind, Kind::grant);
  EXPECT_EQ(bench.ask(kNow).kind, Kind::wait);
  bench.limiter.cancel(kNow, 2);
  EXPECT_TRUE(bench.limiter.effects(kNow + seconds{5}).wakes.empty());
}

TEST(Limiter, AFullQueueTurnsTheFlooderAwayAndNotTheNewcomer) {
  auto config = rate(1, 1);
  config.max_waiting = 4;
  config.max_wait = minutes{10};
  Bench bench{config};
  for (int i = 0; i < 5; ++i) bench.ask(kNow, Priority::interactive, minutes{5}, 1);
  EXPECT_EQ(bench.ask(kNow, Priority::interactive, minutes{5}, 1).why, Why::queue);
  EXPECT_EQ(bench.ask(kNow, Priority::interactive, minutes{5}, 2).kind, Kind::wait);
  const auto effects = bench.limiter.effects(kNow);
  ASSERT_EQ(effects.wakes.size(), 1U);
  EXPECT_EQ(effects.wakes[0].why, Why::queue);
}

TEST(Limiter, NeverLetsOneRequestTooManyThroughWhateverIsAsked) {
  auto config = rate(5, 10);
  config.concurrency = 3;
  config.quotas = {{100, minutes{1}, false, 10}};
  Bench bench{config};
  std::mt19937_64 random{3};
  std::deque<TimePoint> minute;
  std::deque<Ticket> open;
  auto now = kNow;
  std::uint64_t granted = 0;
  const auto count = [&](Ticket ticket) {
    ++granted;
    minute.push_back(now);
    open.push_back(ticket);
  };
  for (int i = 0; i < 50'000; ++i) {
    now += Duration{static_cast<std::int64_t>(random() % 120)};
    const auto asked_at = random() % 10 == 0 ? now - seconds{30} : now;  // a clock that jumps back now and then
    if (bench.ask(asked_at, static_cast<Priority>(random() % 3), seconds{2}, random() % 4).kind == Kind::grant)
      count(bench.ticket);
    for (const auto& wake : bench.limiter.effects(now).wakes) {
      if (wake.granted) count(wake.ticket);
    }
    while (!open.empty() && random() % 3 != 0) {
      bench.limiter.done(now, open.front(), Outcome::answered, kTook);
      open.pop_front();
    }
    while (minute.front() + minutes{1} <= now) minute.pop_front();
    ASSERT_LE(open.size(), 3U);
    ASSERT_LE(minute.size(), 100U);
    ASSERT_LE(granted, 10U + static_cast<std::uint64_t>((now - kNow).count()) * 5 / 1000);
  }
  EXPECT_GT(granted, 1000U);
}

TEST(Limiter, WhatReachedNobodyCostsNothingOfTheQuota) {
  Bench bench{day_quota(2)};
  for (const auto outcome : {Outcome::unsent, Outcome::unsent, Outcome::answered, Outcome::unsent, Outcome::answered}) {
    EXPECT_EQ(bench.ask(kNow).kind, Kind::grant);
    bench.limiter.done(kNow, bench.ticket, outcome, kTook);
  }
  EXPECT_FALSE(bench.goes(kNow)) << "two have been answered";
}

}  // namespace
}  // namespace cachearr::limit
