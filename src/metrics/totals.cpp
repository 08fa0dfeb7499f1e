#include "metrics/totals.hpp"

#include <algorithm>
#include <numeric>

namespace cachearr::metrics {

std::uint64_t total(const Metrics& metrics, Cell WorkerCells::*cell) {
  std::uint64_t sum = 0;
  for (const auto& worker : metrics.workers()) sum += ((*worker).*cell).read();
  return sum;
}

std::uint64_t LabelTotals::all_misses() const noexcept {
  return std::accumulate(misses.begin(), misses.end(), std::uint64_t{0});
}

std::vector<LabelTotals> label_totals(const Metrics& metrics) {
  std::vector<LabelTotals> totals;
  for (auto& label : metrics.labels()) totals.push_back({std::move(label), 0, 0, 0, {}, {}, {}});
  for (const auto& worker : metrics.workers()) {
    const std::lock_guard lock{worker->mutex};
    // A label that was named after the list was taken is in the next reading.
    for (std::size_t i = 0; i < std::min(worker->labels.size(), totals.size()); ++i) {
      const auto& cells = worker->labels[i];
      auto& sum = totals[i];
      sum.hits_memory += cells.hits_memory.read();
      sum.hits_disk += cells.hits_disk.read();
      sum.hits_shared += cells.hits_shared.read();
      for (std::size_t reason = 0; reason < kForwards; ++reason) sum.misses[reason] += cells.misses[reason].read();
      for (std::size_t result = 0; result < sum.results.size(); ++result)
        sum.results[result] += cells.results[result].read();
      sum.lifetimes.add(cells.lifetimes);
    }
  }
  return totals;
}

std::map<std::string, UpstreamTotals> upstream_totals(const Metrics& metrics) {
  std::map<std::string, UpstreamTotals> totals;
  for (const auto& worker : metrics.workers()) {
    const std::lock_guard lock{worker->mutex};
    for (const auto& [name, cells] : worker->upstreams) {
      auto& sum = totals[name];
      for (const auto& [status, answers] : cells.statuses) sum.statuses[status] += answers;
      sum.failures += cells.failures;
      sum.unsent += cells.unsent;
      sum.refused += cells.refused;
      sum.bytes += cells.bytes;
      sum.duration.add(cells.duration);
    }
  }
  return totals;
}

std::map<std::string, std::size_t> idle_connections(const Metrics& metrics) {
  std::map<std::string, std::size_t> totals;
  for (const auto& worker : metrics.workers()) {
    const std::lock_guard lock{worker->mutex};
    for (const auto& [host, connections] : worker->idle_connections) totals[host] += connections;
  }
  return totals;
}

double share(std::uint64_t part, std::uint64_t rest) noexcept {
  const auto all = part + rest;
  return all == 0 ? 0 : static_cast<double>(part) * 100 / static_cast<double>(all);
}

}  // namespace cachearr::metrics
