#include "limit/limiter.hpp"

#include <deque>
#include <gtest/gtest.h>
#include <random>
#include <string>

namespace cachearr::limit {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using Kind = Admission::Kind;

constexpr TimePoint kNow{Duration{1'700'000'000'000}};
constexpr Duration kTook{100};

/// A limiter with its own health, and tickets that count up.
struct Bench {
  explicit Bench(RateConfig given = {}) : config{std::move(given)}, limiter{config, health, kNow} {}

  Admission ask(TimePoint now, Priority priority = Priority::interactive, Duration patience = seconds{60},
                std::uint64_t client = 1, bool grab = false) {
    return limiter.ask(now, Waiter{++ticket, priority, client, now + patience, grab});
  }
  Admission ask_grab(TimePoint now) { return ask(now, Priority::interactive, Duration{0}, 1, true); }
  bool goes(TimePoint now, Priority priority = Priority::interactive) {
    const bool granted = ask(now, priority, Duration{0}).kind == Kind::grant;
    if (granted) limiter.done(now, ticket, Outcome::answered, kTook);
    return granted;
  }
  std::string saved(bool clean) {
    StateWriter writer;
    limiter.save(writer, clean);
    return writer.take();
  }
  void restore(const std::string& bytes, TimePoint now) {
    StateReader reader{bytes};
    limiter.load(reader, now);
  }

  RateConfig config;
  Health health;
  Limiter limiter;
  Ticket ticket = 0;
};

RateConfig rate(double per_second, std::uint32_t burst) {
  RateConfig config;
  config.per_second = per_second;
  config.burst = burst;
  return config;
}

RateConfig day_quota(std::uint64_t limit, std::uint64_t reserve = 0) {
  RateConfig config;
  config.quotas = {{limit, hours{24}, false, reserve}};
  return config;
}

content::LimitSignal limited(TimePoint until) { return {true, until, seconds{60}, "429", {}}; }

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
