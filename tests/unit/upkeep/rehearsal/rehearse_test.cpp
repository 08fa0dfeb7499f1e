#include "upkeep/rehearsal/rehearse.hpp"

#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
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
  request.has_credentials = partition != 0;
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
  EXPECT_EQ(result.other_key, 2U);
  ASSERT_EQ(result.changes.size(), 1U);
  EXPECT_TRUE(result.changes[0].before.apart);
  EXPECT_FALSE(result.changes[0].after.apart);
}

TEST(Rehearsal, TellsThatTheDraftKeepsApartWhatIsShared) {
  const std::string named = R"("credentials": {"headers": ["X-Api-Key"]})";
  auto by_field = asked(0, "/show/1");
  by_field.has_credentials = true;
  const std::vector<PastRequest> past{by_field, asked(1, "/show/1")};
  for (const auto* const share : {"all", "named"}) {
    const auto now = rules_with(kShort, named + R"(, "share": ")" + share + '"');
    const auto result = rehearsed(now, rules_with(kShort, named), past);
    EXPECT_EQ(result.other_key, 1U) << share;
    EXPECT_EQ(result.before.upstream_calls, 1U) << share;
    EXPECT_EQ(result.after.upstream_calls, 2U) << share;
    EXPECT_TRUE(rehearsed(now, now, past).changes.empty()) << share;
  }
}

TEST(Rehearsal, TakesCredentialsForNamedOnesUnlessThoseAreSharedAlready) {
  const std::string named = R"("credentials": {"headers": ["X-Api-Key"]})";
  const auto sharing = rules_with(kShort, named + R"(, "share": "named")");
  const std::vector<PastRequest> past{asked(0, "/show/1", "show", 1), asked(1, "/show/1", "show", 2)};
  EXPECT_EQ(rehearsed(rules_with(kShort, named), sharing, past).after.upstream_calls, 1U);
  EXPECT_EQ(rehearsed(sharing, sharing, past).after.upstream_calls, 2U);
}

TEST(Rehearsal, LeavesOutWhatWasDecidedOtherwiseThen) {
  auto other = asked(0, "/show/1", "by-a-header");
  other.was_hit = true;
  const auto result = rehearsed(rules_with(kShort), rules_with(kLong), {other, asked(1, "/show/1")});
  EXPECT_EQ(result.left_out, 1U);
  EXPECT_EQ(result.requests, 1U);
  EXPECT_EQ(result.hits_recorded, 0U);
}

const std::string kByOrigin =
    R"({"name": "show", "upstream": "tv", "match": {"path": "/show/{id:int}"}, "policy": "respect", "expect": "any"})";

/// An answer that is stored for ten minutes, with its head where there is one.
std::shared_ptr<const StoredAnswer> stored_with(std::optional<std::string_view> cache_control) {
  StoredAnswer stored{200, TimePoint{minutes{0}}, minutes{10}, {}};
  if (cache_control) {
    stored.head.emplace().head.status = 200;
    if (!cache_control->empty()) stored.head->head.fields.add("Cache-Control", *cache_control);
  }
  return std::make_shared<StoredAnswer>(stored);
}

std::vector<PastRequest> twice(const std::shared_ptr<const StoredAnswer>& stored) {
  std::vector<PastRequest> past{asked(0, "/show/1"), asked(5, "/show/1")};
  for (auto& request : past) request.stored = stored;
  return past;
}

TEST(Rehearsal, TakesTheOriginsOwnWordWhereTheDraftLeavesTheLifetimeToIt) {
  const auto result = rehearsed(rules_with(kShort), rules_with(kByOrigin), twice(stored_with("max-age=1800")));
  EXPECT_EQ(result.lifetimes_unknown, 0U);
  ASSERT_EQ(result.changes.size(), 1U);
  EXPECT_EQ(result.changes[0].after.lifetime, minutes{30});
  EXPECT_TRUE(result.changes[0].after.by_origin);
}

TEST(Rehearsal, StoresNothingByADraftWithoutARuleWhereTheOriginSaysNothing) {
  for (const auto& draft : {std::string{}, kByOrigin}) {
    const auto result = rehearsed(rules_with(kShort), rules_with(draft), twice(stored_with("")));
    EXPECT_EQ(result.before.hits, 1U);
    EXPECT_EQ(result.after.hits, 0U);
    EXPECT_EQ(result.lifetimes_unknown, 0U);
  }
}

TEST(Rehearsal, CountsLifetimesThatItDoesNotKnow) {
  for (const auto& stored : {std::shared_ptr<const StoredAnswer>{}, stored_with({})}) {
    const auto result = rehearsed(rules_with(kShort), rules_with(kByOrigin), twice(stored));
    EXPECT_EQ(result.before.hits, 1U);
    EXPECT_EQ(result.after.hits, 0U);
    EXPECT_EQ(result.lifetimes_unknown, 2U);
  }
}

TEST(Rehearsal, GoesByWhatIsStoredWhereTheDraftGivesLifetimesInTheSameWay) {
  const auto by_content = [](const std::string& ttl) {
    return R"({"name": "show", "upstream": "tv", "match": {"path": "/show/{id:int}"}, "ttl": "1m", "expect": "any",
      "ttl_from": [{"json": "/ended", "ttl": ")" +
           ttl + R"("}]})";
  };
  const auto past = twice(stored_with(""));
  const auto same = rehearsed(rules_with(by_content("10m")), rules_with(by_content("10m")), past);
  EXPECT_EQ(same.before.hits, 1U);
  EXPECT_EQ(same.after.hits, 1U);
  EXPECT_EQ(same.lifetimes_unknown, 0U);
  EXPECT_EQ(rehearsed(rules_with(by_content("10m")), rules_with(by_content("1m")), past).lifetimes_unknown, 2U);
  const auto on_disk = rehearsed(rules_with(kByOrigin), rules_with(kByOrigin), twice(stored_with({})));
  EXPECT_EQ(on_disk.after.hits, 1U);
}

TEST(Rehearsal, PlaysWhatClientsAskedOfCaches) {
  std::vector<PastRequest> past{asked(0, "/show/1"), asked(1, "/show/1"), asked(2, "/show/1")};
  past[0].method = "HEAD";
  const auto head_first = rehearsed(rules_with(kShort), rules_with(kShort), past);
  EXPECT_EQ(head_first.after.upstream_calls, 2U);
  past[0].method = "GET";
  past[0].no_store = true;
  EXPECT_EQ(rehearsed(rules_with(kShort), rules_with(kShort), past).after.upstream_calls, 2U);
  past[2].insists = true;
  EXPECT_EQ(rehearsed(rules_with(kShort), rules_with(kShort), past).after.upstream_calls, 3U);
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
