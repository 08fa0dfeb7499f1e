#include "upkeep/alerts/evaluate.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cachearr::upkeep {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr TimePoint kMidnight{hours{480'000}};

/// A day that is played through, minute by minute.
class ADay : public ::testing::Test {
 protected:
  ADay() {
    inputs_.health.store.memory.max_bytes = 1000;
    inputs_.health.store.disk.max_bytes = 1000;
    inputs_.health.store.disk_enabled = true;
    inputs_.health.upstreams.push_back({"tmdb", "live", {}, 0});
    tmdb().limiters.emplace_back();
  }
  limit::UpstreamSnapshot& tmdb() { return inputs_.health.upstreams.front().limits; }
  limit::KeyLimiterSnapshot& lane() { return tmdb().limiters.front(); }
  TimePoint now() const { return kMidnight + since_midnight_; }

  /// The next minutes, as things stand. Gives what has changed: "+7 memory" fired in minute 7 since midnight.
  std::vector<std::string> pass(int minutes_to_pass) {
    std::vector<std::string> changes;
    for (int i = 0; i < minutes_to_pass; ++i) {
      for (const auto& change : look_after(minutes{1})) changes.push_back(told(change, since_midnight_ / minutes{1}));
    }
    return changes;
  }
  /// As the program looks around, every ten seconds: "+70 memory" fired at that second since midnight.
  std::vector<std::string> pass_by_tens(int looks) {
    std::vector<std::string> changes;
    for (int i = 0; i < looks; ++i) {
      for (const auto& change : look_after(seconds{10})) changes.push_back(told(change, since_midnight_ / seconds{1}));
    }
    return changes;
  }
  std::vector<AlertChange> look_after(Duration time) {
    since_midnight_ += time;
    inputs_.health.now = now();
    auto result = evaluate_alerts(inputs_, thresholds_, std::move(state_), now());
    state_ = std::move(result.state);
    if (!result.changes.empty()) last_ = result.changes.back();
    return result.changes;
  }
  static std::string told(const AlertChange& change, std::int64_t when) {
    return (change.fired ? "+" : "-") + std::to_string(when) + " " + std::string{change.alert.id};
  }

  AlertInputs inputs_;
  AlertThresholds thresholds_;
  AlertState state_;
  AlertChange last_;
  Duration since_midnight_{0};
};

TEST_F(ADay, WithoutTroubleIsQuiet) {
  inputs_.last_minute = {90, 10};
  EXPECT_THAT(pass(60), IsEmpty());
  EXPECT_EQ(state_, AlertState{});
}

TEST_F(ADay, WithAPoorHitRateCallsAfterFiveMinutes) {
  inputs_.last_minute = {90, 10};
  pass(10);
  inputs_.last_minute = {40, 60};
  EXPECT_THAT(pass(10), ElementsAre("+16 hit-rate"));
  EXPECT_EQ(last_.alert.since, kMidnight + minutes{11});
  EXPECT_EQ(last_.alert.severity, HealthNote::Severity::warning);
  EXPECT_THAT(last_.alert.message, HasSubstr("only 40 % came from the cache"));
  inputs_.last_minute = {60, 40};
  EXPECT_THAT(pass(3), ElementsAre("-21 hit-rate"));
  EXPECT_EQ(last_.alert.resolved, kMidnight + minutes{21});
}

TEST_F(ADay, DoesNotCallForAPoorHitRateThatRecoversInTime) {
  for (int i = 0; i < 5; ++i) {
    inputs_.last_minute = {40, 60};
    EXPECT_THAT(pass(5), IsEmpty());
    inputs_.last_minute = {60, 40};
    EXPECT_THAT(pass(1), IsEmpty());
  }
}

TEST_F(ADay, DoesNotFlapWhereTheHitRateStaysNearTheThreshold) {
  inputs_.last_minute = {40, 60};
  pass(6);
  ASSERT_EQ(state_.firing().size(), 1U);
  for (int i = 0; i < 10; ++i) {
    inputs_.last_minute = {52, 48};
    EXPECT_THAT(pass(1), IsEmpty()) << "clear, but not by the margin, and not for a minute";
    inputs_.last_minute = {48, 52};
    EXPECT_THAT(pass(1), IsEmpty());
  }
  inputs_.last_minute = {52, 48};
  EXPECT_THAT(pass(5), ElementsAre("-28 hit-rate")) << "clear for a minute";
}

