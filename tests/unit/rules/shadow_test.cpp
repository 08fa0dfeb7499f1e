#include "rules/shadow.hpp"

#include <gtest/gtest.h>

#include "unit/rules/rules_support.hpp"

namespace cachearr::rules::test {
namespace {

/// Who shadows the last of these rules of one upstream; empty: nobody.
std::string shadow_of_last(const std::string& rules) {
  const auto set = loaded_rules(rules);
  const auto* const shadow = shadows(*set).back();
  return shadow ? shadow->name : "";
}

std::string rule(const std::string& name, const std::string& match, const std::string& more = "") {
  return R"({"name": ")" + name + R"(", "upstream": "up", "match": )" + match + more + "}";
}
std::string pair(const std::string& first, const std::string& second) {
  return rule("a", first) + ", " + rule("b", second);
}

TEST(Shadows, AreCastByWiderPaths) {
  EXPECT_EQ(shadow_of_last(pair(R"({"path": "/tv/**"})", R"({"path": "/tv/{id:int}"})")), "a");
  EXPECT_EQ(shadow_of_last(pair(R"({"path": "/tv/{any}"})", R"({"path": "/tv/{id:int}"})")), "a");
  EXPECT_EQ(shadow_of_last(pair(R"({"path": "/tv/{id:int}"})", R"({"path": "/tv/12"})")), "a");
  EXPECT_EQ(shadow_of_last(pair(R"({"path": "/tv/x"})", R"({"path": "/tv/x"})")), "a");
}

TEST(Shadows, AreNotCastByNarrowerPaths) {
  EXPECT_EQ(shadow_of_last(pair(R"({"path": "/tv/{id:int}"})", R"({"path": "/tv/{any}"})")), "");
  EXPECT_EQ(shadow_of_last(pair(R"({"path": "/tv/{any}"})", R"({"path": "/tv/**"})")), "");
  EXPECT_EQ(shadow_of_last(pair(R"({"path": "/tv/{any}"})", R"({"path": "/tv/{any}/x"})")), "");
  EXPECT_EQ(shadow_of_last(pair(R"({"path": "/tv/{id:int}"})", R"({"path": "/tv/latest"})")), "");
  EXPECT_EQ(shadow_of_last(pair(R"({"path": "/tv/{any}"})", R"({"path": "/tv/*"})")), "");
}

TEST(Shadows, NeedTheMethods) {
  EXPECT_EQ(shadow_of_last(pair(R"({"path": "/x"})", R"({"path": "/x", "method": "POST"})")), "");
  EXPECT_EQ(shadow_of_last(pair(R"({"path": "/x"})", R"({"path": "/x", "method": "HEAD"})")), "a");
}

TEST(Shadows, NeedNoDemandOnTheQueryThatTheLaterRuleLacks) {
  const std::string plain = R"({"path": "/x"})", search = R"({"path": "/x", "query": {"t": "search"}})";
  EXPECT_EQ(shadow_of_last(pair(plain, search)), "a");
  EXPECT_EQ(shadow_of_last(pair(search, plain)), "");
  EXPECT_EQ(shadow_of_last(pair(search, search)), "a");
  EXPECT_EQ(shadow_of_last(pair(R"({"path": "/x", "query": {"t": "{t}"}})", search)), "a");
  EXPECT_EQ(shadow_of_last(pair(R"({"path": "/x", "query": {"t": null}})", search)), "");
}

TEST(Shadows, AreNotCastOnRulesThatActBesideOthers) {
  const auto write = rule("a", R"({"path": "/x", "method": "PUT"})", R"(, "invalidate": ["one"])") + ", " +
                     rule("b", R"({"path": "/x", "method": "PUT"})", R"(, "invalidate": ["two"])");
  EXPECT_EQ(shadow_of_last(write), "");
}

TEST(Shadows, AreNotCastByRulesThatStoreOnRulesThatStoreNothing) {
  EXPECT_EQ(shadow_of_last(rule("a", R"({"path": "/x/**"})") + ", " +
                           rule("b", R"({"path": "/x/y"})", R"(, "policy": "never")")),
            "");
  EXPECT_EQ(shadow_of_last(rule("a", R"({"path": "/x/**"})", R"(, "policy": "never")") + ", " +
                           rule("b", R"({"path": "/x/y"})")),
            "a");
}

TEST(Shadows, OfTheShippedRulesAreNone) {
  Problems problems;
  const auto shipped = load({}, problems);
  ASSERT_TRUE(shipped) << told(problems);
  const auto all = shadows(*shipped);
  for (const auto& each : shipped->rules())
    EXPECT_EQ(all[each->index], nullptr) << each->upstream->name << " " << each->name << " is shadowed by "
                                         << all[each->index]->name;
}

}  // namespace
}  // namespace cachearr::rules::test
