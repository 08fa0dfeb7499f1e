// Rules for messages of an upstream's feed.

#include "rules/compiled.hpp"
#include "rules_support.hpp"

namespace cachearr::rules::test {
namespace {

Message message(std::string event, std::string action = {},
                std::vector<std::pair<std::string, std::string>> resource = {}) {
  return {std::move(event), std::move(action), std::move(resource)};
}

std::string invalidated(const RuleSet& set, const Message& told, std::string_view upstream = "up") {
  Captures captures;
  std::string all;
  for (const auto* rule : set.invalidations(*set.upstream_named(upstream), told, captures)) {
    for (const auto& item : rule->invalidate) all += (all.empty() ? "" : " ") + expand(item.text, captures);
  }
  return all;
}

std::shared_ptr<const RuleSet> shipped() {
  Problems problems;
  LoadOptions options;
  options.shipped = true;
  auto set = load(options, problems);
  EXPECT_TRUE(set) << told(problems);
  return set;
}

TEST(EventRules, MatchByNameActionAndResource) {
  const auto set = loaded_rules(
      R"({"name": "one", "upstream": "up", "match": {"event": ["a", "b"], "action": ["updated", "deleted"],
          "resource": {"id": "{id:int}", "kind": ["x", "y*"]}}, "invalidate": ["tag:{upstream}-thing-{id}"]})");
  const auto ask = [&](const char* event, const char* action, const char* id, const char* kind) {
    return invalidated(*set, message(event, action, {{"id", id}, {"kind", kind}}));
  };
  EXPECT_EQ(ask("a", "updated", "7", "x"), "up-thing-7");
  EXPECT_EQ(ask("b", "deleted", "8", "yes"), "up-thing-8");
  EXPECT_EQ(ask("c", "updated", "7", "x"), "");
  EXPECT_EQ(ask("a", "created", "7", "x"), "");
  EXPECT_EQ(ask("a", "updated", "seven", "x"), "");
  EXPECT_EQ(ask("a", "updated", "7", "z"), "");
  EXPECT_EQ(invalidated(*set, message("a", "updated", {{"kind", "x"}})), "");
  EXPECT_TRUE(set->knows_event(*set->upstream_named("up"), "b"));
  EXPECT_FALSE(set->knows_event(*set->upstream_named("up"), "c"));
}

TEST(EventRules, FallBackOnlyWhereNoOtherTakesTheMessage) {
  const auto set = loaded_rules(
      R"({"name": "one", "upstream": "up", "match": {"event": "a", "resource": {"name": "known"}}, "invalidate": ["tag:up-known"]},
         {"name": "rest", "upstream": "up", "match": {"event": "a"}, "invalidate": ["tag:up-rest"], "fallback": true})");
  EXPECT_EQ(invalidated(*set, message("a", "", {{"name", "known"}})), "up-known");
  EXPECT_EQ(invalidated(*set, message("a", "", {{"name", "other"}})), "up-rest");
}

TEST(EventRules, LookAtNoRequest) {
  const auto set =
      loaded_rules(R"({"name": "one", "upstream": "up", "match": {"event": "a"}, "invalidate": ["tag:up"]})");
  EXPECT_EQ(ask(*set, "GET http://api.test/a").rule, nullptr);
  Scratch scratch;
  Captures captures;
  const Asked write{"POST http://api.test/a"};
  EXPECT_TRUE(set->invalidations(*set->upstream_named("up"), write.head, "/a", "", "", scratch, captures).empty());
}

