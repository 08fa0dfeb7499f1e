#include <gmock/gmock.h>

#include "unit/admin/called.hpp"

namespace cachearr::admin::test {
namespace {

using ::testing::HasSubstr;

class Keys : public Called {
 protected:
  void put(std::string_view key, std::string_view value, std::string_view ttl = "60") {
    const auto answer = call("PUT /api/v1/keys/" + std::string{key} + "?ttl=" + std::string{ttl},
                             key_line() + "Content-Type: text/plain\r\n", value);
    ASSERT_LT(answer.status, 300) << answer.body;
  }
};

TEST_F(Keys, AreMadeOnceAndReplacedThen) {
  const auto made = call("PUT /api/v1/keys/a", key_line() + "Content-Type: text/plain\r\n", "one");
  EXPECT_EQ(made.status, 201);
  EXPECT_EQ(nlohmann::json::parse(made.body),
            (nlohmann::json{{"key", "a"}, {"size", 3}, {"replaced", false}, {"shared", "off"}}));
  const auto again = call("PUT /api/v1/keys/a", key_line() + "Content-Type: text/plain\r\n", "three");
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(nlohmann::json::parse(again.body),
            (nlohmann::json{{"key", "a"}, {"size", 5}, {"replaced", true}, {"shared", "off"}}));
}

TEST_F(Keys, GiveTheirValueWithItsTypeAsDataThatRunsNowhere) {
  put("page", "<script>");
  const auto answer = ask("GET /api/v1/keys/page");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.content_type, "text/plain");
  EXPECT_EQ(answer.content(), "<script>");
  const auto head = serialise_head(answer, true);
  for (const auto* const word : {"sandbox", "Content-Disposition: attachment", "nosniff"})
    EXPECT_THAT(head, HasSubstr(word));
}

TEST_F(Keys, MayHoldAnyCharacterThatIsEncoded) {
  put("user%3A5%3Apreferences%2Fx%20y", "v");
  EXPECT_EQ(data("GET /api/v1/keys")["keys"][0]["key"], "user:5:preferences/x y");
  EXPECT_EQ(call("PUT /api/v1/keys/a%0Ab", key_line(), "x").status, 400);
}

TEST_F(Keys, TellTheirTimeToLiveAsRedisDoes) {
  put("a", "v", "90s");
  EXPECT_EQ(data("GET /api/v1/keys/a/ttl"), (nlohmann::json{{"ttl", 90}}));
  instance_.clock_.advance(Duration{30'000});
  EXPECT_EQ(data("GET /api/v1/keys/a/ttl")["ttl"], 60);
  EXPECT_EQ(data("GET /api/v1/keys/nobody/ttl")["ttl"], -2);
  EXPECT_EQ(data("POST /api/v1/keys/a/expire", R"({"ttl": null})")["ttl"], -1);
  EXPECT_EQ(data("POST /api/v1/keys/a/expire", R"({"ttl": "15m"})")["ttl"], 900);
  instance_.clock_.advance(Duration{900'000});
  EXPECT_EQ(data("GET /api/v1/keys/a/ttl")["ttl"], -2);
  EXPECT_EQ(ask("GET /api/v1/keys/a").status, 404);
}

TEST_F(Keys, EndWithATimeThatIsOver) {
  put("a", "v");
  EXPECT_EQ(ask("POST /api/v1/keys/a/expire", R"({"ttl": 0})").status, 200);
  EXPECT_EQ(ask("GET /api/v1/keys/a").status, 404);
}

TEST_F(Keys, RefuseTimesThatAreNone) {
  put("a", "v");
  for (const auto* const body : {"{}", R"({"ttl": "soon"})", R"({"ttl": [1]})", R"({"ttl": 1e300})", "[]", "{"})
    EXPECT_EQ(ask("POST /api/v1/keys/a/expire", body).status, 400) << body;
  EXPECT_EQ(call("PUT /api/v1/keys/a?ttl=soon", key_line(), "x").status, 400);
  EXPECT_EQ(call("PUT /api/v1/keys/a?ttl=-5", key_line(), "x").status, 400);
}

TEST_F(Keys, AreDeletedOnce) {
  put("a", "v");
  EXPECT_EQ(data("DELETE /api/v1/keys/a"), (nlohmann::json{{"deleted", 1}}));
  EXPECT_EQ(ask("DELETE /api/v1/keys/a").status, 404);
}

TEST_F(Keys, AreListedWithWhatIsKnownOfThem) {
  put("series:1", "12345");
  put("user:7:view", "x");
  const auto all = data("GET /api/v1/keys?sort=size");
  ASSERT_EQ(all["keys"].size(), 2U);
  EXPECT_TRUE(all["cursor"].is_null());
  for (const auto* const name : {"key", "type", "upstream", "status", "size", "age", "ttl", "hits", "hitRate", "tier"})
    EXPECT_TRUE(all["keys"][0].contains(name)) << name;
  const auto some = data("GET /api/v1/keys?pattern=user:*")["keys"];
  ASSERT_EQ(some.size(), 1U);
  EXPECT_EQ(some[0]["key"], "user:7:view");
  EXPECT_EQ(some[0]["type"], "user");
  EXPECT_EQ(some[0]["tier"], "memory");
}

TEST_F(Keys, AreListedInPages) {
  for (const auto* const key : {"a", "b", "c"}) put(key, "v");
  std::string cursor;
  std::vector<std::string> seen;
  do {
    const auto page = data("GET /api/v1/keys?limit=1" + (cursor.empty() ? "" : "&cursor=" + cursor));
    for (const auto& key : page["keys"]) seen.push_back(key["key"]);
    cursor = page["cursor"].is_null() ? "" : page["cursor"].get<std::string>();
  } while (!cursor.empty() && seen.size() < 10);
  EXPECT_THAT(seen, ::testing::UnorderedElementsAre("a", "b", "c"));
}

TEST_F(Keys, ListsRefuseWhatTheyDoNotKnow) {
  for (const auto* const query : {"sort=colour", "limit=0", "limit=x", "limit=-1", "cursor=zzz"})
    EXPECT_EQ(ask("GET /api/v1/keys?" + std::string{query}).status, 400) << query;
}

TEST_F(Keys, ComeTogetherInTheOrderThatWasAsked) {
  put("a", "text");
  put("b", "\xff\xfe");
  const auto values = data("POST /api/v1/keys/mget", R"({"keys": ["b", "nobody", "a"]})")["values"];
  ASSERT_EQ(values.size(), 3U);
  EXPECT_EQ(values[0]["key"], "b");
  EXPECT_EQ(values[0]["bodyBase64"], "//4=");
  EXPECT_FALSE(values[0].contains("body"));
  EXPECT_TRUE(values[1].is_null());
  EXPECT_EQ(values[2], (nlohmann::json{{"key", "a"}, {"contentType", "text/plain"}, {"body", "text"}}));
  for (const auto* const body : {"{}", R"({"keys": "a"})", R"({"keys": [1]})"})
    EXPECT_EQ(ask("POST /api/v1/keys/mget", body).status, 400) << body;
}

TEST_F(Keys, ArePurgedByExactlyOneThing) {
  for (const auto* const key : {"a:1", "a:2", "b:1"}) put(key, "v");
  for (const auto* const body : {"{}", R"({"all": false})", R"({"all": true, "pattern": "*"})", R"({"pattern": ""})",
                                 R"({"keys": [5]})", R"({"all": true, "soft": "yes"})", R"({"all": true, "local": 1})"})
    EXPECT_EQ(ask("POST /api/v1/purge", body).status, 400) << body;
  EXPECT_EQ(data("POST /api/v1/purge", R"({"pattern": "a:*", "local": true})"),
            (nlohmann::json{{"purged", 2}, {"shared", "off"}}));
  EXPECT_EQ(data("POST /api/v1/purge", R"({"keys": ["b:1", "nobody"]})")["purged"], 1);
  EXPECT_EQ(data("GET /api/v1/keys")["keys"].size(), 0U);
}

TEST_F(Keys, ArePurgedByWhatIsNamedWhereAllElseIsNull) {
  put("a:1", "v");
  const auto* const body =
      R"({"pattern": "a:1", "tag": null, "upstream": null, "keys": null, "all": false, "soft": false, "local": false})";
  EXPECT_EQ(data("POST /api/v1/purge", body)["purged"], 1);
}

TEST_F(Keys, ThatADiskDoesNotForgetForGoodAreNotCalledPurged) {
  put("a", "one");
  instance_.store_.failure = Error{"No space left on device"};
  const auto purged = ask("POST /api/v1/purge", R"({"keys": ["a"]})");
  EXPECT_EQ(purged.status, 503);
  EXPECT_THAT(purged.body, HasSubstr("No space left on device"));
  EXPECT_EQ(ask("GET /api/v1/keys/a").status, 404) << "it is in effect all the same";
  EXPECT_EQ(ask("DELETE /api/v1/keys/a").status, 503);
}

TEST_F(Keys, AreCountedAsInvalidatedOnceEach) {
  data("POST /api/v1/purge", R"({"keys": ["a", "b"]})");
  EXPECT_THAT(ask("GET /metrics").body, HasSubstr("cachearr_invalidations_total{cause=\"api\"} 2\n"));
}

TEST_F(Keys, AreLeftAloneWhereTheProgramStops) {
  put("a", "one");
  const auto lines = "Host: localhost\r\n" + key_line() + "Content-Type: application/json\r\n";
  const cachearr::test::Asked asked{"POST /api/v1/purge", lines};
  auto admitted = api_.admit(asked.head, asked.framing, false);
  ASSERT_TRUE(admitted);
  std::stop_source stopped;
  stopped.request_stop();
  EXPECT_EQ(api_.run(*admitted, R"({"keys": ["a"]})", stopped.get_token()).status, 503);
  EXPECT_EQ(ask("GET /api/v1/keys/a").status, 200);
}

}  // namespace
}  // namespace cachearr::admin::test
