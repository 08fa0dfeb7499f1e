#include "metrics/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <thread>
#include <type_traits>

namespace cachearr::metrics {
namespace {

using ::testing::IsEmpty;
using ::testing::Not;

template <class Counted>
std::size_t bucket_of(std::int64_t value) {
  Counted counted;
  if constexpr (std::is_same_v<Counted, Histogram>) {
    counted.record(static_cast<std::uint64_t>(value));
  } else {
    counted.record(value);
  }
  std::size_t found = counted.buckets.size();
  for (std::size_t i = 0; i < counted.buckets.size(); ++i) {
    if (counted.buckets[i].read() == 1) found = i;
  }
  return found;
}

TEST(AHistogram, CountsAValueOnABoundBelowIt) {
  for (std::size_t i = 0; i < Histogram::kBounds.size(); ++i) {
    EXPECT_EQ(bucket_of<Histogram>(Histogram::kBounds[i]), i);
    EXPECT_EQ(bucket_of<Histogram>(Histogram::kBounds[i] + 1), i + 1);
  }
  EXPECT_EQ(bucket_of<Histogram>(0), 0U);
}

TEST(AHistogram, AddsUpWhatItCounted) {
  Histogram histogram;
  for (const unsigned value : {1U, 70U, 70U, 4'000'000'000U}) histogram.record(value);
  EXPECT_EQ(histogram.sum.read(), 4'000'000'141U);
  EXPECT_EQ(histogram.buckets[0].read(), 1U);
  EXPECT_EQ(histogram.buckets[1].read(), 2U);
  EXPECT_EQ(histogram.buckets.back().read(), 1U);
}

TEST(Lifetimes, CountAValueOnABoundBelowIt) {
  for (std::size_t i = 0; i < Lifetimes::kBounds.size(); ++i) {
    EXPECT_EQ(bucket_of<Lifetimes>(Lifetimes::kBounds[i]), i);
    EXPECT_EQ(bucket_of<Lifetimes>(Lifetimes::kBounds[i] + std::int64_t{1}), i + 1);
  }
}

TEST(Lifetimes, TakeWhatIsStaleAlreadyForNone) {
  Lifetimes lifetimes;
  lifetimes.record(-5);
  EXPECT_EQ(lifetimes.buckets[0].read(), 1U);
  EXPECT_EQ(lifetimes.sum.read(), 0U);
}

TEST(Labels, AreTheSameForTheSamePair) {
  Metrics metrics{1};
  EXPECT_EQ(metrics.label("", ""), 0U);
  const auto one = metrics.label("series", "tmdb");
  const auto two = metrics.label("series", "tvdb");
  EXPECT_EQ(metrics.label("series", "tmdb"), one);
  EXPECT_EQ((std::set{0U, one, two, metrics.label("ser", "iestmdb")}.size()), 4U);
  const auto labels = metrics.labels();
  EXPECT_EQ(labels[one].type, "series");
  EXPECT_EQ(labels[one].upstream, "tmdb");
  EXPECT_EQ(labels[two].upstream, "tvdb");
}

TEST(Labels, MayBeAskedForByEveryWorkerAtOnce) {
  Metrics metrics{2};
  const auto ask = [&](std::size_t worker) {
    for (std::uint32_t i = 0; i < 500; ++i)
      metrics.worker(worker).label(metrics.label(std::to_string(i), "up")).hits_memory.add();
  };
  std::thread other{ask, 1};
  ask(0);
  other.join();
  const auto labels = metrics.labels();
  EXPECT_EQ(labels.size(), 501U);
  for (std::uint32_t i = 1; i <= 500; ++i) {
    EXPECT_EQ(metrics.worker(0).label(i).hits_memory.read(), 1U);
    EXPECT_EQ(metrics.worker(1).label(i).hits_memory.read(), 1U);
  }
}

TEST(WorkersCells, StayWhereTheyAre) {
  Metrics metrics{1};
  auto& cells = metrics.worker(0);
  auto& first = cells.label(0);
  first.hits_disk.add(3);
  cells.label(1000).hits_disk.add();
  EXPECT_EQ(&cells.label(0), &first);
  EXPECT_EQ(first.hits_disk.read(), 3U);
}

TEST(WorkersCells, CountAnswersByUpstreamAndStatus) {
  Metrics metrics{1};
  auto& cells = metrics.worker(0);
  cells.upstream_answered("tmdb", 200, 60);
  cells.upstream_answered("tmdb", 200, 60);
  cells.upstream_answered("tmdb", 503, 60);
  cells.upstream_answered("tvdb", 200, 60);
  EXPECT_EQ(cells.upstreams.at("tmdb").statuses.at(200), 2U);
  EXPECT_EQ(cells.upstreams.at("tmdb").statuses.at(503), 1U);
  EXPECT_EQ(cells.upstreams.at("tmdb").duration.buckets[1].read(), 3U);
  EXPECT_EQ(cells.upstreams.at("tvdb").statuses.at(200), 1U);
}

TEST(Cells, CountUpAndDown) {
  Cell cell;
  cell.add();
  cell.add(4);
  cell.subtract(2);
  EXPECT_EQ(cell.read(), 3U);
}

template <class Enum>
void expect_distinct_names() {
  std::set<std::string_view> names;
  for (int i = 0; i < static_cast<int>(Enum::count); ++i) {
    EXPECT_THAT(name_of(static_cast<Enum>(i)), Not(IsEmpty())) << i;
    names.insert(name_of(static_cast<Enum>(i)));
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(Enum::count));
}

TEST(Names, OfWhatIsCountedAreDistinct) {
  expect_distinct_names<RequestResult>();
  expect_distinct_names<StaleReason>();
  expect_distinct_names<Interception>();
}

TEST(RuleCounts, AddUpWhatTheWorkersHaveCounted) {
  Metrics metrics{2};
  const auto one = metrics.rule_number("up", "one"), other = metrics.rule_number("up", "other");
  EXPECT_NE(one, other);
  EXPECT_EQ(metrics.rule_number("up", "one"), one);
  metrics.worker(0).rule(other).matched.add(2);
  metrics.worker(1).rule(other).matched.add(3);
  metrics.worker(1).rule(other).hits.add();
  const auto counts = metrics.rule_counts();
  EXPECT_EQ(counts.at({"up", "other"}).matched, 5U);
  EXPECT_EQ(counts.at({"up", "other"}).hits, 1U);
  EXPECT_EQ(counts.at({"up", "one"}).matched, 0U);
}

}  // namespace
}  // namespace cachearr::metrics
