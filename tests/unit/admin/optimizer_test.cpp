#include <gmock/gmock.h>

#include "unit/admin/called.hpp"

namespace cachearr::admin::test {
namespace {

TEST_F(Called, TheOptimizerTellsWhatIsInForce) {
  EXPECT_EQ(data("GET /api/v1/optimizer"),
            (nlohmann::json{{"mode", "off"}, {"below", 30}, {"inForce", nlohmann::json::array()}}));
}

TEST_F(Called, TheOptimizerTellsWhatItWouldChange) {
  const nlohmann::json nothing{
      {"applied", false}, {"halve", nlohmann::json::array()}, {"undo", nlohmann::json::array()}};
  EXPECT_EQ(data("POST /api/v1/optimizer", R"({"apply": false})"), nothing);
  EXPECT_EQ(data("POST /api/v1/optimizer", "{}"), nothing);
}

TEST_F(Called, TheOptimizerChangesNothingWhereItIsOff) {
  EXPECT_EQ(ask("POST /api/v1/optimizer", R"({"apply": true})").status, 409);
}

TEST_F(Called, TheOptimizerRefusesWhatItDoesNotKnow) {
  for (const auto* const body : {R"({"apply": "yes"})", R"({"aply": true})", "[]", "{"})
    EXPECT_EQ(ask("POST /api/v1/optimizer", body).status, 400) << body;
  EXPECT_EQ(call("POST /api/v1/optimizer", "Content-Type: application/json\r\n", "{}").status, 401);
}

}  // namespace
}  // namespace cachearr::admin::test
