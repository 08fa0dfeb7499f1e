#include <gtest/gtest.h>
#include <map>
#include <random>

#include "rules/compiled.hpp"
#include "rules_support.hpp"

namespace cachearr::rules::test {
namespace {

/// The name of the rule that takes a request to api.test, or "-".
std::string taken(const RuleSet& set, std::string_view line, const std::vector<std::string_view>& fields = {}) {
  const auto answer = ask(set, line, fields);
  return answer.rule ? answer.rule->name : "-";
}
/// Whether one rule with this "match" takes "METHOD /path?query".
bool takes(const std::string& match, std::string_view line, const std::vector<std::string_view>& fields = {}) {
  const auto set = loaded_rule("\"match\": " + match + ", \"ttl\": 1");
  const auto space = line.find(' ');
  return ask(*set, std::string{line.substr(0, space)} + " https://api.test" + std::string{line.substr(space + 1)},
             fields)
             .rule != nullptr;
}
bool path_takes(std::string_view pattern, std::string_view path) {
  return takes(R"({"path": ")" + std::string{pattern} + "\"}", "GET " + std::string{path});
}
/// What a pattern captures of a path: "a=1 b=2".
std::string captured(std::string_view pattern, std::string_view path) {
  const auto set = loaded_rule(R"("match": {"path": ")" + std::string{pattern} + "\"}, \"ttl\": 1");
  const auto answer = ask(*set, "GET https://api.test" + std::string{path});
  std::string all;
  for (const auto& item : answer.captures) all += (all.empty() ? "" : " ") + std::string{item.name} + "=" + item.value;
  return all;
}

TEST(Path, MatchesLiteralSegments) {
  EXPECT_TRUE(path_takes("/3/tv", "/3/tv"));
  EXPECT_FALSE(path_takes("/3/tv", "/3/tv/"));
  EXPECT_FALSE(path_takes("/3/tv", "/3/tV"));
  EXPECT_FALSE(path_takes("/3/tv", "/3/tv/1"));
  EXPECT_TRUE(path_takes("/", "/"));
}

TEST(Path, ComparesPercentEncodingInItsNormalForm) {
  EXPECT_TRUE(path_takes("/a b", "/a%20b"));
  EXPECT_TRUE(path_takes("/tv", "/t%76"));
  EXPECT_FALSE(path_takes("/a/b", "/a%2Fb"));
}

TEST(Path, CapturesOneSegment) {
  EXPECT_EQ(captured("/a/{x}/{y}", "/a/1/b-c"), "x=1 y=b-c");
  EXPECT_FALSE(path_takes("/a/{x}", "/a/"));
  EXPECT_FALSE(path_takes("/a/{x}", "/a/b/c"));
}

TEST(Path, CapturesDigitsOnlyWhereAskedTo) {
  EXPECT_EQ(captured("/{id:int}", "/0042"), "id=0042");
  EXPECT_FALSE(path_takes("/{id:int}", "/4a"));
  EXPECT_FALSE(path_takes("/{id:int}", "/-4"));
}

TEST(Path, MatchesAStarInsideASegment) {
  EXPECT_TRUE(path_takes("/x/*.jpg", "/x/a.b.jpg"));
  EXPECT_TRUE(path_takes("/x/*.jpg", "/x/.jpg"));
  EXPECT_FALSE(path_takes("/x/*.jpg", "/x/a.jpg.png"));
  EXPECT_FALSE(path_takes("/x/*.jpg", "/x/y/a.jpg"));
  EXPECT_TRUE(path_takes("/a*b*c", "/aXbYbZc"));
}

TEST(Path, CapturesInsideASegment) {
  EXPECT_EQ(captured("/mbid-{id}.jpg", "/mbid-7f.jpg"), "id=7f");
  EXPECT_EQ(captured("/{a}-{b}", "/1-2-3"), "a=1 b=2-3");
  EXPECT_EQ(captured("/s{season:int}e{episode:int}", "/s01e12"), "season=01 episode=12");
  EXPECT_FALSE(path_takes("/{a}-{b}", "/-2"));
  EXPECT_FALSE(path_takes("/{a}-{b}", "/1-"));
}

