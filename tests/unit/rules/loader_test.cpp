#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/units.hpp"
#include "rules_support.hpp"

namespace cachearr::rules::test {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

/// A folder of its own for each test.
class RuleFiles : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path{testing::TempDir()} /
              ("cachearr-" + std::string{testing::UnitTest::GetInstance()->current_test_info()->name()});
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string write(const std::string& name, std::string_view text) const {
    std::ofstream{folder_ / name, std::ios::binary} << text;
    return (folder_ / name).string();
  }
  std::filesystem::path folder_;
};

TEST(Loader, TakesCommentsAndAnEmptyDocument) {
  Problems problems;
  EXPECT_TRUE(load_text("// nothing\n{ /* yet */ }", "f", problems)) << told(problems);
}

TEST(Loader, ReadsWhetherAnUpstreamIsSharedWithOtherInstances) {
  const auto set = loaded(
      R"({"upstreams": {"own": {"hosts": ["a.test"], "shared": false}, "all": {"hosts": ["b.test"], "shared": true},
      "auto": {"hosts": ["c.test"], "shared": "auto"}, "unsaid": {"hosts": ["d.test"]}}})");
  EXPECT_EQ(set->upstream_named("own")->shared, std::optional{false});
  EXPECT_EQ(set->upstream_named("all")->shared, std::optional{true});
  EXPECT_EQ(set->upstream_named("auto")->shared, std::nullopt);
  EXPECT_EQ(set->upstream_named("unsaid")->shared, std::nullopt);
}

TEST(Loader, ReadsEverySettingOfAnUpstream) {
  const auto set = loaded(
      R"({"upstreams": {"up": {"hosts": ["A.Test", "*.b.test", "[::1]"], "origin": "https://Origin.test:8443/base/",
      "mount": "/up", "intercept": true, "tls": {"verify": false, "ca_file": "/dev/null", "server_name": "N"},
      "credentials": {"query": ["ApiKey"], "headers": ["X-Key"], "path": ["pass"]}, "share": "all",
      "rate": {"per_second": 2.5, "burst": 9, "concurrency": 3, "max_wait": "2s", "quota": [{"limit": 10, "per": "hour", "fixed": true, "reserve": 2}, {"limit": 5, "per": "5m"}]},
      "proxy": "socks5://u:p@proxy.test:1080", "mode": "prefer-cache", "events": "signalr", "errors": "newznab",
      "timeouts": {"connect": "1s", "header": "2s", "upstream_idle": "3s"}, "retries": 3}}})");
  const auto& up = *set->upstream_named("up");
  EXPECT_EQ(up.hosts, (std::vector<std::string>{"a.test", "*.b.test", "::1"}));
  EXPECT_EQ(up.origin_scheme + " " + up.origin_host + " " + std::to_string(up.origin_port) + " " + up.origin_path,
            "https origin.test 8443 /base");
  EXPECT_TRUE(up.origin_given && up.intercept && !up.tls_verify && up.share_all);
  EXPECT_EQ(up.tls_ca_file + " " + up.tls_server_name, "/dev/null n");
  EXPECT_EQ(up.credential_query.at(0) + up.credential_headers.at(0) + up.credential_path.at(0), "apikeyx-keypass");
  EXPECT_EQ(up.rate.per_second, 2.5);
  EXPECT_EQ(up.rate.burst + up.rate.concurrency, 12U);
  EXPECT_EQ(up.rate.max_wait, seconds{2});
  ASSERT_EQ(up.rate.quotas.size(), 2U);
  EXPECT_TRUE(up.rate.quotas[0].per == hours{1} && up.rate.quotas[0].fixed && up.rate.quotas[0].reserve == 2);
  EXPECT_EQ(up.rate.quotas[1].per, minutes{5});
  EXPECT_EQ(up.proxy, "socks5://u:p@proxy.test:1080");
  EXPECT_EQ(up.mode, UpstreamMode::prefer_cache);
  EXPECT_EQ(up.errors, ErrorStyle::newznab);
  EXPECT_EQ(up.events, "signalr");
  EXPECT_TRUE(up.timeouts.connect == seconds{1} && up.timeouts.header == seconds{2} && up.timeouts.idle == seconds{3});
  EXPECT_EQ(up.retries, 3U);
}

