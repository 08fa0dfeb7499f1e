#include "client/request_text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/pipeline/context_fixture.hpp"

namespace cachearr::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kRules = R"({
  "upstreams": {"api": {"hosts": ["api.test"], "mount": "/api",
                        "credentials": {"query": ["mykey"], "path": ["pass"], "headers": ["X-Pass"]}}},
  "rules": [{"name": "tv", "upstream": "api", "match": {"path": "/tv/{id:int}"}, "key": "tv:{id}", "type": "series"},
            {"name": "feed", "upstream": "api", "match": {"path": "/feed/{pass}/new"}}]})";

class RequestTextTest : public cachearr::test::ContextTest {
 protected:
  RequestTextTest() : ContextTest{kRules} {}
  const ShownTexts& shown(std::string_view start, std::string_view lines = "") {
    describe(classify(start, lines), connection_, secrets_, text_);
    return text_.shown;
  }
  Way way(std::string_view start) {
    describe(classify(start), connection_, secrets_, text_);
    return text_.way;
  }
  rules::SecretMemo secrets_;
  RequestText text_;
};

TEST_F(RequestTextTest, TellsWhatWasAskedAndWhatTheRulesSayOfIt) {
  const auto& texts = shown("GET http://api.test/tv/5?language=de", "User-Agent: Sonarr/4.0 (alpine 3.18)\r\n");
  EXPECT_EQ(texts[ShownTexts::method], "GET");
  EXPECT_EQ(texts[ShownTexts::url], "http://api.test/tv/5?language=de");
  EXPECT_EQ(texts[ShownTexts::user_agent], "Sonarr/4.0 (alpine 3.18)");
  EXPECT_EQ(texts[ShownTexts::upstream], "api");
  EXPECT_EQ(texts[ShownTexts::rule], "tv");
  EXPECT_EQ(texts[ShownTexts::type], "series");
  EXPECT_THAT(std::string{texts[ShownTexts::key]}, HasSubstr("tv:5"));
  EXPECT_THAT(text_.log.asked, HasSubstr("http://api.test/tv/5?language=de"));
}

TEST_F(RequestTextTest, TellsCredentialsApartWithoutNamingThem) {
  const auto partition = [&](std::string_view start) {
    describe(classify(start), connection_, secrets_, text_);
    return text_.partition;
  };
  EXPECT_EQ(partition("GET http://api.test/tv/5"), 0U);
  const auto one = partition("GET http://api.test/tv/5?mykey=plainword1");
  EXPECT_NE(one, 0U);
  EXPECT_EQ(one, partition("GET http://api.test/tv/6?mykey=plainword1"));
  EXPECT_NE(one, partition("GET http://api.test/tv/5?mykey=plainword2"));
}

TEST_F(RequestTextTest, HidesCanariesInUrlKeyAndUserAgent) {
  const std::string canary = "c0ffee0123456789abcdef0123456789";
  const std::vector<std::string> asked{
      "/tv/5?apikey=" + canary, "/tv/5?mykey=plainword1",     "/feed/plainword1/new",
      "/other/" + canary,       "/other?q=x&token=" + canary, "/other?u=http%3A%2F%2Fx%2F%3Fapikey%3Dplainword1"};
  const std::vector<std::string> agents{"Tool/1 apikey=plainword1", "Tool/1 (http://user:plainword1@x.test/)",
                                        "Tool/1 " + canary, "Tool/" + canary + " (x; token=plainword1)"};
  for (const auto& path : asked) {
    for (const auto& agent : agents) {
      const auto& texts = shown("GET http://api.test" + path, "User-Agent: " + agent + "\r\n");
      EXPECT_THAT(texts.bytes(), Not(HasSubstr(canary))) << path;
      EXPECT_THAT(texts.bytes(), Not(HasSubstr("plainword1"))) << path;
      EXPECT_THAT(std::string{texts[ShownTexts::user_agent]}, HasSubstr("***"));
      EXPECT_THAT(text_.log.asked + text_.log.named, Not(HasSubstr("plainword1")));
    }
  }
}

TEST_F(RequestTextTest, KeepsNothingOfTheRequestBefore) {
  shown("GET http://api.test/tv/5", "User-Agent: x\r\n");
  const auto& texts = shown("GET http://api.test/unknown");
  EXPECT_EQ(texts[ShownTexts::rule], "");
  EXPECT_EQ(texts[ShownTexts::user_agent], "");
}

TEST_F(RequestTextTest, TellsTheFieldsThatCameWithoutSecrets) {
  std::string told;
  rules::SecretMemo secrets;
  append_shown_fields(told,
                      classify("GET http://api.test/tv/5",
                               "Accept: */*\r\nX-Api-Key: word\r\nX-Pass: word\r\n"
                               "Referer: http://a.test/?apikey=word\r\n"),
                      secrets);
  EXPECT_THAT(told, ::testing::HasSubstr("Accept: */*\n"));
  EXPECT_THAT(told, ::testing::HasSubstr("X-Api-Key: ***\n"));
  EXPECT_THAT(told, ::testing::HasSubstr("X-Pass: ***\n"));
  EXPECT_THAT(told, ::testing::Not(::testing::HasSubstr("word")));
}

TEST_F(RequestTextTest, TellsHowARequestCame) {
  EXPECT_EQ(way("GET http://api.test/tv/5"), Way::proxy);
  EXPECT_EQ(way("GET /api/tv/5"), Way::mount);
  EXPECT_EQ(way("GET /tv/5"), Way::host);
  connection_.tunnel = pipeline::TunnelTarget{"http", "api.test", 80};
  EXPECT_EQ(way("GET /tv/5"), Way::proxy);
  connection_.tunnel = pipeline::TunnelTarget{"https", "api.test", 443};
  EXPECT_EQ(way("GET /tv/5"), Way::intercepted);
  connection_.tunnel.reset();
  const cachearr::test::Asked asked{"GET /tv/5"};
  describe(classify(asked, {"api", false}), connection_, secrets_, text_);
  EXPECT_EQ(text_.way, Way::listener);
  describe(classify(asked, {"", true}), connection_, secrets_, text_);
  EXPECT_EQ(text_.way, Way::intercepted);
}

}  // namespace
}  // namespace cachearr::client
