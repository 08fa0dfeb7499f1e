#include "base/position.hpp"

#include <gtest/gtest.h>

namespace cachearr {
namespace {

TEST(Position, AProblemNamesFileLineAndColumn) {
  EXPECT_EQ(to_string(Problem{{"rules.json", 3, 14}, "unknown key"}), "rules.json:3:14: unknown key");
}

TEST(Position, WhatIsNotKnownIsLeftOut) {
  EXPECT_EQ(to_string(Problem{{"rules.json", 3, 0}, "bad"}), "rules.json:3: bad");
  EXPECT_EQ(to_string(Problem{{"rules.json", 0, 0}, "bad"}), "rules.json: bad");
  EXPECT_EQ(to_string(Problem{{}, "bad"}), "bad");
}

}  // namespace
}  // namespace cachearr