TEST(Loader, ReadsEverySettingOfARule) {
  const auto set = loaded_rule(
      R"("match": {"path": "/{id}"}, "type": "series", "key": "series:{id}", "ttl": {"fresh": "2h", "learn": {"min": "1h", "max": "7d"}},
      "ttl_status": {"404": "10m"}, "policy": "floor", "stale": {"while_revalidate": "7d", "if_error": "30d", "if_limited": "1d"},
      "ignore_query": ["_"], "ignore_vary": ["User-Agent"], "tags": ["x:{id}", "{upstream}"],
      "ttl_from": [{"json": "/status", "equals": "Ended", "ttl": "7d"}], "refuse_if": [{"xml": "error/@code"}],
      "refresh_ahead": 0.8, "priority": "feed")");
  const auto& rule = *set->rules().at(0);
  EXPECT_EQ(rule.type, "series");
  EXPECT_EQ(rule.policy.ttl, hours{2});
  EXPECT_TRUE(rule.learn_min == hours{1} && rule.learn_max == hours{168});
  EXPECT_TRUE(rule.policy.ttl_status.at(0).status == 404 && rule.policy.ttl_status.at(0).ttl == minutes{10});
  EXPECT_EQ(rule.policy.mode, caching::Mode::floor);
  EXPECT_TRUE(rule.policy.stale_while_revalidate == hours{168} && rule.policy.stale_if_error == hours{720} &&
              rule.policy.stale_if_limited == hours{24});
  EXPECT_EQ(rule.policy.ignore_vary, std::vector<std::string>{"user-agent"});
  EXPECT_EQ(rule.tags, (std::vector<std::string>{"x:{id}", "up"}));
  EXPECT_EQ(rule.ttl_from.at(0).when.equals, "Ended");
  EXPECT_EQ(rule.refuse_if.at(0).path, "error/@code");
  EXPECT_EQ(rule.refresh_ahead, 0.8);
  EXPECT_EQ(rule.priority, Priority::feed);
  EXPECT_EQ(rule.at.line, 1U);
}

TEST(Loader, OverridesWhereARuleHasATtlAndElseRespectsTheOrigin) {
  EXPECT_EQ(loaded_rule(R"("match": {"path": "/"}, "ttl": 60)")->rules().at(0)->policy.mode, caching::Mode::override_);
  EXPECT_EQ(loaded_rule(R"("match": {"path": "/"}, "type": "series")")->rules().at(0)->policy.mode,
            caching::Mode::override_);
  EXPECT_EQ(loaded_rule(R"("match": {"path": "/"})")->rules().at(0)->policy.mode, caching::Mode::respect);
}

TEST(Loader, TakesTheTtlOfATypeFromTheTableOrFromTheFile) {
  EXPECT_EQ(loaded_rule(R"("match": {"path": "/"}, "type": "episode")")->rules().at(0)->policy.ttl, hours{1});
  const auto set = loaded(R"({"ttls": {"episode": "5m", "mine": 7}, "upstreams": {"up": {"hosts": ["a.test"]}},
      "rules": [{"name": "a", "upstream": "up", "match": {"path": "/a"}, "type": "episode"}, {"name": "b", "upstream": "up", "match": {"path": "/b"}, "type": "mine"}]})");
  EXPECT_EQ(set->rules().at(0)->policy.ttl, minutes{5});
  EXPECT_EQ(set->rules().at(1)->policy.ttl, seconds{7});
  EXPECT_EQ(set->ttls().at("series"), hours{24});
}

TEST(Loader, UsesTheShortTtlUntilThereAreEvents) {
  const auto set = loaded_rule(R"("match": {"path": "/"}, "type": "series", "ttl": {"without_events": "60s"})");
  EXPECT_EQ(set->rules().at(0)->policy.ttl, seconds{60});
  EXPECT_EQ(set->rules().at(0)->ttl_with_events, hours{24});
}

TEST(Loader, ATypesShorterTtlShortensTheOneWithoutEvents) {
  const auto set = loaded(R"({"ttls": {"series": "10s"}, "upstreams": {"up": {"hosts": ["a.test"]}}, "rules": [
      {"name": "r", "upstream": "up", "match": {"path": "/"}, "type": "series", "ttl": {"without_events": "60s"}}]})");
  EXPECT_EQ(set->rules().at(0)->policy.ttl, seconds{10});
}

