#include "caching/storing.hpp"

#include <gtest/gtest.h>
#include <set>
#include <string_view>

#include "unit/caching/heads.hpp"

namespace cachearr::caching {
namespace {

using namespace test;

TEST(Storing, AnAnswerWithAMaxAgeIsStored) {
  const auto verdict = store(Answer{200, {{"Cache-Control", "max-age=3600"}}});
  EXPECT_TRUE(verdict.storable());
  EXPECT_EQ(verdict.source, LifetimeSource::max_age);
  EXPECT_EQ(verdict.lifetime, 3600s);
}

TEST(Storing, AnAnswerWithNeitherLifetimeNorValidatorIsUseless) {
  EXPECT_EQ(store(Answer{200}).reason, Reason::no_lifetime);
  EXPECT_EQ(store(Answer{200, {{"Cache-Control", "max-age=0"}}}).reason, Reason::no_lifetime);
}

TEST(Storing, AnAnswerWithoutLifetimeIsStoredForItsValidator) {
  const auto verdict = store(Answer{200, {{"Cache-Control", "max-age=0"}, {"ETag", "\"a\""}}});
  EXPECT_TRUE(verdict.storable());
  EXPECT_EQ(verdict.meta.fresh_until_ms, kNow.time_since_epoch().count());
}

TEST(Storing, AStaleWindowIsAReasonToStore) {
  EXPECT_TRUE(store(Answer{200, {{"Cache-Control", "max-age=0, stale-while-revalidate=86400"}}}).storable());
  EXPECT_FALSE(
      store(Answer{200, {{"Cache-Control", "max-age=0, stale-while-revalidate=9, must-revalidate"}}}).storable());
}

TEST(Storing, NoStoreIsNeverStored) {
  EXPECT_EQ(store(Answer{200, {{"Cache-Control", "max-age=10000, no-store"}, {"Expires", at(1h)}}}).reason,
            Reason::no_store);
}

TEST(Storing, TheClientMayForbidIt) {
  const Question question{{{"Cache-Control", "no-store"}}};
  EXPECT_EQ(store(Answer{200, {{"Cache-Control", "max-age=60"}}}, {}, question).reason, Reason::request_no_store);
}

TEST(Storing, PrivateIsNotForASharedCache) {
  EXPECT_EQ(store(Answer{200, {{"Cache-Control", "private, max-age=3600"}}}).reason, Reason::is_private);
  EXPECT_EQ(store(Answer{200, {{"Cache-Control", "private=\"x\", max-age=3600"}}}).reason, Reason::is_private);
}

TEST(Storing, NoCacheIsStoredOnlyToBeValidated) {
  const auto verdict = store(Answer{200, {{"Cache-Control", "no-cache, max-age=60"}, {"ETag", "\"a\""}}});
  EXPECT_TRUE(verdict.storable());
  EXPECT_TRUE(verdict.meta.flags & kNoCache);
  EXPECT_EQ(store(Answer{200, {{"Cache-Control", "no-cache, max-age=60"}}}).reason, Reason::no_lifetime);
}

TEST(Storing, AQualifiedNoCacheIsValidatedAsAWhole) {
  EXPECT_TRUE(store(Answer{200, {{"Cache-Control", "no-cache=\"a\", max-age=60"}, {"ETag", "\"a\""}}}).meta.flags &
              kNoCache);
}

TEST(Storing, OnlyAnswersToGetAreStored) {
  const Answer answer{200, {{"Cache-Control", "max-age=60"}}};
  for (const auto method : {http::Method::head, http::Method::post, http::Method::put, http::Method::other}) {
    EXPECT_EQ(store(answer, {}, Question{{}, method}).reason, Reason::method);
  }
}

TEST(Storing, PartialAndInterimAnswersAreNotStored) {
  EXPECT_EQ(store(Answer{206, {{"Cache-Control", "max-age=60"}}}).reason, Reason::partial);
  EXPECT_EQ(store(Answer{304, {{"Cache-Control", "max-age=60"}}}).reason, Reason::status);
  EXPECT_EQ(store(Answer{103, {{"Cache-Control", "max-age=60"}}}).reason, Reason::status);
}

TEST(Storing, AnyFinalStatusWithAnExplicitLifetimeIsStored) {
  for (const int status : {200, 203, 204, 299, 301, 302, 303, 307, 308, 404, 410, 499, 500, 502, 503, 504, 599}) {
    EXPECT_TRUE(store(Answer{status, {{"Expires", at(1h)}, {"Date", at(0s)}}}).storable()) << status;
  }
}

TEST(Storing, AnAnswerAboutOneRequestItselfIsNotStored) {
  for (const int status : {400, 408, 411, 412, 413, 414, 415, 416, 417, 421, 425, 426, 428, 429, 431, 511}) {
    EXPECT_EQ(store(Answer{status, {{"Cache-Control", "public, max-age=60"}}}).reason, Reason::status) << status;
  }
}

TEST(Storing, MustUnderstandRefusesAnUnknownStatus) {
  EXPECT_EQ(store(Answer{599, {{"Cache-Control", "max-age=60, must-understand"}}}).reason, Reason::no_store);
}

TEST(Storing, MustUnderstandGoesBeforeNoStoreForAKnownStatus) {
  EXPECT_TRUE(store(Answer{200, {{"Cache-Control", "max-age=60, must-understand, no-store"}}}).storable());
}

TEST(Storing, AuthorizationNeedsTheOriginsConsent) {
  const Question question{{{"Authorization", "FOO"}}};
  EXPECT_EQ(store(Answer{200, {{"Cache-Control", "max-age=60"}}}, {}, question).reason, Reason::authorization);
  for (const auto* consent : {"public", "must-revalidate", "s-maxage=60"}) {
    EXPECT_TRUE(
        store(Answer{200, {{"Cache-Control", std::string{"max-age=60, "} + consent}}}, {}, question).storable());
  }
}

TEST(Storing, AKeyThatHoldsTheCredentialsNeedsNoConsent) {
  Policy policy;
  policy.partitioned = true;
  EXPECT_TRUE(
      store(Answer{200, {{"Cache-Control", "max-age=60"}}}, policy, Question{{{"Authorization", "FOO"}}}).storable());
}

TEST(Storing, VaryStarIsNeverReusableSoNotStored) {
  EXPECT_EQ(store(Answer{200, {{"Cache-Control", "max-age=60"}, {"Vary", "Foo, *"}}}).reason, Reason::vary_star);
}

TEST(Storing, SetCookieWithoutARuleIsTheOriginsDecision) {
  EXPECT_TRUE(store(Answer{200, {{"Cache-Control", "max-age=60"}, {"Set-Cookie", "a=b"}}}).storable());
}

TEST(Storing, NoSessionIsSharedWithoutARuleEither) {
  for (const auto* cookie : {"session=alice; Path=/", "PHPSESSID=1", "connect.sid=s%3Aabc",
                             ".AspNetCore.Cookies=CfDJ8N", "remember_token=7", "a=2b51db35e1910123321025a12b9933d2",
                             "member=bob; Path=/; HttpOnly", "a=b; httponly ; Secure", "__Host-id=7", "__Secure-a=b"}) {
    const auto verdict = store(Answer{200, {{"Cache-Control", "max-age=60"}, {"Set-Cookie", cookie}}});
    EXPECT_EQ(verdict.reason, Reason::set_cookie) << cookie;
  }
  for (const auto* cookie : {"lang=en", "a=b; Path=/", "__cf_bm=2b51db35e1910123321025a12b9933d2", "theme"})
    EXPECT_TRUE(store(Answer{200, {{"Cache-Control", "max-age=60"}, {"Set-Cookie", cookie}}}).storable()) << cookie;
}

TEST(Storing, MustRevalidateProxyRevalidateAndSMaxageForbidStale) {
  for (const auto* directive : {"must-revalidate", "proxy-revalidate", "s-maxage=60"}) {
    EXPECT_TRUE(store(Answer{200, {{"Cache-Control", std::string{"max-age=60, "} + directive}}}).meta.flags &
                kMustRevalidate);
  }
}

TEST(Storing, TheOriginsStaleWindowsAreKept) {
  const auto meta =
      store(Answer{200, {{"Cache-Control", "max-age=60, stale-while-revalidate=7, stale-if-error=8"}}}).meta;
  EXPECT_EQ(meta.swr_seconds, 7U);
  EXPECT_EQ(meta.sie_seconds, 8U);
  EXPECT_EQ(meta.limited_seconds, 0U);
}

TEST(Storing, AnErrorHasNoStaleWindow) {
  const auto meta = store(Answer{404, {{"Cache-Control", "max-age=60, stale-if-error=8"}}}).meta;
  EXPECT_EQ(meta.sie_seconds, 0U);
  EXPECT_TRUE(meta.flags & kNegative);
}

TEST(Storing, TheRecordIsComplete) {
  Answer answer{200,
                {{"Cache-Control", "max-age=60, immutable"},
                 {"Date", at(-2s)},
                 {"Last-Modified", at(-1h)},
                 {"Content-Type", "application/json; charset=utf-8"}}};
  const auto meta = may_store(Question{}.head, answer.head, {}, {kNow - 1s, kNow}).meta;
  const auto now = kNow.time_since_epoch().count();
  EXPECT_EQ(meta.stored_ms, now);
  EXPECT_EQ(meta.born_ms, now - 2000);
  EXPECT_EQ(meta.fresh_until_ms, now + 58'000);
  EXPECT_EQ(meta.date_ms, now - 2000);
  EXPECT_EQ(meta.last_modified_ms, now - 3'600'000);
  EXPECT_EQ(meta.status, 200);
  EXPECT_EQ(meta.flags, kImmutable | kText | kUncoded);
}

TEST(Storing, EncodedAnswersAreNotWorthCompressing) {
  Answer answer{200, {{"Cache-Control", "max-age=60"}, {"Content-Type", "text/xml"}, {"Content-Encoding", "gzip"}}};
  EXPECT_FALSE(store(answer).meta.flags & kText);
}

TEST(Storing, EveryReasonAndSourceHasItsOwnName) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(Reason::request_no_store); ++i) names.insert(name_of(static_cast<Reason>(i)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(Reason::request_no_store) + 1);
  names.clear();
  for (int i = 0; i <= static_cast<int>(LifetimeSource::surrogate_control); ++i) {
    names.insert(name_of(static_cast<LifetimeSource>(i)));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(LifetimeSource::surrogate_control) + 1);
}

TEST(Storing, ADetailIsGivenWhereTheForwardParametersDoNotSayIt) {
  EXPECT_EQ(detail_of(Reason::is_private), "private");
  EXPECT_EQ(detail_of(Reason::request_no_store), "no-store");
  EXPECT_EQ(detail_of(Reason::status), "");
}

TEST(Freshening, TheUpdatesAgeCountsAndAHeadMayDoIt) {
  Answer merged{200, {{"Cache-Control", "max-age=60"}, {"ETag", "\"a\""}}};
  Answer update{304, {{"Age", "10"}}};
  const auto verdict = may_freshen(Question{{}, http::Method::head}.head, merged.head, update.head, {}, {kNow, kNow});
  EXPECT_TRUE(verdict.storable());
  EXPECT_EQ(age_at(verdict.meta, kNow), 10);
  EXPECT_EQ(ttl_at(verdict.meta, kNow), 50);
}

/// What an origin is asked for, under the name that it was given in Host.
class PostAnswers : public ::testing::Test {
 protected:
  bool serve(const std::string& location, int status = 200) const {
    return answers_later_get(post.head, target, host, Answer{status, {{"Content-Location", location}}}.head);
  }
  Question post{{{"Host", "proxy.test"}}, http::Method::post};
  http::Target target{http::TargetForm::origin, "http", "10.0.0.2", 8080, "/a", "b=c", true};
  std::string host = "example.org";
};

TEST_F(PostAnswers, ServeALaterGetWhereContentLocationNamesTheTarget) {
  for (const auto* location : {"/a?b=c", "http://example.org/a?b=c", "HTTP://EXAMPLE.ORG/a?b=c", "//example.org/a?b=c",
                               "http://10.0.0.2:8080/a?b=c"})
    EXPECT_TRUE(serve(location)) << location;
  EXPECT_TRUE(serve("/a?b=c", 201));
  target.has_query = false;
  target.query.clear();
  EXPECT_TRUE(serve("/a"));
}

TEST_F(PostAnswers, ServeNothingElse) {
  for (const auto* location : {"/other", "/a", "/a?", "/a?b=c#d", "//other.org/a?b=c", "http://other.org/a?b=c",
                               "https://example.org/a?b=c", "http://proxy.test/a?b=c", "http://10.0.0.2/a?b=c"})
    EXPECT_FALSE(serve(location)) << location;
  EXPECT_FALSE(serve("/a?b=c", 500));
  EXPECT_FALSE(answers_later_get(post.head, target, host, Answer{200}.head));
  EXPECT_FALSE(answers_later_get(Question{}.head, target, host, Answer{200, {{"Content-Location", "/a?b=c"}}}.head));
}

TEST_F(PostAnswers, AreNamedAsTheOriginNamesThemNotAsTheClientDoes) {
  post.head.target = "/mount/a?b=c";
  EXPECT_TRUE(serve("/a?b=c"));
  EXPECT_FALSE(serve("/mount/a?b=c"));
}

TEST(Meta, WithoutADateHasTheMomentOfItsReceipt) {
  const auto received = kNow.time_since_epoch().count();
  for (const auto* value : {"", "yesterday"}) {
    Answer answer{200, {{"Cache-Control", "max-age=60"}}};
    if (*value) answer.with("Date", value);
    EXPECT_EQ(may_store(Question{}.head, answer.head, {}, {kNow, kNow + 900ms}).meta.date_ms, received) << value;
  }
}

TEST(Storing, TakesAnEdgesCookiesOffWhatIsForMany) {
  const auto verdict = store(Answer{200, {{"Cache-Control", "max-age=60"}, {"Set-Cookie", "__cf_bm=x; HttpOnly"}}});
  EXPECT_TRUE(verdict.storable() && verdict.drop_cookies);
  EXPECT_FALSE(store(Answer{200, {{"Cache-Control", "max-age=60"}, {"Set-Cookie", "lang=en"}}}).drop_cookies);
}

TEST(Storing, StaleIfErrorZeroIsNotTheSameAsNone) {
  const auto flags = [](const std::string& says) { return store(Answer{200, {{"Cache-Control", says}}}).meta.flags; };
  EXPECT_EQ(flags("max-age=60, stale-if-error=0") & kNoStandIn, kNoStandIn);
  EXPECT_EQ(flags("max-age=60, stale-if-error=9") & kNoStandIn, 0);
  EXPECT_EQ(flags("max-age=60") & kNoStandIn, 0);
}

}  // namespace
}  // namespace cachearr::caching
