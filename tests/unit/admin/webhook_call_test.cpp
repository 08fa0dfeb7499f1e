#include <array>
#include <gmock/gmock.h>

#include "base/text.hpp"
#include "unit/admin/called.hpp"

namespace cachearr::admin::test {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kWebhookRules = R"({"upstreams": {"sonarr": {"origin": "http://sonarr.test"}},
  "rules": [{"name": "grabbed", "upstream": "sonarr", "match": {"webhook": "Grab"}, "invalidate": ["tag:sonarr-queue"]}]})";
constexpr std::string_view kPost = "POST /api/v1/webhook/sonarr";
constexpr std::string_view kGrab = R"({"eventType": "Grab", "series": {"tvdbId": 121361}})";

class WebhookCallTest : public Called {
 protected:
  WebhookCallTest() : Called{kWebhookRules} {}
  int status_with(std::string_view lines) { return call(kPost, lines, kGrab).status; }
  static std::string basic(std::string_view user_and_password) {
    return "Authorization: Basic " + text::base64_encode(user_and_password) + "\r\n";
  }
};

TEST_F(WebhookCallTest, TakesTheKeyInEveryWayThatProgramsSendIt) {
  const std::string key{kKey};
  EXPECT_EQ(status_with(key_line()), 200);
  EXPECT_EQ(status_with(basic("cachearr:" + key)), 200);
  EXPECT_EQ(status_with(basic(":" + key)), 200);
  EXPECT_EQ(status_with("Authorization: Bearer " + key + "\r\n"), 200);
  EXPECT_EQ(call(std::string{kPost} + "?apikey=" + key, "", kGrab).status, 200);
}

TEST_F(WebhookCallTest, RefusesAnythingElseForTheKey) {
  const std::string key{kKey};
  for (const auto& lines : {std::string{}, basic(key), basic(key + ":"), basic("a:" + key + "0"), basic("a:b:" + key),
                            std::string{"Authorization: Basic !!!\r\n"}, "Authorization: Basic " + key + "\r\n"})
    EXPECT_EQ(status_with(lines), 401) << lines;
  EXPECT_EQ(call("POST /api/v1/reload", basic("a:" + key), "{}").status, 401) << "Basic is for webhooks alone";
}

TEST_F(WebhookCallTest, TakesJsonWhateverItIsCalledButFromNoOtherSite) {
  EXPECT_EQ(status_with(key_line() + "Content-Type: text/plain; charset=utf-8\r\n"), 200);
  EXPECT_EQ(status_with(key_line() + "Sec-Fetch-Site: cross-site\r\n"), 403);
  EXPECT_EQ(call(kPost, key_line(), std::string(1024 * 1024 + 1, ' ')).status, 413);
}

TEST_F(WebhookCallTest, NamesWhatIsWrong) {
  EXPECT_EQ(ask("POST /api/v1/webhook/sonar", kGrab).status, 404);
  EXPECT_EQ(ask("GET /api/v1/webhook/sonarr").status, 405);
  const auto broken = ask(kPost, "{\"eventType\": ");
  EXPECT_EQ(broken.status, 400);
  EXPECT_THAT(broken.body, HasSubstr("line 1"));
  EXPECT_EQ(ask(kPost).status, 400);
}

TEST_F(WebhookCallTest, IsCountedByUpstreamAndKnownEvent) {
  EXPECT_EQ(data(kPost, kGrab), (nlohmann::json{{"event", "Grab"}, {"purged", 0}, {"refreshing", 0}}));
  data(kPost, R"({"eventType": "Test"})");
  EXPECT_EQ(data(kPost, R"({"eventType": "made\nup"})")["event"], "other");
  const auto metrics = call("GET /metrics").body;
  EXPECT_THAT(metrics, HasSubstr("cachearr_webhooks_total{upstream=\"sonarr\",event=\"Grab\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("cachearr_webhooks_total{upstream=\"sonarr\",event=\"Test\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("cachearr_webhooks_total{upstream=\"sonarr\",event=\"other\"} 1\n"));
  EXPECT_THAT(metrics, HasSubstr("cachearr_invalidations_total{cause=\"api\"} 2\n"));
}

TEST_F(WebhookCallTest, IsToldToThoseWhoListenToAllOfItsUpstream) {
  const auto listen = [this](std::string_view query) { return ask("GET /api/v1/events" + std::string{query}).stream; };
  const std::array heard{listen(""), listen("?upstream=sonarr")};
  const std::array deaf{listen("?upstream=radarr"), listen("?result=hit"), listen("?text=grab")};
  const auto pulled = [](AnswerStream& stream) {
    std::string out;
    stream.pull(out);
    return out;
  };
  data(kPost, kGrab);
  for (const auto& stream : heard) {
    EXPECT_THAT(
        pulled(*stream),
        HasSubstr("event: webhook\ndata: {\"event\":\"Grab\",\"purged\":0,\"refreshing\":0,\"upstream\":\"sonarr\","));
    EXPECT_EQ(pulled(*stream).find("webhook"), std::string::npos) << "once";
  }
  for (const auto& stream : deaf) EXPECT_EQ(pulled(*stream).find("webhook"), std::string::npos);
  EXPECT_EQ(pulled(*listen("")).find("webhook"), std::string::npos) << "who comes later hears no more of it";
}

}  // namespace
}  // namespace cachearr::admin::test