TEST(Loader, TellsThePolicyHowCredentialsAreShared) {
  const auto policy = [](const std::string& share, const std::string& more = "") {
    return loaded_rule(R"("match": {"path": "/"}, "ttl": 1)" + more, "\"share\": \"" + share + "\"")
        ->rules()
        .at(0)
        ->policy;
  };
  EXPECT_TRUE(policy("none").partitioned && !policy("none").shared);
  EXPECT_TRUE(!policy("all").partitioned && policy("all").shared);
  EXPECT_TRUE(policy("named").shared);
  EXPECT_FALSE(policy("all", R"(, "ignore_private": true)").shared);
}

TEST(Loader, ConnectsToTheFirstExactHostWhereNoOriginIsGiven) {
  const auto set = loaded(R"({"upstreams": {"up": {"hosts": ["*.a.test", "b.test"]}}})");
  EXPECT_EQ(set->upstream_named("up")->origin_host, "b.test");
  EXPECT_EQ(set->upstream_named("up")->origin_port, 443);
  EXPECT_FALSE(set->upstream_named("up")->origin_given);
}

TEST(Loader, GivesAnUpstreamThatIsLikeAnotherItsSettingsAndRules) {
  const auto set = loaded(
      R"({"upstreams": {"model": {"credentials": {"query": ["k"]}, "errors": "newznab"}, "mine": {"like": "model", "hosts": ["mine.test"], "mount": "/mine"}},
      "rules": [{"name": "caps", "upstream": "model", "match": {"path": "/api"}, "key": "caps:{upstream}", "ttl": 1}]})");
  EXPECT_EQ(set->upstream_named("mine")->errors, ErrorStyle::newznab);
  EXPECT_EQ(set->upstream_named("mine")->origin_host, "mine.test");
  const auto answer = ask(*set, "GET https://mine.test/api?k=1");
  ASSERT_TRUE(answer.rule);
  EXPECT_EQ(answer.rule->upstream->name, "mine");
  EXPECT_EQ(answer.key(), "caps:mine");
}

// What an editor offers by the schema, the loader takes.
TEST(Schema, KnowsNoKeyThatTheLoaderDoesNot) {
  std::ifstream file{CACHEARR_SOURCE_DIR "/rules/schema.json"};
  const auto schema = nlohmann::json::parse(file);
  const auto keys_of = [&schema](const char* of) {
    std::string members;
    for (const auto& [key, value] : schema["definitions"][of]["properties"].items())
      members += (members.empty() ? "\"" : ", \"") + key + "\": 0";
    return "{" + members + "}";
  };
  Problems problems;
  load_text("{\"upstreams\": {\"up\": " + keys_of("upstream") + "}, \"rules\": [" + keys_of("rule") +
                ", {\"name\": \"r\", \"upstream\": \"up\", \"match\": " + keys_of("match") + "}]}",
            "f", problems);
  EXPECT_GE(problems.size(), 15U);
  for (const auto& problem : problems)
    EXPECT_EQ(problem.message.find("unknown key"), std::string::npos) << problem.message;
}

