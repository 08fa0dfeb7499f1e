#include "upkeep/history/take_sample.hpp"

#include <algorithm>
#include <numeric>
#include <optional>

#include "metrics/totals.hpp"

namespace cachearr::upkeep {

namespace {

using metrics::RequestResult;
using Times = metrics::HistogramTotals<metrics::Histogram>;

/// Whose latency the time of such a request is; none where the cache has no part in it.
std::optional<Latency> latency_of(RequestResult result) noexcept {
  switch (result) {
    case RequestResult::hit:
    case RequestResult::stale: return Latency::hit;
    case RequestResult::revalidated:
    case RequestResult::collapsed:
    case RequestResult::miss: return Latency::miss;
    default: return std::nullopt;
  }
}

void add_buckets(Buckets& into, const Times& times) noexcept {
  for (std::size_t i = 0; i < into.size(); ++i) into[i] += times.buckets[i];
}

void take_requests(const metrics::Metrics& metrics, Figures& whole) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(RequestResult::count); ++i) {
    Times times;
    for (const auto& worker : metrics.workers()) times.add(worker->requests[i]);
    whole.values[i] = std::accumulate(times.buckets.begin(), times.buckets.end(), std::uint64_t{0});
    if (const auto latency = latency_of(static_cast<RequestResult>(i))) add_buckets(whole[*latency], times);
  }
}

void add_label(Figures& into, const metrics::LabelTotals& label) noexcept {
  for (std::size_t i = 0; i < label.results.size(); ++i) into.values[i] += label.results[i];
  into[Figure::hits] += label.hits();
  into[Figure::misses] += label.all_misses();
}

void take_labels(const metrics::Metrics& metrics, Sample& sample) {
  for (const auto& label : metrics::label_totals(metrics)) {
    sample.whole[Figure::hits] += label.hits();
    sample.whole[Figure::misses] += label.all_misses();
    if (!label.label.upstream.empty()) add_label(sample.upstreams[label.label.upstream], label);
    if (!label.label.type.empty()) add_label(sample.types[label.label.type], label);
  }
}

void add_upstream(Figures& into, const metrics::UpstreamTotals& upstream) noexcept {
  constexpr int first_error = 500;
  into[Figure::upstream_calls] += upstream.failures - upstream.unsent;
  into[Figure::upstream_errors] += upstream.failures;
  for (const auto& [status, answers] : upstream.statuses) {
    into[Figure::upstream_calls] += answers;
    if (status >= first_error) into[Figure::upstream_errors] += answers;
  }
  into[Figure::upstream_refused] += upstream.refused;
  into[Figure::bytes_from_upstreams] += upstream.bytes;
  add_buckets(into[Latency::upstream], upstream.duration);
}

void take_upstreams(const metrics::Metrics& metrics, const std::vector<UpstreamStatus>& upstreams, Sample& sample) {
  for (const auto& [name, upstream] : metrics::upstream_totals(metrics)) {
    add_upstream(sample.whole, upstream);
    if (!name.empty()) add_upstream(sample.upstreams[name], upstream);
  }
  for (const auto& upstream : upstreams) {
    const auto waiting = upstream.waiting();
    sample.whole[Figure::waiting] += waiting;
    if (waiting > 0 && !upstream.name.empty()) sample.upstreams[upstream.name][Figure::waiting] = waiting;
  }
}

}  // namespace

Sample take_sample(const metrics::Metrics& metrics, const store::StoreStats& store,
                   const std::vector<UpstreamStatus>& upstreams) {
  Sample sample;
  auto& whole = sample.whole;
  take_requests(metrics, whole);
  take_labels(metrics, sample);
  take_upstreams(metrics, upstreams, sample);
  whole[Figure::bytes_to_clients] = metrics::total(metrics, &metrics::WorkerCells::bytes_to_clients);
  whole[Figure::entries] = std::max(store.memory.entries, store.disk.entries);
  whole[Figure::memory_bytes] = store.memory.bytes;
  whole[Figure::disk_bytes] = store.disk.bytes;
  return sample;
}

}  // namespace cachearr::upkeep
