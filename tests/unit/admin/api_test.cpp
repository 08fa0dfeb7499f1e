#include "admin/api.hpp"

#include <gmock/gmock.h>

#include "unit/admin/called.hpp"

namespace cachearr::admin::test {
namespace {

using ::testing::HasSubstr;

using Open = Called;
using Refused = Called;

TEST_F(Open, AreOnlyTheNamedPaths) {
  for (const auto* const path :
       {"GET /ping", "HEAD /ping", "GET /health/cache", "GET /metrics", "GET /proxy.pac", "GET /ca", "GET /ca.pem",
        "GET /ca.crt", "GET /ca.cer", "GET /ca.p12", "GET /ca.mobileconfig"})
    EXPECT_NE(call(path).status, 401) << path;
  for (const auto* const path :
       {"GET /health/cache/stats", "GET /api/v1/keys", "GET /api/v1/keys/x", "PUT /api/v1/keys/x",
        "DELETE /api/v1/keys/x", "GET /api/v1/keys/x/ttl", "POST /api/v1/keys/x/expire", "POST /api/v1/keys/mget",
        "POST /api/v1/purge", "GET /api/v1/explain?url=http://a.test/", "GET /api/v1/rules",
        "POST /api/v1/rules/validate", "POST /api/v1/reload", "GET /api/v1/system/status", "GET /api/v1/health"}) {
    EXPECT_EQ(call(path).status, 401) << path;
    EXPECT_THAT(call(path).fields, HasSubstr("WWW-Authenticate: Bearer"));
  }
}

TEST_F(Open, WithoutAnAuthorityThereIsNoCertificate) { EXPECT_EQ(call("GET /ca.pem").status, 404); }

TEST_F(Open, WithoutAForwardListenerThereIsNoProxyConfiguration) { EXPECT_EQ(call("GET /proxy.pac").status, 404); }

TEST(Metrics, AreClosedWhereTheConfigurationSaysSo) {
  Config config;
  config.admin.open_metrics = false;
  QuietInstance instance{config};
  const Api api{instance};
  const cachearr::test::Asked asked{"GET /metrics", "Host: localhost\r\n"};
  const auto admitted = api.admit(asked.head, asked.framing, false);
  ASSERT_FALSE(admitted);
  EXPECT_EQ(admitted.error().status, 401);
}

TEST_F(Refused, UnknownPathsTellNothingToStrangers) {
  EXPECT_EQ(call("GET /api/v1/nothing").status, 401);
  EXPECT_EQ(ask("GET /api/v1/nothing").status, 404);
}

TEST_F(Refused, AForeignHostComesBeforeEverythingElse) {
  for (const auto* const path :
       {"GET /ping", "GET /metrics", "GET /api/v1/rules", "POST /api/v1/reload", "GET /nothing"}) {
    EXPECT_EQ(call(path, key_line(), "", "evil.test").status, 421) << path;
    EXPECT_EQ(call(path, key_line(), "", "127.0.0.1.evil.test:9798").status, 421) << path;
  }
}

TEST_F(Refused, AReadingMethodOnAChangingCall) {
  const auto answer = ask("GET /api/v1/reload");
  EXPECT_EQ(answer.status, 405);
  EXPECT_EQ(answer.fields, "Allow: POST\r\n");
  EXPECT_EQ(instance_.reloads, 0);
}

TEST_F(Refused, AnotherSitesChange) {
  EXPECT_EQ(call("POST /api/v1/reload", key_line() + "Origin: http://evil.test\r\n").status, 403);
  EXPECT_EQ(call("DELETE /api/v1/keys/x", key_line() + "Sec-Fetch-Site: cross-site\r\n").status, 403);
  EXPECT_EQ(instance_.reloads, 0);
}

TEST_F(Refused, AFormWhoeverSendsItButNoBodyWithoutATypeFromWhoShowsTheKey) {
  EXPECT_EQ(call("POST /api/v1/purge", key_line() + "Content-Type: text/plain\r\n", "{\"all\":true}").status, 415);
  EXPECT_EQ(call("POST /api/v1/purge", key_line(), "{\"all\":true}").status, 200);
  EXPECT_EQ(call("POST /api/v1/login", "", "{\"secret\":\"x\"}").status, 415);
}

TEST_F(Refused, ABodyThatIsTooLarge) {
  const cachearr::test::Asked asked{
      "POST /api/v1/purge",
      "Host: localhost\r\n" + key_line() + "Content-Type: application/json\r\nContent-Length: 9999999\r\n"};
  const auto admitted = api_.admit(asked.head, asked.framing, false);
  ASSERT_FALSE(admitted);
  EXPECT_EQ(admitted.error().status, 413);
}

TEST_F(Refused, NobodyOnTheUnixSocketForWantOfAKeyOrAHost) {
  EXPECT_EQ(call("GET /api/v1/rules", "", "", "whatever", true).status, 200);
  EXPECT_EQ(call("POST /api/v1/reload", "Content-Type: application/json\r\n", "{}", "localhost", true).status, 200);
  EXPECT_EQ(instance_.reloads, 1);
}

TEST_F(Refused, AreToldAsProblemsWithoutTheKey) {
  const auto answer = call("GET /api/v1/rules?apikey=wrong-key-of-somebody");
  EXPECT_EQ(answer.content_type, "application/problem+json");
  EXPECT_EQ(nlohmann::json::parse(answer.body)["status"], 401);
  EXPECT_THAT(answer.body, ::testing::Not(HasSubstr("wrong-key-of-somebody")));
}

using Calls = Called;

TEST_F(Calls, AReloadThatIsRefusedNamesItsProblems) {
  instance_.outcome = {false, {Problem{{"rules.json", 3, 7}, "a duration is expected"}}, {}};
  const auto answer = ask("POST /api/v1/reload", "{}");
  EXPECT_GE(answer.status, 400);
  EXPECT_THAT(answer.body, HasSubstr("a duration is expected"));
}

TEST_F(Calls, HealthListsTheNotesTheWorstFirst) {
  instance_.interception_problems_ = {"middling"};
  instance_.outcome = {false, {Problem{{}, "large"}}, {}};
  const auto list = data("GET /api/v1/health");
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0]["type"], "error");
  EXPECT_THAT(list[0]["message"].get<std::string>(), HasSubstr("large"));
  EXPECT_EQ(list[1], (nlohmann::json{
                         {"source", "Interception"}, {"type", "warning"}, {"message", "middling"}, {"wikiUrl", ""}}));
}

