#include "caching/freshness.hpp"

#include <gtest/gtest.h>

#include "unit/caching/heads.hpp"

namespace cachearr::caching {
namespace {

using namespace test;

std::int64_t ttl(const Answer& answer) { return ttl_at(store(answer).meta, kNow); }
std::int64_t age(const Answer& answer, Duration delay = 0ms) {
  const Timing timing{kNow - delay, kNow};
  return initial_age(answer.head, stated(answer.head, kNow), timing) / 1s;
}

TEST(Freshness, SMaxageGoesBeforeMaxAgeAndMaxAgeBeforeExpires) {
  EXPECT_EQ(ttl(Answer{200, {{"Cache-Control", "max-age=0, s-maxage=3600"}, {"Expires", at(-10s)}}}), 3600);
  EXPECT_EQ(ttl(Answer{200, {{"Cache-Control", "max-age=3600, s-maxage=1"}}}), 1);
  EXPECT_EQ(ttl(Answer{200, {{"Cache-Control", "max-age=3600"}, {"Expires", at(-2h)}, {"Date", at(0s)}}}), 3600);
}

TEST(Freshness, ExpiresCountsFromDate) {
  EXPECT_EQ(ttl(Answer{200, {{"Expires", at(20s)}, {"Date", at(10s)}}}), 10);
  EXPECT_EQ(ttl(Answer{200, {{"Expires", at(60s)}, {"Date", "foo"}}}), 60);
}

TEST(Freshness, AnExpiresInThePastIsStale) {
  EXPECT_LE(ttl(Answer{200, {{"Expires", at(-1h)}, {"Date", at(0s)}, {"ETag", "\"a\""}}}), 0);
}

TEST(Freshness, AnExpiresBeforeDateIsStale) {
  EXPECT_LE(ttl(Answer{200, {{"Expires", at(300s)}, {"Date", at(400s)}, {"ETag", "\"a\""}}}), 0);
}

TEST(Freshness, AnExpiresThatIsNoDateIsStale) {
  const auto verdict = store(Answer{200, {{"Expires", "0"}, {"Last-Modified", at(-100h)}}});
  EXPECT_EQ(verdict.source, LifetimeSource::expires);
  EXPECT_EQ(verdict.lifetime, 0s);
}

TEST(Freshness, AnExpiresInAnotherZoneThanGmtIsStale) {
  for (const auto* zone : {"UTC", "utc", "EST", "Z", "+0000"}) {
    const auto date = at(1h);
    const auto verdict = store(Answer{200, {{"Expires", date.substr(0, date.size() - 3) + zone}, {"ETag", "\"a\""}}});
    EXPECT_EQ(verdict.source, LifetimeSource::expires) << zone;
    EXPECT_EQ(verdict.lifetime, 0s) << zone;
  }
}

TEST(Freshness, OfSeveralExpiresTheEarliestCounts) {
  EXPECT_EQ(ttl(Answer{200, {{"Expires", at(60s)}, {"Expires", at(30s)}}}), 30);
}

TEST(Freshness, ATargetedFieldSilencesExpires) {
  EXPECT_LE(ttl(Answer{200, {{"CDN-Cache-Control", "max-age=0"}, {"Expires", at(1h)}, {"ETag", "\"a\""}}}), 0);
  EXPECT_EQ(store(Answer{200, {{"CDN-Cache-Control", "max-age=9"}}}).source, LifetimeSource::cdn_cache_control);
}

TEST(Freshness, SurrogateControlIsNamedAsTheSource) {
  EXPECT_EQ(store(Answer{200, {{"Surrogate-Control", "max-age=9"}, {"Expires", "0"}}}).source,
            LifetimeSource::surrogate_control);
}

TEST(Age, IsWhatThePathSaysPlusTheDelay) { EXPECT_EQ(age(Answer{200, {{"Age", "30"}}}, 2s), 32); }

TEST(Age, IsAtLeastWhatDateShows) {
  EXPECT_EQ(age(Answer{200, {{"Date", at(-7200s)}}}), 7200);
  EXPECT_EQ(age(Answer{200, {{"Date", at(-10s)}, {"Age", "25"}}}), 25);
}

TEST(Age, ADateInTheFutureMakesNothingYounger) { EXPECT_EQ(age(Answer{200, {{"Date", at(100s)}, {"Age", "15"}}}), 15); }

TEST(Age, OfAClockThatIsAheadOfTheWallClockCountsFromTheWallClock) {
  const Answer answer{200, {{"Date", at(-7230s)}}};
  EXPECT_EQ(initial_age(answer.head, stated(answer.head, kNow), {kNow, kNow, 2h}) / 1s, 30);
}

TEST(Age, PartsOfASecondDoNotCount) { EXPECT_EQ(age(Answer{200, {{"Date", at(0s)}}}, 900ms), 0); }

TEST(Age, OfAListTheFirstMemberCounts) {
  EXPECT_EQ(age(Answer{200, {{"Age", "0, 7200"}}}), 0);
  EXPECT_EQ(age(Answer{200, {{"Age", "7200,0"}}}), 7200);
  EXPECT_EQ(age(Answer{200, {{"Age", "0, 0"}}}), 0);
  EXPECT_EQ(age(Answer{200, {{"Age", "0"}, {"Age", "7200"}}}), 0);
  EXPECT_EQ(age(Answer{200, {{"Age", "7200"}, {"Age", "0"}}}), 7200);
  EXPECT_EQ(age(Answer{200, {{"Age", "old, 7200"}}}), 0);
}

TEST(Age, ThatIsNoNumberIsIgnored) {
  for (const auto* value : {"abc", "-7200", "+7200", "7200.0", "7200;foo=bar", "7200 7200", "\"7200\"", "0x10", ""}) {
    EXPECT_EQ(age(Answer{200, {{"Age", value}}}), 0) << value;
    EXPECT_EQ(age(Answer{200, {{"Date", at(-30s)}, {"Age", value}}}), 30) << value;
    EXPECT_EQ(ttl(Answer{200, {{"Cache-Control", "max-age=3600"}, {"Age", value}}}), 3600) << value;
  }
}

TEST(Age, BeyondEveryNumberIsTheOldestThereIs) {
  EXPECT_LT(ttl(Answer{200, {{"Cache-Control", "max-age=3600"}, {"Age", "99999999999999999999"}}}), 0);
}

TEST(Age, NeverLowersARulesTtl) {
  EXPECT_EQ(ttl_at(store(Answer{200, {{"Age", "abc"}}}, rule(Mode::override_, 60s)).meta, kNow), 60);
}

TEST(Age, GrowsWithTime) {
  const auto meta = store(Answer{200, {{"Cache-Control", "max-age=60"}, {"Age", "5"}}}).meta;
  EXPECT_EQ(age_at(meta, kNow + 10s), 15);
  EXPECT_EQ(ttl_at(meta, kNow + 10s), 45);
  EXPECT_EQ(ttl_at(meta, kNow + 55'500ms), -1);
  EXPECT_EQ(age_at(meta, kNow - 1h), 0);
}

TEST(Heuristic, IsATenthOfTheTimeSinceTheLastChange) {
  const auto verdict = store(Answer{200, {{"Last-Modified", at(-1000s)}, {"Date", at(0s)}}});
  EXPECT_EQ(verdict.source, LifetimeSource::heuristic);
  EXPECT_EQ(verdict.lifetime, 100s);
  EXPECT_TRUE(verdict.meta.flags & kHeuristic);
}

TEST(Heuristic, EndsAfterADay) { EXPECT_EQ(store(Answer{200, {{"Last-Modified", at(-24h * 365)}}}).lifetime, 24h); }

TEST(Heuristic, ALastModifiedInTheFutureGivesNothing) {
  EXPECT_EQ(store(Answer{200, {{"Last-Modified", at(1h)}}}).lifetime, 0s);
}

TEST(Heuristic, HoldsForTheStatusesThatPermitIt) {
  for (const int status : {200, 203, 204, 300, 301, 308, 404, 405, 410, 501}) {
    EXPECT_EQ(store(Answer{status, {{"Last-Modified", at(-24h)}}}).source, LifetimeSource::heuristic) << status;
  }
  for (const int status : {201, 202, 302, 403, 414, 502, 503, 504, 599}) {
    EXPECT_EQ(store(Answer{status, {{"Last-Modified", at(-24h)}}}).reason, Reason::status) << status;
  }
}

TEST(Heuristic, PublicPermitsItForAnyStatus) {
  EXPECT_EQ(store(Answer{599, {{"Last-Modified", at(-24h)}, {"Cache-Control", "public"}}}).source,
            LifetimeSource::heuristic);
}

TEST(Heuristic, PragmaNoCacheForbidsIt) {
  EXPECT_EQ(store(Answer{200, {{"Last-Modified", at(-24h)}, {"Pragma", "no-cache"}}}).lifetime, 0s);
  EXPECT_EQ(store(Answer{200, {{"Cache-Control", "max-age=60"}, {"Pragma", "no-cache"}}}).lifetime, 60s);
}

}  // namespace
}  // namespace cachearr::caching