TEST_F(RuleFiles, AreReadInNameOrderAndTheFirstMatchWins) {
  write("20-b.json", R"({"rules": [{"name": "late", "upstream": "up", "match": {"path": "/**"}, "ttl": 2}]})");
  write(
      "10-a.json",
      R"({"upstreams": {"up": {"hosts": ["api.test"]}}, "rules": [{"name": "early", "upstream": "up", "match": {"path": "/x"}, "ttl": 1}]})");
  write("schema.json", "[]");
  write("readme.txt", "no rules");
  Problems problems;
  const auto set = load({{folder_.string()}, false, {}}, problems);
  ASSERT_TRUE(set) << told(problems);
  EXPECT_EQ(ask(*set, "GET https://api.test/x").rule->name, "early");
  EXPECT_EQ(ask(*set, "GET https://api.test/y").rule->name, "late");
}

TEST_F(RuleFiles, ThatAreMissingAreAProblem) {
  Problems problems;
  EXPECT_FALSE(load({{(folder_ / "none.json").string()}, false, {}}, problems));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(to_string(problems[0]), (folder_ / "none.json").string() + ": there is no such file or folder");
}

TEST_F(RuleFiles, TellTheProblemsOfAllOfThem) {
  write("a.json", "{");
  write("b.json", "[]");
  Problems problems;
  EXPECT_FALSE(load({{folder_.string()}, true, {}}, problems));
  EXPECT_EQ(problems.size(), 2U) << told(problems);
}

TEST_F(RuleFiles, LayTheUsersSettingsOverAShippedUpstream) {
  const auto path = write("mine.json", R"({"upstreams": {"tmdb": {"hosts": ["tmdb.lan"], "share": "none"}}})");
  Problems problems;
  const auto set = load({{path}, true, {}}, problems);
  ASSERT_TRUE(set) << told(problems);
  const auto& tmdb = *set->upstream_named("tmdb");
  EXPECT_EQ(tmdb.hosts, std::vector<std::string>{"tmdb.lan"});
  EXPECT_EQ(tmdb.origin_host, "tmdb.lan");
  EXPECT_FALSE(tmdb.share_named);
  EXPECT_EQ(tmdb.mount, "/tmdb");
  EXPECT_EQ(ask(*set, "GET https://tmdb.lan/3/tv/1?api_key=k").rule->name, "tmdb-tv");
  EXPECT_FALSE(set->upstream_for_host("api.themoviedb.org"));
}

TEST_F(RuleFiles, PutTheUsersRulesBeforeTheShippedOnes) {
  const auto path = write(
      "mine.json", R"({"rules": [{"name": "mine", "upstream": "tmdb", "match": {"path": "/3/tv/1"}, "policy": "never"},
      {"name": "tmdb-movie", "upstream": "tmdb", "match": {"path": "/3/movie/{id}"}, "ttl": "1m"}]})");
  Problems problems;
  const auto set = load({{path}, true, {}}, problems);
  ASSERT_TRUE(set) << told(problems);
  EXPECT_EQ(ask(*set, "GET https://api.themoviedb.org/3/tv/1?api_key=k").rule->name, "mine");
  EXPECT_EQ(ask(*set, "GET https://api.themoviedb.org/3/tv/2?api_key=k").rule->name, "tmdb-tv");
  EXPECT_EQ(ask(*set, "GET https://api.themoviedb.org/3/movie/2?api_key=k").rule->policy.ttl, minutes{1});
}

TEST_F(RuleFiles, GiveTheUsersUpstreamAHostThatAShippedOneNames) {
  const auto path =
      write("mine.json", R"({"upstreams": {"mine": {"hosts": ["api.themoviedb.org"], "mount": "/tvmaze"}}})");
  Problems problems;
  const auto set = load({{path}, true, {}}, problems);
  ASSERT_TRUE(set) << told(problems);
  EXPECT_EQ(set->upstream_for_host("api.themoviedb.org")->name, "mine");
  EXPECT_EQ(set->upstream_for_host("api.tmdb.org")->name, "tmdb");
  EXPECT_EQ(set->upstream_for_mount("/tvmaze/shows")->name, "mine");
}

TEST_F(RuleFiles, MayListTheShippedOnesAsWell) {
  Problems problems;
  const auto set = load({{CACHEARR_SOURCE_DIR "/rules"}, true, {}}, problems);
  ASSERT_TRUE(set) << told(problems);
  Problems none;
  EXPECT_EQ(set->rules().size(), load({}, none)->rules().size());
}

TEST_F(RuleFiles, ResolveRelativeNamesFromTheirOwnFolder) {
  write("my.pem", "");
  const auto path =
      write("mine.json", R"({"upstreams": {"up": {"hosts": ["a.test"], "tls": {"ca_file": "ca/../my.pem"}}}})");
  Problems problems;
  const auto set = load({{path}, false, {}}, problems);
  ASSERT_TRUE(set) << told(problems);
  EXPECT_EQ(set->upstream_named("up")->tls_ca_file, (folder_ / "my.pem").string());
}

TEST_F(RuleFiles, AreOverruledByTheEnvironmentsTtls) {
  const auto path = write("mine.json", R"({"ttls": {"series": "1h"}, "upstreams": {"up": {"hosts": ["a.test"]}},
      "rules": [{"name": "a", "upstream": "up", "match": {"path": "/a"}, "type": "series"}, {"name": "b", "upstream": "up", "match": {"path": "/b"}, "type": "series", "ttl": "2h"}]})");
  Problems problems;
  const auto set = load({{path}, true, {{"series", minutes{5}}, {"metadata_series", minutes{7}}}}, problems);
  ASSERT_TRUE(set) << told(problems);
  EXPECT_EQ(ask(*set, "GET https://a.test/a").rule->policy.ttl, minutes{5});
  EXPECT_EQ(ask(*set, "GET https://a.test/b").rule->policy.ttl, hours{2})
      << "a rule of the user's own has the last word";
  EXPECT_EQ(ask(*set, "GET https://skyhook.sonarr.tv/v1/tvdb/shows/en/1").rule->policy.ttl, minutes{7});
}

}  // namespace
}  // namespace cachearr::rules::test
