#include <gmock/gmock.h>

#include "unit/admin/called.hpp"

namespace cachearr::admin::test {
namespace {

using ::testing::HasSubstr;

class Savings : public Called {
 protected:
  void save(const std::string& client, std::string_view upstream, std::uint64_t bytes) {
    auto& metrics = instance_.proxy().metrics();
    metrics.worker(0).savings.of(client).of(metrics.upstream_number(upstream)).add(bytes, 1, 1500);
  }
  void put(const std::string& key, std::uint32_t hits, std::uint32_t fetches, std::int64_t ttl_ms) {
    const std::array<std::string_view, 1> body{"0123456789"};
    store::EntryParts parts;
    parts.id = hash128(key);
    parts.identity = parts.key = key;
    parts.type = "series";
    parts.upstream = "sonarr";
    parts.body = body;
    parts.hits = hits;
    parts.fetches = fetches;
    parts.cost = {250, 10, 1};
    parts.meta.fresh_until_ms = instance_.clock_.now().time_since_epoch().count() + ttl_ms;
    instance_.store_.put(store::make_entry(parts));
  }
  std::vector<std::string> names(std::string_view start) {
    std::vector<std::string> names;
    const nlohmann::json answer = data(start);
    for (const auto& key : answer["keys"]) names.push_back(key["key"]);
    return names;
  }
};

TEST_F(Savings, AreToldByDayUpstreamAndClient) {
  save("10.0.0.1", "sonarr", 100);
  save("10.0.0.1", "sonarr", 50);
  save("10.0.0.2", "", 1);
  const auto report = data("GET /api/v1/savings?days=2");
  EXPECT_EQ(report["total"], (nlohmann::json{{"calls", 3}, {"bytes", 151}, {"quotaUnits", 3}, {"seconds", 4.5}}));
  ASSERT_EQ(report["days"].size(), 2U);
  EXPECT_EQ(report["days"][1]["date"], "2023-11-14");
  EXPECT_EQ(report["days"][1]["calls"], 3);
  EXPECT_EQ(report["days"][0]["calls"], 0);
  EXPECT_EQ(report["upstreams"][0]["upstream"], "sonarr");
  EXPECT_EQ(report["upstreams"][1]["upstream"], "");
  EXPECT_EQ(report["clients"][0]["client"], "10.0.0.1");
  EXPECT_EQ(report["clients"][0]["bytes"], 150);
}

TEST_F(Savings, AreOfThirtyDaysWhereNobodySays) {
  EXPECT_EQ(data("GET /api/v1/savings")["days"].size(), 30U);
  EXPECT_EQ(data("GET /api/v1/savings?days=90")["days"].size(), 90U);
}

TEST_F(Savings, TakeAnEmptyParameterForNone) {
  EXPECT_EQ(data("GET /api/v1/savings?days=")["days"].size(), 30U);
  EXPECT_EQ(ask("GET /api/v1/keys/top?by=&limit=").status, 200);
}

TEST_F(Savings, RefuseDaysThatAreNone) {
  for (const auto* const days : {"0", "91", "x", "-1", "1.5"}) {
    const auto answer = ask("GET /api/v1/savings?days=" + std::string{days});
    EXPECT_EQ(answer.status, 400) << days;
    EXPECT_THAT(answer.body, HasSubstr("days is a number from 1 to 90"));
  }
}

TEST_F(Savings, AreForThoseWithTheKey) {
  for (const auto* const call_ : {"savings", "keys/top", "keys/low-hit-rate", "keys/expiring"})
    EXPECT_EQ(call("GET /api/v1/" + std::string{call_}).status, 401) << call_;
}

TEST_F(Savings, OfKeysAreListedWithTheirUse) {
  put("often", 30, 1, 60'000);
  put("seldom", 2, 2, 60'000);
  EXPECT_EQ(names("GET /api/v1/keys/top"), (std::vector<std::string>{"often", "seldom"}));
  EXPECT_EQ(names("GET /api/v1/keys/top?by=saved&limit=1"), (std::vector<std::string>{"often"}));
  EXPECT_EQ(data("GET /api/v1/keys/top?by=bytes")["keys"][1],
            (nlohmann::json{{"key", "seldom"},
                            {"type", "series"},
                            {"upstream", "sonarr"},
                            {"size", 10},
                            {"hits", 2},
                            {"requests", 4},
                            {"hitRate", 50.0},
                            {"ttl", 60},
                            {"saved", {{"calls", 2}, {"bytes", 20}, {"quotaUnits", 2}, {"seconds", 0.5}}}}));
}

TEST_F(Savings, OfKeysThatAreHardlyHitAreListedBelowAShare) {
  put("a", 0, 20, 60'000);
  put("b", 6, 14, 60'000);
  put("c", 0, 19, 60'000);
  EXPECT_EQ(names("GET /api/v1/keys/low-hit-rate"), (std::vector<std::string>{"a"})) << "30 % is not below 30 %";
  EXPECT_EQ(names("GET /api/v1/keys/low-hit-rate?below=31"), (std::vector<std::string>{"a", "b"}));
}

TEST_F(Savings, OfKeysNearTheirEndAreListedWithinATime) {
  put("soon", 0, 1, 20'000);
  put("later", 0, 1, 400'000);
  put("over", 0, 1, -1);
  EXPECT_EQ(names("GET /api/v1/keys/expiring"), (std::vector<std::string>{"soon"}));
  EXPECT_EQ(names("GET /api/v1/keys/expiring?within=10m"), (std::vector<std::string>{"soon", "later"}));
  EXPECT_EQ(names("GET /api/v1/keys/expiring?within=10s"), (std::vector<std::string>{}));
}

TEST_F(Savings, OfKeysRefuseWhatTheyDoNotKnow) {
  for (const auto* const query :
       {"top?by=colour", "top?limit=0", "top?limit=201", "low-hit-rate?below=0", "low-hit-rate?below=101",
        "low-hit-rate?below=x", "expiring?within=0", "expiring?within=soon", "expiring?limit=x"})
    EXPECT_EQ(ask("GET /api/v1/keys/" + std::string{query}).status, 400) << query;
}

TEST_F(Savings, DoNotHideAKeyOfTheSameNameFromOtherMethods) {
  EXPECT_EQ(call("PUT /api/v1/keys/top", key_line() + "Content-Type: text/plain\r\n", "v").status, 201);
  EXPECT_EQ(ask("DELETE /api/v1/keys/top").status, 200);
}

}  // namespace
}  // namespace cachearr::admin::test
