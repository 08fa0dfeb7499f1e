#include "content/body_condition.hpp"

#include <gtest/gtest.h>

#include "content/body_reader.hpp"

namespace cachearr::content {
namespace {

/// 2025-01-02T03:04:05Z
constexpr TimePoint kAnswered{Duration{1'735'787'045'000}};

bool holds(const BodyCondition& condition, std::string_view body) {
  const BodyCondition* const conditions[] = {&condition};
  return read_body(body, {conditions, {}, kAnswered}).holds[0];
}

BodyCondition at_json(const char* path) { return {.kind = BodyCondition::Kind::json, .path = path}; }
BodyCondition at_xml(const char* path) { return {.kind = BodyCondition::Kind::xml, .path = path}; }

TEST(BodyCondition, ComparesNumbers) {
  auto few = at_json("/total");
  few.below = 1;
  EXPECT_TRUE(holds(few, R"({"total":0})"));
  EXPECT_TRUE(holds(few, R"({"total":"0"})"));
  EXPECT_FALSE(holds(few, R"({"total":1})"));
  EXPECT_FALSE(holds(few, R"({"total":"none"})"));
  EXPECT_FALSE(holds(few, "{}"));
  auto many = at_xml("a/@n");
  many.above = 5;
  EXPECT_TRUE(holds(many, "<a n=' 5.5 '/>"));
  EXPECT_FALSE(holds(many, "<a n='5'/>"));
}

TEST(BodyCondition, ComparesDatesInEachFormWithTheTimeOfTheAnswer) {
  auto soon = at_json("/at");
  soon.since = std::chrono::hours{24};
  soon.until = std::chrono::hours{72};
  for (const char* at : {R"("2025-01-02")", R"("2025-01-05")", R"("2025-01-01T03:04:06Z")", R"("2025-01-03 10:00:00")",
                         R"("2025-01-02T23:30:00-05:00")", R"("Fri, 03 Jan 2025 00:00:00 +0000")", "1735787046",
                         R"("1735787046")", "1735787046000"})
    EXPECT_TRUE(holds(soon, R"({"at":)" + std::string{at} + "}")) << at;
  for (const char* at : {R"("2025-01-01")", R"("2025-01-06")", R"("2024-01-02")", R"("")", R"("soon")", "null", "0",
                         "3600", R"("2025-13-01")", "[]", "true"})
    EXPECT_FALSE(holds(soon, R"({"at":)" + std::string{at} + "}")) << at;
  EXPECT_FALSE(holds(soon, "{}"));
}

TEST(BodyCondition, LeavesOneEndOfTheTimeOpen) {
  auto lately = at_xml("a/@at");
  lately.since = std::chrono::hours{24};
  EXPECT_TRUE(holds(lately, "<a at='2999-01-01'/>"));
  EXPECT_FALSE(holds(lately, "<a at='2024-12-31'/>"));
  auto past = at_json("/at");
  past.until = Duration{0};
  EXPECT_TRUE(holds(past, R"({"at":"1999-01-01"})"));
  EXPECT_FALSE(holds(past, R"({"at":"2025-01-03"})"));
}

TEST(BodyCondition, HoldsWhereThePlaceIsMissingInAWholeBody) {
  auto no_item = at_xml("rss/channel/item");
  no_item.missing = true;
  EXPECT_TRUE(holds(no_item, "<rss><channel/></rss>"));
  EXPECT_FALSE(holds(no_item, "<rss><channel><item/></channel></rss>"));
  for (const char* body : {"", "text", "{}", "<rss><channel>", "<html><p>"}) EXPECT_FALSE(holds(no_item, body)) << body;
  auto no_id = at_json("/id");
  no_id.missing = true;
  EXPECT_TRUE(holds(no_id, "{}"));
  EXPECT_FALSE(holds(no_id, R"({"id":null})"));
  for (const char* body : {"", "text", "<a/>", "{"}) EXPECT_FALSE(holds(no_id, body)) << body;
}

TEST(BodyCondition, TakesTheWholeBodyAsText) {
  BodyCondition down{.kind = BodyCondition::Kind::text, .like = {"*maintenance*"}};
  EXPECT_TRUE(holds(down, "Down for maintenance"));
  EXPECT_TRUE(holds(down, "<html>maintenance</html>"));
  EXPECT_TRUE(holds(down, R"({"note":"maintenance"})"));
  EXPECT_FALSE(holds(down, "fine"));
  BodyCondition exactly{.kind = BodyCondition::Kind::text, .equals = "no"};
  EXPECT_TRUE(holds(exactly, " no\r\n"));
  EXPECT_FALSE(holds(exactly, "no, not at all"));
}

TEST(BodyCondition, AsksForAllThatItSaysAtOnce) {
  auto both = at_json("/n");
  both.above = 1;
  both.below = 3;
  both.not_like = {"2.5"};
  EXPECT_TRUE(holds(both, R"({"n":2})"));
  EXPECT_FALSE(holds(both, R"({"n":2.5})"));
  EXPECT_FALSE(holds(both, R"({"n":3})"));
}

}  // namespace
}  // namespace cachearr::content
