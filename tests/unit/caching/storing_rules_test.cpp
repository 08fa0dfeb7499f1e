#include <gtest/gtest.h>

#include "caching/edge_cookies.hpp"
#include "caching/storing.hpp"
#include "unit/caching/heads.hpp"

namespace cachearr::caching {
namespace {

using namespace test;

constexpr auto kDay = std::chrono::hours{24};

TEST(RuleOverride, ItsTtlDecidesWhateverCacheControlSays) {
  for (const auto* says : {"max-age=0", "no-cache", "private", "max-age=99999", "must-revalidate, s-maxage=1"}) {
    const auto verdict = store(Answer{200, {{"Cache-Control", says}}}, rule(Mode::override_, kDay));
    EXPECT_TRUE(verdict.storable()) << says;
    EXPECT_EQ(verdict.source, LifetimeSource::rule) << says;
    EXPECT_EQ(ttl_at(verdict.meta, kNow), 86400) << says;
    EXPECT_EQ(verdict.meta.flags, kFromRule | kUncoded) << says;
  }
}

TEST(RuleOverride, CountsFromTheAnswersArrivalWhateverItsAge) {
  const auto verdict = store(Answer{200, {{"Age", "90000"}, {"Date", at(-90000s)}}}, rule(Mode::override_, kDay));
  EXPECT_EQ(age_at(verdict.meta, kNow), 90000);
  EXPECT_EQ(ttl_at(verdict.meta, kNow), 86400);
}

TEST(RuleOverride, StopsBeforeNoStore) {
  EXPECT_EQ(store(Answer{200, {{"Cache-Control", "no-cache, no-store"}}}, rule(Mode::override_, kDay)).reason,
            Reason::no_store);
}

TEST(RuleOverride, PassesOverNoStoreOnlyWhereTheRuleSaysSoAndNothingIsShared) {
  auto policy = rule(Mode::override_, kDay);
  policy.ignores_no_store = true;
  const Answer answer{200, {{"Cache-Control", "no-cache, no-store"}}};
  EXPECT_TRUE(store(answer, policy).storable());
  policy.shared = true;
  EXPECT_EQ(store(answer, policy).reason, Reason::no_store);
}

TEST(RuleOverride, StopsBeforePrivateWhereEverybodyShares) {
  auto policy = rule(Mode::override_, kDay);
  policy.shared = true;
  EXPECT_EQ(store(Answer{200, {{"Cache-Control", "private"}}}, policy).reason, Reason::is_private);
}

TEST(RuleOverride, ShareAllNeedsNoConsentForAuthorization) {
  auto policy = rule(Mode::override_, kDay);
  const Question question{{{"Authorization", "FOO"}}};
  EXPECT_EQ(store(Answer{200}, policy, question).reason, Reason::authorization);
  policy.shared = true;
  EXPECT_TRUE(store(Answer{200}, policy, question).storable());
}

TEST(RuleOverride, AnotherClientsCookieIsNotShared) {
  auto policy = rule(Mode::override_, kDay);
  EXPECT_EQ(store(Answer{200, {{"Set-Cookie", "a=b"}}}, policy).reason, Reason::set_cookie);
  policy.partitioned = true;  // but all who bring no credentials share that partition
  EXPECT_EQ(store(Answer{200, {{"Set-Cookie", "a=b"}}}, policy).reason, Reason::set_cookie);
  policy.personal = true;
  EXPECT_TRUE(store(Answer{200, {{"Set-Cookie", "a=b"}}}, policy).storable());
}

TEST(RuleOverride, TakesAnEdgesCookiesOffASharedAnswer) {
  const auto policy = rule(Mode::override_, kDay);
  for (const auto* cookie : {"__cf_bm=x; path=/; HttpOnly", "_cfuvid=y", "AWSALB=z; Expires=x", "incap_ses_1_2=a",
                             "__ddg1_=b", "BIGipServerpool=c", "ARRAffinity=d", " ak_bmsc =e"}) {
    const auto verdict = store(Answer{200, {{"Set-Cookie", cookie}}}, policy);
    EXPECT_TRUE(verdict.storable() && verdict.drop_cookies) << cookie;
  }
  EXPECT_EQ(store(Answer{200, {{"Set-Cookie", "__cf_bm=x"}, {"Set-Cookie", "session=y"}}}, policy).reason,
            Reason::set_cookie);
  EXPECT_EQ(store(Answer{200, {{"Set-Cookie", "x__cf_bm=x"}}}, policy).reason, Reason::set_cookie);
}

TEST(RuleOverride, TakesCookiesOutOfAHead) {
  http::ResponseHead head;
  head.status = 200;
  head.reason = "OK";
  head.fields.add("ETag", "\"x\"");
  head.fields.add("Set-Cookie", "__cf_bm=x");
  EXPECT_EQ(without_cookies(head), "HTTP/1.1 200 OK\r\nETag: \"x\"\r\n");
}

TEST(RuleOverride, LeavesAnEdgesCookiesToWhomTheAnswerIsForAlone) {
  auto policy = rule(Mode::override_, kDay);
  EXPECT_FALSE(store(Answer{200}, policy).drop_cookies);
  policy.personal = true;
  EXPECT_FALSE(store(Answer{200, {{"Set-Cookie", "__cf_bm=x"}}}, policy).drop_cookies);
}

TEST(RuleOverride, PassesOverVaryStar) {
  EXPECT_TRUE(store(Answer{200, {{"Vary", "*"}}}, rule(Mode::override_, kDay)).storable());
}

TEST(RuleOverride, HoldsForCompleteAnswersOnly) {
  for (const int status : {200, 203, 204, 300, 301, 308}) {
    EXPECT_TRUE(store(Answer{status}, rule(Mode::override_, kDay)).storable()) << status;
  }
  for (const int status : {201, 202, 302, 303, 307, 400, 405, 410, 418}) {
    EXPECT_FALSE(store(Answer{status}, rule(Mode::override_, kDay)).storable()) << status;
  }
}

TEST(RuleOverride, ARedirectItDoesNotCoverFollowsTheOrigin) {
  const auto verdict = store(Answer{302, {{"Cache-Control", "max-age=60"}}}, rule(Mode::override_, kDay));
  EXPECT_TRUE(verdict.storable());
  EXPECT_EQ(verdict.lifetime, 60s);
}

TEST(RuleOverride, ItsWindowsReplaceTheOrigins) {
  auto policy = rule(Mode::override_, kDay);
  policy.stale_while_revalidate = 7s;
  policy.stale_if_error = 8s;
  policy.stale_if_limited = 1500ms;
  const auto meta = store(Answer{200, {{"Cache-Control", "stale-if-error=99"}}}, policy).meta;
  EXPECT_EQ(meta.swr_seconds, 7U);
  EXPECT_EQ(meta.sie_seconds, 8U);
  EXPECT_EQ(meta.limited_seconds, 2U);
}

TEST(RuleOverride, WithoutATtlTheOriginDecides) {
  const auto verdict = store(Answer{200, {{"Cache-Control", "max-age=60, must-revalidate"}}}, rule(Mode::override_));
  EXPECT_EQ(verdict.source, LifetimeSource::max_age);
  EXPECT_TRUE(verdict.meta.flags & kMustRevalidate);
}

TEST(RuleErrors, AreNotStoredHoweverPublicTheyAre) {
  for (const auto mode : {Mode::override_, Mode::respect, Mode::floor, Mode::ceiling}) {
    for (const int status : {400, 401, 403, 404, 412, 416, 417, 421, 429, 500, 502, 503, 504}) {
      EXPECT_EQ(store(Answer{status, {{"Cache-Control", "public, max-age=300"}}}, rule(mode, kDay)).reason,
                Reason::status)
          << status;
    }
  }
}

TEST(RuleErrors, AreStoredForTheTtlOfTheirStatus) {
  auto policy = rule(Mode::override_, kDay);
  policy.ttl_status = {{404, 600s}};
  const auto verdict = store(Answer{404}, policy);
  EXPECT_TRUE(verdict.storable());
  EXPECT_EQ(verdict.source, LifetimeSource::rule_status);
  EXPECT_EQ(verdict.lifetime, 600s);
}

TEST(RuleErrors, AStatusWithATtlOfZeroIsNotStored) {
  auto policy = rule(Mode::override_, kDay);
  policy.ttl_status = {{410, 0s}};
  EXPECT_EQ(store(Answer{410, {{"ETag", "\"a\""}}}, policy).reason, Reason::status);
}

TEST(RuleErrors, OthersFollowTheOrigin) {
  EXPECT_EQ(store(Answer{410, {{"Cache-Control", "max-age=60"}}}, rule(Mode::override_, kDay)).lifetime, 60s);
}

TEST(RuleErrors, AStatusTtlGoesBeforeTheTtlAndTheOrigin) {
  auto policy = rule(Mode::respect, kDay);
  policy.ttl_status = {{301, 60s}};
  EXPECT_EQ(store(Answer{301, {{"Cache-Control", "max-age=9999"}}}, policy).lifetime, 60s);
}

TEST(RuleRespect, TheOriginsHeadersWin) {
  const auto verdict = store(Answer{200, {{"Cache-Control", "max-age=60"}}}, rule(Mode::respect, kDay));
  EXPECT_EQ(verdict.source, LifetimeSource::max_age);
  EXPECT_EQ(verdict.lifetime, 60s);
}

TEST(RuleRespect, ItsTtlServesWhereTheOriginSaysNothing) {
  EXPECT_EQ(store(Answer{200, {{"Last-Modified", at(-100h)}}}, rule(Mode::respect, kDay)).source, LifetimeSource::rule);
  EXPECT_EQ(store(Answer{200, {{"Cache-Control", "public"}}}, rule(Mode::respect, kDay)).lifetime, kDay);
}

TEST(RuleRespect, NoCacheIsAWordToo) {
  const auto verdict =
      store(Answer{200, {{"Cache-Control", "no-cache"}, {"ETag", "\"a\""}}}, rule(Mode::respect, kDay));
  EXPECT_EQ(verdict.lifetime, 0s);
  EXPECT_TRUE(verdict.meta.flags & kNoCache);
}

TEST(RuleFloor, KeepsAtLeastAsLong) {
  EXPECT_EQ(store(Answer{200, {{"Cache-Control", "max-age=60"}}}, rule(Mode::floor, kDay)).lifetime, kDay);
  EXPECT_EQ(store(Answer{200, {{"Cache-Control", "max-age=90000"}}}, rule(Mode::floor, kDay)).lifetime, 90000s);
}

TEST(RuleCeiling, KeepsAtMostAsLong) {
  EXPECT_EQ(store(Answer{200, {{"Cache-Control", "max-age=60"}}}, rule(Mode::ceiling, kDay)).lifetime, 60s);
  EXPECT_EQ(store(Answer{200, {{"Cache-Control", "max-age=90000"}}}, rule(Mode::ceiling, kDay)).lifetime, kDay);
}

TEST(RuleNever, StoresNothing) {
  EXPECT_EQ(store(Answer{200, {{"Cache-Control", "max-age=60"}}}, rule(Mode::never)).reason, Reason::rule_never);
}

TEST(Rules, OnlyOverrideSetsAsidePrivateAndMustRevalidate) {
  for (const auto mode : {Mode::respect, Mode::floor, Mode::ceiling}) {
    EXPECT_EQ(store(Answer{200, {{"Cache-Control", "private, max-age=5"}}}, rule(mode, kDay)).reason,
              Reason::is_private);
    EXPECT_TRUE(store(Answer{200, {{"Cache-Control", "must-revalidate, max-age=5"}}}, rule(mode, kDay)).meta.flags &
                kMustRevalidate);
  }
}

}  // namespace
}  // namespace cachearr::caching