TEST_F(ADay, OfAnIdleProxyIsQuiet) {
  inputs_.last_minute = {0, 19};
  inputs_.slow.last_while = {0, 19};
  EXPECT_THAT(pass(60), IsEmpty());
}

TEST_F(ADay, JudgesFewLookUpsByTheLastWhile) {
  inputs_.last_minute = {0, 4};
  inputs_.slow.last_while = {1, 20};
  EXPECT_THAT(pass(10), ElementsAre("+6 hit-rate"));
}

TEST_F(ADay, CallsForTiersAboveTheirThresholdUntilTheyAreClearOfIt) {
  inputs_.health.store.memory.bytes = 760;
  EXPECT_THAT(pass(2), ElementsAre("+1 memory"));
  inputs_.health.store.disk.bytes = 950;
  EXPECT_THAT(pass(2), ElementsAre("+3 disk"));
  inputs_.health.store.memory.bytes = 740;
  EXPECT_THAT(pass(1), IsEmpty());
  EXPECT_THAT(pass(1), ElementsAre("-6 memory")) << "below for a minute";
  inputs_.health.store.disk.bytes = 600;
  EXPECT_THAT(pass(1), ElementsAre("-7 disk")) << "far below";
}

TEST_F(ADay, CountsKeys) {
  thresholds_.max_keys = 100;
  inputs_.health.store.disk.entries = 100;
  EXPECT_THAT(pass(1), IsEmpty());
  inputs_.health.store.disk.entries = 101;
  EXPECT_THAT(pass(1), ElementsAre("+2 keys"));
  inputs_.health.store.disk.entries = 90;
  EXPECT_THAT(pass(1), ElementsAre("-3 keys"));
}

TEST_F(ADay, NamesKeysWithAPoorHitRate) {
  inputs_.slow.poor_keys = {2, {"series:1", "series:2"}};
  EXPECT_THAT(pass(1), ElementsAre("+1 key-hit-rate"));
  EXPECT_EQ(last_.alert.message, "2 keys have a hit rate under 30 %: series:1, series:2");
  inputs_.slow.poor_keys = {};
  EXPECT_THAT(pass(3), ElementsAre("-3 key-hit-rate"));
}

TEST_F(ADay, SeesAQuotaGoDownAndComeBack) {
  lane().quotas = {{hours{24}, 100, 11, kMidnight + hours{1}, false, false}};
  EXPECT_THAT(pass(5), IsEmpty());
  lane().quotas[0].remaining = 9;
  EXPECT_THAT(pass(5), ElementsAre("+6 quota-low"));
  EXPECT_EQ(last_.alert.subject, "tmdb");
  EXPECT_THAT(last_.alert.message, HasSubstr("the quota of tmdb (100 a day) 9 are left"));
  lane().quotas[0].remaining = 0;
  EXPECT_THAT(pass(5), ElementsAre("+11 quota-spent", "-11 quota-low")) << "the graver one alone";
  EXPECT_THAT(pass(50), ElementsAre("-60 quota-spent")) << "at the reset";
}

TEST_F(ADay, DoesNotCallForALowQuotaWhileItTellsOfASpentOne) {
  lane().quotas = {{hours{24}, 100, 0, kMidnight + hours{20}, false, false}};
  EXPECT_THAT(pass(1), ElementsAre("+1 quota-spent"));
  lane().quotas[0].remaining = 1;
  EXPECT_THAT(pass_by_tens(5), IsEmpty());
  lane().quotas[0].remaining = 0;
  EXPECT_THAT(pass(5), IsEmpty());
  lane().quotas[0].remaining = 1;
  EXPECT_THAT(pass(5), ElementsAre("-8 quota-spent", "+9 quota-low")) << "one after the other";
  lane().quotas[0].remaining = 90;
  EXPECT_THAT(pass(1), ElementsAre("-12 quota-low"));
}

TEST_F(ADay, TellsOfPausesAndOfUpstreamsThatAreDown) {
  lane().cooldown_until = kMidnight + hours{20};
  lane().cooldown_why = "429";
  EXPECT_THAT(pass(2), ElementsAre("+1 cooldown"));
  lane().cooldown_until.reset();
  EXPECT_THAT(pass(3), ElementsAre("-3 cooldown")) << "its time is over";
  tmdb().breaker = limit::BreakerState::open;
  tmdb().breaker_until = kMidnight + hours{20};
  EXPECT_THAT(pass(1), IsEmpty()) << "for seconds it may be";
  EXPECT_THAT(pass(1), ElementsAre("+7 upstream-down"));
  tmdb().breaker = limit::BreakerState::closed;
  EXPECT_THAT(pass(3), ElementsAre("-9 upstream-down"));
}