TEST(EventRules, TheTagOfAnswersWithTwoTtlsIsAdded) {
  const auto set =
      loaded_rule(R"("match": {"path": "/**"}, "ttl": {"fresh": "1h", "without_events": "1m"}, "tags": ["x"])");
  EXPECT_EQ(tags_of(*set->rules().front(), {}), (std::vector<std::string>{"up-events", "x"}));
}

TEST(EventRules, WhatTheHubOfSonarrTellsIsTaken) {
  const auto set = shipped();
  const auto sonarr = [&](const Message& told) { return invalidated(*set, told, "sonarr"); };
  EXPECT_EQ(sonarr(message("series", "updated", {{"id", "5"}})), "sonarr-library sonarr-tags sonarr-latest-covers");
  EXPECT_EQ(sonarr(message("queue/status", "sync")), "sonarr-queue sonarr-history");
  EXPECT_EQ(sonarr(message("connection", "updated")), "sonarr-providers sonarr-state");
  EXPECT_EQ(sonarr(message("nothing known")), "");
}

TEST(EventRules, ACommandActsOnceItHasEnded) {
  const auto set = shipped();
  const auto command = [&](const char* upstream, const char* name, const char* status) {
    return invalidated(*set, message("command", "updated", {{"name", name}, {"status", status}}), upstream);
  };
  EXPECT_EQ(command("sonarr", "RefreshSeries", "queued"), "");
  EXPECT_EQ(command("sonarr", "RefreshSeries", "started"), "");
  EXPECT_NE(command("sonarr", "RefreshSeries", "completed").find("sonarr-library"), std::string::npos);
  EXPECT_EQ(command("sonarr", "CheckHealth", "completed"), "sonarr-state");
  EXPECT_EQ(command("sonarr", "ResetApiKey", "completed"), "sonarr");
  EXPECT_NE(command("sonarr", "SomethingNew", "failed").find("sonarr-library"), std::string::npos);
  EXPECT_NE(command("radarr", "RefreshMovie", "completed").find("radarr-library"), std::string::npos);
  EXPECT_NE(command("lidarr", "RefreshArtist", "completed").find("lidarr-library"), std::string::npos);
  EXPECT_NE(command("prowlarr", "ApplicationIndexerSync", "completed").find("prowlarr-providers"), std::string::npos);
}

TEST(EventRules, NoMessageReachesBeyondItsUpstream) {
  const auto set = shipped();
  for (const auto& rule : set->rules()) {
    if (rule->compiled->events.empty()) continue;
    for (const auto& item : rule->invalidate) {
      EXPECT_EQ(item.kind, caching::Invalidation::Kind::tag) << rule->name;
      EXPECT_TRUE(item.text == rule->upstream->name || item.text.starts_with(rule->upstream->name + "-")) << rule->name;
    }
  }
}

std::string refusal(const std::string& members) {
  Problems problems;
  const auto text = R"({"upstreams": {"up": {"hosts": ["api.test"]}}, "rules": [{"name": "one", "upstream": "up", )" +
                    members + "}]}";
  EXPECT_FALSE(load_text(text, "rules.json", problems)) << members;
  return told(problems);
}

TEST(EventRules, SayWhatIsWrongWithThem) {
  const auto has = [](const std::string& members, const char* words) {
    const auto problem = refusal(members);
    EXPECT_NE(problem.find(words), std::string::npos) << problem;
  };
  has(R"("match": {"event": "a"})", "\"event\" belongs to a rule with \"invalidate\"");
  has(R"("match": {"event": []}, "invalidate": ["tag:up"])", "at least one event");
  has(R"("match": {"event": "a", "action": "renamed"}, "invalidate": ["tag:up"])",
      "'renamed' is no action of an event");
  has(R"("match": {"event": "a", "path": "/**"}, "invalidate": ["tag:up"])", "looks at no request");
  has(R"("match": {"path": "/**", "action": "updated"}, "invalidate": ["tag:up"])", "belongs to an \"event\"");
  has(R"("match": {"event": "a"}, "invalidate": ["tag:other-library"])", "tags of its own upstream");
  has(R"("match": {"event": "a"}, "invalidate": ["tag:upper"])", "tags of its own upstream");
  has(R"("match": {"event": "a"}, "invalidate": ["series:*"])", "tags of its own upstream");
  has(R"("match": {"event": "a"}, "invalidate": ["tag:up-{id}"])", "{id} is not bound");
  has(R"("match": {"event": "a"}, "invalidate": ["tag:up"], "ttl": "1h")", "only invalidates");
  has(R"("match": {"event": "a"}, "invalidate": ["tag:up"], "window": "10s")", "belongs to a rule for writes");
  has(R"("match": {"path": "/**"}, "window": "10s")", "belongs to a rule with \"invalidate\"");
  has(R"("match": {"method": "POST", "path": "/**"}, "invalidate": ["tag:up"], "window": "11m")",
      "no more than 10 minutes");
}

}  // namespace
}  // namespace cachearr::rules::test