TEST(Path, MatchesAnyRest) {
  EXPECT_TRUE(path_takes("/a/**", "/a"));
  EXPECT_TRUE(path_takes("/a/**", "/a/"));
  EXPECT_TRUE(path_takes("/a/**", "/a/b/c"));
  EXPECT_FALSE(path_takes("/a/**", "/ab"));
  EXPECT_TRUE(path_takes("/**", "/"));
}

TEST(Path, WithMoreSegmentsThanAPatternCanHaveIsTakenByAnyRestOnly) {
  std::string deep;
  for (int i = 0; i < 100; ++i) deep += "/x";
  EXPECT_TRUE(path_takes("/x/**", deep));
  std::string pattern;
  for (int i = 0; i < 62; ++i) pattern += "/*";
  EXPECT_FALSE(path_takes(pattern + "/{rest}", deep));
}

TEST(Path, IsMatchedInLinearTimeInPractice) {
  const std::string hostile(8000, 'a');
  EXPECT_FALSE(path_takes("/*a*a*a*a*a*a*a*a*b", "/" + hostile));
}

const std::string kIgnoresCase = R"("path_case": "ignore")";

TEST(PathCase, IsIgnoredWhereTheUpstreamSaysSo) {
  const auto set = loaded_rule(
      R"("match": {"path": "/api/v3/qualityProfile/{id:int}"}, "ttl": 1, "key": "profile:{id}")", kIgnoresCase);
  for (const auto* path : {"/api/v3/qualityProfile/4", "/api/v3/qualityprofile/4", "/API/V3/QUALITYPROFILE/4/",
                           "/api/v3/%51ualityprofile/4"}) {
    EXPECT_EQ(ask(*set, std::string{"GET https://api.test"} + path).key(), "profile:4") << path;
  }
  EXPECT_EQ(taken(*set, "GET https://api.test/api/v3/qualityprofile/4/x"), "-");
  EXPECT_EQ(taken(*set, "GET https://api.test/api/v3/qualityprofile/4//"), "-");
}