TEST_F(ADay, TellsOfAnUpstreamThatFailsAllTheTimeAMinuteAfterItsBreakerOpenedFirst) {
  tmdb().failures_in_a_row = 10;
  tmdb().breaker_since = kMidnight + seconds{3};
  std::vector<std::string> changes;
  for (int i = 0; i < 10; ++i) {
    const bool is_probed = i % 2 == 1;
    tmdb().breaker = is_probed ? limit::BreakerState::half_open : limit::BreakerState::open;
    tmdb().breaker_until = is_probed ? std::nullopt : std::optional{now() + seconds{20}};
    const auto more = pass_by_tens(1);
    changes.insert(changes.end(), more.begin(), more.end());
  }
  EXPECT_THAT(changes, ElementsAre("+70 upstream-down"));
  EXPECT_EQ(last_.alert.since, kMidnight + seconds{3});
  tmdb().breaker = limit::BreakerState::closed;
  EXPECT_THAT(pass_by_tens(10), ElementsAre("-170 upstream-down")) << "it answers for a minute";
}

TEST_F(ADay, LeavesAPauseThatFollowsUponAnotherUntilAMinuteIsQuiet) {
  const auto pause_and_ask_again = [this] {
    lane().cooldown_until = now() + seconds{20};
    auto changes = pass_by_tens(2);
    lane().cooldown_until.reset();
    const auto more = pass_by_tens(1);
    changes.insert(changes.end(), more.begin(), more.end());
    return changes;
  };
  EXPECT_THAT(pause_and_ask_again(), ElementsAre("+10 cooldown", "-30 cooldown"));
  EXPECT_THAT(pause_and_ask_again(), ElementsAre("+40 cooldown"));
  for (int i = 0; i < 10; ++i) EXPECT_THAT(pause_and_ask_again(), IsEmpty());
  EXPECT_THAT(pass_by_tens(10), ElementsAre("-420 cooldown"));
}

TEST_F(ADay, LeavesAQuotaThatIsSpentAgainAndAgainUntilAMinuteIsQuiet) {
  lane().quotas = {{minutes{1}, 100, 0, kMidnight + hours{20}, false, false}};
  const auto spend_and_renew = [this] {
    lane().quotas[0].remaining = 0;
    auto changes = pass_by_tens(1);
    lane().quotas[0].remaining = 90;
    const auto more = pass_by_tens(5);
    changes.insert(changes.end(), more.begin(), more.end());
    return changes;
  };
  EXPECT_THAT(spend_and_renew(), ElementsAre("+10 quota-spent", "-20 quota-spent"));
  EXPECT_THAT(spend_and_renew(), ElementsAre("+70 quota-spent"));
  for (int i = 0; i < 10; ++i) EXPECT_THAT(spend_and_renew(), IsEmpty());
  EXPECT_THAT(pass_by_tens(5), ElementsAre("-740 quota-spent"));
}

TEST_F(ADay, TellsSinceWhenWhereThatIsKnown) {
  inputs_.health.refused_reload = "rules.json:3:7: a duration is expected";
  inputs_.health.reload_refused_at = kMidnight + seconds{4};
  EXPECT_THAT(pass_by_tens(1), ElementsAre("+10 rules"));
  EXPECT_EQ(last_.alert.since, kMidnight + seconds{4});
  inputs_.health.refused_reload.reset();
  EXPECT_THAT(pass_by_tens(1), ElementsAre("-20 rules")) << "mended, so over";
  lane().cooldown_until = kMidnight + hours{1};
  lane().cooldown_since = kMidnight + seconds{23};
  EXPECT_THAT(pass_by_tens(1), ElementsAre("+30 cooldown"));
  EXPECT_EQ(last_.alert.since, kMidnight + seconds{23});
}

