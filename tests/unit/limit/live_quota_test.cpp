#include "limit/live_quota.hpp"

#include <gtest/gtest.h>

#include "unit/limit/now.hpp"

namespace cachearr::limit {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

using test::kNow;
constexpr auto kInteractive = Priority::interactive;

content::QuotaReading reading(std::uint64_t remaining, TimePoint reset) { return {50, remaining, hours{24}, reset}; }

TEST(LiveQuota, WithoutAWordFromTheUpstreamEverythingMayGo) {
  EXPECT_EQ(LiveQuota{}.ready_at(kNow, Priority::background, 10, true), kNow);
}

TEST(LiveQuota, NothingGoesOnceTheUpstreamCountsNothingLeft) {
  LiveQuota quota;
  quota.observe(kNow, {reading(0, kNow + hours{3})}, {});
  EXPECT_EQ(quota.ready_at(kNow, kInteractive, 0, false), kNow + hours{3});
  EXPECT_EQ(quota.ready_at(kNow + hours{3}, kInteractive, 0, false), kNow + hours{3});
}

TEST(LiveQuota, RequestsBetweenTwoAnswersAreCountedDown) {
  LiveQuota quota;
  quota.observe(kNow, {reading(2, kNow + hours{3})}, {});
  quota.take(kNow, false);
  EXPECT_EQ(quota.ready_at(kNow, kInteractive, 0, false), kNow);
  quota.take(kNow, false);
  EXPECT_GT(quota.ready_at(kNow, kInteractive, 0, false), kNow);
}

TEST(LiveQuota, RequestsUnderWayAreTakenOffWhatAnAnswerTells) {
  LiveQuota quota;
  quota.observe(kNow, {reading(3, kNow + hours{3})}, {3, 0});
  EXPECT_GT(quota.ready_at(kNow, kInteractive, 0, false), kNow);
}

TEST(LiveQuota, ARefundGivesNoMoreThanTheUpstreamHasLeft) {
  LiveQuota quota;
  quota.observe(kNow, {reading(1, kNow + hours{3})}, {3, 0});
  quota.refund(false);
  quota.refund(false);
  EXPECT_GT(quota.ready_at(kNow, kInteractive, 0, false), kNow) << "the third takes the one that is left";
  quota.refund(false);
  EXPECT_EQ(quota.ready_at(kNow, kInteractive, 0, false), kNow);
}

TEST(LiveQuota, OnlyWhatAFigureCountsIsTakenOffIt) {
  LiveQuota quota;
  quota.observe(kNow, {content::QuotaReading{5, 1, hours{24}, kNow + hours{3}, LimitScope::grab}}, {2, 1});
  EXPECT_GT(quota.ready_at(kNow, kInteractive, 0, true), kNow) << "the grab under way takes the last one";
  quota.refund(true);
  EXPECT_EQ(quota.ready_at(kNow, kInteractive, 0, true), kNow) << "the two searches take none";
}

TEST(LiveQuota, AnAnswerThatWasOvertakenDoesNotGiveBack) {
  LiveQuota quota;
  quota.observe(kNow, {reading(9, kNow + hours{3})}, {});
  quota.observe(kNow, {reading(10, kNow + hours{3})}, {});
  EXPECT_EQ(quota.figures(kNow)[0].reading.remaining, 9U);
}

TEST(LiveQuota, ANewWindowStartsAfresh) {
  LiveQuota quota;
  quota.observe(kNow, {reading(0, kNow + seconds{10})}, {});
  quota.observe(kNow + seconds{11}, {reading(49, kNow + hours{24})}, {});
  EXPECT_EQ(quota.ready_at(kNow + seconds{11}, kInteractive, 0, false), kNow + seconds{11});
}

TEST(LiveQuota, TheReserveIsForInteractiveRequests) {
  LiveQuota quota;
  quota.observe(kNow, {reading(10, kNow + hours{3})}, {});
  EXPECT_EQ(quota.ready_at(kNow, Priority::feed, 10, false), kNow + hours{3});
  EXPECT_EQ(quota.ready_at(kNow, kInteractive, 10, false), kNow);
}

TEST(LiveQuota, DownloadsUsedUpStopOnlyDownloads) {
  LiveQuota quota;
  quota.observe(kNow, {content::QuotaReading{5, 0, hours{24}, kNow + hours{3}, LimitScope::grab}}, {});
  EXPECT_EQ(quota.ready_at(kNow, kInteractive, 0, false), kNow);
  EXPECT_EQ(quota.ready_at(kNow, kInteractive, 0, true), kNow + hours{3});
}

TEST(LiveQuota, CallsUsedUpStopOnlyCalls) {
  LiveQuota quota;
  quota.observe(kNow, {content::QuotaReading{5, 1, hours{24}, kNow + hours{3}, LimitScope::call}}, {});
  quota.take(kNow, true);
  EXPECT_EQ(quota.ready_at(kNow, kInteractive, 0, false), kNow);
  quota.take(kNow, false);
  EXPECT_EQ(quota.ready_at(kNow, kInteractive, 0, false), kNow + hours{3});
  EXPECT_EQ(quota.ready_at(kNow, kInteractive, 0, true), kNow);
}

TEST(LiveQuota, ARestartForgivesNothing) {
  LiveQuota quota;
  quota.observe(kNow, {reading(0, kNow + hours{3})}, {});
  StateWriter writer;
  quota.save(writer);
  const auto bytes = writer.take();
  LiveQuota restored;
  StateReader reader{bytes};
  restored.load(reader);
  EXPECT_EQ(restored.ready_at(kNow, kInteractive, 0, false), kNow + hours{3});
}

}  // namespace
}  // namespace cachearr::limit
