#include "caching/reuse.hpp"

#include <gtest/gtest.h>

#include "unit/caching/heads.hpp"

namespace cachearr::caching {
namespace {

using namespace test;

/// Fresh for a minute from kNow on.
EntryMeta minute(unsigned flags = 0) {
  EntryMeta meta;
  meta.born_ms = meta.stored_ms = kNow.time_since_epoch().count();
  meta.fresh_until_ms = meta.born_ms + 60'000;
  meta.flags = static_cast<std::uint16_t>(flags);
  return meta;
}

EntryMeta with_windows(unsigned flags = 0) {
  auto meta = minute(flags);
  meta.swr_seconds = meta.sie_seconds = meta.limited_seconds = 30;
  return meta;
}

TEST(Reuse, AFreshAnswerIsServed) { EXPECT_EQ(judge(minute(), {}, kNow + 59s).reuse, Reuse::fresh); }

TEST(Reuse, AtTheEndOfItsLifetimeItIsStale) {
  const auto verdict = judge(minute(), {}, kNow + 60s);
  EXPECT_EQ(verdict.reuse, Reuse::validate);
  EXPECT_FALSE(verdict.by_request);
}

TEST(Reuse, WhatSaysNoCacheIsAlwaysValidated) {
  EXPECT_EQ(judge(minute(kNoCache), {}, kNow).reuse, Reuse::validate);
  EXPECT_EQ(judge(minute(kNoCache), asks("max-stale"), kNow).reuse, Reuse::validate);
  EXPECT_FALSE(judge(minute(kNoCache), {}, kNow).by_request);
}

TEST(Reuse, ASoftPurgeEndsFreshnessButNotTheWindows) {
  EXPECT_EQ(judge(minute(kInvalidated), {}, kNow).reuse, Reuse::validate);
  EXPECT_EQ(judge(with_windows(kInvalidated), {}, kNow + 29s).reuse, Reuse::stale_while_revalidate);
  EXPECT_EQ(judge(with_windows(kInvalidated), {}, kNow + 31s).reuse, Reuse::validate);
}

TEST(Reuse, TheClientMayInsistOnValidation) {
  for (const auto* value : {"no-cache", "max-age=0", "max-age=4", "min-fresh=56"}) {
    const auto verdict = judge(minute(), asks(value), kNow + 5s);
    EXPECT_EQ(verdict.reuse, Reuse::validate) << value;
    EXPECT_TRUE(verdict.by_request) << value;
  }
}

TEST(Reuse, TheClientMayBeContent) {
  for (const auto* value : {"max-age=5", "min-fresh=55", "no-store", "only-if-cached", "max-stale"}) {
    EXPECT_EQ(judge(minute(), asks(value), kNow + 5s).reuse, Reuse::fresh) << value;
  }
}

TEST(Reuse, AReloadAsksTheOriginHoweverYoungTheAnswerIs) {
  EXPECT_EQ(judge(minute(), asks("max-age=0"), kNow).reuse, Reuse::validate);
}

TEST(Reuse, WhatIsStaleAnywayIsNotTheClientsDoing) {
  EXPECT_FALSE(judge(minute(), asks("no-cache"), kNow + 90s).by_request);
}

TEST(Reuse, MaxStaleAcceptsAStaleAnswer) {
  EXPECT_EQ(judge(minute(), asks("max-stale=30"), kNow + 90s).reuse, Reuse::stale_allowed);
  EXPECT_EQ(judge(minute(), asks("max-stale=30"), kNow + 91s).reuse, Reuse::validate);
  EXPECT_EQ(judge(minute(), asks("max-stale"), kNow + 24h).reuse, Reuse::stale_allowed);
}

TEST(Reuse, MaxStaleDoesNotHelpWhereStaleIsForbidden) {
  EXPECT_EQ(judge(minute(kMustRevalidate), asks("max-stale"), kNow + 61s).reuse, Reuse::validate);
}

TEST(Reuse, WithinTheWindowItIsServedAndRefreshed) {
  EXPECT_EQ(judge(with_windows(), {}, kNow + 90s).reuse, Reuse::stale_while_revalidate);
  EXPECT_EQ(judge(with_windows(), {}, kNow + 91s).reuse, Reuse::validate);
  EXPECT_EQ(judge(with_windows(kMustRevalidate), {}, kNow + 61s).reuse, Reuse::validate);
}

TEST(Reuse, TheClientsWishesHoldAgainstTheWindow) {
  for (const auto* value : {"no-cache", "max-age=600", "min-fresh=1", "max-stale=5"}) {
    EXPECT_EQ(judge(with_windows(), asks(value), kNow + 80s).reuse, Reuse::validate) << value;
  }
  EXPECT_EQ(judge(with_windows(), asks("max-stale=20"), kNow + 80s).reuse, Reuse::stale_while_revalidate);
}

TEST(ReuseOnError, NeedsAWindow) {
  EXPECT_FALSE(may_serve_on_error(minute(), {}, kNow + 61s));
  EXPECT_TRUE(may_serve_on_error(with_windows(), {}, kNow + 90s));
  EXPECT_FALSE(may_serve_on_error(with_windows(), {}, kNow + 91s));
}

TEST(ReuseOnError, TheClientMayOpenOne) {
  EXPECT_TRUE(may_serve_on_error(minute(), asks("stale-if-error=30"), kNow + 90s));
  EXPECT_FALSE(may_serve_on_error(minute(), asks("stale-if-error=30"), kNow + 91s));
}

TEST(ReuseOnError, IsForbiddenByMustRevalidateAndNoCache) {
  EXPECT_FALSE(may_serve_on_error(with_windows(kMustRevalidate), {}, kNow + 61s));
  EXPECT_FALSE(may_serve_on_error(with_windows(kNoCache), asks("stale-if-error=99"), kNow + 61s));
}

TEST(ReuseWhenLimited, HasItsOwnWindow) {
  EXPECT_TRUE(may_serve_when_limited(with_windows(), kNow + 90s));
  EXPECT_FALSE(may_serve_when_limited(with_windows(), kNow + 91s));
  EXPECT_FALSE(may_serve_when_limited(minute(), kNow + 61s));
  EXPECT_FALSE(may_serve_when_limited(with_windows(kMustRevalidate), kNow + 61s));
}

TEST(ReuseUnderARule, ItsWindowsGoBeforeMustRevalidate) {
  auto policy = rule(Mode::override_, 60s);
  policy.stale_if_error = 30s;
  const auto meta = store(Answer{200, {{"Cache-Control", "must-revalidate, max-age=0"}}}, policy).meta;
  EXPECT_TRUE(may_serve_on_error(meta, {}, kNow + 90s));
}

TEST(Unreachable, MayBeServedForADayAfterItsLifetime) {
  EXPECT_TRUE(may_serve_unreachable(minute(), {}, kNow + 60s));
  EXPECT_TRUE(may_serve_unreachable(minute(), {}, kNow + 60s + 24h));
  EXPECT_FALSE(may_serve_unreachable(minute(), {}, kNow + 60s + 24h + 1ms));
  EXPECT_TRUE(may_serve_unreachable(minute(kHeuristic), {}, kNow + 60s));
}

TEST(Unreachable, IsNeverServedWhereTheOriginForbadeIt) {
  for (const unsigned flag : {kMustRevalidate, kNoCache, kNegative})
    EXPECT_FALSE(may_serve_unreachable(minute(flag), {}, kNow + 60s)) << flag;
  for (const auto* value : {"must-revalidate", "proxy-revalidate", "s-maxage=60", "no-cache", "no-cache=\"a\""}) {
    const auto meta = store(Answer{200, {{"Cache-Control", value}, {"Expires", at(60s)}, {"ETag", "\"a\""}}}).meta;
    EXPECT_FALSE(may_serve_unreachable(meta, {}, kNow + 61s)) << value;
  }
}

TEST(Unreachable, IsServedNoLongerThanTheOriginAllowsForErrors) {
  const auto meta = store(Answer{200, {{"Cache-Control", "max-age=60, stale-if-error=30"}, {"Date", at(0s)}}}).meta;
  EXPECT_TRUE(may_serve_unreachable(meta, {}, kNow + 90s));
  EXPECT_FALSE(may_serve_unreachable(meta, {}, kNow + 91s));
}

TEST(Unreachable, IsNotServedToWhoAsksForTheOriginsWordOrSomethingYounger) {
  const auto at_error = kNow + 70s;
  for (const auto* value : {"no-cache", "max-age=0", "max-age=69", "min-fresh=1", "max-stale=9"})
    EXPECT_FALSE(may_serve_unreachable(minute(), asks(value), at_error)) << value;
  for (const auto* value : {"max-age=70", "max-stale=10", "max-stale", "no-transform"})
    EXPECT_TRUE(may_serve_unreachable(minute(), asks(value), at_error)) << value;
}

TEST(Reuse, StaleIfErrorZeroLetsNothingStandIn) {
  EXPECT_FALSE(may_serve_unreachable(minute(kNoStandIn), {}, kNow + 61s));
}

}  // namespace
}  // namespace cachearr::caching
