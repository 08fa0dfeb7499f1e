#include "content/body_condition.hpp"

#include <gtest/gtest.h>

#include "content/body_reader.hpp"

namespace cachearr::content {
namespace {

bool holds(const BodyCondition& condition, std::string_view body) {
  const BodyCondition* const conditions[] = {&condition};
  return read_body(body, {conditions, {}}).holds[0];
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
