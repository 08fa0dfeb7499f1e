#include "app/cli/top_screen.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cachearr::app {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

Json upstream(const std::string& name, std::uint64_t requests, std::uint64_t pause = 0) {
  return {{"name", name},
          {"mode", "live"},
          {"tokens", 12},
          {"waiting", 0},
          {"quota", Json::array({{{"per", "day"}, {"limit", 500}, {"remaining", 480}},
                                 {{"per", "minute"}, {"limit", 20}, {"remaining", 5}}})},
          {"cooldownSeconds", pause},
          {"breaker", {{"state", "closed"}}},
          {"requests", requests}};
}

Json request(const std::string& url) {
  return {{"time", "2023-11-14T22:13:20.042Z"},
          {"result", "hit"},
          {"status", 200},
          {"durationUs", 42},
          {"upstream", "tmdb"},
          {"method", "GET"},
          {"url", url},
          {"detail", nullptr}};
}

TopData sample() {
  TopData data;
  data.summary = {{"status", "degraded"},
                  {"hitRatio1m", 95.12},
                  {"hitRatio10m", nullptr},
                  {"hitRatio1h", 90.0},
                  {"hitRatio24h", 88.0},
                  {"requests", 1234567},
                  {"upstreamCalls", 1234},
                  {"callsSaved", 1233333},
                  {"entries", 456},
                  {"memoryBytes", 1048576},
                  {"memoryMaxBytes", 4194304},
                  {"diskBytes", 0},
                  {"diskMaxBytes", 0},
                  {"alerts", 2},
                  {"uptimeSeconds", 93784}};
  data.upstreams =
      Json::array({upstream("idle", 0), upstream("tmdb", 7), upstream("tvdb", 90), upstream("nzb", 1, 3600)});
  data.requests = Json::array({request("http://a.test/new"), request("http://a.test/old")});
  data.per_second = 12.34;
  return data;
}

std::size_t line_with(const std::vector<std::string>& lines, const std::string& text) {
  for (std::size_t i = 0; i < lines.size(); ++i)
    if (lines[i].find(text) != std::string::npos) return i;
  return lines.size();
}

TEST(TopScreen, SaysHowTheInstanceIs) {
  const auto lines = top_screen(sample(), {24, 120}, false);
  EXPECT_EQ(lines[0], "cachearr  degraded  up 1d 2h  12.3 requests/s  2 alerts");
  EXPECT_EQ(lines[1], "hit ratio  1 min 95.1 %  10 min -  1 h 90.0 %  24 h 88.0 %");
  EXPECT_EQ(lines[2], "requests 1,234,567  upstream calls 1,234  saved 1,233,333");
  EXPECT_THAT(lines[3], HasSubstr("(25 %)"));
  EXPECT_THAT(lines[3], Not(HasSubstr("disk")));
}

TEST(TopScreen, PutsUpstreamsInTroubleFirstAndLeavesOutIdleOnes) {
  const auto lines = top_screen(sample(), {24, 120}, false);
  EXPECT_LT(line_with(lines, "nzb"), line_with(lines, "tvdb"));
  EXPECT_LT(line_with(lines, "tvdb"), line_with(lines, "tmdb"));
  EXPECT_EQ(line_with(lines, "idle"), lines.size());
  EXPECT_THAT(lines, Contains(HasSubstr("5/20 a minute")));
}

TEST(TopScreen, ShowsTheNewestRequestFirst) {
  const auto lines = top_screen(sample(), {24, 120}, false);
  EXPECT_LT(line_with(lines, "/new"), line_with(lines, "/old"));
}

TEST(TopScreen, FitsAnyScreen) {
  auto data = sample();
  for (int i = 0; i < 50; ++i) {
    data.upstreams.push_back(upstream("upstream-" + std::to_string(i), 5));
    data.requests.push_back(request("http://a.test/" + std::string(300, 'x')));
  }
  for (const auto& size :
       {ScreenSize{24, 80}, ScreenSize{10, 40}, ScreenSize{3, 10}, ScreenSize{1, 1}, ScreenSize{60, 200}}) {
    const auto lines = top_screen(data, size, false);
    EXPECT_LE(lines.size(), size.rows);
    for (const auto& line : lines) EXPECT_LE(line.size(), size.columns) << line;
  }
}

TEST(TopScreen, TellsWhyTheLastLookFailed) {
  auto data = sample();
  data.problem = "no instance is running";
  const auto lines = top_screen(data, {24, 80}, false);
  EXPECT_EQ(lines.back(), "no instance is running");
  EXPECT_THAT(lines[0], HasSubstr("degraded"));
}

TEST(TopScreen, ColoursOnlyWhereItMay) {
  for (const auto& line : top_screen(sample(), {24, 80}, false))
    EXPECT_EQ(line.find('\x1b'), std::string::npos) << line;
  EXPECT_THAT(top_screen(sample(), {24, 80}, true), Contains(HasSubstr("\x1b[33m")));
}

TEST(TopScreen, StandsAnswersWithoutTheirMembers) {
  TopData data;
  data.summary = Json::object();
  data.upstreams = Json::array({Json::object()});
  data.requests = Json::array({Json::object()});
  EXPECT_FALSE(top_screen(data, {24, 80}, true).empty());
}

TEST(FittedLine, CountsCharactersAndNoColours) {
  EXPECT_EQ(fit("abcdef", 3), "abc");
  EXPECT_EQ(fit("\xc3\xa4\xc3\xb6\xc3\xbc", 2), "\xc3\xa4\xc3\xb6");
  EXPECT_EQ(fit("\x1b[31mabcdef\x1b[0m", 3), "\x1b[31mabc\x1b[0m");
  EXPECT_EQ(fit("", 3), "");
}

}  // namespace
}  // namespace cachearr::app
