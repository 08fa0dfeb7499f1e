#include "caching/cache_control.hpp"

#include <gtest/gtest.h>

#include "unit/caching/heads.hpp"

namespace cachearr::caching {
namespace {

using test::Answer;
using test::asks;
using test::Question;

ResponseDirectives cache_control(std::string value) {
  return response_directives(Answer{200, {{"Cache-Control", std::move(value)}}}.head.fields);
}

ResponseDirectives targeted(std::string value, std::string cache_control = "no-store") {
  Answer answer{200, {{"Cache-Control", std::move(cache_control)}, {"CDN-Cache-Control", std::move(value)}}};
  return response_directives(answer.head.fields);
}

TEST(CacheControl, NamesOfDirectivesHaveNoCase) {
  EXPECT_TRUE(cache_control("No-StOrE").no_store);
  EXPECT_EQ(cache_control("MaX-aGe=3600").max_age, 3600U);
}

TEST(CacheControl, NothingIsPresentWithoutAField) {
  const auto says = response_directives(Answer{200}.head.fields);
  EXPECT_FALSE(says.present);
  EXPECT_FALSE(says.max_age);
}

TEST(CacheControl, EveryFlagIsRead) {
  const auto says = cache_control(
      "no-store, no-cache, must-revalidate, proxy-revalidate, public, private, must-understand, immutable, "
      "no-transform");
  EXPECT_TRUE(says.present && says.no_store && says.no_cache && says.must_revalidate && says.proxy_revalidate);
  EXPECT_TRUE(says.is_public && says.is_private && says.must_understand && says.immutable && says.no_transform);
}

TEST(CacheControl, SeveralLinesAreOneList) {
  Answer answer{200, {{"Cache-Control", "max-age=3600"}, {"Cache-Control", "s-maxage=1"}}};
  const auto says = response_directives(answer.head.fields);
  EXPECT_EQ(says.max_age, 3600U);
  EXPECT_EQ(says.s_maxage, 1U);
}

TEST(CacheControl, AQuotedNumberIsANumber) { EXPECT_EQ(cache_control("max-age=\"3600\"").max_age, 3600U); }

TEST(CacheControl, LeadingZerosAreHarmless) { EXPECT_EQ(cache_control("max-age=003600").max_age, 3600U); }

TEST(CacheControl, AHugeNumberIsForever) { EXPECT_EQ(cache_control("max-age=99999999999").max_age, 1U << 31); }

TEST(CacheControl, ALifetimeThatIsNoNumberIsNone) {
  for (const auto* value : {"max-age='3600'", "max-age=-1", "max-age=3600.0", "max-age=a3600", "max-age=3600a",
                            "max-age= 3600", "max-age=", "max-age"}) {
    EXPECT_EQ(cache_control(value).max_age, 0U) << value;
  }
}

TEST(CacheControl, ASpaceBeforeTheEqualsSignMakesAnotherDirective) {
  EXPECT_FALSE(cache_control("max-age =3600").max_age);
}

TEST(CacheControl, WhatIsInsideQuotesIsNoDirective) {
  EXPECT_EQ(cache_control("extension=\"max-age=3600, no-store\", max-age=1").max_age, 1U);
  EXPECT_FALSE(cache_control("extension=\"max-age=3600, no-store\", max-age=1").no_store);
}

TEST(CacheControl, AnOpenQuoteHidesNothing) { EXPECT_TRUE(cache_control("extension=\"oops, no-store").no_store); }

TEST(CacheControl, OfTwoLifetimesTheShorterCounts) {
  EXPECT_EQ(cache_control("max-age=1800, max-age=1").max_age, 1U);
  EXPECT_EQ(cache_control("max-age=1, max-age=1800").max_age, 1U);
}

TEST(CacheControl, AQualifiedNoCacheNamesFields) {
  const auto says = cache_control("no-cache=\"Set-Cookie, X\", max-age=1");
  EXPECT_FALSE(says.no_cache);
  EXPECT_EQ(says.no_cache_fields, (std::vector<std::string>{"set-cookie", "x"}));
}

TEST(CacheControl, AQualifiedDirectiveWithoutNamesIsUnqualified) {
  EXPECT_TRUE(cache_control("private=\"\"").is_private);
  EXPECT_TRUE(cache_control("no-cache=").no_cache);
}

TEST(CacheControl, AWindowThatIsNoNumberIsNotGiven) {
  const auto says = cache_control("stale-while-revalidate=x, stale-if-error=60");
  EXPECT_FALSE(says.stale_while_revalidate);
  EXPECT_EQ(says.stale_if_error, 60U);
}

TEST(TargetedCacheControl, TakesThePlaceOfCacheControl) {
  const auto says = targeted("max-age=10000");
  EXPECT_TRUE(says.targeted);
  EXPECT_FALSE(says.no_store);
  EXPECT_EQ(says.max_age, 10000U);
}

TEST(TargetedCacheControl, SaysEverythingCacheControlCan) {
  const auto says = targeted("no-cache, private, s-maxage=5, stale-while-revalidate=6, stale-if-error=7, public");
  EXPECT_TRUE(says.no_cache && says.is_private && says.is_public);
  EXPECT_EQ(says.s_maxage, 5U);
  EXPECT_EQ(says.stale_while_revalidate, 6U);
  EXPECT_EQ(says.stale_if_error, 7U);
}

TEST(TargetedCacheControl, IsIgnoredWhereItIsNoDictionary) {
  for (const auto* value : {"max-age=10000, &&&&&", "max-age =100", "max-age= 100", "MaX-aGe=3600", "", "max-age=1,"}) {
    EXPECT_FALSE(targeted(value).targeted) << value;
    EXPECT_TRUE(targeted(value).no_store) << value;
  }
}

TEST(TargetedCacheControl, IsIgnoredWhereADirectiveHasTheWrongType) {
  for (const auto* value : {"max-age=\"10000\"", "max-age=1.5", "max-age", "public=5", "no-store=x", "private=3"}) {
    EXPECT_FALSE(targeted(value).targeted) << value;
  }
}

TEST(TargetedCacheControl, UnknownDirectivesAndParametersAreHarmless) {
  EXPECT_EQ(targeted("foobar, list=(1 2), max-age=3600;x=y").max_age, 3600U);
}

TEST(TargetedCacheControl, ANegativeNumberIsNoLifetimeAndAHugeOneForever) {
  EXPECT_EQ(targeted("max-age=-5").max_age, 0U);
  EXPECT_EQ(targeted("max-age=99999999999").max_age, 1U << 31);
}

TEST(TargetedCacheControl, AFalseFlagIsNotSet) {
  EXPECT_FALSE(targeted("no-store=?0, max-age=5").no_store);
  EXPECT_FALSE(targeted("no-cache=?0, max-age=5").no_cache);
}

TEST(TargetedCacheControl, NamesFieldsInAString) {
  EXPECT_EQ(targeted("private=\"Set-Cookie\"").private_fields, std::vector<std::string>{"set-cookie"});
}

ResponseDirectives surrogate(std::string value, std::string cache_control = "max-age=1, s-maxage=2") {
  Answer answer{200, {{"Cache-Control", std::move(cache_control)}, {"Surrogate-Control", std::move(value)}}};
  return response_directives(answer.head.fields);
}

TEST(SurrogateControl, ItsLifetimeGoesBeforeCacheControls) {
  const auto says = surrogate("foobar, MaX-aGe=3600+600");
  EXPECT_TRUE(says.surrogate);
  EXPECT_EQ(says.max_age, 3600U);
  EXPECT_FALSE(says.s_maxage);
}

TEST(SurrogateControl, NeverLiftsWhatCacheControlForbids) {
  const auto says = surrogate("max-age=3600", "no-store, private, no-cache");
  EXPECT_TRUE(says.no_store && says.is_private && says.no_cache);
}

TEST(SurrogateControl, ForbidsStoring) { EXPECT_TRUE(surrogate("no-store").no_store); }

TEST(SurrogateControl, WhatIsMeantForAnotherDeviceIsNotForUs) {
  EXPECT_FALSE(surrogate("max-age=3600;not-for-you").surrogate);
  EXPECT_EQ(surrogate("max-age=3600;not-for-you").max_age, 1U);
}

TEST(SurrogateControl, WhatIsSaidToUsByNameReplacesCacheControl) {
  const auto says = surrogate("max-age=9;cachearr, max-age=5, max-age=1;other", "no-store, private");
  EXPECT_EQ(says.max_age, 9U);
  EXPECT_FALSE(says.no_store || says.is_private);
  EXPECT_TRUE(surrogate("no-store;cachearr").no_store);
}

TEST(SurrogateControl, HasNoSayBesideATargetedField) {
  Answer answer{200, {{"CDN-Cache-Control", "max-age=5"}, {"Surrogate-Control", "no-store, max-age=7"}}};
  EXPECT_EQ(response_directives(answer.head.fields).max_age, 5U);
  EXPECT_FALSE(response_directives(answer.head.fields).no_store);
}

TEST(RequestCacheControl, EveryDirectiveIsRead) {
  const auto wants =
      asks("no-cache, no-store, only-if-cached, no-transform, max-age=1, max-stale=2, min-fresh=3, stale-if-error=4");
  EXPECT_TRUE(wants.no_cache && wants.no_store && wants.only_if_cached && wants.no_transform);
  EXPECT_EQ(wants.max_age, 1U);
  EXPECT_EQ(wants.max_stale, 2U);
  EXPECT_EQ(wants.min_fresh, 3U);
  EXPECT_EQ(wants.stale_if_error, 4U);
}

TEST(RequestCacheControl, MaxStaleWithoutANumberAcceptsAnyAge) {
  EXPECT_TRUE(asks("max-stale").max_stale_any);
  EXPECT_FALSE(asks("max-stale=5").max_stale_any);
  EXPECT_FALSE(asks("max-stale, max-stale=5").max_stale_any);
  EXPECT_FALSE(asks("max-stale=x").max_stale_any);
}

TEST(RequestCacheControl, AMaxAgeThatIsNoNumberAsksForValidation) { EXPECT_EQ(asks("max-age=x").max_age, 0U); }

TEST(RequestCacheControl, OfTwoMinFreshTheLargerCounts) { EXPECT_EQ(asks("min-fresh=5, min-fresh=9").min_fresh, 9U); }

TEST(RequestCacheControl, UnknownDirectivesAskForNothing) {
  const auto wants = asks("nothing-to-see-here");
  EXPECT_FALSE(wants.no_cache || wants.no_store || wants.max_age || wants.min_fresh);
}

TEST(Pragma, MeansNoCacheWhereThereIsNoCacheControl) {
  EXPECT_TRUE(request_directives(Question{{{"Pragma", "x, No-Cache"}}}.head.fields).no_cache);
  EXPECT_FALSE(
      request_directives(Question{{{"Pragma", "no-cache"}, {"Cache-Control", "max-age=9"}}}.head.fields).no_cache);
  EXPECT_FALSE(request_directives(Question{{{"Pragma", "unrecognised-extension"}}}.head.fields).no_cache);
}

}  // namespace
}  // namespace cachearr::caching
