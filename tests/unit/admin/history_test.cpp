#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "admin/gather.hpp"
#include "unit/admin/called.hpp"

namespace cachearr::admin {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kRules = R"({
  "upstreams": { "tmdb": { "hosts": ["tmdb.test"] } },
  "rules": [ { "name": "tv", "upstream": "tmdb", "match": { "path": "/tv" }, "type": "series", "ttl": "1h" } ] })";

class HistoryCalls : public test::Called {
 protected:
  HistoryCalls() : test::Called{kRules} { instance_.history_.restore(instance_.clock_.now()); }
  void look_up(std::uint64_t hits, std::uint64_t misses) {
    auto& metrics = instance_.proxy().metrics();
    auto& worker = metrics.worker(0);
    auto& label = worker.label(metrics.label("series", "tmdb"));
    label.hits_memory.add(hits);
    label.misses[1].add(misses);
    label.results[0].add(hits);
    worker.calls_saved.add(hits);
    for (std::uint64_t i = 0; i < hits; ++i) worker.requests[0].record(70);
    for (std::uint64_t i = 0; i < misses; ++i) worker.requests[4].record(7000);
  }
  void end_row() {
    instance_.clock_.advance(std::chrono::seconds{10});
    instance_.history_.record(totals_since_start(instance_), instance_.clock_.now());
  }
};

TEST_F(HistoryCalls, GiveSeriesWithTheirPoints) {
  look_up(3, 1);
  end_row();
  const auto answer = data("GET /api/v1/history?series=hit_ratio,hits:upstream=tmdb&from=-20s&step=10s");
  EXPECT_EQ(answer["step"], 10);
  EXPECT_EQ(answer["to"].get<int>() - answer["from"].get<int>(), 20);
  EXPECT_EQ(answer["series"][0]["name"], "hit_ratio");
  EXPECT_FALSE(answer["series"][0].contains("upstream"));
  EXPECT_EQ(answer["series"][0]["points"][0][1], nullptr);
  EXPECT_EQ(answer["series"][0]["points"][1][1], 75);
  EXPECT_EQ(answer["series"][1]["upstream"], "tmdb");
  EXPECT_EQ(answer["series"][1]["points"][1], nlohmann::json({answer["from"].get<int>() + 10, 3}));
}

TEST_F(HistoryCalls, RefuseWhatIsNotThereAndNameWhatIs) {
  EXPECT_THAT(data("GET /api/v1/history?series=nonsense", "", 400)["detail"], HasSubstr("there are: requests"));
  EXPECT_THAT(data("GET /api/v1/history?upstream=tvdb", "", 400)["detail"], HasSubstr("there are: tmdb"));
  EXPECT_THAT(data("GET /api/v1/history?type=nothing", "", 400)["detail"], HasSubstr("there are: series"));
  EXPECT_THAT(data("GET /api/v1/history?from=soon", "", 400)["detail"], HasSubstr("from=soon"));
  data("GET /api/v1/history?type=series");
}

TEST_F(HistoryCalls, SumUpInOneFlatObject) {
  const auto quiet = data("GET /api/v1/stats/summary");
  EXPECT_EQ(quiet["hitRatio"], nullptr);
  EXPECT_EQ(quiet["hitRatio24h"], nullptr);
  EXPECT_EQ(quiet["latencyHitP95Ms"], nullptr);
  look_up(2, 1);
  end_row();
  look_up(3, 0);
  const auto summary = data("GET /api/v1/stats/summary");
  for (const auto* name : {"hitRatio", "hitRatio1m", "hitRatio10m", "hitRatio1h", "hitRatio24h"})
    EXPECT_EQ(summary[name], 83.33) << name;
  EXPECT_EQ(summary["requests"], 6);
  EXPECT_EQ(summary["callsSaved"], 5);
  EXPECT_EQ(summary["status"], "healthy");
  EXPECT_GT(summary["latencyMissP50Ms"], 1.0);
  for (const auto& value : summary) EXPECT_TRUE(value.is_primitive());
}

TEST_F(HistoryCalls, ForgetAMinuteAfterAMinute) {
  look_up(0, 4);
  end_row();
  for (int i = 0; i < 7; ++i) end_row();
  const auto summary = data("GET /api/v1/stats/summary");
  EXPECT_EQ(summary["hitRatio1m"], nullptr);
  EXPECT_EQ(summary["hitRatio10m"], 0);
}

TEST_F(HistoryCalls, WantTheKey) {
  EXPECT_EQ(call("GET /api/v1/history").status, 401);
  EXPECT_EQ(call("GET /api/v1/stats/summary").status, 401);
}

}  // namespace
}  // namespace cachearr::admin
