#include "content/limit_body.hpp"

#include <gtest/gtest.h>
#include <string>

namespace cachearr::content {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// 2025-01-03 00:00:00 UTC
constexpr TimePoint kNow{Duration{1'735'862'400'000}};

LimitSignal xml(std::string_view body, int status = 200) {
  return read_body("application/rss+xml", status, body, kNow);
}
LimitSignal json(std::string_view body, int status) { return read_body("application/json", status, body, kNow); }

TEST(LimitBody, NewznabCodesForLimitsAreLimitsInsideAnHttp200) {
  for (const char* code : {"500", "501", "429"}) {
    const auto signal = xml("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<error code=\"" + std::string{code} +
                            "\" description=\"Sorry\"/>");
    EXPECT_TRUE(signal.limited) << code;
    EXPECT_EQ(signal.pause, hours{1});
  }
}

TEST(LimitBody, ATextWithLimitIsALimitWhateverTheCode) {
  EXPECT_TRUE(xml("<error code=\"100\" description=\"Request limit reached (6/5)\"/>").limited);
  EXPECT_TRUE(xml("<error description=\"Download LIMIT reached\"/>").limited);
  EXPECT_EQ(xml("<error code=\"500\" description=\"Request limit reached (6/5)\"/>").why,
            "error 500: Request limit reached (6/5)");
}

TEST(LimitBody, AParameterCalledLimitIsNoLimit) {
  EXPECT_FALSE(xml("<error code=\"201\" description=\"Incorrect parameter (limit)\"/>").limited);
  EXPECT_TRUE(xml("<error code=\"201\" description=\"Limit exceeded\"/>").limited);
}

TEST(LimitBody, OtherNewznabErrorsAreNoLimit) {
  EXPECT_FALSE(xml("<error code=\"100\" description=\"Incorrect user credentials\"/>").limited);
  EXPECT_FALSE(xml("<error code=\"910\" description=\"API Disabled\"/>").limited);
}

TEST(LimitBody, AFeedThatMentionsALimitIsNoLimit) {
  EXPECT_FALSE(xml("<rss><channel><item><title>No Limit 2025</title></item></channel></rss>").limited);
}

TEST(LimitBody, ACutOffErrorElementIsStillRead) {
  EXPECT_TRUE(xml("<error code=\"500\" description=\"Request limit reached\">").limited);
  EXPECT_FALSE(xml("<error code=\"500\" descr").limited);
}

TEST(LimitBody, ReadsApilimitsInLowerCase) {
  const auto signal =
      xml("<rss><channel><newznab:apilimits apicurrent=\"44\" apimax=\"50\" grabcurrent=\"1\" grabmax=\"5\" "
          "apioldesttime=\"Thu, 02 Jan 2025 03:04:05 +0000\"/></channel></rss>");
  EXPECT_FALSE(signal.limited);
  ASSERT_EQ(signal.readings.size(), 2U);
  EXPECT_EQ(signal.readings[0].limit, 50U);
  EXPECT_EQ(signal.readings[0].remaining, 6U);
  EXPECT_EQ(signal.readings[0].reset, kNow + hours{3} + minutes{4} + std::chrono::seconds{5});
  EXPECT_TRUE(signal.readings[1].grabs);
  EXPECT_EQ(signal.readings[1].remaining, 4U);
}

TEST(LimitBody, ReadsApilimitsInCamelCaseAndWithAnyPrefix) {
  const auto signal = xml("<rss><channel><x:apilimits apiCurrent='50' apiMax='50' grabMax='5'/></channel></rss>");
  ASSERT_EQ(signal.readings.size(), 1U);
  EXPECT_EQ(signal.readings[0].remaining, 0U);
  EXPECT_EQ(signal.readings[0].reset, kNow + hours{1});
}

TEST(LimitBody, ApiNextAvailableIsTheTrueTime) {
  const auto signal =
      xml("<rss><channel><newznab:apilimits apicurrent=\"50\" apimax=\"50\" "
          "apinextavailable=\"Fri, 03 Jan 2025 02:30:00 +0200\"/></channel></rss>");
  ASSERT_EQ(signal.readings.size(), 1U);
  EXPECT_EQ(signal.readings[0].reset, kNow + minutes{30});
}

TEST(LimitBody, AnOldestTimeOfLongAgoIsNotBelieved) {
  const auto signal =
      xml("<rss><channel><newznab:apilimits apicurrent=\"50\" apimax=\"50\" "
          "apioldesttime=\"Tue, 19 Nov 2019 09:26:45 +0000\"/></channel></rss>");
  ASSERT_EQ(signal.readings.size(), 1U);
  EXPECT_EQ(signal.readings[0].reset, kNow + hours{1});
}

TEST(LimitBody, AniDbsBanPausesForHalfADay) {
  const auto signal = read_body("text/xml", 200, "<error code=\"500\">banned</error>", kNow);
  EXPECT_TRUE(signal.limited);
  EXPECT_EQ(signal.pause, hours{12});
  EXPECT_TRUE(read_body("text/xml", 200, "<error>Banned</error>", kNow).limited);
}

TEST(LimitBody, OmdbsRefusalIsALimitAndNoBadKey) {
  EXPECT_TRUE(json(R"({"Response":"False","Error":"Request limit reached!"})", 401).limited);
  EXPECT_FALSE(json(R"({"Response":"False","Error":"Invalid API key!"})", 401).limited);
  EXPECT_FALSE(json(R"({"Response":"False","Error":"Movie not found!"})", 200).limited);
}

TEST(LimitBody, OpenSubtitlesResetTimeIsTheTrueTime) {
  const auto told = json(R"({"requests":21,"remaining":-1,"message":"You have downloaded your allowed 20 subtitles",)"
                         R"("reset_time":"23 hours and 57 minutes","reset_time_utc":"2025-01-03T22:59:59.999Z"})",
                         406);
  EXPECT_TRUE(told.limited);
  EXPECT_EQ(told.until, kNow + hours{22} + minutes{59} + std::chrono::seconds{59});
  const auto spoken = json(R"({"remaining":0,"reset_time":"23 hours and 57 minutes"})", 406);
  EXPECT_EQ(spoken.until, kNow + hours{23} + minutes{57});
}

TEST(LimitBody, AnOpenSubtitlesAnswerWithSomethingLeftIsNoLimit) {
  EXPECT_FALSE(json(R"({"remaining":3,"reset_time":"23 hours"})", 406).limited);
}

TEST(LimitBody, JsonErrorsThatSpeakOfRateAreLimits) {
  EXPECT_TRUE(
      json(R"({"status_code":25,"status_message":"Your request count is over the allowed limit."})", 429).limited);
  EXPECT_TRUE(json(R"({"error":"Too many requests per second.","error_code":5,"rate_limit":1})", 200).limited);
  EXPECT_TRUE(json(R"({"error":"Your requests are exceeding the allowable rate limit."})", 503).limited);
  EXPECT_FALSE(json(R"({"error":"rate limit"})", 404).limited);
  EXPECT_FALSE(json(R"({"title":"Rate Limit","rating":5})", 200).limited);
}

TEST(LimitBody, HtmlIsNotRead) {
  EXPECT_FALSE(read_body("text/html", 403, "<html>rate limit reached</html>", kNow).limited);
}

TEST(LimitBody, NothingAtAllSaysNothing) {
  EXPECT_FALSE(xml("").limited);
  EXPECT_FALSE(xml("<").limited);
  EXPECT_FALSE(json("{", 429).limited);
}

}  // namespace
}  // namespace cachearr::content
