#include "limit/json_scan.hpp"

#include <gtest/gtest.h>
#include <string>

namespace cachearr::limit {
namespace {

TEST(JsonScan, WholeValuesAreWhole) {
  for (const char* text : {"{}", "[]", " {\"a\":[1,2.5e-3,true,false,null,\"x\\\"y\"]} \n", "null", "12", "\"s\"",
                           "\xEF\xBB\xBF{}", "{\"a\":{\"b\":[{},[]]}}"}) {
    EXPECT_EQ(scan_json(text), JsonShape::whole) << text;
  }
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

TEST(JsonScan, BottomlessNestingIsBrokenAndNotACrash) {
  EXPECT_EQ(scan_json(std::string(1'000'000, '[')), JsonShape::broken);
}

}  // namespace
}  // namespace cachearr::limit