TEST(PathCase, IsIgnoredInPartsOfSegmentsAndBelowTheOrigin) {
  const auto set = loaded_rule(R"("match": {"path": "/Feed/V3/Calendar/*.ics"}, "ttl": 1)",
                               kIgnoresCase + R"(, "origin": "http://nas.test/Sonarr")");
  EXPECT_EQ(taken(*set, "GET https://api.test/sonarr/feed/v3/calendar/Sonarr.ICS"), "one");
  EXPECT_EQ(taken(*set, "GET https://api.test/sonarr/feed/v3/calendar/Sonarr.xml"), "-");
}

TEST(PathCase, LeavesCapturesAsTheyWereSent) {
  const auto set = loaded_rule(R"("match": {"path": "/cover/{file}"}, "ttl": 1, "key": "cover:{file}")", kIgnoresCase);
  EXPECT_EQ(ask(*set, "GET https://api.test/Cover/A.jpg").key(), "cover:A.jpg");
}

TEST(PathCase, DoesNotMatterToARuleThatStoresNothing) {
  const auto set =
      loaded_rules(R"({"name": "user", "upstream": "up", "match": {"path": "/v4/user/**"}, "policy": "never"},
      {"name": "all", "upstream": "up", "match": {"path": "/**"}, "ttl": 1})");
  for (const auto* path : {"/v4/user/1", "/v4/User/1", "/V4/%75ser/", "/v4/user"})
    EXPECT_EQ(taken(*set, std::string{"GET https://api.test"} + path), "user") << path;
  EXPECT_EQ(taken(*set, "GET https://api.test/v4/users"), "all");
}

TEST(Path, OfWhichNobodyCanTellWhatItMeansIsNeverStoredByARule) {
  const auto set =
      loaded_rules(R"({"name": "user", "upstream": "up", "match": {"path": "/v4/user/**"}, "policy": "never"},
      {"name": "all", "upstream": "up", "match": {"path": "/**"}, "ttl": 1})");
  for (const auto* path : {"/v4/series/../user/1", "/v4/./user/1", "/v4//user/1", "/v4/series/%2e%2E/user/1",
                           "/v4%2Fuser/1", "/v4/series%2f..%2fuser", "/v4%5cuser", "/v4/x/.."})
    EXPECT_EQ(taken(*set, std::string{"GET https://api.test"} + path), "-") << path;
  EXPECT_EQ(taken(*set, "GET https://api.test/v4/user/../series/1"), "user");
  for (const auto* path : {"/v4/...", "/v4/.well-known/x", "/v4/a..b/", "/"})
    EXPECT_EQ(taken(*set, std::string{"GET https://api.test"} + path), "all") << path;
}

TEST(Query, HasToHoldNamedValues) {
  const std::string match = R"({"path": "/", "query": {"t": "tv search"}})";
  EXPECT_TRUE(takes(match, "GET /?x=1&t=tv%20search"));
  EXPECT_TRUE(takes(match, "GET /?t=tv+search"));
  EXPECT_TRUE(takes(match, "GET /?%74=tv+search"));
  EXPECT_FALSE(takes(match, "GET /?t=tv"));
  EXPECT_FALSE(takes(match, "GET /"));
  EXPECT_FALSE(takes(match, "GET /?T=tv+search"));
}

TEST(Query, BindsWhatHasToBeThere) {
  const std::string match = R"({"path": "/", "query": {"page": "{page:int}"}})";
  EXPECT_TRUE(takes(match, "GET /?page=3"));
  EXPECT_FALSE(takes(match, "GET /?page=x"));
  EXPECT_FALSE(takes(match, "GET /?page="));
  EXPECT_FALSE(takes(match, "GET /"));
}

TEST(Query, MayDemandAbsence) {
  const std::string match = R"({"path": "/", "query": {"q": null}})";
  EXPECT_TRUE(takes(match, "GET /?x=1"));
  EXPECT_FALSE(takes(match, "GET /?x=1&q="));
  EXPECT_FALSE(takes(match, "GET /?q"));
}

TEST(Query, MayHoldOneOfSeveralValues) {
  const std::string match = R"({"path": "/", "query": {"t": ["get", "g*"]}})";
  EXPECT_TRUE(takes(match, "GET /?t=get"));
  EXPECT_TRUE(takes(match, "GET /?t=grab"));
  EXPECT_FALSE(takes(match, "GET /?t=search"));
}

TEST(Query, MayLackAnOptionalCapture) {
  const std::string match = R"({"path": "/", "query": {"page": "{page:int?}"}})";
  EXPECT_TRUE(takes(match, "GET /"));
  EXPECT_TRUE(takes(match, "GET /?page=1"));
  EXPECT_FALSE(takes(match, "GET /?page=x"));
}

TEST(Headers, AreMatchedLikeTheQuery) {
  EXPECT_TRUE(
      takes(R"({"path": "/", "headers": {"Authorization": "Bearer *"}})", "GET /", {"authorization: Bearer x"}));
  EXPECT_FALSE(
      takes(R"({"path": "/", "headers": {"Authorization": "Bearer *"}})", "GET /", {"authorization: Basic x"}));
  EXPECT_TRUE(takes(R"({"path": "/", "headers": {"X-Thing": null}})", "GET /"));
  EXPECT_FALSE(takes(R"({"path": "/", "headers": {"X-Thing": null}})", "GET /", {"x-thing: "}));
}

TEST(Method, IsGetOrHeadUnlessTheRuleSays) {
  EXPECT_TRUE(takes(R"({"path": "/"})", "HEAD /"));
  EXPECT_FALSE(takes(R"({"path": "/"})", "POST /"));
  EXPECT_TRUE(takes(R"({"method": ["POST", "PURGE"], "path": "/"})", "PURGE /"));
  EXPECT_FALSE(takes(R"({"method": "POST", "path": "/"})", "GET /"));
}

TEST(Matcher, TakesTheFirstRuleOfTheFile) {
  const auto set = loaded_rules(R"({"name": "a", "upstream": "up", "match": {"path": "/x/{id}"}, "ttl": 1},
      {"name": "b", "upstream": "up", "match": {"path": "/x/1"}, "ttl": 1}, {"name": "c", "upstream": "up", "match": {"path": "/**"}, "ttl": 1})");
  EXPECT_EQ(taken(*set, "GET https://api.test/x/1"), "a");
  EXPECT_EQ(taken(*set, "GET https://api.test/y"), "c");
}

TEST(Matcher, LeavesNoCaptureOfARuleThatDidNotMatch) {
  const auto set =
      loaded_rules(R"({"name": "a", "upstream": "up", "match": {"path": "/{x}", "query": {"q": "1"}}, "ttl": 1},
      {"name": "b", "upstream": "up", "match": {"path": "/{y}"}, "ttl": 1})");
  const auto answer = ask(*set, "GET https://api.test/v");
  EXPECT_EQ(answer.captures.size(), 1U);
  EXPECT_EQ(answer.captures.find("y"), "v");
}

TEST(Matcher, FindsHostsExactlyBeforeBySuffix) {
  const auto set = loaded(
      R"({"upstreams": {"exact": {"hosts": ["a.b.test"]}, "deep": {"hosts": ["*.b.test"]}, "wide": {"hosts": ["*.test"]}}})");
  const auto name = [&set](std::string_view host) {
    const auto* upstream = set->upstream_for_host(host);
    return upstream ? upstream->name : "-";
  };
  EXPECT_EQ(name("a.b.test"), "exact");
  EXPECT_EQ(name("c.b.test"), "deep");
  EXPECT_EQ(name("x.c.b.test"), "deep");
  EXPECT_EQ(name("b.test"), "wide");
  EXPECT_EQ(name("test"), "-");
  EXPECT_EQ(name("atest"), "-");
}

TEST(Matcher, FindsTheLongestMountByWholeSegments) {
  const auto set = loaded(
      R"({"upstreams": {"a": {"hosts": ["a.test"], "mount": "/x"}, "b": {"hosts": ["b.test"], "mount": "/x/y"}}})");
  EXPECT_EQ(set->upstream_for_mount("/x/y/z")->name, "b");
  EXPECT_EQ(set->upstream_for_mount("/x/yz")->name, "a");
  EXPECT_EQ(set->upstream_for_mount("/x")->name, "a");
  EXPECT_FALSE(set->upstream_for_mount("/xy"));
}

TEST(Invalidation, FindsEveryRuleThatMatchesAWrite) {
  const auto set = loaded_rules(
      R"({"name": "a", "upstream": "up", "match": {"method": "PUT", "path": "/s/{id}"}, "invalidate": ["s:{id}", "tag:t:{id}"]},
      {"name": "b", "upstream": "up", "match": {"method": "PUT", "path": "/**"}, "invalidate": ["list:*"]},
      {"name": "c", "upstream": "up", "match": {"method": "PUT", "path": "/**"}, "invalidate": ["*"], "fallback": true})");
  const auto found = [&set](std::string_view line) {
    const Asked asked{line};
    Captures captures;
    Scratch scratch;
    std::string all;
    for (const auto* rule :
         set->invalidations(*set->upstream_named("up"), asked.head, asked.target.path, "", {}, scratch, captures)) {
      for (const auto& item : rule->invalidate)
        all += (item.kind == caching::Invalidation::Kind::tag ? " tag:" : " ") + expand(item.text, captures);
    }
    return all;
  };
  EXPECT_EQ(found("PUT https://api.test/s/7"), " s:7 tag:t:7 list:*");
  EXPECT_EQ(found("GET https://api.test/s/7"), "");
}

TEST(Invalidation, StopsAtARuleThatChangesNothing) {
  const auto set =
      loaded_rules(R"({"name": "a", "upstream": "up", "match": {"method": "POST", "path": "/test"}, "invalidate": []},
      {"name": "b", "upstream": "up", "match": {"method": "POST", "path": "/**"}, "invalidate": ["*"]})");
  const Asked asked{"POST https://api.test/test"};
  Captures captures;
  Scratch scratch;
  const auto rules =
      set->invalidations(*set->upstream_named("up"), asked.head, asked.target.path, "", {}, scratch, captures);
  ASSERT_EQ(rules.size(), 1U);
  EXPECT_TRUE(rules[0]->invalidate.empty());
}

// The index may only be faster than asking every rule in turn, never different.
TEST(Matcher, AgreesWithAskingEveryRuleInTurn) {
  std::mt19937 random{7};
  const auto pick = [&random](const std::vector<std::string>& from) { return from[random() % from.size()]; };
  const std::vector<std::string> pieces{"a", "b", "*", "{x}", "{y:int}", "a*", "1"},
      words{"a", "b", "1", "ab", "A", "%61", "2"};
  for (int round = 0; round < 30; ++round) {
    std::string rules;
    for (int i = 0; i < 12; ++i) {
      std::string path;
      for (unsigned depth = 0; depth <= random() % 3; ++depth) {
        auto piece = pick(pieces);
        if (const auto at = piece.find_first_of("xy"); piece[0] == '{') piece.insert(at + 1, std::to_string(depth));
        path += "/" + piece;
      }
      if (random() % 4 == 0) path += "/**";
      rules += std::string{i ? "," : ""} + R"({"name": "r)" + std::to_string(i) +
               R"(", "upstream": "up", "ttl": 1, "match": {"path": ")" + path + "\"}}";
    }
    const auto set = loaded_rules(rules, round % 2 == 0 ? "" : kIgnoresCase);
    ASSERT_TRUE(set);
    for (int i = 0; i < 60; ++i) {
      std::string path;
      for (unsigned depth = 0; depth <= random() % 4; ++depth) path += "/" + pick(words);
      if (random() % 4 == 0) path += "/";
      const Asked asked{"GET https://api.test" + path};
      std::string expected = "-";
      std::string sent = path;
      for (auto at = sent.find("%61"); at != std::string::npos; at = sent.find("%61")) sent.replace(at, 3, "a");
      for (const auto& rule : set->rules()) {
        Bindings bindings;
        QueryDecoder decoder;
        if (!matches(*rule->compiled, asked.head, PathSegments{sent}, "", decoder, bindings)) continue;
        expected = rule->name;
        break;
      }
      EXPECT_EQ(taken(*set, "GET https://api.test" + path), expected) << path;
    }
  }
}

// Every pair of short captures in a template: one identity, one request.
TEST(Matcher, GivesDifferentPathsDifferentIdentities) {
  const auto set = loaded_rule(R"("match": {"path": "/{a}/{b}"}, "ttl": 1, "key": "k:{a}:{b}")");
  const std::vector<std::string> letters{"a", ":", "%3A", "*", "%2A", "|", "{", "%7C"};
  std::vector<std::string> words = letters;
  for (const auto& one : letters) {
    for (const auto& two : letters) words.push_back(one + two);
  }
  std::map<std::string, std::string> seen;
  for (const auto& a : words) {
    for (const auto& b : words) {
      const auto path = "/" + a + "/" + b;
      const auto [at, fresh] = seen.try_emplace(ask(*set, "GET https://api.test" + path).parts.identity, path);
      EXPECT_TRUE(fresh || at->second == path) << path << " and " << at->second;
    }
  }
}

}  // namespace
}  // namespace cachearr::rules::test
