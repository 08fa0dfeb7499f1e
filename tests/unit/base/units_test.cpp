#include "base/units.hpp"

#include <gtest/gtest.h>

namespace cachearr {
namespace {

using namespace std::chrono_literals;

TEST(Units, DurationsAreReadInEveryUnit) {
  EXPECT_EQ(parse_duration("1500ms"), 1500ms);
  EXPECT_EQ(parse_duration("10s"), 10s);
  EXPECT_EQ(parse_duration("15m"), 15min);
  EXPECT_EQ(parse_duration("24h"), 24h);
  EXPECT_EQ(parse_duration("7d"), 168h);
  EXPECT_EQ(parse_duration("30"), 30s);
  EXPECT_EQ(parse_duration("0"), 0s);
}

TEST(Units, WhatIsNoDurationIsNone) {
  for (const auto* const text : {"", "s", "-1s", "+1s", "1.5h", "1 s", "1sec", "1w", "h1", "1h30m", "0x10s",
                                 "9223372036854775807d", "18446744073709551616s"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(Units, DurationsAreWrittenInTheLargestExactUnit) {
  EXPECT_EQ(format_duration(24h), "24h");
  EXPECT_EQ(format_duration(168h), "7d");
  EXPECT_EQ(format_duration(90s), "90s");
  EXPECT_EQ(format_duration(1500ms), "1500ms");
  EXPECT_EQ(format_duration(60min), "1h");
  EXPECT_EQ(format_duration(0s), "0s");
  EXPECT_EQ(format_duration(-5s), "-5s");
}

TEST(Units, AWrittenDurationReadsBackAsItself) {
  for (const Duration duration : {Duration{1ms}, Duration{999ms}, Duration{1s}, Duration{59min}, Duration{25h}}) {
    EXPECT_EQ(parse_duration(format_duration(duration)), duration);
  }
}

TEST(Units, SizesKnowBinaryAndDecimalUnits) {
  EXPECT_EQ(parse_size("1024"), 1024U);
  EXPECT_EQ(parse_size("1B"), 1U);
  EXPECT_EQ(parse_size("64KiB"), 65536U);
  EXPECT_EQ(parse_size("256MiB"), 268435456U);
  EXPECT_EQ(parse_size("4GB"), 4000000000U);
  EXPECT_EQ(parse_size("4GiB"), 4294967296U);
  EXPECT_EQ(parse_size("1TiB"), 1099511627776U);
  EXPECT_EQ(parse_size("4gib"), 4294967296U);
  EXPECT_EQ(parse_size("9223372036854775807"), 9223372036854775807U);
}

TEST(Units, WhatIsNoSizeIsNone) {
  for (const auto* const text : {"", "MiB", "-1", "1.5GiB", "1 GiB", "1X", "9223372036854775808", "8388608TiB"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

TEST(Units, SizesAreWrittenForReading) {
  EXPECT_EQ(format_size(0), "0B");
  EXPECT_EQ(format_size(1023), "1023B");
  EXPECT_EQ(format_size(1024), "1KiB");
  EXPECT_EQ(format_size(268435456), "256MiB");
  EXPECT_EQ(format_size(1610612736), "1.5GiB");
  EXPECT_EQ(format_size((1ULL << 30U) - 1), "1023.9MiB");
}

}  // namespace
}  // namespace cachearr
