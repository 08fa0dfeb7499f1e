#include "http/date.hpp"

#include <gtest/gtest.h>

namespace cachearr::http {
namespace {

using namespace std::chrono;

TimePoint at(std::int64_t unix_seconds) { return TimePoint{seconds{unix_seconds}}; }

TEST(Date, AllThreeFormsNameTheSameSecond) {
  EXPECT_EQ(parse_date("Sun, 06 Nov 1994 08:49:37 GMT"), at(784111777));
  EXPECT_EQ(parse_date("Sunday, 06-Nov-94 08:49:37 GMT"), at(784111777));
  EXPECT_EQ(parse_date("Sun Nov  6 08:49:37 1994"), at(784111777));
  EXPECT_EQ(parse_date("Wed Nov 16 08:49:37 1994"), at(784975777));
}

TEST(Date, WritingAndReadingAreInverse) {
  for (const auto second : {0LL, 784111777LL, 951782400LL, 4102444799LL, 253402300799LL}) {
    EXPECT_EQ(parse_date(format_date(at(second))), at(second)) << format_date(at(second));
  }
  EXPECT_EQ(format_date(at(784111777)), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(format_date(at(784111777) + milliseconds{999}), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST(Date, ATwoDigitYearOver50YearsAheadIsInThePast) {
  const auto now = at(1'780'000'000);  // 2026
  EXPECT_EQ(parse_date("Sunday, 06-Nov-94 08:49:37 GMT", now), at(784111777));
  EXPECT_EQ(parse_date("Friday, 06-Nov-76 08:49:37 GMT", now), parse_date("Fri, 06 Nov 2076 08:49:37 GMT"));
  EXPECT_EQ(parse_date("Sunday, 06-Nov-77 08:49:37 GMT", now), parse_date("Sun, 06 Nov 1977 08:49:37 GMT"));
}

TEST(Date, CaseDoesNotMatterToACache) { EXPECT_EQ(parse_date("sun, 06 NOV 1994 08:49:37 gmt"), at(784111777)); }

TEST(Date, SecondSixtyIsALeapSecond) { EXPECT_EQ(parse_date("Sat, 31 Dec 2016 23:59:60 GMT"), at(1483228800)); }

TEST(Date, WhatIsNoDateIsNone) {
  for (const auto* const text : {"",
                                 "0",
                                 "-1",
                                 "now",
                                 "Sun, 06 Nov 1994 08:49:37",
                                 "Sun, 06 Nov 1994 08:49:37 EST",
                                 "Sun, 06 Nov 1994 08:49:37 UTC",
                                 "Sunday, 06-Nov-94 08:49:37 UTC",
                                 "Sun, 06 Nov 1994 08:49:37 +0000",
                                 "Sun, 6 Nov 1994 08:49:37 GMT",
                                 "Sun, 06 Nov 94 08:49:37 GMT",
                                 "Sun 06 Nov 1994 08:49:37 GMT",
                                 "Sun, 06 Nov 1994 8:49:37 GMT",
                                 "Sun, 06  Nov 1994 08:49:37 GMT",
                                 "Sun, 06-Nov-1994 08:49:37 GMT",
                                 "Sun, 06 Nov 1994 08.49.37 GMT",
                                 "Sun, 31 Feb 1994 08:49:37 GMT",
                                 "Sun, 00 Nov 1994 08:49:37 GMT",
                                 "Sun, 06 Nov 1994 24:00:00 GMT",
                                 "Sun, 06 Nov 1994 08:60:37 GMT",
                                 "Sun, 06 Nov 1994 08:49:61 GMT",
                                 "Son, 06 Nov 1994 08:49:37 GMT",
                                 "Sun, 06 Okt 1994 08:49:37 GMT",
                                 "Sun, 06 Nov 1994 08:49:37 GMT ",
                                 " Sun, 06 Nov 1994 08:49:37 GMT",
                                 "Sun, 06 Nov 1994 08:49:37 GMT, x",
                                 "F000 00 Mar 0000 00:00:4000000",
                                 "Sun Nov 6 08:49:37 1994",
                                 "Sun Nov  6 08:49:37 1994 GMT",
                                 "1994-11-06T08:49:37Z",
                                 "Sun, -6 Nov 1994 08:49:37 GMT"}) {
    EXPECT_FALSE(parse_date(text)) << text;
  }
}

TEST(Date, DeltaSecondsAreDigitsAndCappedAtTwoToThe31) {
  EXPECT_EQ(parse_delta_seconds("0"), 0U);
  EXPECT_EQ(parse_delta_seconds("0086400"), 86400U);
  EXPECT_EQ(parse_delta_seconds("2147483647"), 2147483647U);
  EXPECT_EQ(parse_delta_seconds("2147483648"), 2147483648U);
  EXPECT_EQ(parse_delta_seconds("4294967297"), 2147483648U);
  EXPECT_EQ(parse_delta_seconds("99999999999999999999"), 2147483648U);
}

TEST(Date, WhatIsNoDeltaIsNone) {
  for (const auto* const text : {"", "-1", "+1", "1.5", " 1", "1 ", "\"60\"", "0x10", "60s"}) {
    EXPECT_FALSE(parse_delta_seconds(text)) << text;
  }
}

}  // namespace
}  // namespace cachearr::http
