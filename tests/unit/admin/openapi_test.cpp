#include "admin/openapi.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <set>

#include "unit/admin/called.hpp"

namespace cachearr::admin {
namespace {

Answer nothing(const Call&) { return {}; }

nlohmann::ordered_json described(Route route) { return openapi(std::vector{std::move(route)}); }

TEST(OpenApi, NamesTheSegmentsOfAPath) {
  const auto document =
      described({http::Method::get, "/keys/{}/ttl", {}, nothing, Runs::in_pool, {.summary = "x", .answer = "Ping"}});
  const auto& operation = document["paths"]["/keys/{key}/ttl"]["get"];
  EXPECT_EQ(operation["operationId"], "getKeysKeyTtl");
  EXPECT_EQ(operation["parameters"][0]["name"], "key");
  EXPECT_EQ(operation["parameters"][0]["in"], "path");
}

TEST(OpenApi, PutsCallsOfOnePathTogether) {
  const auto document =
      openapi(std::vector<Route>{{http::Method::get, "/x", {}, nothing, Runs::in_pool, {.answer = "Ping"}},
                                 {http::Method::post, "/x", {}, nothing, Runs::in_pool, {.answer = "Ping"}}});
  EXPECT_EQ(document["paths"]["/x"].size(), 2U);
}

TEST(OpenApi, SaysWhichCallsNeedNoKey) {
  const auto open =
      described({http::Method::get, "/x", {Access::open, Effect::none}, nothing, Runs::on_loop, {.answer = "Ping"}});
  EXPECT_TRUE(open["paths"]["/x"]["get"]["security"].empty());
  EXPECT_FALSE(open["paths"]["/x"]["get"]["responses"].contains("401"));
  const auto closed = described({http::Method::get, "/x", {}, nothing, Runs::on_loop, {.answer = "Ping"}});
  EXPECT_FALSE(closed["paths"]["/x"]["get"].contains("security"));
  EXPECT_TRUE(closed["paths"]["/x"]["get"]["responses"].contains("401"));
}

TEST(OpenApi, TakesAnAnswerWithASlashForAMediaType) {
  const auto document = described({http::Method::get, "/x", {}, nothing, Runs::on_loop, {.answer = "text/plain"}});
  EXPECT_TRUE(document["paths"]["/x"]["get"]["responses"]["200"]["content"].contains("text/plain"));
}

/// Every "$ref" below.
void collect(const nlohmann::ordered_json& json, std::set<std::string>& names) {
  if (json.is_object() && json.contains("$ref")) names.insert(json["$ref"].get<std::string>());
  if (json.is_structured())
    for (const auto& member : json) collect(member, names);
}

class Description : public test::Called {
 protected:
  const nlohmann::ordered_json document = nlohmann::ordered_json::parse(ask("GET /api/v1/openapi.json").content());
};

TEST_F(Description, HasASchemaForEachNameAndANameForEachSchema) {
  std::set<std::string> used, there;
  collect(document, used);
  for (const auto& [name, schema] : document["components"]["schemas"].items())
    there.insert("#/components/schemas/" + name);
  EXPECT_EQ(used, there);
}

TEST_F(Description, CoversEachCall) {
  EXPECT_GT(document["paths"].size(), 15U);
  std::set<std::string> ids;
  for (const auto& [path, operations] : document["paths"].items()) {
    for (const auto& [method, operation] : operations.items()) {
      EXPECT_FALSE(operation["summary"].get<std::string>().empty()) << method << " " << path;
      EXPECT_TRUE(ids.insert(operation["operationId"].get<std::string>()).second) << method << " " << path;
      EXPECT_FALSE(operation["responses"].begin().value()["content"].empty()) << method << " " << path;
    }
  }
}

}  // namespace
}  // namespace cachearr::admin
