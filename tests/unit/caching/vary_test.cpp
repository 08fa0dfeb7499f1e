#include "caching/vary.hpp"

#include <gtest/gtest.h>

#include "unit/caching/heads.hpp"

namespace cachearr::caching {
namespace {

using namespace test;

std::string names(Lines lines, const Policy& policy = {}) {
  return to_text(selecting_fields(Answer{200, lines}.head, policy));
}

bool star(Lines lines, const Policy& policy = {}) { return selecting_fields(Answer{200, lines}.head, policy).star; }

std::string variant(std::string_view names, Lines request) {
  std::string out;
  append_variant(out, names, Question{request}.head.fields);
  return out;
}

TEST(Selecting, NamesAreLowerCaseSortedAndUnique) {
  EXPECT_EQ(names({{"Vary", "cookie, Origin"}, {"Vary", ",Cookie"}}), "cookie,origin");
}

TEST(Selecting, NeverGoesByTheCodingsThatAClientTakes) {
  EXPECT_EQ(names({{"Vary", "Accept-Encoding"}}), "");
  EXPECT_EQ(names({{"Vary", "accept-encoding, Origin"}}), "origin");
}

TEST(Selecting, NothingSelectsWithoutVary) { EXPECT_EQ(names({}), ""); }

TEST(Selecting, AStarAnywhereIsAStar) {
  for (const auto* value : {"*", "*, *", ", *", "*, Foo", "Foo, *"}) EXPECT_TRUE(star({{"Vary", value}})) << value;
  EXPECT_TRUE(star({{"Vary", ""}, {"Vary", "*"}}));
  EXPECT_FALSE(star({{"Vary", "Foo"}}));
}

TEST(Selecting, ARuleMayIgnoreNamesAndTheStar) {
  Policy policy;
  policy.ignore_vary = {"user-agent", "*"};
  EXPECT_EQ(names({{"Vary", "User-Agent, Accept, *"}}, policy), "accept");
  EXPECT_FALSE(star({{"Vary", "*"}}, policy));
}

TEST(Selecting, AnOverridingRuleIgnoresTheStarOnly) {
  EXPECT_FALSE(star({{"Vary", "*, Accept"}}, rule(Mode::override_, 60s)));
  EXPECT_EQ(names({{"Vary", "*, Accept"}}, rule(Mode::override_, 60s)), "accept");
  EXPECT_TRUE(star({{"Vary", "*"}}, rule(Mode::respect, 60s)));
}

TEST(Variant, AbsentDiffersFromEmptyAndFromAValue) {
  const auto absent = variant("foo", {});
  EXPECT_NE(absent, variant("foo", {{"Foo", ""}}));
  EXPECT_NE(absent, variant("foo", {{"Foo", "1"}}));
  EXPECT_NE(variant("foo", {{"Foo", "1"}}), variant("foo", {{"Foo", "2"}}));
}

TEST(Variant, OtherFieldsDoNotMatter) {
  EXPECT_EQ(variant("foo", {{"Foo", "1"}, {"Other", "2"}}), variant("foo", {{"Other", "3"}, {"foo", "1"}}));
}

TEST(Variant, FieldsAreNotMistakenForOneAnother) {
  EXPECT_NE(variant("bar,foo", {{"Foo", "1"}}), variant("bar,foo", {{"Bar", "1"}}));
}

TEST(Variant, UnknownFieldsLoseTheSpaceAroundCommasAndAreCombined) {
  EXPECT_EQ(variant("foo", {{"Foo", "1,2"}}), variant("foo", {{"Foo", " 1, 2 "}}));
  EXPECT_EQ(variant("foo", {{"Foo", "1, 2"}}), variant("foo", {{"Foo", "1"}, {"Foo", "2"}}));
  EXPECT_NE(variant("foo", {{"Foo", "1, 2"}}), variant("foo", {{"Foo", "2, 1"}}));
  EXPECT_NE(variant("foo", {{"Foo", "a"}}), variant("foo", {{"Foo", "A"}}));
}

TEST(Variant, LanguagesHaveNoCaseAndNoOrderAmongEquals) {
  const auto expected = variant("accept-language", {{"Accept-Language", "en, de"}});
  EXPECT_EQ(variant("accept-language", {{"Accept-Language", "de, en"}}), expected);
  EXPECT_EQ(variant("accept-language", {{"Accept-Language", " eN ,   De"}}), expected);
}

TEST(Variant, LanguagesKeepTheirPreference) {
  const auto expected = variant("accept-language", {{"Accept-Language", "de, en;q=0.5"}});
  EXPECT_NE(variant("accept-language", {{"Accept-Language", "en, de;q=0.5"}}), expected);
  EXPECT_EQ(variant("accept-language", {{"Accept-Language", "en; Q=0.50,de;q=1.0"}}), expected);
}

TEST(Variant, CodingsAreASet) {
  const auto expected = variant("accept-encoding", {{"Accept-Encoding", "gzip, br"}});
  for (const auto* value : {"br,gzip", "BR;q=0.1, GZip", "x-gzip, br", "gzip, br, gzip", "br, gzip, deflate;q=0"}) {
    EXPECT_EQ(variant("accept-encoding", {{"Accept-Encoding", value}}), expected) << value;
  }
  EXPECT_NE(variant("accept-encoding", {{"Accept-Encoding", "gzip"}}), expected);
  EXPECT_NE(variant("accept-encoding", {}), variant("accept-encoding", {{"Accept-Encoding", ""}}));
}

TEST(Variant, ARefusedCodingCountsWhereItWouldBeAcceptable) {
  const auto differ = [](const char* a, const char* b) {
    EXPECT_NE(variant("accept-encoding", {{"Accept-Encoding", a}}),
              variant("accept-encoding", {{"Accept-Encoding", b}}));
  };
  differ("gzip", "gzip, identity;q=0");
  differ("gzip", "gzip, *;q=0");
  differ("*", "*, gzip;q=0");
}

TEST(Variant, MediaRangesKeepParametersAndPreference) {
  const auto expected = variant("accept", {{"Accept", "text/html;level=A, */*;q=0.8"}});
  EXPECT_EQ(variant("accept", {{"Accept", "*/*;q=0.800 , Text/HTML; Level=A"}}), expected);
  EXPECT_NE(variant("accept", {{"Accept", "text/html;level=a, */*;q=0.8"}}), expected);
  EXPECT_NE(variant("accept", {{"Accept", "text/html;level=A, */*"}}), expected);
}

TEST(Variant, WhatCannotBeReadIsTakenAsItIs) {
  EXPECT_NE(variant("accept-language", {{"Accept-Language", "de;q=500"}}),
            variant("accept-language", {{"Accept-Language", "de;q=0.5"}}));
  EXPECT_NE(variant("accept-encoding", {{"Accept-Encoding", "a;q=x, b"}}),
            variant("accept-encoding", {{"Accept-Encoding", "b, a;q=x"}}));
}

TEST(Variant, ManyMembersAreTakenAsTheyCome) {
  std::string many;
  for (int i = 0; i < 40; ++i) many += "l" + std::to_string(i) + ", ";
  const auto once = variant("accept-language", {{"Accept-Language", many}});
  EXPECT_EQ(once, variant("accept-language", {{"Accept-Language", many}}));
  EXPECT_NE(once, variant("accept-language", {{"Accept-Language", many + "x"}}));
}

TEST(Variant, ASecretIsNotKept) {
  const auto text = variant("authorization,cookie", {{"Authorization", "Bearer s3cret"}, {"Cookie", "sid=s3cret"}});
  EXPECT_EQ(text.find("s3cret"), std::string::npos);
  EXPECT_NE(text, variant("authorization,cookie", {{"Authorization", "Bearer other"}, {"Cookie", "sid=s3cret"}}));
}

TEST(PreferredLanguage, IsTheOneWithTheGreatestWeight) {
  const auto preferred = [](const char* value) {
    return preferred_language(Question{{{"Accept-Language", value}}}.head.fields);
  };
  EXPECT_EQ(preferred("de"), "de");
  EXPECT_EQ(preferred("fr;q=0.5, DE-at ; q=0.9,*;q=0.1"), "de-at");
  EXPECT_EQ(preferred_language(Question{{{"Accept-Language", "fr;q=0.5"}, {"Accept-Language", "de"}}}.head.fields),
            "de");
  for (const auto* const value : {"", "de, fr", "*", "de;q=0.5, *", "de;q=0", "de;q=x", "de;level=1"})
    EXPECT_EQ(preferred(value), "") << value;
  EXPECT_EQ(preferred_language(Question{}.head.fields), "");
}

TEST(LanguageOfAnAnswer, IsTheOneThatItSays) {
  EXPECT_EQ(language_of(Answer{200, {{"Content-Language", "De"}}}.head), "de");
  EXPECT_EQ(language_of(Answer{200, {{"Content-Language", "de, en"}}}.head), "");
  EXPECT_EQ(language_of(Answer{200, {{"Content-Language", "de"}, {"Content-Language", "en"}}}.head), "");
  EXPECT_EQ(language_of(Answer{200}.head), "");
}

}  // namespace
}  // namespace cachearr::caching
