#include "limit/registry.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <mutex>
#include <thread>
#include <vector>

#include "unit/limit/now.hpp"

namespace cachearr::limit {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using Kind = Admission::Kind;

using test::kNow;
constexpr Hash128 kAnna{1, 1};
constexpr Hash128 kBert{2, 2};

RateConfig rate(double per_second, std::uint32_t burst) {
  RateConfig config;
  config.per_second = per_second;
  config.burst = burst;
  return config;
}

Waiter waiter(Ticket ticket, TimePoint deadline) { return {ticket, Priority::interactive, 1, deadline, false}; }

Kind ask(Registry& registry, const KeyLimiterPtr& limiter, TimePoint now) {
  Effects effects;
  return limiter->ask(now, waiter(registry.new_ticket(), now), effects).kind;
}

TEST(Registry, EachCredentialHasABucketOfItsOwn) {
  Registry registry;
  registry.configure("tmdb", rate(1, 1), kNow);
  EXPECT_EQ(ask(registry, registry.limiter("tmdb", kAnna, kNow), kNow), Kind::grant);
  EXPECT_EQ(ask(registry, registry.limiter("tmdb", kAnna, kNow), kNow), Kind::refuse);
  EXPECT_EQ(ask(registry, registry.limiter("tmdb", kBert, kNow), kNow), Kind::grant);
}

TEST(Registry, TheQuickWayGrantsWhatMayGoAtOnceAndLeavesTheRestAlone) {
  Registry registry;
  registry.configure("tmdb", rate(1, 1), kNow);
  const auto limiter = registry.limiter("tmdb", kAnna, kNow);
  Effects effects;
  EXPECT_TRUE(limiter->try_take(kNow, waiter(registry.new_ticket(), kNow), effects));
  const auto late = registry.new_ticket();
  EXPECT_FALSE(limiter->try_take(kNow, waiter(late, kNow + seconds{5}), effects));
  EXPECT_EQ(limiter->ask(kNow, waiter(late, kNow + seconds{5}), effects).kind, Kind::wait);
  EXPECT_FALSE(limiter->try_take(kNow + seconds{1}, waiter(registry.new_ticket(), kNow + seconds{5}), effects));
  ASSERT_EQ(effects.wakes.size(), 1U);
  EXPECT_EQ(effects.wakes.front().ticket, late);
}

TEST(Registry, TheBreakerIsSharedByAllCredentials) {
  Registry registry;
  const auto anna = registry.limiter("tmdb", kAnna, kNow);
  for (int i = 0; i < 10; ++i) {
    Effects effects;
    const auto ticket = registry.new_ticket();
    ASSERT_EQ(anna->ask(kNow, waiter(ticket, kNow), effects).kind, Kind::grant);
    anna->done(kNow, ticket, Outcome::failed, Duration{-1});
  }
  EXPECT_EQ(ask(registry, registry.limiter("tmdb", kBert, kNow), kNow), Kind::refuse);
  EXPECT_EQ(ask(registry, registry.limiter("tvdb", kBert, kNow), kNow), Kind::grant);
}

TEST(Registry, ACoolDownIsForOneCredentialAlone) {
  Registry registry;
  registry.limiter("nzb", kAnna, kNow)->observe(kNow, {true, kNow + hours{1}, seconds{60}, "429", {}});
  EXPECT_EQ(ask(registry, registry.limiter("nzb", kAnna, kNow), kNow), Kind::refuse);
  EXPECT_EQ(ask(registry, registry.limiter("nzb", kBert, kNow), kNow), Kind::grant);
  EXPECT_EQ(registry.limiter("nzb", kAnna, kNow)->cooldown_until(kNow), kNow + hours{1});
}

TEST(Registry, DueHandsOutTheWakesOfAllLanes) {
  Registry registry;
  std::vector<Ticket> waiting;
  for (const char* name : {"a", "b"}) {
    registry.configure(name, rate(1, 1), kNow);
    const auto limiter = registry.limiter(name, kAnna, kNow);
    EXPECT_EQ(ask(registry, limiter, kNow), Kind::grant);
    Effects effects;
    waiting.push_back(registry.new_ticket());
    EXPECT_EQ(limiter->ask(kNow, waiter(waiting.back(), kNow + seconds{5}), effects).kind, Kind::wait);
    EXPECT_EQ(effects.next, kNow + seconds{1});
  }
  const auto early = registry.due(kNow);
  EXPECT_TRUE(early.wakes.empty());
  EXPECT_EQ(early.next, kNow + seconds{1});
  const auto due = registry.due(kNow + seconds{1});
  ASSERT_EQ(due.wakes.size(), 2U);
  EXPECT_FALSE(due.next);
}

TEST(Registry, InventingCredentialsBuysNoRequests) {
  Registry registry{{4, 8}};
  registry.configure("nzb", rate(0.001, 1), kNow);
  int granted = 0;
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    granted += ask(registry, registry.limiter("nzb", Hash128{i, i}, kNow), kNow) == Kind::grant ? 1 : 0;
  }
  EXPECT_EQ(granted, 9);
}

