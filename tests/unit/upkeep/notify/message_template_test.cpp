#include "upkeep/notify/message_template.hpp"

#include <gtest/gtest.h>

#include "unit/upkeep/notify/told.hpp"

namespace cachearr::upkeep::test {
namespace {

TEST(Template, IsFilledWithEveryPlaceholder) {
  EXPECT_EQ(fill_template("{title}|{message}|{event}|{id}|{severity}|{advice}|{time}", fired()),
            "Title|Message|alert.fired.disk|disk|warning|Advice|2023-11-14T22:13:20Z");
}

TEST(Template, IsEscapedWhereItIsJson) {
  auto told = fired();
  told.message = "say \"hi\"\nand \\";
  EXPECT_EQ(fill_template(R"({"m": "{message}"})", told), R"({"m": "say \"hi\"\nand \\"})");
  EXPECT_EQ(fill_template("m: {message}", told), "m: say \"hi\"\nand \\");
}

TEST(Template, TakesNoValueForATemplate) {
  auto told = fired();
  told.title = "{message}";
  EXPECT_EQ(fill_template("{title}", told), "{message}");
}

TEST(Template, LeavesOtherBracesAlone) {
  EXPECT_EQ(fill_template("{ {title} {} {", fired()), "{ Title {} {");
  EXPECT_EQ(unknown_placeholder("{ {title} {} {\"a\": 1} {"), std::nullopt);
}

TEST(Template, NamesWhatItDoesNotKnow) { EXPECT_EQ(unknown_placeholder("{title} {titel}"), "titel"); }

}  // namespace
}  // namespace cachearr::upkeep::test
