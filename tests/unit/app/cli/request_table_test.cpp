#include "app/cli/request_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace cachearr::app {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

nlohmann::ordered_json example() {
  return {{"time", "2023-11-14T22:13:20.042Z"},
          {"client", "192.0.2.7"},
          {"way", "proxy"},
          {"method", "GET"},
          {"url", "http://a.test/x"},
          {"upstream", "tmdb"},
          {"result", "hit"},
          {"status", 200U},
          {"bytes", 321U},
          {"durationUs", 1234U},
          {"detail", nullptr},
          {"error", nullptr}};
}

TEST(RequestRow, ShowsTheDecisionInOneLine) {
  const auto row = request_row(example(), false);
  EXPECT_THAT(row, ::testing::MatchesRegex("[0-9:]+ +192.0.2.7 +proxy +hit +200 +1.23 +321 ?B? +tmdb +GET "
                                           "http://a.test/x"));
}

TEST(RequestRow, AlignsWithItsHead) {
  EXPECT_EQ(request_table_head().find("REQUEST"), request_row(example(), false).find("GET"));
  EXPECT_EQ(request_table_head().find("STATUS"), request_row(example(), false).find("200"));
}

TEST(RequestRow, SaysWhatWentWrong) {
  auto request = example();
  request["detail"] = "stale-if-error";
  request["error"] = "broke off";
  EXPECT_THAT(request_row(request, false), EndsWith("GET http://a.test/x (stale-if-error) (broke off)"));
}

TEST(RequestRow, IsColouredOnlyWhereThatIsWanted) {
  EXPECT_THAT(request_row(example(), true), HasSubstr("\x1b[32mhit"));
  EXPECT_THAT(request_row(example(), false), Not(HasSubstr("\x1b")));
}

TEST(RequestRow, LetsNobodyElseControlTheTerminal) {
  auto request = example();
  request["url"] = "http://a.test/\x1b[2J\n";
  EXPECT_THAT(request_row(request, false), EndsWith("GET http://a.test/?[2J?"));
}

TEST(RequestRow, TakesWhatIsNotThere) {
  EXPECT_THAT(request_row(nlohmann::ordered_json::object(), false), HasSubstr(" 0.00 "));
}

TEST(RequestRow, ShowsLongTimesWithoutFractions) {
  auto request = example();
  request["durationUs"] = 12'345'678U;
  EXPECT_THAT(request_row(request, false), HasSubstr(" 12345 "));
  request["durationUs"] = 45'678U;
  EXPECT_THAT(request_row(request, false), HasSubstr(" 45.67 "));
}

}  // namespace
}  // namespace cachearr::app
