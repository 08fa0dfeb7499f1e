#include "http/conditions.hpp"

#include <gtest/gtest.h>
#include <utility>

namespace cachearr::http {
namespace {

constexpr std::string_view kModified = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr std::string_view kLater = "Sun, 06 Nov 1994 08:49:38 GMT";
constexpr std::string_view kEarlier = "Sun, 06 Nov 1994 08:49:36 GMT";
const TimePoint kModifiedAt{std::chrono::seconds{784111777}};

using Lines = std::vector<std::pair<std::string_view, std::string_view>>;

RequestHead get(const Lines& lines) {
  RequestHead head;
  head.method = Method::get;
  for (const auto& [name, value] : lines) head.fields.add(name, value);
  return head;
}

Validators tagged(std::string_view etag = "\"a\"") {
  Validators validators;
  validators.etag = etag;
  validators.last_modified = kModifiedAt;
  validators.date = kModifiedAt + std::chrono::hours{1};
  return validators;
}

Precondition outcome(const Lines& lines, const Validators& validators = tagged()) {
  return evaluate(get(lines), validators);
}

TEST(Conditions, WithoutConditionsTheRequestProceeds) { EXPECT_EQ(outcome({}), Precondition::proceed); }

TEST(Conditions, IfNoneMatchComparesWeakly) {
  EXPECT_EQ(outcome({{"If-None-Match", "\"a\""}}), Precondition::not_modified);
  EXPECT_EQ(outcome({{"If-None-Match", "W/\"a\""}}), Precondition::not_modified);
  EXPECT_EQ(outcome({{"If-None-Match", "\"a\""}}, tagged("W/\"a\"")), Precondition::not_modified);
  EXPECT_EQ(outcome({{"If-None-Match", "\"b\""}}), Precondition::proceed);
  EXPECT_EQ(outcome({{"If-None-Match", "\"A\""}}), Precondition::proceed);
}

TEST(Conditions, IfNoneMatchIsAListOverAllLines) {
  EXPECT_EQ(outcome({{"If-None-Match", "\"x\", W/\"y\" ,, \"a\""}}), Precondition::not_modified);
  EXPECT_EQ(outcome({{"If-None-Match", "\"x\""}, {"If-None-Match", "\"a\""}}), Precondition::not_modified);
  EXPECT_EQ(outcome({{"If-None-Match", "\"x\",\"y\""}}), Precondition::proceed);
}

TEST(Conditions, CommasAndBackslashesBelongToTheTag) {
  EXPECT_EQ(outcome({{"If-None-Match", "\"x\\\", \"a,b\""}}, tagged("\"a,b\"")), Precondition::not_modified);
  EXPECT_EQ(outcome({{"If-None-Match", "\"a,b\""}}, tagged("\"b\"")), Precondition::proceed);
}

TEST(Conditions, AStarMatchesAnyRepresentation) {
  EXPECT_EQ(outcome({{"If-None-Match", "*"}}), Precondition::not_modified);
  EXPECT_EQ(outcome({{"If-Match", "*"}}), Precondition::proceed);
}

TEST(Conditions, MalformedTagsMatchNothing) {
  for (const auto* const list : {"", "a", "\"a", "w/\"a\"", "W/a", "\"b\" \"a\"", "\"b\"; \"a\"", "\"a b\"", "'a'"}) {
    EXPECT_EQ(outcome({{"If-None-Match", list}}), Precondition::proceed) << list;
  }
}

TEST(Conditions, WithoutATagIfNoneMatchProceeds) {
  EXPECT_EQ(outcome({{"If-None-Match", "\"\""}}, tagged("")), Precondition::proceed);
}

TEST(Conditions, IfNoneMatchOverridesIfModifiedSince) {
  EXPECT_EQ(outcome({{"If-None-Match", "\"b\""}, {"If-Modified-Since", kLater}}), Precondition::proceed);
}

TEST(Conditions, IfModifiedSinceComparesDates) {
  EXPECT_EQ(outcome({{"If-Modified-Since", kModified}}), Precondition::not_modified);
  EXPECT_EQ(outcome({{"If-Modified-Since", kLater}}), Precondition::not_modified);
  EXPECT_EQ(outcome({{"If-Modified-Since", kEarlier}}), Precondition::proceed);
}

TEST(Conditions, WithoutLastModifiedTheDateCounts) {
  Validators validators;
  validators.date = kModifiedAt;
  EXPECT_EQ(outcome({{"If-Modified-Since", kModified}}, validators), Precondition::not_modified);
  EXPECT_EQ(outcome({{"If-Modified-Since", kEarlier}}, validators), Precondition::proceed);
  EXPECT_EQ(outcome({{"If-Modified-Since", kModified}}, Validators{}), Precondition::proceed);
}

TEST(Conditions, AnInvalidDateIsIgnored) {
  EXPECT_EQ(outcome({{"If-Modified-Since", "yesterday"}}), Precondition::proceed);
  EXPECT_EQ(outcome({{"If-Modified-Since", kLater}, {"If-Modified-Since", kLater}}), Precondition::proceed);
  EXPECT_EQ(outcome({{"If-Unmodified-Since", "0"}}), Precondition::proceed);
}

TEST(Conditions, IfMatchComparesStrongly) {
  EXPECT_EQ(outcome({{"If-Match", "\"x\", \"a\""}}), Precondition::proceed);
  EXPECT_EQ(outcome({{"If-Match", "W/\"a\""}}), Precondition::failed);
  EXPECT_EQ(outcome({{"If-Match", "W/\"a\""}}, tagged("W/\"a\"")), Precondition::failed);
  EXPECT_EQ(outcome({{"If-Match", "\"b\""}}), Precondition::failed);
}

TEST(Conditions, IfMatchOverridesIfUnmodifiedSince) {
  EXPECT_EQ(outcome({{"If-Match", "\"a\""}, {"If-Unmodified-Since", kEarlier}}), Precondition::proceed);
}

TEST(Conditions, IfUnmodifiedSinceFailsOnALaterChange) {
  EXPECT_EQ(outcome({{"If-Unmodified-Since", kEarlier}}), Precondition::failed);
  EXPECT_EQ(outcome({{"If-Unmodified-Since", kModified}}), Precondition::proceed);
}

TEST(Conditions, AFailedConditionComesBeforeNotModified) {
  EXPECT_EQ(outcome({{"If-Match", "\"b\""}, {"If-None-Match", "\"a\""}}), Precondition::failed);
  EXPECT_EQ(outcome({{"If-Match", "\"a\""}, {"If-None-Match", "\"a\""}}), Precondition::not_modified);
}

TEST(EntityTag, IsQuotedAndMayBeWeak) {
  for (const auto* const tag : {"\"\"", "\"a\"", "W/\"a\"", "\"\xC3\xA4\"", "\"a\\b\"", "\"!#~\""}) {
    EXPECT_TRUE(is_entity_tag(tag)) << tag;
  }
  for (const auto* const tag :
       {"", "a", "\"", "\"a", "w/\"a\"", "W/", "W/a", "\"a\"b", "\"a b\"", "\"a\t\"", " \"a\""}) {
    EXPECT_FALSE(is_entity_tag(tag)) << tag;
  }
}

TEST(EntityTag, ComparesAsTheTableOfRfc9110Says) {
  EXPECT_FALSE(strong_match("W/\"1\"", "W/\"1\""));
  EXPECT_TRUE(weak_match("W/\"1\"", "W/\"1\""));
  EXPECT_FALSE(weak_match("W/\"1\"", "W/\"2\""));
  EXPECT_FALSE(strong_match("W/\"1\"", "\"1\""));
  EXPECT_TRUE(weak_match("W/\"1\"", "\"1\""));
  EXPECT_TRUE(strong_match("\"1\"", "\"1\""));
  EXPECT_FALSE(weak_match("", ""));
  EXPECT_FALSE(strong_match("", ""));
}

using RangeKind = RangeVerdict::Kind;

std::string shown(const RangeVerdict& verdict) {
  if (verdict.kind == RangeKind::whole) return "whole";
  if (verdict.kind == RangeKind::unsatisfiable) return "unsatisfiable";
  std::string text;
  for (const auto& range : verdict.ranges) {
    text += (text.empty() ? "" : ",") + std::to_string(range.first) + "-" + std::to_string(range.last);
  }
  return text;
}

std::string selected(std::string_view range, std::uint64_t size = 1000) {
  return shown(select_ranges(get({{"Range", range}}), tagged(), size));
}

TEST(Ranges, FirstAndLastAreInclusive) {
  EXPECT_EQ(selected("bytes=0-499"), "0-499");
  EXPECT_EQ(selected("bytes=500-"), "500-999");
  EXPECT_EQ(selected("bytes=-500"), "500-999");
  EXPECT_EQ(selected("bytes=0-0"), "0-0");
  EXPECT_EQ(selected("BYTES=0-0"), "0-0");
}

TEST(Ranges, AreClippedToTheRepresentation) {
  EXPECT_EQ(selected("bytes=900-2000"), "900-999");
  EXPECT_EQ(selected("bytes=-2000"), "0-999");
  EXPECT_EQ(selected("bytes=0-18446744073709551615"), "0-999");
  EXPECT_EQ(selected("bytes=0-99999999999999999999999"), "0-999");
}

TEST(Ranges, SeveralComeInTheOrderAskedFor) { EXPECT_EQ(selected("bytes=500-600 , 0-1,, -1"), "500-600,0-1,999-999"); }

TEST(Ranges, WhatLiesOutsideIsUnsatisfiable) {
  EXPECT_EQ(selected("bytes=1000-"), "unsatisfiable");
  EXPECT_EQ(selected("bytes=-0"), "unsatisfiable");
  EXPECT_EQ(selected("bytes=1000-1001,2000-"), "unsatisfiable");
  EXPECT_EQ(selected("bytes=99999999999999999999-"), "unsatisfiable");
  EXPECT_EQ(selected("bytes=0-0,-0,-1"), "0-0,999-999");
}

TEST(Ranges, WhatIsNoRangeIsIgnored) {
  for (const auto* const range :
       {"", "bytes", "bytes=", "bytes=,", "bytes=-", "bytes=a-b", "bytes=1", "bytes=2-1", "bytes=0-0,x", "bytes=--1",
        "bytes=+1-2", "bytes= ", "bytes=1 -2", "bytes:0-1", "items=0-1", "bytes 0-1", "bytes=0-1-2", "bytes=0x1-2"}) {
    EXPECT_EQ(selected(range), "whole") << range;
  }
}

TEST(Ranges, AbuseIsIgnored) {
  std::string many = "bytes=0-0";
  for (int i = 1; i < 16; ++i) many += "," + std::to_string(i * 2) + "-" + std::to_string(i * 2);
  EXPECT_NE(selected(many), "whole");
  EXPECT_EQ(selected(many + ",900-900"), "whole");
  EXPECT_EQ(selected("bytes=0-,0-"), "whole");
  EXPECT_EQ(selected("bytes=0-999,0-0"), "whole");
}

TEST(Ranges, OnlyOneLineAndOnlyOfGetCounts) {
  EXPECT_EQ(shown(select_ranges(get({{"Range", "bytes=0-1"}, {"Range", "bytes=0-1"}}), tagged(), 1000)), "whole");
  auto head = get({{"Range", "bytes=0-1"}});
  head.method = Method::head;
  EXPECT_EQ(shown(select_ranges(head, tagged(), 1000)), "whole");
  EXPECT_EQ(shown(select_ranges(get({}), tagged(), 1000)), "whole");
}

TEST(Ranges, NothingIsSentWhole) { EXPECT_EQ(selected("bytes=0-", 0), "whole"); }

std::string selected_if(std::string_view if_range, const Validators& validators = tagged()) {
  return shown(select_ranges(get({{"Range", "bytes=0-1"}, {"If-Range", if_range}}), validators, 1000));
}

TEST(IfRange, HoldsForTheSameStrongTag) {
  EXPECT_EQ(selected_if("\"a\""), "0-1");
  EXPECT_EQ(selected_if("\"b\""), "whole");
  EXPECT_EQ(selected_if("W/\"a\""), "whole");
  EXPECT_EQ(selected_if("W/\"a\"", tagged("W/\"a\"")), "whole");
}

TEST(IfRange, HoldsForTheExactDate) {
  EXPECT_EQ(selected_if(kModified), "0-1");
  EXPECT_EQ(selected_if(kLater), "whole");
  EXPECT_EQ(selected_if(kEarlier), "whole");
}

TEST(IfRange, ADateIsNotEnoughWhereTheRepresentationWasJustChanged) {
  auto validators = tagged();
  validators.date = kModifiedAt;
  EXPECT_EQ(selected_if(kModified, validators), "whole");
  validators.date.reset();
  EXPECT_EQ(selected_if(kModified, validators), "whole");
}

TEST(IfRange, AnythingElseSendsTheWhole) {
  EXPECT_EQ(selected_if("a"), "whole");
  EXPECT_EQ(selected_if(""), "whole");
  EXPECT_EQ(selected_if("\"a\", \"b\""), "whole");
}

}  // namespace
}  // namespace cachearr::http
