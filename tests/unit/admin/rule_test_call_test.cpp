#include <gmock/gmock.h>

#include "unit/admin/called.hpp"

namespace cachearr::admin::test {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kTestedRules = R"({
  "upstreams": {"tv": {"hosts": ["api.test"], "origin": "https://api.test"}},
  "rules": [{"name": "series", "upstream": "tv", "match": {"path": "/tv/{id:int}"}, "key": "tv:{id}", "ttl": "2h", "expect": "json",
             "ttl_from": [{"json": "/status", "equals": "Ended", "ttl": "7d"}], "refuse_if": [{"json": "/error"}]}]})";

class RuleTestCall : public Called {
 protected:
  RuleTestCall() : Called{kTestedRules} {}
  Answer test(const nlohmann::json& question) { return ask("POST /api/v1/rules/test", question.dump()); }
  nlohmann::json tested(const nlohmann::json& question) {
    const auto answer = test(question);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return nlohmann::json::parse(answer.body, nullptr, false);
  }
};

TEST_F(RuleTestCall, TellsWhichRuleARequestMeets) {
  const auto told = tested({{"url", "https://api.test/tv/5"}});
  EXPECT_EQ(told["rule"], "series");
  EXPECT_EQ(told["key"], "tv:5");
  EXPECT_EQ(told["ttl"], 7200);
  EXPECT_EQ(told["answer"], nullptr);
}

TEST_F(RuleTestCall, TellsWhichContentGivesASampleItsTtl) {
  const auto ended = tested({{"url", "https://api.test/tv/5"}, {"body", R"({"status": "Ended"})"}})["answer"];
  EXPECT_EQ(ended, nlohmann::json::parse(R"({"kind": "answer", "stored": true, "why": null, "ttl": 604800,
                                             "ttlSource": "json /status = Ended"})"));
  const auto running = tested({{"url", "https://api.test/tv/5"}, {"body", R"({"status": "On"})"}})["answer"];
  EXPECT_EQ(running["ttl"], 7200);
  EXPECT_EQ(running["ttlSource"], "rule");
}

TEST_F(RuleTestCall, TellsWhyASampleIsNotStored) {
  const auto told = [&](const nlohmann::json& more) {
    nlohmann::json question = {{"url", "https://api.test/tv/5"}};
    question.update(more);
    return tested(question)["answer"];
  };
  EXPECT_EQ(told({{"body", R"({"error": 1})"}})["why"], "json /error");
  const auto page = told({{"body", "<html>down</html>"}});
  EXPECT_EQ(page["kind"], "no answer");
  EXPECT_EQ(page["stored"], false);
  const auto hidden = told({{"body", "{}"}, {"responseHeaders", {{"Cache-Control", "no-store"}}}});
  EXPECT_EQ(hidden["kind"], "answer");
  EXPECT_EQ(hidden["why"], "no-store");
}

TEST_F(RuleTestCall, GoesByADraftWhereOneIsGiven) {
  const nlohmann::json draft = {
      {"upstreams", {{"mine", {{"hosts", {"api.test"}}}}}},
      {"rules", {{{"name", "drafted"}, {"upstream", "mine"}, {"match", {{"path", "/**"}}}, {"ttl", "5m"}}}}};
  EXPECT_EQ(tested({{"url", "https://api.test/tv/5"}, {"rules", draft}})["rule"], "drafted");
  EXPECT_EQ(tested({{"url", "https://api.test/tv/5"}})["rule"], "series");
  EXPECT_EQ(tested({{"url", "https://api.themoviedb.org/3/tv/1?api_key=k"}, {"rules", draft}})["rule"], "tmdb-tv")
      << "the shipped rules stand behind a draft";
}

TEST_F(RuleTestCall, NamesWhatIsWrong) {
  EXPECT_EQ(ask("POST /api/v1/rules/test", "[]").status, 400);
  for (const auto* question :
       {R"({})", R"({"url": 5})", R"({"url": "https://api.test/", "status": 99})",
        R"({"url": "https://api.test/", "status": "x"})", R"({"url": "https://api.test/", "headers": []})",
        R"({"url": "https://api.test/", "responseHeaders": {"a": 1}})", R"({"url": "https://api.test/", "what": 1})"})
    EXPECT_EQ(ask("POST /api/v1/rules/test", question).status, 400) << question;
  const auto wrong = test({{"url", "https://api.test/"}, {"rules", "{\n\"rules\": 5}"}});
  EXPECT_EQ(wrong.status, 422);
  EXPECT_THAT(wrong.body, HasSubstr("draft:2:10"));
}

}  // namespace
}  // namespace cachearr::admin::test