TEST_F(Calls, HealthOfTheCacheSaysItsReasons) {
  EXPECT_EQ(data("GET /health/cache")["data"]["status"], "healthy");
  instance_.interception_problems_ = {"middling", "small"};
  const auto degraded = data("GET /health/cache")["data"];
  EXPECT_EQ(degraded["status"], "degraded");
  EXPECT_EQ(degraded["message"], "middling; small");
  EXPECT_EQ(degraded["details"]["reasons"], (nlohmann::json{"middling", "small"}));
}

TEST_F(Calls, StatusHasTheShapeOfTheApplications) {
  const auto status = data("GET /api/v1/system/status");
  EXPECT_EQ(status["appName"], "cachearr");
  EXPECT_EQ(status["startTime"], "2023-11-14T22:13:20Z");
  for (const auto* const name : {"version", "osName", "isLinux", "appData", "urlBase", "authentication"})
    EXPECT_TRUE(status.contains(name)) << name;
}

TEST_F(Calls, ValidateNamesEveryProblemAndKeepsNothing) {
  const auto answer = ask("POST /api/v1/rules/validate",
                          R"({"rules": [{"name": "x", "upstream": "nobody", "ttl": "soon"}], "what": 1})");
  for (const auto* const word : {"nobody", "a duration is expected", "what"}) EXPECT_THAT(answer.body, HasSubstr(word));
  EXPECT_EQ(instance_.reloads, 0);
}

}  // namespace
}  // namespace cachearr::admin::test