TEST_F(ADay, SeesAnUpstreamBeginToAnswerSomethingElse) {
  inputs_.slow.answers["tvdb"] = {{9, 9}, {0, 0}};
  EXPECT_THAT(pass(1), IsEmpty()) << "too few to tell";
  inputs_.slow.answers["tvdb"] = {{100, 30}, {1000, 300}};
  EXPECT_THAT(pass(1), IsEmpty()) << "it has always been so";
  inputs_.slow.answers["tvdb"] = {{100, 30}, {1000, 20}};
  EXPECT_THAT(pass(1), ElementsAre("+3 upstream-drift"));
  EXPECT_EQ(last_.alert.subject, "tvdb");
  EXPECT_THAT(last_.alert.message, HasSubstr("30 % of the last answers of tvdb"));
  inputs_.slow.answers["tvdb"] = {{100, 5}, {1000, 20}};
  EXPECT_THAT(pass(1), ElementsAre("-4 upstream-drift"));
}

TEST_F(ADay, TellsOfTheStoreTheRulesAndTheAuthority) {
  inputs_.health.store.disk_problem = "No space left on device";
  inputs_.health.refused_reload = "rules.json:3:7: a duration is expected";
  inputs_.authority_expiring = "the local authority expires in 10 days";
  inputs_.authority_renew = "the local authority may not sign for api.test";
  EXPECT_THAT(pass(5), ElementsAre("+1 authority-expiring", "+1 authority-renew", "+1 store", "+1 rules"));
  inputs_.health.store.disk_problem.clear();
  inputs_.health.refused_reload.reset();
  inputs_.authority_expiring.reset();
  inputs_.authority_renew.reset();
  EXPECT_THAT(pass(5), ElementsAre("-6 authority-expiring", "-6 authority-renew", "-6 rules", "-7 store"));
}

TEST_F(ADay, TellsOfAWarmUpThatFailedUntilOneOfItsTypeIsThrough) {
  inputs_.failed_warm_ups = {{"series", "sonarr.test answered 401"}};
  EXPECT_THAT(pass(1), ElementsAre("+1 warmup-failed"));
  EXPECT_EQ(last_.alert.subject, "series");
  EXPECT_THAT(last_.alert.message, HasSubstr("sonarr.test answered 401"));
  inputs_.failed_warm_ups.clear();
  EXPECT_THAT(pass(3), ElementsAre("-2 warmup-failed"));
}

TEST_F(ADay, ForgetsAnUpstreamThatIsGone) {
  lane().cooldown_until = kMidnight + hours{20};
  pass(1);
  inputs_.health.upstreams.clear();
  EXPECT_THAT(pass(3), ElementsAre("-2 cooldown"));
}

TEST_F(ADay, KeepsWhatWasResolvedLatelyTheNewestFirst) {
  for (int i = 0; i < 60; ++i) {
    inputs_.health.store.memory.bytes = 800;
    pass(1);
    inputs_.health.store.memory.bytes = 0;
    pass(2);
  }
  ASSERT_EQ(state_.recent.size(), 50U);
  EXPECT_EQ(state_.recent.front().resolved, kMidnight + minutes{180});
  EXPECT_GT(state_.recent[0].since, state_.recent[1].since);
}

TEST_F(ADay, GoesOnAfterARestartWhereItWas) {
  inputs_.last_minute = {40, 60};
  inputs_.health.store.disk_problem = "gone";
  pass(2);
  inputs_.health.store.disk_problem.clear();
  pass(1);
  const auto bytes = encode_alerts(state_);
  const auto again = decode_alerts(bytes);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, state_);
  state_ = *again;
  EXPECT_THAT(pass(3), ElementsAre("-4 store", "+6 hit-rate")) << "nothing fires twice";
}

TEST(TheStateOfAlerts, IsRefusedWhereItIsCutOrOfAnotherVersion) {
  AlertState state;
  state.watched[{"store", ""}] = {kMidnight, true, kMidnight, "full"};
  state.recent.push_back({"memory", "", HealthNote::Severity::warning, "m", "", kMidnight, kMidnight});
  const auto bytes = encode_alerts(state);
  for (std::size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(decode_alerts(bytes.substr(0, size))) << size;
  EXPECT_FALSE(decode_alerts("\2" + bytes.substr(1)));
}

TEST(TheTableOfAlerts, SaysOfEachWhatToDo) {
  for (const auto& kind : alert_kinds()) {
    EXPECT_FALSE(kind.advice.empty()) << kind.id;
    EXPECT_EQ(find_alert_kind(kind.id), &kind) << kind.id;
  }
}

}  // namespace
}  // namespace cachearr::upkeep
