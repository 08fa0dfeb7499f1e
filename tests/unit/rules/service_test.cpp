// What rules say besides how an answer is stored: what it is, what counts, what a write changes. All of it from a file.

#include <gtest/gtest.h>

#include "rules_support.hpp"

namespace cachearr::rules::test {
namespace {

using content::Expect;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// A service that this program has never heard of.
constexpr std::string_view kPodarr = R"({
  "ttls": { "podcast": "2h" },
  "upstreams": {
    "podarr": {
      "hosts": ["pod.test"], "path_case": "ignore", "events": "signalr",
      "credentials": { "query": ["podkey"], "required": true }, "share": "named",
      "rate": { "per_second": 5, "each": "feed" },
      "limits": [
        { "status": 420, "pause": "10m" },
        { "status": 200, "like": ["*enough for today*"], "pause": "2h", "scope": "grab", "until": "/until" }
      ]
    }
  },
  "rules": [
    { "name": "fetch", "upstream": "podarr", "match": { "path": "/feed/{feed}/media/**" }, "policy": "never", "counts_as": "grab" },
    { "name": "feed", "upstream": "podarr", "match": { "path": "/feed/{feed}" }, "type": "podcast", "expect": "feed",
      "key": "podcast:{feed}", "priority": "feed", "sort_values": ["fields"],
      "ttl": { "fresh": "2h", "without_events": "60s", "learn": { "min": "1h", "max": "1d" } },
      "ttl_from": [{ "xml": "rss/channel/item", "missing": true, "ttl": "60s" }, { "text": true, "like": ["*hiatus*"], "ttl": "7d" }],
      "refuse_if": [{ "json": "/left", "below": 1 }], "tags": ["podcasts"] },
    { "name": "changed", "upstream": "podarr", "match": { "method": "PUT", "path": "/feed/{feed}" },
      "switch": "metadata_refresh", "invalidate": ["podcast:{feed}", "tag:podcasts"] },
    { "name": "key-reset", "upstream": "podarr", "match": { "method": "POST", "path": "/do", "body": "*newkey*" },
      "invalidate": ["*"] }
  ]
})";

class NewService : public testing::Test {
 protected:
  std::shared_ptr<const RuleSet> set_ = loaded(kPodarr);

  std::vector<const Rule*> invalidations(std::string_view line, std::optional<std::string_view> body = {}) {
    const Asked asked{line};
    Scratch scratch;
    return set_->invalidations(*set_->upstream_named("podarr"), asked.head, asked.target.path, asked.target.query, body,
                               scratch, captures_);
  }
  Captures captures_;
};

TEST_F(NewService, IsToldByAFileAloneWhatItsAnswersAre) {
  const auto answer = ask(*set_, "GET https://pod.test/Feed/daily/?podkey=k&fields=b,a");
  ASSERT_TRUE(answer.rule);
  const Verdict verdict{answer.upstream, answer.rule};
  EXPECT_EQ(verdict.expect(), Expect::feed);
  EXPECT_FALSE(verdict.counts_as_grab());
  EXPECT_EQ(answer.key(), "podcast:daily?fields=a,b");
  EXPECT_EQ(answer.rule->priority, Priority::feed);
  EXPECT_EQ(answer.rule->policy.ttl, seconds{60});
  EXPECT_EQ(answer.rule->ttl_with_events, hours{2});
  EXPECT_EQ(answer.rule->learn_max, hours{24});
  EXPECT_TRUE(answer.rule->ttl_from[0].when.missing);
  EXPECT_EQ(answer.rule->ttl_from[1].when.kind, content::BodyCondition::Kind::text);
  EXPECT_EQ(answer.rule->refuse_if[0].below, 1.0);
}

TEST_F(NewService, IsToldWhatCountsAsAGrab) {
  const auto answer = ask(*set_, "GET https://pod.test/feed/daily/media/7?podkey=k");
  ASSERT_TRUE(answer.rule);
  EXPECT_TRUE((Verdict{answer.upstream, answer.rule}.counts_as_grab()));
  EXPECT_EQ(answer.captures.real(answer.upstream->rate.each), "daily");
}

