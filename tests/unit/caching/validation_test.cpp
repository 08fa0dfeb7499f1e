#include "caching/validation.hpp"

#include <gtest/gtest.h>

#include "unit/caching/heads.hpp"

namespace cachearr::caching {
namespace {

using namespace test;

std::string validators(const Answer& stored) {
  std::string out;
  append_validators(out, stored.head);
  return out;
}

TEST(Validators, BothKindsAreSent) {
  const auto date = at(-1h);
  EXPECT_EQ(validators(Answer{200, {{"ETag", "W/\"a\""}, {"Last-Modified", date}}}),
            "If-None-Match: W/\"a\"\r\nIf-Modified-Since: " + date + "\r\n");
}

TEST(Validators, AnAnswerWithoutAnyCannotBeValidated) {
  std::string out;
  EXPECT_FALSE(append_validators(out, Answer{200}.head));
  EXPECT_FALSE(append_validators(out, Answer{200, {{"Last-Modified", "yesterday"}, {"ETag", ""}}}.head));
  EXPECT_EQ(out, "");
}

bool selects(Lines not_modified, Lines stored) {
  return caching::selects(Answer{304, not_modified}.head, Answer{200, stored}.head);
}

TEST(Selection, AStrongEtagMustBeTheSame) {
  EXPECT_TRUE(selects({{"ETag", "\"a\""}}, {{"ETag", "\"a\""}}));
  EXPECT_FALSE(selects({{"ETag", "\"b\""}}, {{"ETag", "\"a\""}}));
  EXPECT_FALSE(selects({{"ETag", "\"a\""}}, {{"ETag", "W/\"a\""}}));
  EXPECT_FALSE(selects({{"ETag", "\"a\""}}, {{"Last-Modified", "x"}}));
}

TEST(Selection, AWeakEtagIsComparedWeakly) {
  EXPECT_TRUE(selects({{"ETag", "W/\"a\""}}, {{"ETag", "\"a\""}}));
  EXPECT_FALSE(selects({{"ETag", "W/\"b\""}}, {{"ETag", "\"a\""}}));
}

TEST(Selection, OtherwiseLastModifiedDecides) {
  EXPECT_TRUE(selects({{"Last-Modified", "x"}}, {{"Last-Modified", "x"}, {"ETag", "\"a\""}}));
  EXPECT_FALSE(selects({{"Last-Modified", "y"}}, {{"Last-Modified", "x"}}));
}

TEST(Selection, ANotModifiedWithoutValidatorsIsMeantForTheOneAskedAbout) {
  EXPECT_TRUE(selects({}, {{"ETag", "\"a\""}}));
}

std::string merge(Lines stored, Lines update, int status = 304) {
  // The date of receipt, which comes last, has a test of its own.
  const Answer updating{status, update};
  auto head = merged_head(Answer{200, stored}.head, updating.head, kNow);
  const auto date = "Date: " + at(Duration{0}) + "\r\n";
  const auto found = head.find(date);
  return found == std::string::npos ? head : head.erase(found, date.size());
}

TEST(Merge, AnUpdateWithoutADateHasThatOfItsReceipt) {
  const Answer stored{200, {{"Date", "Sun, 06 Nov 1994 08:49:37 GMT"}, {"X", "1"}}};
  EXPECT_EQ(merged_head(stored.head, Answer{304, {}}.head, TimePoint{Duration{1000}}),
            "HTTP/1.1 200 Reason\r\nX: 1\r\nDate: Thu, 01 Jan 1970 00:00:01 GMT\r\n");
}

TEST(Merge, NewFieldsTakeThePlaceOfTheOldOnes) {
  EXPECT_EQ(merge({{"X", "1"}, {"Y", "2"}, {"x", "3"}}, {{"X", "4"}, {"Z", "5"}}),
            "HTTP/1.1 200 Reason\r\nY: 2\r\nX: 4\r\nZ: 5\r\n");
}

TEST(Merge, SeveralLinesOfANameReplaceSeveral) {
  EXPECT_EQ(merge({{"Set-Cookie", "a=1"}}, {{"Set-Cookie", "a=2"}, {"Set-Cookie", "b=3"}}),
            "HTTP/1.1 200 Reason\r\nSet-Cookie: a=2\r\nSet-Cookie: b=3\r\n");
}

TEST(Merge, WhatDescribesTheStoredBytesStays) {
  for (const auto* name : {"Content-Length", "Content-Encoding", "Content-Range", "Content-MD5", "ETag"}) {
    EXPECT_EQ(merge({{name, "1"}}, {{name, "2"}}), std::string{"HTTP/1.1 200 Reason\r\n"} + name + ": 1\r\n");
  }
}

TEST(Merge, ContentTypeIsUpdated) {
  EXPECT_EQ(merge({{"Content-Type", "text/plain"}}, {{"Content-Type", "text/html"}}),
            "HTTP/1.1 200 Reason\r\nContent-Type: text/html\r\n");
}

TEST(Merge, AnEtagIsTakenWhereThereWasNone) {
  EXPECT_EQ(merge({}, {{"ETag", "\"a\""}}), "HTTP/1.1 200 Reason\r\nETag: \"a\"\r\n");
}

TEST(Merge, ALengthIsNotInvented) { EXPECT_EQ(merge({}, {{"Content-Length", "0"}}), "HTTP/1.1 200 Reason\r\n"); }

TEST(Merge, HopByHopFieldsAndAgeStayOut) {
  EXPECT_EQ(
      merge({{"Age", "5"}, {"A", "1"}}, {{"Age", "6"}, {"Connection", "a, close"}, {"A", "2"}, {"Keep-Alive", "x"}}),
      "HTTP/1.1 200 Reason\r\nA: 1\r\n");
}

TEST(Merge, TheResultCanBeReadBack) {
  const auto bytes = merge({{"X", "1"}}, {{"Y", ""}});
  http::ResponseHead head;
  ASSERT_TRUE(http::parse_stored_head(bytes, head));
  EXPECT_EQ(head.fields.size(), 2U);
  EXPECT_EQ(head.reason, "Reason");
}

bool contradict(Lines head_answer, Lines stored) {
  return contradicts(Answer{200, head_answer}.head, Answer{200, stored}.head);
}

TEST(HeadAnswer, AnotherLengthOrValidatorContradicts) {
  EXPECT_TRUE(contradict({{"Content-Length", "5"}}, {{"Content-Length", "6"}}));
  EXPECT_TRUE(contradict({{"ETag", "\"a\""}}, {{"ETag", "\"b\""}}));
  EXPECT_TRUE(contradict({{"Last-Modified", "x"}}, {{"Last-Modified", "y"}}));
  EXPECT_TRUE(contradict({{"ETag", "\"a\""}, {"Content-Length", "5"}}, {{"ETag", "\"a\""}, {"Content-Length", "6"}}));
}

TEST(HeadAnswer, WhatItDoesNotSayContradictsNothing) {
  EXPECT_FALSE(contradict({}, {{"ETag", "\"b\""}, {"Content-Length", "6"}}));
  EXPECT_FALSE(contradict({{"ETag", "\"b\""}, {"Content-Length", "6"}}, {{"ETag", "\"b\""}, {"Content-Length", "6"}}));
}

}  // namespace
}  // namespace cachearr::caching
