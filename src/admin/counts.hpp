// The workers' counters added up. Read by the admin thread while the workers count on.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "metrics/metrics.hpp"

namespace cachearr::admin {

struct HistogramSum {
  std::array<std::uint64_t, metrics::Histogram::kBounds.size() + 1> buckets{};
  std::uint64_t sum_microseconds = 0;
  void add(const metrics::Histogram& histogram) noexcept;
};

struct LifetimeSum {
  std::array<std::uint64_t, metrics::Lifetimes::kBounds.size() + 1> buckets{};
  std::uint64_t seconds = 0;
  void add(const metrics::Lifetimes& lifetimes) noexcept;
  void add(const LifetimeSum& other) noexcept;
};

struct LabelSum {
  metrics::Label label;
  std::uint64_t hits_memory = 0, hits_disk = 0;
  std::array<std::uint64_t, metrics::kForwards> misses{};
  LifetimeSum lifetimes;
  std::uint64_t hits() const noexcept { return hits_memory + hits_disk; }
  std::uint64_t all_misses() const noexcept;
};

struct UpstreamSum {
  std::map<int, std::uint64_t> statuses;
  HistogramSum duration;
};

struct Counts {
  std::vector<LabelSum> labels;
  std::array<HistogramSum, static_cast<std::size_t>(metrics::RequestResult::count)> requests{};
  std::array<std::uint64_t, static_cast<std::size_t>(metrics::StaleReason::count)> stale_served{};
  std::array<std::uint64_t, static_cast<std::size_t>(metrics::Interception::count)> interceptions{};
  std::array<std::uint64_t, static_cast<std::size_t>(metrics::Prefetch::count)> prefetches{};
  std::array<std::uint64_t, 4> invalidations{};
  std::map<std::string, UpstreamSum> upstreams;
  std::map<std::string, std::size_t> idle_connections;  // to each host
  std::uint64_t collapsed = 0, client_connections = 0, upstream_connections = 0, bytes_to_clients = 0,
                bytes_from_upstreams = 0;

  std::uint64_t hits() const noexcept;
  std::uint64_t misses() const noexcept;
};

Counts count(const metrics::Metrics& metrics);

/// Percent, of which neither is counted yet: 0.
double share(std::uint64_t part, std::uint64_t rest) noexcept;

}  // namespace cachearr::admin
