#include "fetch/inspection.hpp"

#include <array>
#include <gtest/gtest.h>
#include <vector>

#include "rules/rule_set.hpp"
#include "unit/pipeline/snapshots.hpp"

namespace cachearr::fetch {
namespace {

using Found = Inspection::Kind;

constexpr std::string_view kRules = R"({
  "upstreams": {"up": {"hosts": ["api.test"]}, "indexer": {"hosts": ["nzb.test"], "errors": "newznab"}},
  "rules": [
    {"name": "tv", "upstream": "up", "type": "metadata_series", "match": {"path": "/tv/{id}"}, "ttl": "1h",
     "refuse_if": [{"json": "/success", "equals": false}], "ttl_from": [{"json": "/ended", "equals": true, "ttl": "7d"}]},
    {"name": "search", "upstream": "indexer", "type": "indexer_search", "match": {"path": "/api"}, "ttl": "1h"}]})";

class InspectionTest : public ::testing::Test {
 protected:
  Inspection inspect(std::size_t rule, std::string_view type, std::string_view body, int status = 200) {
    const auto& rules = snapshot_->rules->rules();
    const std::array<std::string_view, 2> pieces{body.substr(0, body.size() / 2), body.substr(body.size() / 2)};
    return inspect_body({status, type, {}, pieces}, {rules[rule]->upstream, rules[rule].get()}, TimePoint{});
  }
  pipeline::SnapshotPtr snapshot_ = test::snapshot_of(kRules);
};

TEST_F(InspectionTest, TellsAnAnswerFromNoneAndFromALimit) {
  struct Case {
    std::size_t rule;
    std::string_view type, body;
    int status;
    Found kind;
  };
  const std::vector<Case> cases{
      {0, "application/json", R"({"a": 1})", 200, Found::answer},
      {0, "application/json", R"({"a": 1)", 200, Found::no_answer},
      {0, "application/json", R"({"success": false})", 200, Found::no_answer},
      {0, "text/html", "<!doctype html><html><body>no</body></html>", 200, Found::no_answer},
      {0, "application/json", R"({"detail": "not found"})", 404, Found::answer},
      {1, "application/xml", R"(<error code="500" description="Request limit reached"/>)", 200, Found::limit},
      {1, "application/xml", R"(<error code="300" description="No such item"/>)", 200, Found::no_answer},
      {0, "application/xml", R"(<error code="500" description="Request limit reached"/>)", 200, Found::no_answer},
      {0, "text/plain", R"({"a": 1})", 200, Found::answer},
      {0, "text/html", "<html><body>404 Not Found</body></html>", 404, Found::no_answer},
      {0, "text/plain", "404 page not found", 404, Found::no_answer},
      {0, "text/html", "<html><title>Just a moment...</title></html>", 403, Found::no_answer},
      {0, "text/html", "<html><body>Log in to the network</body></html>", 401, Found::no_answer},
      {0, "application/json", R"({"status_message": "no"})", 401, Found::answer},
      {0, "text/html", "<html><body>origin is down</body></html>", 522, Found::no_answer},
      {0, "", "", 404, Found::answer},
      {1, "application/xml", R"(<error code="300" description="No such item"/>)", 404, Found::answer},
  };
  for (const auto& row : cases)
    EXPECT_EQ(inspect(row.rule, row.type, row.body, row.status).kind, row.kind) << row.type << " " << row.body;
}

TEST_F(InspectionTest, GivesTheLifetimeThatTheBodyCallsFor) {
  EXPECT_EQ(inspect(0, "application/json", R"({"ended": true})").ttl, Duration{std::chrono::hours{24 * 7}});
  EXPECT_EQ(inspect(0, "application/json", R"({"ended": false})").ttl, std::nullopt);
}

TEST_F(InspectionTest, LooksIntoALargeBodyInStepsThatLetOthersGo) {
  std::string body = R"({"a": [0)";
  while (body.size() < std::size_t{1} << 20) body += ", 1";
  body += "]}";
  std::vector<std::string_view> pieces;
  for (std::size_t at = 0; at < body.size(); at += 16'384) pieces.push_back(std::string_view{body}.substr(at, 16'384));
  const auto& rule = snapshot_->rules->rules()[0];
  const rules::Verdict verdict{rule->upstream, rule.get()};
  BodyInspection inspection{{200, "application/json", {}, pieces}, verdict};
  std::size_t steps = 1;
  while (inspection.advance()) ++steps;
  EXPECT_GE(steps, 40U);
  EXPECT_EQ(inspection.end(TimePoint{}).kind, Found::answer);
}

TEST_F(InspectionTest, KeepsTheWordsOfALimitToRepeatThem) {
  constexpr std::string_view said = R"(<error code="500" description="Request limit reached"/>)";
  const auto found = inspect(1, "application/xml", said);
  EXPECT_TRUE(found.signal.limited);
  EXPECT_EQ(found.text, said);
}

}  // namespace
}  // namespace cachearr::fetch
