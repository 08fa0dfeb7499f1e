#include "metrics/families.hpp"

#include <gtest/gtest.h>
#include <set>

namespace cachearr::metrics {
namespace {

std::size_t labels_of(const Family& family) {
  std::size_t count = 0;
  for (const auto label : family.labels) count += label.empty() ? 0 : 1;
  return count;
}

/// Something counted in every cell, of two workers.
struct Counted {
  Counted() {
    for (std::size_t i = 0; i < 2; ++i) {
      auto& worker = metrics.worker(i);
      auto& label = worker.label(metrics.label("series", "tmdb"));
      label.hits_memory.add(3);
      label.hits_disk.add();
      label.misses[1].add();
      label.lifetimes.record(60);
      worker.upstream_answered("tmdb", 200, 70);
      worker.collapsed.add(5);
    }
  }
  Readings readings() const {
    Readings readings{metrics};
    readings.miss_reasons[1] = "bypass";
    readings.limits.push_back({"tmdb", 4, {{"day", 2}}, 1, 0});
    readings.tiers.push_back({"memory"});
    readings.alerts.push_back({"disk", "warning", true});
    readings.feeds.push_back({"sonarr", true, {{"series", 4}}, 2});
    readings.webhooks.push_back({"sonarr", "Grab", 3});
    auto& shared = readings.shared.emplace();
    shared.breakers_open["reads"] = true;
    shared.look_ups["hit"] = shared.rejected["seal"] = shared.dropped["full"] = shared.waits["stored"] = 1;
    shared.commands["GET"] = {};
    return readings;
  }
  Metrics metrics{2};
};

std::vector<Samples::Sample> read(std::string_view name, const Readings& readings) {
  for (const auto& family : families()) {
    if (family.name != name) continue;
    Samples samples;
    family.read(readings, samples);
    return samples.all();
  }
  ADD_FAILURE() << name << " is not in the table";
  return {};
}

TEST(EveryFamily, IsThereOnceWithItsHelp) {
  std::set<std::string_view> names;
  for (const auto& family : families()) {
    EXPECT_TRUE(names.insert(family.name).second) << family.name;
    EXPECT_TRUE(family.help.ends_with('.') || family.help.ends_with('1')) << family.name;
    EXPECT_EQ(family.type == Family::Type::counter, family.name.ends_with("_total")) << family.name;
  }
}

TEST(EveryFamily, GivesAValueToEachOfItsLabels) {
  const Counted counted;
  const auto readings = counted.readings();
  for (const auto& family : families()) {
    Samples samples;
    family.read(readings, samples);
    EXPECT_FALSE(samples.all().empty()) << family.name;
    for (const auto& sample : samples.all()) {
      EXPECT_EQ(sample.label_values.size(), labels_of(family)) << family.name;
      EXPECT_EQ(!sample.buckets.empty(), family.type == Family::Type::histogram) << family.name;
    }
  }
}

TEST(AFamily, AddsUpTheCellsOfAllWorkers) {
  const Counted counted;
  const auto readings = counted.readings();
  EXPECT_EQ(read("cachearr_collapsed_total", readings).front().value, 10);
  const auto hits = read("cachearr_cache_hits_total", readings);
  ASSERT_EQ(hits.size(), 2U);
  EXPECT_EQ(hits[0].label_values, (std::vector<std::string>{"series", "tmdb", "memory"}));
  EXPECT_EQ(hits[0].value, 6);
  EXPECT_EQ(read("cachearr_cache_hit_ratio", readings).front().value, 0.8);
  const auto durations = read("cachearr_upstream_duration_seconds", readings).front();
  EXPECT_EQ(durations.buckets.back().cumulative, 2U);
  EXPECT_EQ(durations.buckets[1].bound, 0.0001);
  EXPECT_EQ(durations.value, 0.00014);
}

}  // namespace
}  // namespace cachearr::metrics
