// Every shipped rule with a real request: shipped_rules.txt holds the rows.

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <set>
#include <unistd.h>

#include "base/units.hpp"
#include "rules/compiled.hpp"
#include "rules/load/rule_files.hpp"
#include "rules_support.hpp"

namespace cachearr::rules::test {
namespace {

struct Row {
  std::string rule, request;
  std::vector<std::string> fields;
  std::string body;         // of a write
  std::string outcome;      // "key | partition | TTL | expectation | priority"
  std::string invalidates;  // of a write
};

void PrintTo(const Row& row, std::ostream* out) { *out << row.rule << ": " << row.request; }

std::vector<Row> read_rows() {
  std::ifstream file{CACHEARR_SOURCE_DIR "/tests/unit/rules/shipped_rules.txt"};
  std::vector<Row> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    if (line[0] != ' ') {
      rows.push_back({line, {}, {}, {}, {}, {}});
    } else if (line.starts_with("  = ")) {
      rows.back().outcome = line.substr(4);
    } else if (line.starts_with("  > ")) {
      rows.back().body = line.substr(4);
    } else if (line.starts_with("  ! ")) {
      rows.back().invalidates = line.substr(4);
    } else if (rows.back().request.empty()) {
      rows.back().request = line.substr(2);
    } else {
      rows.back().fields.push_back(line.substr(2));
    }
  }
  return rows;
}

/// The shipped rules, and a file of the user's that says where the templates' servers are.
std::shared_ptr<const RuleSet> shipped_set() {
  static const auto set = [] {
    const auto path =
        std::filesystem::path{testing::TempDir()} / ("cachearr-shipped-test-" + std::to_string(::getpid()) + ".json");
    std::ofstream{path} << R"({"upstreams": {
        "newznab": {"hosts": ["indexer.test"]},
        "prowlarr": {"hosts": ["prowlarr.test"], "origin": "http://prowlarr.test:9696"},
        "jackett": {"hosts": ["jackett.test"], "origin": "http://jackett.test:9117"},
        "sonarr": {"hosts": ["sonarr.test"], "origin": "http://sonarr.test:8989"},
        "radarr": {"hosts": ["radarr.test"], "origin": "http://radarr.test:7878"},
        "lidarr": {"hosts": ["lidarr.test"], "origin": "http://lidarr.test:8686"}}})";
    Problems problems;
    auto made = load({{path.string()}, true, {}}, problems);
    EXPECT_TRUE(made) << told(problems);
    std::filesystem::remove(path);
    return made;
  }();
  return set;
}

std::string ttl_of(const Rule& rule) {
  using caching::Mode;
  const auto& policy = rule.policy;
  if (policy.mode == Mode::never) return "never";
  auto text = policy.ttl ? format_duration(*policy.ttl) : std::string{"origin"};
  if (policy.mode == Mode::respect) text += " or origin";
  if (policy.mode == Mode::ceiling) text += " at most";
  if (rule.ttl_with_events) text += ", " + format_duration(*rule.ttl_with_events) + " with events";
  return text;
}

std::string partition_of(const KeyParts& parts) {
  if (!parts.identity.starts_with("-\n")) return "credential";
  return parts.has_credentials ? "shared" : "none";
}

std::string_view priority_of(const Rule& rule) {
  constexpr std::string_view names[] = {"interactive", "feed", "background"};
  return names[static_cast<std::size_t>(rule.priority)];
}

std::string outcome_of(const Answer& answer) {
  const auto& rule = *answer.rule;
  auto text = answer.key() + " | " + partition_of(answer.parts) + " | " + ttl_of(rule) + " | ";
  text.append(name_of(rule.expect)).append(" | ").append(priority_of(rule));
  return rule.counts_as == CountsAs::grab ? text + " | grab" : text;
}

std::vector<const Rule*> invalidations(const RuleSet& set, const Upstream& upstream, const Asked& asked,
                                       std::string_view body, Captures& captures) {
  Scratch scratch;
  return set.invalidations(upstream, asked.head, asked.target.path, asked.target.query, body, scratch, captures);
}

std::string invalidated(const RuleSet& set, const Upstream& upstream, const Asked& asked, std::string_view body) {
  Captures captures;
  std::string all;
  for (const auto* rule : invalidations(set, upstream, asked, body, captures)) {
    if (!rule->invalidation_switch.empty()) all += (all.empty() ? "" : " ") + ("[" + rule->invalidation_switch + "]");
    for (const auto& item : rule->invalidate) {
      all += (all.empty() ? "" : " ") + std::string{item.kind == caching::Invalidation::Kind::tag ? "tag:" : ""};
      all += expand(item.text, captures);
    }
  }
  return all;
}

class ShippedRule : public testing::TestWithParam<Row> {};

TEST_P(ShippedRule, DecidesOnARealRequest) {
  const auto& row = GetParam();
  const auto set = shipped_set();
  ASSERT_TRUE(set);
  const Asked asked{row.request, {row.fields.begin(), row.fields.end()}};
  const auto answer = ask(*set, asked);
  ASSERT_TRUE(answer.rule);
  EXPECT_EQ(answer.rule->name, row.rule);
  EXPECT_EQ(outcome_of(answer), row.outcome);
  EXPECT_EQ(invalidated(*set, *answer.upstream, asked, row.body), row.invalidates);
}

