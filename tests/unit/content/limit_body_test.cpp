#include "content/limit_body.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace cachearr::content {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

// 2025-01-03 00:00:00 UTC
constexpr TimePoint kAsked{Duration{1'735'862'400'000}};

using Scope = LimitWords::Scope;

LimitSignal xml(std::string_view body, int status = 200) { return limits_in(read_body(body), status, true, kAsked); }
LimitSignal json(std::string_view body, int status) { return limits_in(read_body(body), status, false, kAsked); }

std::optional<LimitSignal> told(const std::vector<LimitWords>& words, int status, std::string_view body) {
  const auto pointers = pointers_of(words);
  return limit_by_words(read_body(body, {{}, pointers}), status, words, kAsked);
}

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
  EXPECT_EQ(signal.readings[0].reset, kAsked + hours{3} + minutes{4} + std::chrono::seconds{5});
  EXPECT_EQ(signal.readings[0].scope, Scope::call);
  EXPECT_EQ(signal.readings[1].scope, Scope::grab);
  EXPECT_EQ(signal.readings[1].remaining, 4U);
}

TEST(LimitBody, ReadsApilimitsInCamelCaseAndWithAnyPrefix) {
  const auto signal = xml("<rss><channel><x:apilimits apiCurrent='50' apiMax='50' grabMax='5'/></channel></rss>");
  ASSERT_EQ(signal.readings.size(), 1U);
  EXPECT_EQ(signal.readings[0].remaining, 0U);
  EXPECT_EQ(signal.readings[0].reset, kAsked + hours{1});
}

TEST(LimitBody, ApiNextAvailableIsTheTrueTime) {
  const auto signal =
      xml("<rss><channel><newznab:apilimits apicurrent=\"50\" apimax=\"50\" "
          "apinextavailable=\"Fri, 03 Jan 2025 02:30:00 +0200\"/></channel></rss>");
  ASSERT_EQ(signal.readings.size(), 1U);
  EXPECT_EQ(signal.readings[0].reset, kAsked + minutes{30});
}

TEST(LimitBody, AnOldestTimeOfLongAgoIsNotBelieved) {
  const auto signal =
      xml("<rss><channel><newznab:apilimits apicurrent=\"50\" apimax=\"50\" "
          "apioldesttime=\"Tue, 19 Nov 2019 09:26:45 +0000\"/></channel></rss>");
  ASSERT_EQ(signal.readings.size(), 1U);
  EXPECT_EQ(signal.readings[0].reset, kAsked + hours{1});
}

TEST(LimitBody, AnErrorOfSomethingElseThanAnIndexerMayMeanAnything) {
  EXPECT_FALSE(json("<error code=\"500\">banned</error>", 200).limited);
}

TEST(LimitBody, NewznabCountsCallsAndGrabsApart) {
  EXPECT_EQ(xml("<error code=\"500\" description=\"Request limit reached\"/>").scope, Scope::call);
  EXPECT_EQ(xml("<error code=\"501\" description=\"Download limit reached\"/>").scope, Scope::grab);
  EXPECT_EQ(xml("<error code=\"999\" description=\"Grab limit reached\"/>").scope, Scope::grab);
  EXPECT_FALSE(xml("<error code=\"429\" description=\"Slow down\"/>").scope);
}

TEST(LimitBody, ASpentKindTakesItsOwnReset) {
  const auto signal =
      xml("<error code=\"501\"><newznab:apilimits apicurrent=\"50\" apimax=\"50\" grabcurrent=\"5\" grabmax=\"5\" "
          "apinextavailable=\"Fri, 03 Jan 2025 00:10:00 +0000\" grabnextavailable=\"Fri, 03 Jan 2025 02:00:00 "
          "+0000\"/></error>");
  EXPECT_EQ(signal.until, kAsked + hours{2});
}

TEST(LimitBody, JsonErrorsThatSpeakOfRateAreLimits) {
  EXPECT_TRUE(json(R"({"error":"Too many requests per second.","error_code":5,"rate_limit":1})", 200).limited);
  EXPECT_TRUE(json(R"({"error":"Your requests are exceeding the allowable rate limit."})", 503).limited);
  EXPECT_FALSE(json(R"({"error":"rate limit"})", 404).limited);
  EXPECT_FALSE(json(R"({"title":"Rate Limit","rating":5})", 200).limited);
}

TEST(LimitBody, AJsonErrorMayKeepItsWordsBelow) {
  EXPECT_TRUE(json(R"({"error":{"code":7,"message":"Too many requests"}})", 403).limited);
  EXPECT_TRUE(json(R"({"errors":[{"detail":"Rate limit exceeded"}]})", 400).limited);
  EXPECT_TRUE(json(R"({"errors":["Quota exceeded for today"]})", 403).limited);
}

TEST(LimitBody, HtmlIsNotRead) { EXPECT_FALSE(json("<html>rate limit reached</html>", 403).limited); }

struct Spent {
  const char* what;
  const char* body;
};
class LimitWordsTest : public testing::TestWithParam<Spent> {};

