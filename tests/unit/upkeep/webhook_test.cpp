#include "upkeep/webhook/webhook.hpp"

#include <gtest/gtest.h>

#include "unit/pipeline/context_fixture.hpp"

namespace cachearr::upkeep {
namespace {

using caching::Invalidation;

constexpr std::string_view kWebhookRules = R"({
  "upstreams": {"up": {"hosts": ["api.test"], "origin": "http://api.test"}, "app": {"origin": "http://app.test"}},
  "rules": [{"name": "show", "upstream": "up", "match": {"path": "/show/{tvdbId:int}"}, "ttl": "1h"},
            {"name": "grabbed", "upstream": "app", "match": {"webhook": ["Grab", "Down*"]}, "invalidate": ["tag:{upstream}-queue", "queue:*"]},
            {"name": "grabbed-too", "upstream": "app", "match": {"webhook": "grab"}, "switch": "series_update", "invalidate": ["tag:app"]}]})";

WebhookMessage webhook_of(std::string event, std::vector<std::string> tags = {}) {
  WebhookMessage told;
  told.event = std::move(event);
  for (auto& tag : tags) told.entities.add(std::move(tag));
  return told;
}

class WebhookTest : public test::ContextTest {
 protected:
  WebhookTest() : ContextTest{kWebhookRules} {}
  std::vector<Invalidation> named_by(const WebhookMessage& told, Config config = {}) {
    const auto snapshot = test::snapshot_of(kWebhookRules, std::move(config));
    return invalidations_of(told, *snapshot, *snapshot->rules->upstream_named("app"));
  }
  /// An answer that was hit so often in its life, which began with `before` hits.
  void store_shown(int number, int hits, std::uint32_t before = 0, std::string_view type = "series") {
    asked_.emplace("GET http://api.test/show/" + std::to_string(number), "Host: api.test\r\n");
    classify(*asked_);
    context_.request.own(asked_->bytes);
    const auto tag = "tvdb:" + std::to_string(number);
    const std::array<std::string_view, 1> tags{tag};
    store::EntryParts parts;
    parts.id = context_.variant.id;
    parts.identity = context_.variant.identity;
    parts.key = context_.key.key;
    parts.upstream = "up";
    parts.type = type;
    parts.tags = tags;
    parts.head = "HTTP/1.1 200 OK\r\n";
    parts.hits = before;
    auto entry = store::make_entry(parts);
    store_->put(entry);
    book_.remember(context_, *entry, true);
    for (int i = 0; i < hits; ++i) entry->count_hit();
  }
  std::vector<std::string> often(const std::vector<Invalidation>& named) {
    std::vector<std::string> paths;
    for (const auto& answer : often_asked(*store_, book_, named)) paths.push_back(answer.request->route.target.path);
    return paths;
  }

  fetch::RequestBook book_;
};

TEST_F(WebhookTest, RemovesWhatTheRulesNameAndMarksAnswersAboutTheSameStale) {
  EXPECT_EQ(named_by(webhook_of("Download", {"tvdb:5"})),
            (std::vector<Invalidation>{{Invalidation::Kind::tag, "app-queue", false},
                                       {Invalidation::Kind::pattern, "queue:*", false},
                                       {Invalidation::Kind::tag, "tvdb:5", true}}));
}

TEST_F(WebhookTest, MeetsRulesWhateverTheCaseOfTheEvent) {
  EXPECT_EQ(named_by(webhook_of("GRAB")).size(), 3U);
  EXPECT_TRUE(named_by(webhook_of("Health")).empty());
}

TEST_F(WebhookTest, LeavesOutRulesThatAreSwitchedOff) {
  Config config;
  config.auto_invalidate["series_update"] = false;
  EXPECT_EQ(named_by(webhook_of("Grab"), config).size(), 2U);
}

TEST_F(WebhookTest, OfATestChangesNothing) {
  auto told = webhook_of("Grab", {"tvdb:5"});
  told.is_test = true;
  EXPECT_TRUE(named_by(told).empty());
}

TEST_F(WebhookTest, AsksAgainForWhatWasHitOftenInItsPresentLife) {
  store_shown(1, 2);
  store_shown(2, 1);
  store_shown(3, 5);
  store_shown(4, 1, 50);
  store_shown(5, 9);
  std::vector<Invalidation> named;
  for (int i = 1; i <= 4; ++i) named.push_back({Invalidation::Kind::tag, "tvdb:" + std::to_string(i), true});
  EXPECT_EQ(often(named), (std::vector<std::string>{"/show/3", "/show/1"}));
}

TEST_F(WebhookTest, SparesTheCallsOfIndexers) {
  store_shown(1, 9, 0, "indexer_search");
  store_shown(2, 2);
  EXPECT_EQ(often({{Invalidation::Kind::upstream, "up", false}}), std::vector<std::string>{"/show/2"});
}

TEST_F(WebhookTest, AsksAgainForNoMoreThanItMay) {
  for (int i = 1; i <= 40; ++i) store_shown(i, 1 + i);
  const auto paths = often({{Invalidation::Kind::upstream, "up", false}});
  ASSERT_EQ(paths.size(), kMostRefreshed);
  EXPECT_EQ(paths.front(), "/show/40");
}

}  // namespace
}  // namespace cachearr::upkeep
