#include "limit/limit_head.hpp"

#include <gtest/gtest.h>
#include <initializer_list>
#include <utility>

#include "http/date.hpp"
#include "unit/limit/now.hpp"

namespace cachearr::limit {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

using test::kNow;

content::LimitSignal read(int status, std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  http::ResponseHead head;
  head.status = status;
  for (const auto& [name, value] : fields) head.fields.add(name, value);
  return read_head(head, kNow);
}

TEST(LimitHead, AnOrdinaryAnswerSaysNothing) {
  const auto signal = read(200, {{"Content-Type", "application/json"}});
  EXPECT_FALSE(signal.limited);
  EXPECT_TRUE(signal.readings.empty());
}

TEST(LimitHead, RetryAfterInSecondsIsTheTrueTime) {
  const auto signal = read(429, {{"Retry-After", "85871"}});
  EXPECT_TRUE(signal.limited);
  EXPECT_EQ(signal.until, kNow + seconds{85'871});
}

TEST(LimitHead, RetryAfterAsADateGoesByTheUpstreamsClock) {
  const auto theirs = kNow - hours{3};
  const auto date = http::format_date(theirs);
  const auto until = http::format_date(theirs + seconds{90});
  EXPECT_EQ(read(503, {{"Date", date}, {"Retry-After", until}}).until, kNow + seconds{90});
}

TEST(LimitHead, RetryAfterAsADateWithoutADateGoesByOurs) {
  const auto until = http::format_date(kNow + seconds{90});
  EXPECT_EQ(read(429, {{"Retry-After", until}}).until, kNow + seconds{90});
}

TEST(LimitHead, RetryAfterInSecondsSince1970IsUnderstood) {
  EXPECT_EQ(read(429, {{"Retry-After", "1700000060"}}).until, kNow + seconds{61});
}

TEST(LimitHead, AnAbsurdRetryAfterBecomesADay) {
  EXPECT_EQ(read(429, {{"Retry-After", "99999999"}}).until, kNow + hours{24});
  EXPECT_EQ(read(429, {{"Retry-After", "99999999999999999999"}}).until, kNow + hours{24});
}

TEST(LimitHead, AWindowOfYearsIsNoReasonToPauseForYears) {
  const auto signal = read(429, {{"RateLimit-Policy", "\"a\";q=40;w=30555555"}, {"RateLimit", "\"a\";r=0"}});
  EXPECT_EQ(signal.until, kNow + hours{24});
}

TEST(LimitHead, ATimeThatIsOverIsNoTime) {
  EXPECT_EQ(read(429, {{"Retry-After", "0"}}).until, std::nullopt);
  EXPECT_EQ(read(429, {{"Retry-After", "Sun, 06 Nov 1994 08:49:37 GMT"}}).until, std::nullopt);
  EXPECT_EQ(read(429, {{"Retry-After", "soon"}}).until, std::nullopt);
  EXPECT_EQ(read(429, {{"Retry-After", "-5"}}).until, std::nullopt);
  EXPECT_TRUE(read(429, {}).limited);
}

TEST(LimitHead, AServiceUnavailableWithoutATimePausesShortly) {
  const auto signal = read(503, {});
  EXPECT_TRUE(signal.limited);
  EXPECT_EQ(signal.until, std::nullopt);
  EXPECT_EQ(signal.pause, seconds{2});
}

TEST(LimitHead, OtherErrorsAreNoLimit) {
  EXPECT_FALSE(read(500, {}).limited);
  EXPECT_FALSE(read(403, {}).limited);
  EXPECT_TRUE(read(403, {{"Retry-After", "60"}}).limited);
}

TEST(LimitHead, ReadsXRateLimitWithAResetIn1970Seconds) {
  const auto signal =
      read(200, {{"X-RateLimit-Limit", "40"}, {"X-RateLimit-Remaining", "38"}, {"X-RateLimit-Reset", "1700000010"}});
  ASSERT_EQ(signal.readings.size(), 1U);
  EXPECT_EQ(signal.readings[0].limit, 40U);
  EXPECT_EQ(signal.readings[0].remaining, 38U);
  EXPECT_EQ(signal.readings[0].reset, kNow + seconds{11});
}

TEST(LimitHead, ARefusalWithoutRetryAfterTakesTheResetOfWhatIsUsedUp) {
  const auto signal =
      read(429, {{"X-RateLimit-Limit", "60"}, {"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "42"}});
  EXPECT_EQ(signal.until, kNow + seconds{42});
}

TEST(LimitHead, ARefusalWithAResetAloneMeansThatNothingIsLeftUntilThen) {
  EXPECT_EQ(read(429, {{"RateLimit-Reset", "11"}}).until, kNow + seconds{11});
  EXPECT_EQ(read(429, {{"X-RateLimit-Limit", "40"}, {"X-RateLimit-Reset", "1700000010"}}).until, kNow + seconds{11});
  EXPECT_EQ(read(429, {{"RateLimit-Remaining", "3"}, {"RateLimit-Reset", "11"}}).until, std::nullopt);
}

TEST(LimitHead, AResetInMillisecondsSince1970IsUnderstood) {
  const auto signal = read(429, {{"X-RateLimit-Remaining", "0"}, {"X-RateLimit-Reset", "1700000030000"}});
  EXPECT_EQ(signal.until, kNow + seconds{31});
}

TEST(LimitHead, ReadsRateLimitFieldsOfTheEarlyDrafts) {
  const auto signal =
      read(200, {{"RateLimit-Limit", "5, 5;w=1"}, {"RateLimit-Remaining", "4"}, {"RateLimit-Reset", "1"}});
  ASSERT_EQ(signal.readings.size(), 1U);
  EXPECT_EQ(signal.readings[0].limit, 5U);
  EXPECT_EQ(signal.readings[0].remaining, 4U);
}

TEST(LimitHead, ReadsTheSeventhDraft) {
  const auto signal = read(200, {{"RateLimit", "limit=100, remaining=50, reset=5"}});
  ASSERT_EQ(signal.readings.size(), 1U);
  EXPECT_EQ(signal.readings[0].limit, 100U);
  EXPECT_EQ(signal.readings[0].remaining, 50U);
  EXPECT_EQ(signal.readings[0].reset, kNow + seconds{5});
}

TEST(LimitHead, ReadsTheEighthDraftWithItsPolicies) {
  const auto signal = read(200, {{"RateLimit-Policy", "\"burst\";q=100;w=60,\"daily\";q=1000;w=86400"},
                                 {"RateLimit", "\"daily\";r=12;t=3600"}});
  ASSERT_EQ(signal.readings.size(), 1U);
  EXPECT_EQ(signal.readings[0].limit, 1000U);
  EXPECT_EQ(signal.readings[0].remaining, 12U);
  EXPECT_EQ(signal.readings[0].per, hours{24});
  EXPECT_EQ(signal.readings[0].reset, kNow + seconds{3600});
}

TEST(LimitHead, ReadsOpenSubtitlesLimitsPerSecond) {
  const auto signal = read(200, {{"X-RateLimit-Limit-Second", "5"}, {"X-RateLimit-Remaining-Second", "0"}});
  ASSERT_EQ(signal.readings.size(), 1U);
  EXPECT_EQ(signal.readings[0].per, seconds{1});
  EXPECT_EQ(signal.readings[0].reset, kNow + seconds{1});
}

TEST(LimitHead, ReadsTraktsJson) {
  const auto signal =
      read(429, {{"X-Ratelimit", R"({"name":"UNAUTHED_API_GET_LIMIT","period":300,"limit":1000,"remaining":0,)"
                                 R"("until":"2023-11-14T22:15:00Z"})"}});
  ASSERT_EQ(signal.readings.size(), 1U);
  EXPECT_EQ(signal.readings[0].limit, 1000U);
  EXPECT_EQ(signal.readings[0].per, seconds{300});
  EXPECT_EQ(signal.until, kNow + seconds{100});
}

TEST(LimitHead, ReadingsThatACacheRepeatsAreLeftOut) {
  const auto signal = read(200, {{"Age", "11311"}, {"X-RateLimit-Limit", "5"}, {"X-RateLimit-Remaining", "0"}});
  EXPECT_TRUE(signal.readings.empty());
}

TEST(LimitHead, ATraktWindowThatIsOverSaysNothing) {
  const auto signal =
      read(200, {{"X-Ratelimit", R"({"period":300,"limit":1000,"remaining":0,"until":"2021-01-05T04:15:00Z"})"}});
  EXPECT_TRUE(signal.readings.empty());
}

TEST(LimitHead, BrokenFieldsAreIgnored) {
  const auto signal = read(200, {{"X-Ratelimit", "{broken"},
                                 {"RateLimit", "\"a\";r=\"x\""},
                                 {"X-RateLimit-Remaining", "many"},
                                 {"RateLimit-Remaining", "-1"}});
  EXPECT_TRUE(signal.readings.empty());
  EXPECT_FALSE(signal.limited);
}

}  // namespace
}  // namespace cachearr::limit
