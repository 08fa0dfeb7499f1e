#include "limit/state_codec.hpp"

#include <cstdint>
#include <gtest/gtest.h>
#include <limits>

namespace cachearr::limit {
namespace {

TEST(StateCodec, WhatWasWrittenIsRead) {
  StateWriter writer;
  writer.number(0);
  writer.number(std::numeric_limits<std::uint64_t>::max());
  writer.signed_number(-1);
  writer.signed_number(std::numeric_limits<std::int64_t>::min());
  writer.text("why");
  writer.time(TimePoint{Duration{1'700'000'000'123}});
  const auto bytes = writer.take();
  StateReader reader{bytes};
  EXPECT_EQ(reader.number(), 0U);
  EXPECT_EQ(reader.number(), std::numeric_limits<std::uint64_t>::max());
  EXPECT_EQ(reader.signed_number(), -1);
  EXPECT_EQ(reader.signed_number(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(reader.text(), "why");
  EXPECT_EQ(reader.time(), TimePoint{Duration{1'700'000'000'123}});
  EXPECT_TRUE(reader.ok());
  EXPECT_TRUE(reader.at_end());
}

TEST(StateCodec, ReadingPastTheEndGivesZeroAndIsRemembered) {
  StateReader reader{std::string_view{"\x80", 1}};
  EXPECT_EQ(reader.number(), 0U);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.text(), "");
  EXPECT_FALSE(reader.ok());
}

TEST(StateCodec, ATextLongerThanTheBytesIsRefused) {
  StateReader reader{std::string_view{"\x7Fxy", 3}};
  EXPECT_EQ(reader.text(), "");
  EXPECT_FALSE(reader.ok());
}

TEST(StateCodec, TimesAreShiftedByHowFarTheClockWentBack) {
  StateWriter writer;
  writer.time(TimePoint{Duration{5'000}});
  const auto bytes = writer.take();
  StateReader reader{bytes};
  reader.set_shift(Duration{2'000});
  EXPECT_EQ(reader.time(), TimePoint{Duration{3'000}});
}

TEST(StateCodec, AnAbsurdTimeIsRefused) {
  StateWriter writer;
  writer.signed_number(std::numeric_limits<std::int64_t>::max());
  const auto bytes = writer.take();
  StateReader reader{bytes};
  EXPECT_EQ(reader.time(), TimePoint{});
  EXPECT_FALSE(reader.ok());
}

}  // namespace
}  // namespace cachearr::limit