TEST_F(NewService, IsToldItsWordsForNoMore) {
  const auto limits = Verdict{set_->upstream_named("podarr"), nullptr}.limits();
  ASSERT_EQ(limits.size(), 2U);
  EXPECT_EQ(limits[0].status, 420);
  EXPECT_EQ(limits[0].pause, minutes{10});
  EXPECT_EQ(limits[0].scope, content::LimitWords::Scope::call);
  EXPECT_EQ(limits[1].like, std::vector<std::string>{"*enough for today*"});
  EXPECT_EQ(limits[1].scope, content::LimitWords::Scope::grab);
  EXPECT_EQ(limits[1].until, "/until");
}

TEST_F(NewService, IsToldWhatAWriteChangesAndWhatTurnsThatOff) {
  const auto found = invalidations("PUT https://pod.test/feed/daily");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0]->invalidation_switch, "metadata_refresh");
  EXPECT_EQ(expand(found[0]->invalidate[0].text, captures_), "podcast:daily");
  EXPECT_EQ(found[0]->invalidate[1].kind, caching::Invalidation::Kind::tag);
}

TEST_F(NewService, IsToldByItsBodyWhatAWriteChanges) {
  EXPECT_EQ(invalidations("POST https://pod.test/do", R"({"Name": "NewKey"})").size(), 1U);
  EXPECT_TRUE(invalidations("POST https://pod.test/do", R"({"name": "other"})").empty());
  EXPECT_TRUE(invalidations("POST https://pod.test/do", "").empty());
  EXPECT_EQ(invalidations("POST https://pod.test/do").size(), 1U) << "a body that nobody looked at may be any";
}

TEST_F(NewService, AnswersNobodyFromTheCacheWhoPresentsNoCredential) {
  EXPECT_FALSE(ask(*set_, "GET https://pod.test/feed/daily").rule);
  EXPECT_FALSE(ask(*set_, "GET https://pod.test/feed/daily?podkey=").rule);
  EXPECT_TRUE(ask(*set_, "GET https://pod.test/feed/daily?podkey=k").rule);
  EXPECT_TRUE(ask(*set_, "GET https://pod.test/feed/daily", {"Authorization: Bearer x"}).rule);
  EXPECT_EQ(ask(*set_, "GET https://pod.test/feed/daily/media/1").rule->name, "fetch");
}

Expect expected(const std::string& members, const std::string& settings = "") {
  const auto set = loaded_rule("\"match\": {\"path\": \"/\"}, " + members, settings);
  return set->rules().at(0)->expect;
}

TEST(Expectation, FollowsFromTheTypeWhereARuleDoesNotSay) {
  EXPECT_EQ(expected(R"("type": "metadata_series")"), Expect::json);
  EXPECT_EQ(expected(R"("type": "metadata_images")"), Expect::image);
  EXPECT_EQ(expected(R"("type": "indexer_feed")"), Expect::feed);
  EXPECT_EQ(expected(R"("type": "indexer_search")"), Expect::feed);
  EXPECT_EQ(expected(R"("type": "indexer")"), Expect::json);
  EXPECT_EQ(expected(R"("type": "indexer")", R"("errors": "newznab")"), Expect::xml);
  EXPECT_EQ(expected(R"("type": "user")"), Expect::any);
  EXPECT_EQ(expected(R"("ttl": 1)"), Expect::any);
}

TEST(Expectation, IsAnythingWhereNothingIsStored) {
  EXPECT_EQ(expected(R"("type": "metadata_series", "policy": "never")"), Expect::any);
  EXPECT_EQ(expected(R"("expect": "nzb", "policy": "never")"), Expect::nzb);
}

TEST(Expectation, OfATypeOfTheFilesOwnIsJsonWhereItIsMetadata) {
  const auto set = loaded(R"({"ttls": {"metadata_podcast": "1h", "podcast": "1h"}, "upstreams": {"up": {}},
      "rules": [{"name": "a", "upstream": "up", "match": {"path": "/a"}, "type": "metadata_podcast"},
                {"name": "b", "upstream": "up", "match": {"path": "/b"}, "type": "podcast"}]})");
  EXPECT_EQ(set->rules()[0]->expect, Expect::json);
  EXPECT_EQ(set->rules()[1]->expect, Expect::any);
}

TEST(Upstreams, ThatAreLikeAnotherDoNotGetItsOwnKey) {
  const auto set =
      loaded(R"({"upstreams": {"one": {"hosts": ["a.test"], "api_key_file": "/dev/null"}, "two": {"like": "one"}}})");
  EXPECT_EQ(set->upstream_named("one")->api_key_file, "/dev/null");
  EXPECT_EQ(set->upstream_named("two")->api_key_file, "");
}

}  // namespace
}  // namespace cachearr::rules::test
