#include "admin/counts.hpp"

#include <numeric>

namespace cachearr::admin {

namespace {

void add_labels(const metrics::WorkerCells& cells, Counts& into) {
  const std::lock_guard lock{cells.mutex};
  // A label that was named after the list was taken is in the next reading.
  for (std::size_t i = 0; i < cells.labels.size() && i < into.labels.size(); ++i) {
    auto& sum = into.labels[i];
    sum.hits_memory += cells.labels[i].hits_memory.read();
    sum.hits_disk += cells.labels[i].hits_disk.read();
    for (std::size_t reason = 0; reason < metrics::kForwards; ++reason)
      sum.misses[reason] += cells.labels[i].misses[reason].read();
    sum.lifetimes.add(cells.labels[i].lifetimes);
  }
  for (const auto& [name, upstream] : cells.upstreams) {
    auto& sum = into.upstreams[name];
    for (const auto& [status, answers] : upstream.statuses) sum.statuses[status] += answers;
    sum.duration.add(upstream.duration);
  }
  for (const auto& [host, connections] : cells.idle_connections) into.idle_connections[host] += connections;
}

void add_worker(const metrics::WorkerCells& cells, Counts& into) {
  for (std::size_t i = 0; i < into.requests.size(); ++i) into.requests[i].add(cells.requests[i]);
  for (std::size_t i = 0; i < into.stale_served.size(); ++i) into.stale_served[i] += cells.stale_served[i].read();
  for (std::size_t i = 0; i < into.interceptions.size(); ++i) into.interceptions[i] += cells.interceptions[i].read();
  for (std::size_t i = 0; i < into.prefetches.size(); ++i) into.prefetches[i] += cells.prefetches[i].read();
  for (std::size_t i = 0; i < into.invalidations.size(); ++i) into.invalidations[i] += cells.invalidations[i].read();
  into.collapsed += cells.collapsed.read();
  into.client_connections += cells.client_connections.read();
  into.upstream_connections += cells.upstream_connections.read();
  into.bytes_to_clients += cells.bytes_to_clients.read();
  into.bytes_from_upstreams += cells.bytes_from_upstreams.read();
  add_labels(cells, into);
}

}  // namespace

void HistogramSum::add(const metrics::Histogram& histogram) noexcept {
  for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += histogram.buckets[i].read();
  sum_microseconds += histogram.sum_microseconds.read();
}

void LifetimeSum::add(const metrics::Lifetimes& lifetimes) noexcept {
  for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += lifetimes.buckets[i].read();
  seconds += lifetimes.sum_seconds.read();
}

void LifetimeSum::add(const LifetimeSum& other) noexcept {
  for (std::size_t i = 0; i < buckets.size(); ++i) buckets[i] += other.buckets[i];
  seconds += other.seconds;
}

std::uint64_t LabelSum::all_misses() const noexcept {
  return std::accumulate(misses.begin(), misses.end(), std::uint64_t{0});
}

std::uint64_t Counts::hits() const noexcept {
  std::uint64_t total = 0;
  for (const auto& label : labels) total += label.hits();
  return total;
}

std::uint64_t Counts::misses() const noexcept {
  std::uint64_t total = 0;
  for (const auto& label : labels) total += label.all_misses();
  return total;
}

Counts count(const metrics::Metrics& metrics) {
  Counts counts;
  for (auto& label : metrics.labels()) counts.labels.push_back({std::move(label), 0, 0, {}, {}});
  for (const auto& cells : metrics.workers()) add_worker(*cells, counts);
  return counts;
}

double share(std::uint64_t part, std::uint64_t rest) noexcept {
  const auto all = part + rest;
  return all == 0 ? 0 : static_cast<double>(part) * 100 / static_cast<double>(all);
}

}  // namespace cachearr::admin
