#include <gtest/gtest.h>

#include "rules_support.hpp"

namespace cachearr::rules::test {
namespace {

/// Every problem of a text, as "line:column message" in lines.
std::string problems_of(std::string_view text) {
  Problems problems;
  EXPECT_FALSE(load_text(text, "f.json", problems)) << "no problem was found";
  std::string all;
  for (const auto& problem : problems) {
    all += std::to_string(problem.at.line) + ":" + std::to_string(problem.at.column) + " " + problem.message + "\n";
  }
  return all;
}
/// Of one rule of an upstream "up", written in one line.
std::string problems_of_rule(const std::string& members) {
  return problems_of(
      R"({"upstreams": {"up": {"hosts": ["a.test"], "credentials": {"path": ["pass"]}}}, "rules": [{"name": "r", "upstream": "up", )" +
      members + "}]}");
}
std::string problems_of_upstream(const std::string& members) {
  return problems_of("{\"upstreams\": {\"up\": {" + members + "}}}");
}

TEST(Loader, NamesEveryProblemOfAFileInOrder) {
  EXPECT_EQ(
      problems_of("{\n \"ttls\": {\"series\": \"-1s\"},\n \"upstrems\": {},\n \"upstreams\": {\"up\": {\"hosts\": \"a "
                  "b\",\n  \"intercept\": 1}},\n \"rules\": [\n  "
                  "{\"name\": \"r\", \"upstream\": \"upp\", \"match\": {\"path\": \"/\"}},\n  {\"name\": \"s\"}]\n}"),
      "2:21 a duration is expected here: \"10s\", \"15m\", \"24h\", \"7d\" or seconds, not negative\n"
      "3:2 unknown key 'upstrems', did you mean 'upstreams'?\n"
      "4:32 'a b' is neither a host name nor an address nor '*.suffix'\n"
      "5:16 true or false is expected here, not a number\n"
      "7:29 no upstream 'upp', did you mean 'up'?\n"
      "8:3 \"upstream\" is missing\n"
      "8:3 \"match\" is missing: which requests the rule is for, at least { \"path\": \"/**\" }\n");
}

TEST(Loader, NamesWhatElseIsWrongWithARuleThatLacksItsName) {
  const auto told = problems_of(
      R"({"upstreams": {"up": {"hosts": "a"}}, "rules": [{"upstream": "up", "match": {"path": "nope"}, "ttl": "junk"}]})");
  for (const auto* const part : {"\"name\" is missing", "path", "a duration is expected"})
    EXPECT_NE(told.find(part), std::string::npos) << part << " in " << told;
}

TEST(Loader, RefusesWarmUpsThatLeadNowhere) {
  const auto problems_of_warm_up = [](const std::string& warm) { return problems_of_upstream("\"warm\": " + warm); };
  EXPECT_NE(problems_of_warm_up(R"({"type": "serie", "ask": "/x"})").find("did you mean 'series'"), std::string::npos);
  EXPECT_NE(problems_of_warm_up(R"({"type": "series"})").find(R"(needs "type" and "ask")"), std::string::npos);
  EXPECT_NE(problems_of_warm_up(R"([{"type": "series", "ask": ["x"]}])").find("a path such as"), std::string::npos);
  EXPECT_NE(problems_of_warm_up(R"({"type": "series", "ask": "/x", "upstream": "upp"})").find("did you mean 'up'"),
            std::string::npos);
  EXPECT_NE(problems_of_warm_up(R"({"type": "series", "ask": "/x", "ech": "/y"})").find("did you mean 'each'"),
            std::string::npos);
  EXPECT_NE(problems_of_warm_up(R"({"type": "series", "ask": "/x", "sizes": ["-250"]})").find("an object such as"),
            std::string::npos);
  EXPECT_NE(problems_of_warm_up(R"({"type": "series", "ask": "/x", "sizes": {"": "-250"}})").find("is empty"),
            std::string::npos);
  EXPECT_NE(problems_of_warm_up(R"({"type": "series", "ask": "/x", "sizes": {"a": []}})").find("names of other sizes"),
            std::string::npos);
}

TEST(Loader, RefusesWhatIsNoObject) {
  EXPECT_EQ(problems_of("[]"),
            "1:1 an object with \"ttls\", \"upstreams\" and \"rules\" is expected here, not a list\n");
}

TEST(Loader, RefusesNulBytes) {
  EXPECT_EQ(problems_of(std::string_view{"{\n\0}", 4}), "2:1 a NUL byte; the file is no text\n");
}

TEST(Loader, RefusesWhatIsNotUtf8) {
  EXPECT_EQ(problems_of("{\n// \xff\n}"), "2:1 this line is not UTF-8; save the file as UTF-8\n");
}

TEST(Loader, RefusesMoreThanTenMebibytes) {
  EXPECT_NE(problems_of(std::string(10 * 1024 * 1024 + 1, ' ')).find("10 MiB"), std::string::npos);
}

TEST(Loader, RefusesRepeatedKeys) {
  EXPECT_NE(problems_of("{\"ttls\": {},\n\"ttls\": {}}").find("2:1 the key \"ttls\" is given twice"),
            std::string::npos);
}

TEST(Loader, RefusesBadHosts) {
  for (const auto* host :
       {"*", "*.", "", "a..b", "-a.test", "a_b c", "https://a.test", "a.test/x", "a.test:443", "*.*.test", "a*.test"}) {
    EXPECT_NE(problems_of_upstream("\"hosts\": [\"" + std::string{host} + "\"]"), "") << host;
  }
}

TEST(Loader, SaysWhyAStarIsNoHost) {
  EXPECT_NE(problems_of_upstream(R"("hosts": ["*"])").find("would take all traffic"), std::string::npos);
}

TEST(Loader, RefusesBadOrigins) {
  for (const auto* origin : {"a.test", "ftp://a.test", "https://", "https://u:p@a.test", "https://a.test:0",
                             "https://a.test:99999", "https://a.test/x?y", "https://a test", "https://a.test/ö"}) {
    EXPECT_NE(problems_of_upstream("\"hosts\": [\"a.test\"], \"origin\": \"" + std::string{origin} + "\""), "")
        << origin;
  }
}

TEST(Loader, RefusesBadParents) {
  for (const auto* proxy : {"proxy.test:3128", "https://proxy.test", "socks4://p.test:1", "http://",
                            "http://p.test:1/path", "http://p.test:x"}) {
    EXPECT_NE(problems_of_upstream("\"hosts\": [\"a.test\"], \"proxy\": \"" + std::string{proxy} + "\""), "") << proxy;
  }
}

TEST(Loader, RefusesBadMounts) {
  for (const auto* mount : {"", "/", "x", "/x/", "/x//y", "/x?y", "/../x", "/{x}", "/x y"}) {
    EXPECT_NE(problems_of_upstream("\"hosts\": [\"a.test\"], \"mount\": \"" + std::string{mount} + "\""), "") << mount;
  }
}

TEST(Loader, RefusesAMountThatLeadsNowhere) {
  EXPECT_NE(problems_of_upstream(R"("mount": "/x")").find("neither an \"origin\" nor an exact host"),
            std::string::npos);
}

TEST(Loader, RefusesImpossibleRates) {
  for (const auto* rate : {R"({"per_second": 0})", R"({"per_second": -1})", R"({"burst": 0})", R"({"burst": 1.5})",
                           R"({"concurrency": -1})", R"({"max_wait": "soon"})", R"({"quota": [{"limit": 5}]})",
                           R"({"quota": [{"limit": 0, "per": "day"}]})", R"({"quota": [{"limit": 5, "per": "year"}]})",
                           R"({"quota": [{"limit": 5, "per": "day", "reserve": 9}]})", R"({"per_secnd": 1})", "5"}) {
    EXPECT_NE(problems_of_upstream("\"hosts\": [\"a.test\"], \"rate\": " + std::string{rate}), "") << rate;
  }
}

TEST(Loader, RefusesUnknownWords) {
  EXPECT_NE(problems_of_upstream(R"("hosts": ["a.test"], "shared": "maybe")").find("'maybe' is none of auto"),
            std::string::npos);
  EXPECT_NE(problems_of_upstream(R"("hosts": ["a.test"], "share": "everybody")")
                .find("'everybody' is none of none, all, named"),
            std::string::npos);
  EXPECT_NE(problems_of_upstream(R"("hosts": ["a.test"], "mode": "prefer_cache")").find("did you mean 'prefer-cache'?"),
            std::string::npos);
  EXPECT_NE(
      problems_of_rule(R"("match": {"path": "/"}, "ttl": 1, "policy": "overide")").find("did you mean 'override'?"),
      std::string::npos);
}

TEST(Loader, RefusesTheSameHostInTwoUpstreams) {
  EXPECT_NE(problems_of(R"({"upstreams": {"a": {"hosts": ["x.test"]}, "b": {"hosts": ["x.test"]}}})")
                .find("belongs to the upstream 'a' already"),
            std::string::npos);
}

TEST(Loader, RefusesTheSameMountInTwoUpstreams) {
  EXPECT_NE(
      problems_of(
          R"({"upstreams": {"a": {"hosts": ["x.test"], "mount": "/m"}, "b": {"hosts": ["y.test"], "mount": "/m"}}})")
          .find("belongs to the upstream 'a' already"),
      std::string::npos);
}

TEST(Loader, RefusesTwoRulesOfOneName) {
  const std::string rule = R"({"name": "r", "upstream": "up", "match": {"path": "/"}})";
  EXPECT_NE(problems_of(R"({"upstreams": {"up": {"hosts": ["a.test"]}}, "rules": [)" + rule + "," + rule + "]}")
                .find("the rule 'r' is given twice, first in f.json on line 1"),
            std::string::npos);
}

TEST(Loader, RefusesALikenessThatLeadsNowhere) {
  EXPECT_NE(problems_of_upstream(R"("like": "upp", "hosts": ["a.test"])"), "");
  EXPECT_NE(problems_of_upstream(R"("like": "up", "hosts": ["a.test"])"), "");
}

TEST(Loader, RefusesBadPaths) {
  for (const auto* path : {"", "x", "/a?b", "/a#b", "/{", "/}", "/{}", "/{1a}", "/{a b}", "/{a:number}", "/**/a",
                           "/a**", "/{a}{b}", "/*{a}", "/{a?}", "/{a}/{a}", "/{host}", "/{upstream}"}) {
    EXPECT_NE(problems_of_rule("\"match\": {\"path\": \"" + std::string{path} + "\"}, \"ttl\": 1"), "") << path;
  }
}

TEST(Loader, RefusesTemplatesWithNamesThatNothingBinds) {
  EXPECT_NE(problems_of_rule(R"("match": {"path": "/{tmdbId}"}, "ttl": 1, "key": "a:{tmdbID}")")
                .find("{tmdbID} is not bound by \"match\", did you mean 'tmdbId'?"),
            std::string::npos);
  EXPECT_NE(problems_of_rule(R"("match": {"path": "/x"}, "ttl": 1, "tags": ["{id}"])"), "");
  EXPECT_NE(problems_of_rule(R"("match": {"method": "PUT", "path": "/x"}, "invalidate": ["{id}"])"), "");
}

TEST(Loader, RefusesSecretsInTags) {
  EXPECT_NE(problems_of_rule(R"("match": {"path": "/{pass}"}, "ttl": 1, "tags": ["x:{pass}"])")
                .find("may stand only in \"key\""),
            std::string::npos);
}

TEST(Loader, RefusesUnknownTypes) {
  EXPECT_NE(problems_of_rule(R"("match": {"path": "/"}, "type": "metadata_serie")")
                .find("no type 'metadata_serie', did you mean 'metadata_series'?"),
            std::string::npos);
}

TEST(Loader, RefusesImpossibleTtls) {
  for (const auto* ttl :
       {"-1", "\"-1s\"", "\"soon\"", "\"\"", "true", "[]", "1e300", R"({"fresh": "x"})", R"({"learn": {"min": "1h"}})",
        R"({"learn": {"min": "2h", "max": "1h"}})", R"({"fesh": 1})", R"({"without_events": "60s"})",
        R"({"learn": {"min": "1h", "max": "2h"}})", R"({"fresh": "1m", "without_events": "2m"})"}) {
    EXPECT_NE(problems_of_rule("\"match\": {\"path\": \"/\"}, \"ttl\": " + std::string{ttl}), "") << ttl;
  }
}

TEST(Loader, RefusesImpossibleStatuses) {
  for (const auto* status : {"99", "600", "4xx", "0404", "100"}) {
    EXPECT_NE(problems_of_rule("\"match\": {\"path\": \"/\"}, \"ttl\": 1, \"ttl_status\": {\"" + std::string{status} +
                               "\": 1}"),
              "")
        << status;
  }
}

TEST(Loader, RefusesBadConditions) {
  for (const auto* condition : {"{}",
                                R"({"json": "status"})",
                                R"({"json": "/a~2"})",
                                R"({"xml": ""})",
                                R"({"xml": "@code"})",
                                R"({"xml": "a/@b/c"})",
                                R"({"xml": "a[1]"})",
                                R"({"json": "/a", "xml": "a"})",
                                R"({"json": "/a", "equals": {}})",
                                R"({"xml": "a", "equals": 5})",
                                R"({"json": "/a", "equal": 5})",
                                R"({"text": true})",
                                R"({"text": false, "like": "x"})",
                                R"({"text": true, "xml": "a"})",
                                R"({"text": true, "missing": true})",
                                R"({"json": "/a", "missing": true, "equals": 1})",
                                R"({"json": "/a", "missing": "yes"})",
                                R"({"json": "/a", "below": "5"})",
                                R"({"text": true, "equals": 5})",
                                "5"}) {
    EXPECT_NE(
        problems_of_rule("\"match\": {\"path\": \"/\"}, \"ttl\": 1, \"refuse_if\": [" + std::string{condition} + "]"),
        "")
        << condition;
  }
}

TEST(Loader, RefusesImpossibleLimits) {
  for (const auto* limit :
       {"{}", R"({"pause": "1h"})", R"({"like": ["x"]})", R"({"status": 99, "like": ["x"], "pause": "1h"})",
        R"({"status": 200, "pause": "1h"})", R"({"like": ["x"], "pause": "soon"})",
        R"({"like": ["x"], "pause": "1h", "scope": "grabs"})", R"({"like": ["x"], "pause": "1h", "until": "x"})",
        R"({"like": 5, "pause": "1h"})", R"({"words": ["x"], "like": ["x"], "pause": "1h"})", "5"}) {
    EXPECT_NE(problems_of_upstream("\"hosts\": [\"a.test\"], \"limits\": [" + std::string{limit} + "]"), "") << limit;
  }
}

TEST(Loader, SaysWhereAWordOfPolicyIsWrong) {
  const std::string write = R"("match": {"method": "PUT", "path": "/"}, )";
  EXPECT_NE(problems_of_rule(write + R"("invalidate": ["x"], "switch": "serie_update")")
                .find("did you mean 'series_update'?"),
            std::string::npos);
  EXPECT_NE(problems_of_rule(write + R"("switch": "series_update")").find("belongs to a rule with \"invalidate\""),
            std::string::npos);
  EXPECT_NE(problems_of_rule(R"("match": {"path": "/", "body": "x"}, "ttl": 1)")
                .find("belongs to a rule with \"invalidate\""),
            std::string::npos);
  EXPECT_NE(problems_of_rule(R"("match": {"path": "/"}, "ttl": 1, "expect": "jsn")").find("did you mean 'json'?"),
            std::string::npos);
  EXPECT_NE(problems_of_rule(R"("match": {"path": "/"}, "ttl": 1, "counts_as": "grabs")").find("did you mean 'grab'?"),
            std::string::npos);
  EXPECT_NE(problems_of_upstream(R"("path_case": "ignored")").find("did you mean 'ignore'?"), std::string::npos);
  EXPECT_NE(problems_of_upstream(R"("api_key_file": "no/such/file")").find("cannot be read"), std::string::npos);
  EXPECT_NE(problems_of_upstream(R"("events": "websocket")").find("is none of signalr"), std::string::npos);
}

TEST(Loader, RefusesABudgetForEachOfNothing) {
  EXPECT_EQ(problems_of("{\"upstreams\": {\"up\": {\"rate\": {\n\"each\": \"indexr\"}}}, \"rules\": [{\"name\": \"r\", "
                        "\"upstream\": \"up\", \"match\": {\"path\": \"/{indexer}\"}, \"ttl\": 1}]}"),
            "2:9 no rule of 'up' binds {indexr}, did you mean 'indexer'?\n");
}

TEST(Loader, RefusesToStoreAnswersToWrites) {
  EXPECT_NE(problems_of_rule(R"("match": {"method": "POST", "path": "/"}, "ttl": 1, "policy": "override")")
                .find("only answers to GET and HEAD are stored"),
            std::string::npos);
}

TEST(Loader, RefusesInvalidationByReads) {
  EXPECT_NE(problems_of_rule(R"("match": {"path": "/"}, "invalidate": ["x"])").find("acts on writes"),
            std::string::npos);
}

TEST(Loader, RefusesAPolicyThatLacksATtl) {
  EXPECT_NE(problems_of_rule(R"("match": {"path": "/"}, "policy": "floor")").find("needs a \"ttl\""),
            std::string::npos);
}

TEST(Loader, RefusesBadMethods) {
  for (const auto* method : {"\"get\"", "\"\"", "[]", "\"CONNECT\"", "5", "[\"GET\", \"G T\"]"}) {
    EXPECT_NE(problems_of_rule("\"match\": {\"method\": " + std::string{method} + ", \"path\": \"/\"}"), "") << method;
  }
}

TEST(Loader, RefusesPagesOfWhatIsNoFeed) {
  const std::string feed =
      R"("match": {"path": "/", "query": {"p": "{p}"}}, "ttl": 1, "key": "feed:{p}", "expect": "feed", )";
  const auto refuses = [&](const std::string& members, std::string_view why) {
    EXPECT_NE(problems_of_rule(members).find(why), std::string::npos) << members;
  };
  refuses(feed + R"("covers": {"offset": "o"})", "\"limit\" is missing");
  refuses(feed + R"("covers": {"offset": "o", "limit": "o"})", "two parameters");
  refuses(feed + R"("covers": {"offset": "p", "limit": "l"})", "takes 'p' already");
  refuses(feed + R"("covers": {"offset": "", "limit": "l"})", "may not be empty");
  refuses(feed + R"("covers": "offset")", "an object such as");
  refuses(R"("match": {"path": "/"}, "ttl": 1, "covers": {"offset": "o", "limit": "l"})",
          "only a rule that stores feeds");
}

TEST(Loader, RefusesAKeyOfTheLastFetchThatNothingBinds) {
  EXPECT_NE(problems_of_rule(R"("match": {"path": "/{a}"}, "ttl": 1, "last_fetch": "sync:{b}")").find("is not bound"),
            std::string::npos);
  EXPECT_NE(problems_of_rule(R"("match": {"path": "/{pass}"}, "ttl": 1, "last_fetch": "sync:{pass}")")
                .find("is a credential"),
            std::string::npos);
}

TEST(Loader, RefusesTimesOfConditionsThatAreNone) {
  EXPECT_NE(
      problems_of_rule(R"("match": {"path": "/"}, "ttl": 1, "ttl_from": {"json": "/a", "since": "-1d", "ttl": 1})")
          .find("a duration is expected"),
      std::string::npos);
  EXPECT_NE(
      problems_of_rule(
          R"("match": {"path": "/"}, "ttl": 1, "ttl_from": {"json": "/a", "missing": true, "until": "1d", "ttl": 1})")
          .find("nothing else can be asked of it"),
      std::string::npos);
}

TEST(Loader, RefusesPathsOfOneRuleThatBindDifferently) {
  EXPECT_NE(problems_of_rule(R"("match": {"path": ["/{a}", "/{b}"]}, "ttl": 1)").find("bind the same names"),
            std::string::npos);
}

TEST(Loader, KeepsEarlierProblemsInTheirPlace) {
  Problems problems{{{"other", 1, 1}, "earlier"}};
  EXPECT_FALSE(load_text("[]", "f", problems));
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_EQ(problems[0].message, "earlier");
}

TEST(Loader, RefusesRulesForWebhooksThatLookAtRequests) {
  EXPECT_NE(problems_of_rule(R"("match": {"webhook": ["Grab"]})").find("belongs to a rule with \"invalidate\""),
            std::string::npos);
  EXPECT_NE(
      problems_of_rule(R"("match": {"webhook": [], "path": "/x"}, "invalidate": ["x"])").find("at least one event"),
      std::string::npos);
  EXPECT_NE(problems_of_rule(R"("match": {"webhook": ["Grab"], "path": "/x"}, "invalidate": ["x"])")
                .find("looks at no request"),
            std::string::npos);
  EXPECT_NE(problems_of_rule(R"("match": {"webhook": ["Grab"]}, "invalidate": ["series:{id}"])").find("is not bound"),
            std::string::npos);
}

}  // namespace
}  // namespace cachearr::rules::test
