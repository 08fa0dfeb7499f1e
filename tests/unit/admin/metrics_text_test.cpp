#include "admin/metrics_text.hpp"

#include <algorithm>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>
#include <sstream>

namespace cachearr::admin {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;

/// Something counted in each family that has labels of free text, all with this name in them.
struct Counted {
  explicit Counted(const std::string& type, const std::string& upstream) {
    auto& worker = metrics.worker(0);
    auto& label = worker.label(metrics.label(type, upstream));
    label.hits_memory.add(3);
    label.hits_disk.add(1);
    label.misses[1].add(2);
    worker.upstreams[upstream].statuses[200] = 5;
  }
  metrics::Readings readings() const {
    metrics::Readings readings{metrics};
    readings.miss_reasons[1] = "bypass";
    readings.miss_reasons[8] = "partial";
    return readings;
  }
  metrics::Metrics metrics{2};
};

TEST(MetricsText, KeepsAnyNameInsideItsLabel) {
  const std::string name = "a\"} 1\nforged_total 7\\";
  const auto text = metrics_text(Counted{name, name}.readings());
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    EXPECT_THAT(line, Not(::testing::StartsWith("forged")));
    EXPECT_THAT(line, MatchesRegex("#.*|[a-z_]+(\\{.*\\})? [^ ]+")) << line;
  }
  EXPECT_THAT(text, HasSubstr("a\\\"} 1\\nforged_total 7\\\\"));
}

TEST(MetricsText, CountsHitsByTierAndMissesByReason) {
  const auto text = metrics_text(Counted{"series", "tmdb"}.readings());
  EXPECT_THAT(text, HasSubstr("# TYPE cachearr_cache_hits_total counter"));
  EXPECT_THAT(text, HasSubstr("tier=\"memory\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("tier=\"disk\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("cachearr_upstream_requests_total{upstream=\"tmdb\",status=\"200\"} 5\n"));
}

/// Something in every family, each value another one.
metrics::Readings fill(Counted& counted) {
  auto& worker = counted.metrics.worker(0);
  const std::array<std::uint64_t, 13> lifetimes{1, 0, 2, 0, 0, 0, 0, 3, 0, 0, 0, 0, 4};
  auto& label = worker.label(counted.metrics.label("series", "tmdb"));
  for (std::size_t i = 0; i < lifetimes.size(); ++i) label.lifetimes.buckets[i].add(lifetimes[i]);
  label.lifetimes.sum.add(259'320);
  label.hits_shared.add(2);
  worker.label(0).misses[8].add(6);
  worker.upstreams["tmdb"].statuses[404] = 1;
  worker.upstreams["tmdb"].failures = 8;
  worker.upstreams["tmdb"].refused = 3;
  worker.upstreams["tmdb"].duration.buckets[7].add(5);
  worker.upstreams["tmdb"].duration.sum.add(43'210);
  std::uint64_t next = 1;
  for (auto& histogram : worker.requests) {
    histogram.buckets[next % histogram.buckets.size()].add(next);
    histogram.sum.add(next++ * 123);
  }
  for (auto& cell : worker.stale_served) cell.add(next++);
  for (auto& cell : worker.interceptions) cell.add(next++);
  for (std::size_t i = 0; i < 4; ++i) worker.prefetches[i].add(next++);
  for (std::size_t i = 4; i < worker.prefetches.size(); ++i) worker.prefetches[i].add(100 + i);
  for (auto& cell : worker.invalidations) cell.add(next++);
  worker.collapsed.add(next++);
  worker.client_connections.add(next++);
  worker.upstream_connections.add(next++);
  auto readings = counted.readings();
  const auto tier = [&](std::string name, std::uint64_t budget) {
    metrics::TierReading reading{std::move(name)};
    reading.entries = next++;
    reading.bytes = next++;
    reading.max_bytes = budget;
    reading.evicted = next++;
    reading.expired = next++;
    reading.errors = next++;
    readings.tiers.push_back(reading);
  };
  tier("memory", 1'000'000);
  tier("disk", 4'294'967'296);
  readings.limits.push_back({"tmdb", 40, {{"day", 15}, {"day-grabs", 4}, {"unknown", 3}}, 62, 6});
  readings.limits.push_back({"quiet", std::nullopt, {}, 0, 0});
  readings.process = {1.25, 100, 200, 7, 1024, 5, 1.5e9};
  readings.feeds = {{"sonarr", true, {{"series", 6}, {"other", 1}}, 0}, {"radarr", false, {}, 0}};
  readings.alerts = {{"hit-rate", "warning", true}, {"store", "error", false}};
  readings.api_invalidations = 2;
  auto& shared = readings.shared.emplace();
  shared.up = true;
  shared.breakers_open = {{"read", true}, {"write", false}};
  shared.look_ups = {{"hit", 7}, {"timeout", 2}};
  shared.rejected = {{"seal", 1}};
  shared.dropped = {{"full", 3}};
  shared.waits = {{"found", 8}};
  shared.commands["get"].buckets[3] = 9;
  shared.commands["get"].sum = 4'321;
  shared.timeouts = 2;
  shared.written = 5;
  shared.sent = 4;
  shared.received = 6;
  shared.gaps = 1;
  shared.swept = 11;
  shared.lag_seconds = 0.5;
  shared.memory_ratio = 0.25;
  shared.members = 2;
  readings.limits.back().mode = 3;
  readings.webhooks = {{"sonarr", "Grab", 5}, {"sonarr", "other", 1}};
  readings.dropped_log_lines = 9;
  return readings;
}

std::string file(const char* name) {
  std::ifstream stream{std::string{CACHEARR_SOURCE_DIR} + "/tests/unit/admin/" + name};
  return {std::istreambuf_iterator<char>{stream}, {}};
}

/// metrics.txt: whoever adds a family adds it there too; nobody changes what dashboards and alerts read.
TEST(MetricsText, IsTheSameByteForByte) {
  Counted counted{"series", "tmdb"};
  auto text = metrics_text(fill(counted));
  const std::string version = "version=\"" CACHEARR_VERSION "\"";
  text.replace(text.find(version), version.size(), "version=\"0\"");
  EXPECT_EQ(text, file("metrics.txt"));
}

}  // namespace
}  // namespace cachearr::admin
