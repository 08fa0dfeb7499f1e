#include "base/dates.hpp"

#include <gtest/gtest.h>

namespace cachearr::dates {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr TimePoint kNewYear{Duration{1'735'689'600'000}};  // 2025-01-01

TEST(Dates, ReadsIsoDatesInAnyZone) {
  EXPECT_EQ(parse_iso_date("2025-01-01T00:00:00Z"), kNewYear);
  EXPECT_EQ(parse_iso_date("2025-01-01T02:00:00.123456+02:00"), kNewYear);
  EXPECT_EQ(parse_iso_date("2024-12-31 19:00:00-0500"), kNewYear);
  EXPECT_EQ(parse_iso_date("2025-01-01T00:00:00"), kNewYear);
}

TEST(Dates, ReadsMailDatesInAnyZone) {
  EXPECT_EQ(parse_mail_date("Wed, 01 Jan 2025 02:00:00 +0200"), kNewYear);
  EXPECT_EQ(parse_mail_date("1 Jan 2025 00:00:00 GMT"), kNewYear);
  EXPECT_EQ(parse_mail_date("Wed, 01 Jan 2025 00:00 UTC"), kNewYear);
}

TEST(Dates, WhatIsNoDateIsNone) {
  for (const char* text : {"", "2025", "2025-13-01T00:00:00Z", "2025-02-30T00:00:00Z", "2025-01-01T24:00:00Z",
                           "2025-01-01T00:00:00Zx", "2025-01-01T00:00:00 EST"}) {
    EXPECT_FALSE(parse_iso_date(text)) << text;
  }
  for (const char* text : {"", "Wed 01 Jan 2025", "Wed, 01 Foo 2025 00:00:00 GMT", "Wed, 01 Jan 25 00:00:00 GMT"}) {
    EXPECT_FALSE(parse_mail_date(text)) << text;
  }
}

TEST(Dates, ReadsSpokenLengths) {
  EXPECT_EQ(parse_spoken_duration("23 hours and 57 minutes"), hours{23} + minutes{57});
  EXPECT_EQ(parse_spoken_duration("1 day 1 sec"), hours{24} + seconds{1});
  EXPECT_FALSE(parse_spoken_duration("soon"));
  EXPECT_FALSE(parse_spoken_duration("99999999999 hours"));
}

TEST(Dates, ANumberIsAMomentOrADistanceByItsSize) {
  EXPECT_EQ(moment_of(60, kNewYear), kNewYear + seconds{60});
  EXPECT_EQ(moment_of(0.5, kNewYear), kNewYear + Duration{500});
  EXPECT_EQ(moment_of(1'735'689'660, kNewYear), kNewYear + seconds{60});
  EXPECT_EQ(moment_of(1'735'689'660'000, kNewYear), kNewYear + seconds{60});
  EXPECT_FALSE(moment_of(-1, kNewYear));
  EXPECT_FALSE(moment_of(1e18, kNewYear));
}

}  // namespace
}  // namespace cachearr::dates
