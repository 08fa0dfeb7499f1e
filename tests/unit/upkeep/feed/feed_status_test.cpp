#include "upkeep/feed/feed_status.hpp"

#include <gtest/gtest.h>

#include "upkeep/health.hpp"
#include "upkeep/upstream_status.hpp"

namespace cachearr::upkeep {
namespace {

using std::chrono::milliseconds;

const TimePoint kFeedNow{std::chrono::seconds{1'700'000'000}};

FeedStatus feed_status(FeedPhase phase, Duration ago, std::string error = {}) {
  FeedStatus status;
  status.upstream = "sonarr";
  status.phase = phase;
  status.since = kFeedNow - ago;
  status.last_error = std::move(error);
  return status;
}

std::vector<HealthNote> feed_notes(const FeedStatus& status) {
  HealthInputs inputs;
  inputs.now = kFeedNow;
  UpstreamStatus upstream;
  upstream.name = "sonarr";
  upstream.events = status;
  inputs.upstreams = {upstream};
  return evaluate(inputs).notes;
}

TEST(FeedStatus, PausesGrowUpToAMinute) {
  std::vector<Duration::rep> pauses;
  for (unsigned failures = 0; failures < 6; ++failures) pauses.push_back(pause_before_try(failures, 0).count());
  EXPECT_EQ(pauses, (std::vector<Duration::rep>{0, 2'000, 10'000, 30'000, 60'000, 60'000}));
}

TEST(FeedStatus, JitterAddsAFifthAtMost) {
  EXPECT_EQ(pause_before_try(2, 0.5), milliseconds{11'000});
  EXPECT_EQ(pause_before_try(2, 1), milliseconds{12'000});
  EXPECT_EQ(pause_before_try(2, 7), milliseconds{12'000});
  EXPECT_EQ(pause_before_try(0, 1), milliseconds{0});
}

TEST(FeedStatus, HealthTellsOfAFeedThatIsDownForAMinute) {
  EXPECT_TRUE(feed_notes(feed_status(FeedPhase::down, milliseconds{59'000})).empty());
  const auto told = feed_notes(feed_status(FeedPhase::down, milliseconds{60'000}, "it refuses the key"));
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].alert, "event-feed");
  EXPECT_EQ(told[0].subject, "sonarr");
  EXPECT_NE(told[0].message.find("it refuses the key"), std::string::npos);
  EXPECT_EQ(feed_notes(feed_status(FeedPhase::connecting, milliseconds{60'000})).size(), 1U);
}

TEST(FeedStatus, HealthTellsOfAnUnreadableKeyAtOnce) {
  auto status = feed_status(FeedPhase::down, milliseconds{1'000});
  status.unreadable_key = true;
  EXPECT_EQ(feed_notes(status).size(), 1U);
}

TEST(FeedStatus, HealthIsContentWithAFeedThatIsUpOrNotWanted) {
  for (const auto phase : {FeedPhase::connected, FeedPhase::polling, FeedPhase::off})
    EXPECT_TRUE(feed_notes(feed_status(phase, milliseconds{90'000})).empty()) << name_of(phase);
}

}  // namespace
}  // namespace cachearr::upkeep