TEST(Registry, LanesAtRestMakeRoom) {
  Registry registry{{4, 2}};
  registry.configure("nzb", rate(1, 1), kNow);
  for (std::uint64_t i = 1; i <= 20; ++i) {
    const auto now = kNow + seconds{static_cast<std::int64_t>(i) * 10};
    EXPECT_EQ(registry.limiter("nzb", Hash128{i, i}, now)->credential(), (Hash128{i, i}));
  }
  EXPECT_LE(registry.snapshot(kNow + hours{1})[0].limiters.size(), 2U);
}

TEST(Registry, UnnamedUpstreamsAreBounded) {
  Registry registry{{4, 2}};
  registry.configure("named", rate(1, 1), kNow);
  std::vector<KeyLimiterPtr> held;
  for (int i = 0; i < 100; ++i) held.push_back(registry.limiter("host" + std::to_string(i), kAnna, kNow));
  EXPECT_LE(registry.snapshot(kNow).size(), 5U);
  held.clear();
  EXPECT_EQ(registry.limiter("late", kAnna, kNow)->credential(), kAnna);
  EXPECT_LE(registry.snapshot(kNow).size(), 5U);
}

TEST(Registry, ANewConfigurationForgivesNothing) {
  Registry registry;
  registry.configure("tmdb", rate(1, 1), kNow);
  EXPECT_EQ(ask(registry, registry.limiter("tmdb", kAnna, kNow), kNow), Kind::grant);
  registry.configure("tmdb", rate(1, 50), kNow);
  EXPECT_EQ(ask(registry, registry.limiter("tmdb", kAnna, kNow), kNow), Kind::refuse);
}

TEST(Registry, ARestartForgivesNothing) {
  Registry before;
  before.configure("nzb", rate(1, 1), kNow);
  before.limiter("nzb", kAnna, kNow)->observe(kNow, {true, kNow + hours{3}, seconds{60}, "429", {}});
  const auto changes = before.take_changes(kNow, true);
  ASSERT_EQ(changes.size(), 1U);

  Registry after;
  after.configure("nzb", rate(1, 1), kNow);
  ASSERT_TRUE(after.restore(changes[0].first, changes[0].second, kNow + hours{1}));
  EXPECT_EQ(after.limiter("nzb", kAnna, kNow)->cooldown_until(kNow + hours{1}), kNow + hours{3});
  EXPECT_EQ(ask(after, after.limiter("nzb", kAnna, kNow), kNow + hours{3} - Duration{1}), Kind::refuse);
}

TEST(Registry, AWallClockThatWentBackOverARestartShiftsTheState) {
  Registry before;
  before.limiter("nzb", kAnna, kNow)->observe(kNow, {true, kNow + hours{3}, seconds{60}, "429", {}});
  const auto changes = before.take_changes(kNow, true);
  Registry after;
  const auto earlier = kNow - hours{240};
  ASSERT_TRUE(after.restore(changes[0].first, changes[0].second, earlier));
  EXPECT_EQ(after.limiter("nzb", kAnna, earlier)->cooldown_until(earlier), earlier + hours{3});
}

TEST(Registry, OnlyWhatChangedIsHandedOutForSaving) {
  Registry registry;
  registry.limiter("quiet", kAnna, kNow);
  const auto limiter = registry.limiter("busy", kAnna, kNow);
  EXPECT_EQ(ask(registry, limiter, kNow), Kind::grant);
  const auto changes = registry.take_changes(kNow);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].first, "busy");
  EXPECT_TRUE(registry.take_changes(kNow).empty());
  EXPECT_EQ(registry.take_changes(kNow, true).size(), 2U);
}

TEST(Registry, BytesThatAreCutOffOrForeignChangeNothing) {
  Registry before;
  before.limiter("nzb", kAnna, kNow)->observe(kNow, {true, kNow + hours{3}, seconds{60}, "429", {}});
  const auto bytes = before.take_changes(kNow, true)[0].second;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Registry after;
    EXPECT_FALSE(after.restore("nzb", bytes.substr(0, size), kNow)) << size;
  }
  Registry after;
  EXPECT_FALSE(after.restore("nzb", "garbage", kNow));
  EXPECT_EQ(ask(after, after.limiter("nzb", kAnna, kNow), kNow), Kind::grant);
}