TEST_P(ShippedRule, ShowsNoSecret) {
  const auto& row = GetParam();
  const auto answer = ask(*shipped_set(), row.request, {row.fields.begin(), row.fields.end()});
  EXPECT_EQ(answer.parts.identity.find("s3cr3"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(All, ShippedRule, testing::ValuesIn(read_rows()), [](const auto& row) {
  std::string name = std::to_string(row.index) + "_";
  for (const char c : row.param.rule) name.push_back(c == '-' ? '_' : c);
  return name;
});

TEST(ShippedRules, HaveARowEach) {
  std::set<std::string> rows;
  for (const auto& row : read_rows()) {
    rows.insert(row.rule);
    const Asked asked{row.request, {row.fields.begin(), row.fields.end()}};
    const auto answer = ask(*shipped_set(), asked);
    Captures captures;
    for (const auto* rule : invalidations(*shipped_set(), *answer.upstream, asked, row.body, captures))
      rows.insert(rule->name);
  }
  for (const auto& rule : shipped_set()->rules()) {
    if (rule->compiled->is_for_requests()) {
      EXPECT_TRUE(rows.contains(rule->name)) << rule->name;
    }
  }
}

std::string invalidated_by_webhook(std::string_view upstream, std::string_view event) {
  const auto set = shipped_set();
  std::string all;
  for (const auto* rule : set->webhook_invalidations(*set->upstream_named(upstream), event)) {
    for (const auto& item : rule->invalidate) all += (all.empty() ? "" : " ") + item.text;
  }
  return all;
}

TEST(ShippedRules, TakeTheApplicationsAtTheirWordOverTheWebhook) {
  EXPECT_EQ(invalidated_by_webhook("sonarr", "Grab"),
            "sonarr-library sonarr-queue sonarr-history sonarr-blocklist sonarr-wanted");
  EXPECT_EQ(invalidated_by_webhook("sonarr", "Download"), invalidated_by_webhook("sonarr", "grab"));
  EXPECT_NE(invalidated_by_webhook("sonarr", "SeriesAdd").find("sonarr-folders"), std::string::npos);
  EXPECT_EQ(invalidated_by_webhook("sonarr", "Health"), "sonarr-state");
  EXPECT_EQ(invalidated_by_webhook("sonarr", "ApplicationUpdate"), "sonarr");
  EXPECT_NE(invalidated_by_webhook("radarr", "MovieDelete").find("radarr-library"), std::string::npos);
  EXPECT_NE(invalidated_by_webhook("lidarr", "AlbumDelete").find("lidarr-library"), std::string::npos);
  EXPECT_EQ(invalidated_by_webhook("prowlarr", "Grab"), "prowlarr-history");
  for (const auto* upstream : {"sonarr", "radarr", "lidarr", "prowlarr", "tmdb"}) {
    EXPECT_EQ(invalidated_by_webhook(upstream, "Test"), "") << upstream;
    EXPECT_EQ(invalidated_by_webhook(upstream, "Whatever"), "") << upstream;
  }
}

TEST(ShippedRules, LoadWithoutAnyFileOfTheUser) {
  Problems problems;
  EXPECT_TRUE(load({}, problems)) << told(problems);
}

TEST(ShippedRules, TakeNoTrafficOfTheirTemplates) {
  Problems problems;
  const auto set = load({}, problems);
  for (const auto* name : {"newznab", "prowlarr", "jackett", "sonarr", "radarr", "lidarr"}) {
    const auto* upstream = set->upstream_named(name);
    ASSERT_TRUE(upstream) << name;
    EXPECT_TRUE(upstream->hosts.empty() && upstream->mount.empty()) << name;
  }
}

TEST(ShippedRules, NeverStoreANotFoundThatWouldDeleteSeriesOrFilms) {
  for (const auto& rule : shipped_set()->rules()) {
    const auto& upstream = rule->upstream->name;
    if (upstream != "skyhook" && upstream != "radarr-metadata") continue;
    for (const auto& [status, ttl] : rule->policy.ttl_status)
      EXPECT_TRUE(status != 404 || ttl.count() == 0) << rule->name;
  }
}

TEST(ShippedRules, GoToTheTvdbOnlyWithAToken) {
  for (const auto* url : {"https://api4.thetvdb.com/v4/series/121361", "https://api.thetvdb.com/series/121361"}) {
    const auto answer = ask(*shipped_set(), std::string{"GET "} + url);
    ASSERT_TRUE(answer.rule);
    EXPECT_EQ(answer.rule->policy.mode, caching::Mode::never) << url;
  }
}

TEST(ShippedRules, KeepTheFilesOfTheFolder) {
  std::set<std::string> names;
  for (const auto& file : shipped_files()) names.insert(std::string{file.name});
  EXPECT_FALSE(names.contains("schema.json"));
  for (const auto& entry : std::filesystem::directory_iterator{CACHEARR_SOURCE_DIR "/rules"}) {
    if (entry.path().filename() != "schema.json") {
      EXPECT_TRUE(names.contains(entry.path().filename().string())) << entry.path();
    }
  }
}

}  // namespace
}  // namespace cachearr::rules::test
