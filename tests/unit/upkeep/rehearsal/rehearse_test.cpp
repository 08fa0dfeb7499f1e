#include "upkeep/rehearsal/rehearse.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "unit/pipeline/snapshots.hpp"

namespace cachearr::upkeep {
namespace {

using std::chrono::minutes;

std::string rules_with(const std::string& rule,
                       const std::string& upstream = R"("credentials": {"query": ["apikey"]})") {
  return R"({"upstreams": {"tv": {"hosts": ["tv.example"], )" + upstream + R"(}}, "rules": [)" + rule + "]}";
}

const std::string kShort =
    R"({"name": "show", "upstream": "tv", "match": {"path": "/show/{id:int}"}, "key": "show:{id}", "ttl": "10m", "expect": "any"})";
const std::string kLong =
    R"({"name": "show", "upstream": "tv", "match": {"path": "/show/{id:int}"}, "key": "show:{id}", "ttl": "1h", "expect": "any"})";

PastRequest asked(int at, const std::string& path, const std::string& rule = "show", std::uint64_t partition = 0) {
  PastRequest request;
  request.method = "GET";
  request.url = "https://tv.example" + path;
  request.upstream = "tv";
  request.rule = rule;
  request.status = 200;
  request.partition = partition;
  request.at = TimePoint{minutes{at}};
  return request;
}

Rehearsal rehearsed(const std::string& now, const std::string& draft, const std::vector<PastRequest>& past) {
  return rehearse(*cachearr::test::snapshot_of(now), *cachearr::test::snapshot_of(draft), past);
}

TEST(Rehearsal, FindsNothingWhereTheDraftIsWhatIsInForce) {
  const auto result = rehearsed(rules_with(kShort), rules_with(kShort), {asked(0, "/show/1"), asked(20, "/show/1")});
  EXPECT_EQ(result.requests, 2U);
  EXPECT_TRUE(result.changes.empty());
  EXPECT_EQ(result.before, result.after);
}

TEST(Rehearsal, TellsWhatAnotherLifetimeIsWorth) {
  const std::vector<PastRequest> past{asked(0, "/show/1"), asked(20, "/show/1"), asked(40, "/show/1")};
  const auto result = rehearsed(rules_with(kShort), rules_with(kLong), past);
  EXPECT_EQ(result.other_lifetime, 3U);
  EXPECT_EQ(result.other_rule, 0U);
  EXPECT_EQ(result.before.upstream_calls, 3U);
  EXPECT_EQ(result.after.upstream_calls, 1U);
  ASSERT_EQ(result.changes.size(), 1U);
  EXPECT_EQ(result.changes[0].requests, 3U);
  EXPECT_EQ(result.changes[0].after.lifetime, minutes{60});
}

TEST(Rehearsal, TellsAnotherRuleAndAnotherKey) {
  const std::string other =
      R"({"name": "all", "upstream": "tv", "match": {"path": "/show/**"}, "key": "any-show", "ignore_query": ["x"], "ttl": "10m", "expect": "any"})";
  const auto result = rehearsed(rules_with(kShort), rules_with(other), {asked(0, "/show/1")});
  EXPECT_EQ(result.other_rule, 1U);
  EXPECT_EQ(result.other_key, 1U);
  EXPECT_EQ(result.other_lifetime, 0U);
}

TEST(Rehearsal, KeepsCredentialsApartUnlessTheDraftSharesThem) {
  const std::vector<PastRequest> past{asked(0, "/show/1?apikey=***", "show", 1),
                                      asked(1, "/show/1?apikey=***", "show", 2)};
  const auto shared = rules_with(kShort, R"("credentials": {"query": ["apikey"]}, "share": "all")");
  const auto result = rehearsed(rules_with(kShort), shared, past);
  EXPECT_EQ(result.before.upstream_calls, 2U);
  EXPECT_EQ(result.after.upstream_calls, 1U);
}

TEST(Rehearsal, LeavesOutWhatWasDecidedOtherwiseThen) {
  const auto result =
      rehearsed(rules_with(kShort), rules_with(kLong), {asked(0, "/show/1", "by-a-header"), asked(1, "/show/1")});
  EXPECT_EQ(result.left_out, 1U);
  EXPECT_EQ(result.requests, 1U);
}

TEST(Rehearsal, GoesByWhatIsStoredWhereTheOriginDecides) {
  const std::string by_origin =
      R"({"name": "show", "upstream": "tv", "match": {"path": "/show/{id:int}"}, "policy": "respect", "expect": "any"})";
  std::vector<PastRequest> past{asked(0, "/show/1"), asked(20, "/show/1")};
  for (auto& request : past) request.lifetime = minutes{30};
  const auto result = rehearsed(rules_with(by_origin), rules_with(kShort), past);
  EXPECT_EQ(result.before.hits, 1U);
  EXPECT_EQ(result.after.hits, 0U);
  EXPECT_EQ(result.lifetimes_unknown, 0U);
  past[0].lifetime.reset();
  EXPECT_EQ(rehearsed(rules_with(by_origin), rules_with(kShort), past).lifetimes_unknown, 1U);
}

TEST(Rehearsal, FindsUpstreamsThatHaveNoHostOfTheirOwn) {
  const std::string now =
      R"({"upstreams": {"tv": {"origin": "http://nas:8989/base", "mount": "/tv"}}, "rules": [)" + kShort + "]}";
  auto request = asked(0, "");
  request.url = "http://nas:8989/base/show/1";
  const auto result = rehearsed(now, now, {request});
  EXPECT_EQ(result.requests, 1U);
  EXPECT_EQ(result.left_out, 0U);
}

}  // namespace
}  // namespace cachearr::upkeep