TEST(Registry, AMillionStepsOfFourThreadsNeverGetOneTokenTooMany) {
  constexpr int kThreads = 4;
  constexpr int kSteps = 250'000;
  Registry registry;
  auto config = rate(50, 20);
  config.concurrency = 6;
  registry.configure("tmdb", config, kNow);
  std::atomic<std::int64_t> elapsed{0};
  std::atomic<std::uint64_t> granted{0};
  std::atomic<int> under_way{0};
  std::atomic<int> most{0};
  const auto work = [&] {
    const auto limiter = registry.limiter("tmdb", kAnna, kNow);
    for (int i = 0; i < kSteps; ++i) {
      const auto now = kNow + Duration{elapsed += i % 3 == 0 ? 1 : 0};
      Effects effects;
      const auto ticket = registry.new_ticket();
      if (limiter->ask(now, waiter(ticket, now), effects).kind != Kind::grant) continue;
      ++granted;
      const auto at_once = ++under_way;
      for (auto seen = most.load(); seen < at_once && !most.compare_exchange_weak(seen, at_once);) {}
      --under_way;
      limiter->done(now, ticket, Outcome::answered, Duration{1});
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) threads.emplace_back(work);
  for (auto& thread : threads) thread.join();
  EXPECT_LE(granted.load(), 20U + static_cast<std::uint64_t>(elapsed.load()) * 50 / 1000);
  EXPECT_GT(granted.load(), static_cast<std::uint64_t>(elapsed.load()) * 49 / 1000);
  EXPECT_LE(most.load(), 6);
}

TEST(Registry, EveryWaitingTicketIsWokenExactlyOnceWhoeverLooks) {
  Registry registry;
  auto config = rate(1'000, 1);
  config.max_wait = hours{1};
  config.max_waiting = 10'000;
  registry.configure("tmdb", config, kNow);
  constexpr std::size_t kTickets = 2'000;
  std::vector<std::atomic<int>> outcomes(kTickets + 1);
  const auto record = [&](const Effects& effects) {
    for (const auto& wake : effects.wakes) ++outcomes[wake.ticket];
  };
  const auto work = [&] {
    const auto limiter = registry.limiter("tmdb", kAnna, kNow);
    for (auto ticket = registry.new_ticket(); ticket <= kTickets; ticket = registry.new_ticket()) {
      Effects effects;
      if (limiter->ask(kNow, waiter(ticket, kNow + hours{1}), effects).kind != Kind::wait) ++outcomes[ticket];
      record(effects);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back(work);
  for (auto& thread : threads) thread.join();
  for (std::int64_t i = 0; i < 4'000; ++i) record(registry.due(kNow + Duration{i}));
  for (std::size_t ticket = 1; ticket <= kTickets; ++ticket) EXPECT_EQ(outcomes[ticket].load(), 1) << ticket;
}

content::LimitSignal refusal_until(TimePoint until) {
  content::LimitSignal signal;
  signal.limited = true;
  signal.until = until;
  signal.why = "429";
  return signal;
}

TEST(AReset, EndsThePausesOfAllCredentialsAndLetsWhoWaitsGo) {
  Registry registry;
  const auto anna = registry.limiter("tmdb", kAnna, kNow);
  const auto bert = registry.limiter("tmdb", kBert, kNow);
  anna->observe(kNow, refusal_until(kNow + seconds{3}));
  bert->observe(kNow, refusal_until(kNow + hours{1}), true);
  Effects effects;
  const auto ticket = registry.new_ticket();
  ASSERT_EQ(anna->ask(kNow, waiter(ticket, kNow + seconds{5}), effects).kind, Kind::wait);

  const auto reset = registry.reset("tmdb", false, true, kNow);
  ASSERT_TRUE(reset);
  ASSERT_EQ(reset->wakes.size(), 1U);
  EXPECT_EQ(reset->wakes.front().ticket, ticket);
  EXPECT_TRUE(reset->wakes.front().granted);
  EXPECT_TRUE(reset->save_now) << "a restart must not bring the pause back";
  EXPECT_EQ(anna->cooldown_until(kNow), std::nullopt);
  EXPECT_EQ(bert->cooldown_until(kNow, true), std::nullopt);
}

TEST(AReset, OfTheBreakerLeavesPausesAlone) {
  Registry registry;
  const auto anna = registry.limiter("tmdb", kAnna, kNow);
  for (int i = 0; i < 10; ++i) {
    Effects effects;
    const auto ticket = registry.new_ticket();
    anna->ask(kNow, waiter(ticket, kNow), effects);
    anna->done(kNow, ticket, Outcome::failed, Duration{-1});
  }
  anna->observe(kNow, refusal_until(kNow + hours{1}));
  ASSERT_EQ(registry.snapshot(kNow).front().breaker, BreakerState::open);
  ASSERT_TRUE(registry.reset("tmdb", true, false, kNow));
  EXPECT_EQ(registry.snapshot(kNow).front().breaker, BreakerState::closed);
  EXPECT_EQ(anna->cooldown_until(kNow), kNow + hours{1});
}

TEST(AReset, ForgivesNothingThatWasSpent) {
  Registry registry;
  registry.configure("tmdb", rate(1, 1), kNow);
  const auto anna = registry.limiter("tmdb", kAnna, kNow);
  EXPECT_EQ(ask(registry, anna, kNow), Kind::grant);
  registry.reset("tmdb", true, true, kNow);
  EXPECT_EQ(ask(registry, anna, kNow), Kind::refuse);
}

TEST(AReset, OfAnUnknownUpstreamIsNone) {
  Registry registry;
  EXPECT_FALSE(registry.reset("nobody", true, true, kNow));
}

}  // namespace
}  // namespace cachearr::limit
