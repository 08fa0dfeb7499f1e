// The workers' cells added up. Read on any thread while the workers count on.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "metrics/metrics.hpp"

namespace cachearr::metrics {

/// One counter over all workers.
std::uint64_t total(const Metrics& metrics, Cell WorkerCells::*cell);
template <std::size_t N>
std::array<std::uint64_t, N> totals(const Metrics& metrics, std::array<Cell, N> WorkerCells::*cells) {
  std::array<std::uint64_t, N> sums{};
  for (const auto& worker : metrics.workers())
    for (std::size_t i = 0; i < N; ++i) sums[i] += ((*worker).*cells)[i].read();
  return sums;
}

/// A histogram over all workers; the last bucket is unbounded.
template <class Histogram>
struct HistogramTotals {
  std::array<std::uint64_t, Histogram::kBounds.size() + 1> buckets{};
  std::uint64_t sum = 0;
  void add(const Histogram& histogram) noexcept {
    for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += histogram.buckets[i].read();
    sum += histogram.sum.read();
  }
  void add(const HistogramTotals& other) noexcept {
    for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += other.buckets[i];
    sum += other.sum;
  }
};

struct LabelTotals {
  Label label;
  std::uint64_t hits_memory = 0, hits_disk = 0, hits_shared = 0;
  std::array<std::uint64_t, kForwards> misses{};
  std::array<std::uint64_t, static_cast<std::size_t>(RequestResult::count)> results{};
  HistogramTotals<Lifetimes> lifetimes;
  std::uint64_t hits() const noexcept { return hits_memory + hits_disk + hits_shared; }
  std::uint64_t all_misses() const noexcept;
};
std::vector<LabelTotals> label_totals(const Metrics& metrics);

struct UpstreamTotals {
  std::map<int, std::uint64_t> statuses;
  std::uint64_t failures = 0, unsent = 0, refused = 0, bytes = 0;
  HistogramTotals<Histogram> duration;
};
std::map<std::string, UpstreamTotals> upstream_totals(const Metrics& metrics);

/// Idle connections to each host.
std::map<std::string, std::size_t> idle_connections(const Metrics& metrics);

/// Percent, of which neither is counted yet: 0.
double share(std::uint64_t part, std::uint64_t rest) noexcept;

}  // namespace cachearr::metrics
