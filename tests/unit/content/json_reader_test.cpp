#include "content/json_reader.hpp"

#include <gtest/gtest.h>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cachearr::content {
namespace {

Shape shape_of(std::string_view text) { return read_json(text).shape; }

std::string at(std::string_view pointer, std::string_view text) {
  const std::vector<std::string_view> pointers{pointer};
  std::string found = "nothing";
  read_json(text, pointers, [&](std::size_t, const Value& value) { found = value.text; });
  return found;
}

TEST(JsonReader, WholeValuesAreWhole) {
  for (const char* text : {"{}", "[]", " {\"a\":[1,2.5e-3,true,false,null,\"x\\\"y\"]} \n", "null", "12", "\"s\"",
                           "\xEF\xBB\xBF{}", "{\"a\":{\"b\":[{},[]]}}"}) {
    EXPECT_EQ(shape_of(text), Shape::whole) << text;
  }
}

TEST(JsonReader, AStringEndsAtTheFirstQuotationMarkThatIsNotEscaped) {
  EXPECT_EQ(shape_of(R"(["\\"])"), Shape::whole);
  EXPECT_EQ(shape_of(R"(["\\\""])"), Shape::whole);
  EXPECT_EQ(shape_of(R"(["\"])"), Shape::cut_off);
  EXPECT_EQ(shape_of(R"(["\\"x])"), Shape::broken);
}

TEST(JsonReader, ACommaBeforeAClosingBracketIsForgiven) { EXPECT_EQ(shape_of("{\"a\":[1,2,],}"), Shape::whole); }

TEST(JsonReader, EveryPrefixOfAnObjectIsCutOff) {
  const std::string whole = R"({"a":[1,-2.5,true,null,"x\"y"],"b":{"c":false}})";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(shape_of(whole.substr(0, size)), Shape::cut_off) << whole.substr(0, size);
  }
}

TEST(JsonReader, WhatIsNoJsonIsBroken) {
  for (const char* text :
       {"<html>", "{a:1}", "{\"a\" 1}", "[1 2]", "{}{}", "}", "[}", "{\"a\":}", "tru!", "[1-]", "{,}"}) {
    EXPECT_EQ(shape_of(text), Shape::broken) << text;
  }
}

TEST(JsonReader, TellsTheMembersOfTheOutermostObject) {
  const auto read = read_json(R"( {"a":1,"b":{"inner":2},"c":["d",{"e":3}],"f\u0067":"h\ni"} )");
  EXPECT_EQ(read.opens_with, '{');
  EXPECT_EQ(read.member_count, 4U);
  ASSERT_NE(read.member("a"), nullptr);
  EXPECT_EQ(read.member("a")->type, Value::Type::number);
  EXPECT_EQ(read.member("b")->type, Value::Type::container);
  EXPECT_EQ(read.member("fg")->text, "h\ni");
  EXPECT_EQ(read.member("inner"), nullptr);
}

TEST(JsonReader, KeepsNoMoreOfTheMembersThanItSays) {
  std::string text = R"({"long":")" + std::string(5000, 'x') + '"';
  for (int i = 0; i < 100; ++i) text += ",\"m" + std::to_string(i) + "\":0";
  const auto read = read_json(text + "}");
  EXPECT_EQ(read.shape, Shape::whole);
  EXPECT_EQ(read.members.size(), kMostMembers);
  EXPECT_EQ(read.member_count, 101U);
  EXPECT_EQ(read.member("long")->text.size(), kLongestMember);
}

TEST(JsonReader, FollowsPointersThroughObjectsArraysAndEscapes) {
  constexpr std::string_view text = R"({"z":[[]],"a":[{"b/c":{"~":5}},{"x":{},"b/c":{"y":5,"~":"t"}}],"":true})";
  EXPECT_EQ(at("/a/1/b~1c/~0", text), "t");
  EXPECT_EQ(at("/a/0/b~1c/~0", text), "5");
  EXPECT_EQ(at("/", text), "true");
  EXPECT_EQ(at("/a/2", text), "nothing");
  EXPECT_EQ(at("/b~1c", text), "nothing");
  EXPECT_EQ(at("", "false"), "false");
}

TEST(JsonReader, TellsOfOneNameTheFirstValueAlone) { EXPECT_EQ(at("/a", R"({"a":1,"a":2})"), "1"); }

TEST(JsonReader, TellsWhatStandsBeforeTheTextBreaks) { EXPECT_EQ(at("/a", R"({"a":1,"b":)"), "1"); }

TEST(JsonReader, BottomlessNestingIsBrokenAndNotACrash) {
  EXPECT_EQ(shape_of(std::string(1'000'000, '[')), Shape::broken);
}

}  // namespace
}  // namespace cachearr::content
