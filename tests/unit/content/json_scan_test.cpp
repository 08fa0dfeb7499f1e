#include "content/json_scan.hpp"

#include <gtest/gtest.h>
#include <string>
#include <string_view>
#include <vector>

namespace cachearr::content {
namespace {

TEST(JsonScan, WholeValuesAreWhole) {
  for (const char* text : {"{}", "[]", " {\"a\":[1,2.5e-3,true,false,null,\"x\\\"y\"]} \n", "null", "12", "\"s\"",
                           "\xEF\xBB\xBF{}", "{\"a\":{\"b\":[{},[]]}}"}) {
    EXPECT_EQ(scan_json(text), JsonShape::whole) << text;
  }
}

TEST(JsonScan, AStringEndsAtTheFirstQuotationMarkThatIsNotEscaped) {
  EXPECT_EQ(scan_json(R"(["\\"])"), JsonShape::whole);
  EXPECT_EQ(scan_json(R"(["\\\""])"), JsonShape::whole);
  EXPECT_EQ(scan_json(R"(["\"])"), JsonShape::cut_off);
  EXPECT_EQ(scan_json(R"(["\\"x])"), JsonShape::broken);
}

TEST(JsonScan, ACommaBeforeAClosingBracketIsForgiven) { EXPECT_EQ(scan_json("{\"a\":[1,2,],}"), JsonShape::whole); }

TEST(JsonScan, EveryPrefixOfAnObjectIsCutOff) {
  const std::string whole = R"({"a":[1,-2.5,true,null,"x\"y"],"b":{"c":false}})";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(scan_json(whole.substr(0, size)), JsonShape::cut_off) << whole.substr(0, size);
  }
}

TEST(JsonScan, WhatIsNoJsonIsBroken) {
  for (const char* text :
       {"<html>", "{a:1}", "{\"a\" 1}", "[1 2]", "{}{}", "}", "[}", "{\"a\":}", "tru!", "[1-]", "{,}"}) {
    EXPECT_EQ(scan_json(text), JsonShape::broken) << text;
  }
}

TEST(JsonScan, TheMembersOfTheOutermostObjectAreNamed) {
  std::vector<std::string_view> members;
  scan_json(R"( {"a":1,"b":{"inner":2},"c":["d",{"e":3}],"f":"g"} )", &members);
  EXPECT_EQ(members, (std::vector<std::string_view>{"a", "b", "c", "f"}));
}

TEST(JsonScan, AnArrayHasNoMembers) {
  std::vector<std::string_view> members;
  scan_json(R"([{"a":1}])", &members);
  EXPECT_TRUE(members.empty());
}

TEST(JsonScan, BottomlessNestingIsBrokenAndNotACrash) {
  EXPECT_EQ(scan_json(std::string(1'000'000, '[')), JsonShape::broken);
}

}  // namespace
}  // namespace cachearr::content
