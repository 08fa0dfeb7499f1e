#include "base/json_position.hpp"

#include <gtest/gtest.h>

#include "base/suggestion.hpp"

namespace cachearr {
namespace {

std::string place(const Position& at) { return std::to_string(at.line) + ":" + std::to_string(at.column); }

/// "line:column message" of the first problem, or nothing.
std::string first_problem(std::string_view text) {
  const JsonPositions positions{"f.json", text};
  if (positions.problems().empty()) return {};
  return place(positions.problems()[0].at) + " " + positions.problems()[0].message;
}

TEST(JsonPosition, FindsKeysAndValues) {
  const JsonPositions positions{"f.json", "{\n  \"a\": [1,\n 22]\n}"};
  EXPECT_EQ(place(positions.key("/a")), "2:3");
  EXPECT_EQ(place(positions.value("/a")), "2:8");
  EXPECT_EQ(place(positions.value("/a/1")), "3:2");
  EXPECT_EQ(place(positions.value("")), "1:1");
  EXPECT_EQ(positions.value("/a").file, "f.json");
  EXPECT_TRUE(positions.problems().empty());
}

TEST(JsonPosition, SkipsCommentsAndAByteOrderMark) {
  const JsonPositions positions{"f", "\xEF\xBB\xBF// one\n/* two\n */ {\"a\" /**/ : // x\n true}// end"};
  EXPECT_TRUE(positions.sound());
  EXPECT_EQ(place(positions.value("/a")), "4:2");
}

TEST(JsonPosition, CountsCharactersNotBytes) {
  const JsonPositions positions{"f", "{\"é\": 1, \"b\": 2}"};
  EXPECT_EQ(place(positions.key("/b")), "1:10");
}

TEST(JsonPosition, ReadsEscapesInKeysAndPointers) {
  const JsonPositions positions{"f", "{ \"a\\/b~\\u00e9\": 1 }"};
  EXPECT_EQ(place(positions.value(json_pointer("", "a/b~é"))), "1:18");
  EXPECT_EQ(json_pointer("/x", "a/b~"), "/x/a~1b~0");
}

TEST(JsonPosition, FallsBackToTheEnclosingValue) {
  const JsonPositions positions{"f", "{\"a\": {}}"};
  EXPECT_EQ(place(positions.value("/a/missing/deeper")), "1:7");
}

TEST(JsonPosition, ReportsEveryRepeatedKey) {
  const JsonPositions positions{"f", "{\"a\":1,\n\"a\":2,\"b\":{\"c\":1,\"c\":2}}"};
  EXPECT_TRUE(positions.sound());
  ASSERT_EQ(positions.problems().size(), 2U);
  EXPECT_EQ(place(positions.problems()[1].at), "2:1");
  EXPECT_EQ(positions.problems()[1].message, "the key \"a\" is given twice (first on line 1); remove one");
}

TEST(JsonPosition, PointsAtATrailingComma) {
  EXPECT_EQ(first_problem("{\"a\": 1,\n}"), "1:8 a comma may not stand before the closing '}'; remove it");
  EXPECT_EQ(first_problem("[1,]"), "1:3 a comma may not stand before the closing ']'; remove it");
}

TEST(JsonPosition, PointsAtAMissingComma) {
  EXPECT_EQ(first_problem("{\"a\": 1\n \"b\": 2}"), "1:8 ',' or '}' is expected here");
}

TEST(JsonPosition, PointsAtWhatIsNeverClosed) {
  EXPECT_EQ(first_problem("{\"a\": [1"), "1:7 this [ is never closed; add ]");
  EXPECT_EQ(first_problem("{\"a"), "1:2 this string is not closed on its line; add \"");
  EXPECT_EQ(first_problem("{} /* x"), "1:4 this comment is never closed; add */");
}

TEST(JsonPosition, RefusesWhatIsNoJson) {
  for (const std::string_view text :
       {"", "  ", "{a:1}", "{'a':1}", "[01]", "[1.]", "[-]", "[.5]", "[1e]", "nul", "{\"a\"}", "[1] 2", "[\"\\x\"]",
        "[\"\\u12\"]", "[\"\\ud800\"]", "/", "[\"\t\"]", "{\"a\":}", "[tru]"}) {
    EXPECT_NE(first_problem(text), "") << text;
  }
}

TEST(JsonPosition, TakesEveryShapeOfNumber) { EXPECT_EQ(first_problem("[0, -0, 10, 1.5, 1e5, 1.5E-7, -12.0e+3]"), ""); }

TEST(JsonPosition, SurvivesDeepNesting) { EXPECT_NE(first_problem(std::string(100'000, '[')), ""); }

TEST(Suggestion, NamesTheNearestKnownWord) {
  EXPECT_EQ(did_you_mean("upstrem", {"upstream", "rules"}), ", did you mean 'upstream'?");
  EXPECT_EQ(did_you_mean("TTL", {"ttl", "tags"}), ", did you mean 'ttl'?");
  EXPECT_EQ(did_you_mean("banana", {"ttl", "tags"}), "");
}

}  // namespace
}  // namespace cachearr
