#include "upkeep/notify/channel_queue.hpp"

#include <gmock/gmock.h>

#include "unit/upkeep/notify/told.hpp"

namespace cachearr::upkeep::test {
namespace {

using namespace std::chrono_literals;
using Outcome = ChannelQueue::Outcome;
using Fate = ChannelQueue::Fate;
using testing::ElementsAre;
using testing::IsEmpty;

class Channel : public testing::Test {
 protected:
  Channel() { queue_.configure({"*"}, 5s, now_); }

  /// The events of everything that is due, each of it delivered.
  std::vector<std::string> told() {
    std::vector<std::string> events;
    while (const auto next = queue_.take(now_)) {
      events.push_back(next->event);
      queue_.settle(Outcome::delivered, now_);
    }
    return events;
  }

  TimePoint now_ = kStart;
  ChannelQueue queue_;
};

using Wanted = Channel;
using Hour = Channel;
using Retry = Channel;
using Bound = Channel;

TEST_F(Wanted, IsWhatAPatternOfTheChannelNames) {
  queue_.configure({"alert.fired.*", "job.failed"}, 5s, now_);
  for (const auto& each : {fired(), resolved(), Notification{"job.done", "1", "notice", "t", "m", "", now_},
                           Notification{"job.failed", "2", "error", "t", "m", "", now_}})
    queue_.offer(each, now_);
  EXPECT_THAT(told(), ElementsAre("alert.fired.disk", "job.failed"));
}

TEST_F(Hour, AnAlertThatFiresAgainIsNotTold) {
  queue_.offer(fired(), now_);
  now_ += 59min;
  queue_.offer(fired(), now_);
  EXPECT_THAT(told(), ElementsAre("alert.fired.disk"));
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(Hour, EachAlertHasItsOwn) {
  queue_.offer(fired("disk"), now_);
  queue_.offer(fired("memory"), now_);
  EXPECT_THAT(told(), ElementsAre("alert.fired.disk", "alert.fired.memory"));
}

TEST_F(Hour, ResolvedFollowsFired) {
  queue_.offer(fired(), now_);
  now_ += 1min;
  queue_.offer(resolved(), now_);
  EXPECT_THAT(told(), ElementsAre("alert.fired.disk", "alert.resolved.disk"));
}

TEST_F(Hour, AFlappingAlertIsToldOnceAndStaysSilent) {
  for (int i = 0; i < 20; ++i, now_ += 2min) {
    queue_.offer(fired(), now_);
    queue_.offer(resolved(), now_ + 1min);
  }
  EXPECT_THAT(told(), ElementsAre("alert.fired.disk", "alert.resolved.disk"));
  now_ += 3h;
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(Hour, WhatFiredAgainAndStaysIsToldWhenItIsOver) {
  queue_.offer(fired(), now_);
  queue_.offer(resolved(), now_ + 10min);
  queue_.offer(fired(), now_ + 20min);
  told();
  EXPECT_EQ(queue_.next(), kStart + 1h);
  now_ += 59min;
  EXPECT_THAT(told(), IsEmpty());
  now_ += 1min;
  EXPECT_THAT(told(), ElementsAre("alert.fired.disk"));
  queue_.offer(resolved(), now_);
  EXPECT_THAT(told(), ElementsAre("alert.resolved.disk"));
}

TEST_F(Hour, AnAlertOfAnEarlierRunMayResolve) {
  queue_.offer(resolved(), now_);
  queue_.offer(resolved(), now_ + 1min);
  EXPECT_THAT(told(), ElementsAre("alert.resolved.disk"));
}

TEST_F(Hour, DoesNotHoldForJobs) {
  const Notification job{"job.done", "1", "notice", "t", "m", "", now_};
  queue_.offer(job, now_);
  queue_.offer(job, now_);
  EXPECT_THAT(told(), ElementsAre("job.done", "job.done"));
}

TEST_F(Retry, PausesGrowAndEnd) {
  queue_.offer(fired(), now_);
  std::vector<Duration> pauses;
  for (;;) {
    ASSERT_TRUE(queue_.take(now_));
    const auto fate = queue_.settle(Outcome::failed, now_);
    if (fate == Fate::given_up) break;
    ASSERT_EQ(fate, Fate::tried_again);
    pauses.push_back(*queue_.next() - now_);
    EXPECT_FALSE(queue_.take(*queue_.next() - 1ms));
    now_ = *queue_.next();
  }
  EXPECT_THAT(pauses, ElementsAre(5s, 30s, 2min, 10min, 30min));
  EXPECT_EQ(queue_.waiting(), 0U);
  EXPECT_EQ(queue_.next(), std::nullopt);
}

TEST_F(Retry, WhatIsUnderWayIsNotTakenTwice) {
  queue_.offer(fired(), now_);
  queue_.offer(resolved(), now_);
  EXPECT_TRUE(queue_.take(now_));
  EXPECT_FALSE(queue_.take(now_ + 24h));
  EXPECT_EQ(queue_.next(), std::nullopt);
}

TEST_F(Retry, TheFirstHoldsUpTheOthers) {
  queue_.offer(fired(), now_);
  queue_.offer(resolved(), now_);
  queue_.take(now_);
  queue_.settle(Outcome::failed, now_);
  EXPECT_THAT(told(), IsEmpty());
  now_ += 5s;
  EXPECT_THAT(told(), ElementsAre("alert.fired.disk", "alert.resolved.disk"));
}

TEST_F(Retry, TheServicesOwnPauseHoldsWithinReason) {
  queue_.offer(fired(), now_);
  queue_.take(now_);
  queue_.settle(Outcome::failed, now_, 40s);
  EXPECT_EQ(queue_.next(), now_ + 40s);
  now_ += 40s;
  queue_.take(now_);
  queue_.settle(Outcome::failed, now_, 48h);
  EXPECT_EQ(queue_.next(), now_ + 1h);
}

TEST_F(Retry, WhatIsRefusedIsNotTriedAgain) {
  queue_.offer(fired(), now_);
  queue_.take(now_);
  EXPECT_EQ(queue_.settle(Outcome::refused, now_), Fate::given_up);
  EXPECT_EQ(queue_.waiting(), 0U);
}

TEST_F(Retry, ANewConfigurationTriesAtOnce) {
  queue_.offer(fired(), now_);
  queue_.take(now_);
  queue_.settle(Outcome::failed, now_);
  queue_.configure({"*"}, 1s, now_);
  EXPECT_TRUE(queue_.take(now_));
}

TEST_F(Bound, MoreThanAHundredAreLost) {
  for (std::size_t i = 0; i < ChannelQueue::kMost; ++i) EXPECT_TRUE(queue_.offer(fired(std::to_string(i)), now_));
  EXPECT_FALSE(queue_.offer(fired("one more"), now_));
  EXPECT_EQ(queue_.waiting(), ChannelQueue::kMost);
}

}  // namespace
}  // namespace cachearr::upkeep::test