TEST_P(LimitWordsTest, CountInEveryFormOfBody) {
  const std::vector<LimitWords> words{{200, {"*limit reached*"}, hours{1}, Scope::grab, {}}};
  const auto signal = told(words, 200, GetParam().body);
  ASSERT_TRUE(signal) << GetParam().what;
  EXPECT_TRUE(signal->limited);
  EXPECT_EQ(signal->pause, hours{1});
  EXPECT_EQ(signal->scope, Scope::grab);
  EXPECT_FALSE(told(words, 404, GetParam().body)) << GetParam().what;
}

INSTANTIATE_TEST_SUITE_P(
    Bodies, LimitWordsTest,
    testing::Values(Spent{"text", "Daily limit reached (5/5)"}, Spent{"text in capitals", "DAILY LIMIT REACHED"},
                    Spent{"text behind a mark", "\xEF\xBB\xBF\n Limit reached"},
                    Spent{"xml error", "<?xml version='1.0'?><error code='999' description='Limit reached'/>"},
                    Spent{"xml error in text", "<error>Limit reached</error>"},
                    Spent{"xml of its own", "<response><message>limit reached</message></response>"},
                    Spent{"xml entities", "<error description='limit&#32;reached'/>"},
                    Spent{"json error", R"({"Response":"False","Error":"Request limit reached!"})"},
                    Spent{"json of its own", R"({"ok":0,"info":"limit reached"})"},
                    Spent{"json below", R"({"error":{"message":"limit reached"}})"},
                    Spent{"json escapes", R"({"error":"limit\u0020reached"})"},
                    Spent{"html", "<!DOCTYPE html><html><body><h1>Limit reached</h1></body></html>"}));

class DataTest : public testing::TestWithParam<Spent> {};

TEST_P(DataTest, IsNotSearchedForWords) {
  EXPECT_FALSE(told({{std::nullopt, {"*banned*"}, hours{1}, Scope::call, {}}}, 200, GetParam().body))
      << GetParam().what;
}

INSTANTIATE_TEST_SUITE_P(
    Bodies, DataTest,
    testing::Values(Spent{"a feed", "<rss><channel><item><title>Banned.2024.1080p</title></item></channel></rss>"},
                    Spent{"an nzb", "<nzb><file subject='Banned'/></nzb>"}, Spent{"a list", R"([{"title":"Banned"}])"},
                    Spent{"an object of data",
                          R"({"id":1,"name":"x","overview":"He is banned","a":1,"b":2,"c":3,"d":4,"e":5,"f":6})"},
                    Spent{"nothing", ""}));

TEST(LimitWords, OfAPatternWithoutStarsAreOneWholeText) {
  const std::vector<LimitWords> words{{std::nullopt, {"Banned"}, hours{12}, Scope::call, {}}};
  EXPECT_TRUE(told(words, 200, "<error>Banned</error>"));
  EXPECT_FALSE(told(words, 200, "<error>Not banned</error>"));
}

TEST(LimitWords, MayNameWhereTheTrueTimeStands) {
  const std::vector<LimitWords> by_date{{406, {"*allowed*"}, hours{1}, Scope::grab, "/reset_time_utc"}};
  EXPECT_EQ(
      told(by_date, 406, R"({"remaining":-1,"message":"your allowed 20","reset_time_utc":"2025-01-03T22:59:59Z"})")
          ->until,
      kAsked + hours{22} + minutes{59} + std::chrono::seconds{59});
  const std::vector<LimitWords> spoken{{406, {"*allowed*"}, hours{1}, Scope::grab, "/reset_time"}};
  EXPECT_EQ(told(spoken, 406, R"({"message":"your allowed 20","reset_time":"23 hours and 57 minutes"})")->until,
            kAsked + hours{23} + minutes{57});
  EXPECT_FALSE(told(spoken, 406, R"({"message":"your allowed 20","reset_time":"soon"})")->until);
}

TEST(LimitWords, OfTheFirstThatFitsHold) {
  const std::vector<LimitWords> words{{std::nullopt, {"*grabs*"}, hours{2}, Scope::grab, {}},
                                      {std::nullopt, {"*spent*"}, hours{3}, Scope::call, {}}};
  EXPECT_EQ(told(words, 200, "all grabs spent")->pause, hours{2});
  EXPECT_EQ(told(words, 200, "all calls spent")->pause, hours{3});
}

TEST(LimitBody, NothingAtAllSaysNothing) {
  EXPECT_FALSE(xml("").limited);
  EXPECT_FALSE(xml("<").limited);
  EXPECT_FALSE(json("{", 429).limited);
}

TEST(LimitBody, WhatItSaysIsFitToBeShown) {
  const auto why = xml("<error code=\"500\" description=\"Limit reached for apikey=feedfacecafebeef0123456789abcdef " +
                       std::string(100'000, 'x') + "\"/>")
                       .why;
  EXPECT_EQ(why.find("feedface"), std::string::npos) << why;
  EXPECT_LE(why.size(), 200U);
}

}  // namespace
}  // namespace cachearr::content
