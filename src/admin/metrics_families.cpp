#include "admin/metrics_families.hpp"

#include <algorithm>
#include <limits>
#include <map>
#include <prometheus/text_serializer.h>
#include <span>
#include <sstream>

namespace cachearr::admin {

namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

/// One family while it is being filled.
class Family {
 public:
  Family(std::string_view name, std::string_view help, MetricType type) {
    family_.name = name;
    family_.help = help;
    family_.type = type;
  }
  Family& add(Labels labels, double value) {
    auto& metric = next(std::move(labels));
    (family_.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    return *this;
  }
  Family& add(Labels labels, std::uint64_t value) { return add(std::move(labels), static_cast<double>(value)); }
  /// `counts` has one more than `bounds`: what lies beyond the last.
  Family& add(Labels labels, std::span<const double> bounds, std::span<const std::uint64_t> counts, double sum) {
    auto& histogram = next(std::move(labels)).histogram;
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
      total += counts[i];
      histogram.bucket.push_back({total, i < bounds.size() ? bounds[i] : std::numeric_limits<double>::infinity()});
    }
    histogram.sample_count = total;
    histogram.sample_sum = sum;
    return *this;
  }
  MetricFamily take() { return std::move(family_); }

 private:
  ClientMetric& next(Labels labels) {
    auto& metric = family_.metric.emplace_back();
    metric.label = std::move(labels);
    return metric;
  }
  MetricFamily family_;
};

using Families = std::vector<MetricFamily>;

Family counter(std::string_view name, std::string_view help) { return {name, help, MetricType::Counter}; }
Family gauge(std::string_view name, std::string_view help) { return {name, help, MetricType::Gauge}; }
Family histogram(std::string_view name, std::string_view help) { return {name, help, MetricType::Histogram}; }

void add_durations(Family& family, Labels labels, const HistogramSum& sum) {
  std::array<double, metrics::Histogram::kBounds.size()> bounds{};
  for (std::size_t i = 0; i < bounds.size(); ++i) bounds[i] = metrics::Histogram::kBounds[i] / 1e6;
  family.add(std::move(labels), bounds, sum.buckets, static_cast<double>(sum.sum_microseconds) / 1e6);
}

void add_lookups(const Counts& counts, Families& into) {
  auto hits = counter("cachearr_cache_hits_total", "Requests answered from the cache.");
  auto misses =
      counter("cachearr_cache_misses_total", "Requests that had to be sent to an upstream, by why (fwd of RFC 9211).");
  for (const auto& label : counts.labels) {
    const auto& [type, upstream] = label.label;
    for (const auto& [tier, value] : {std::pair{"memory", label.hits_memory}, std::pair{"disk", label.hits_disk}})
      if (value > 0) hits.add({{"type", type}, {"upstream", upstream}, {"tier", tier}}, value);
    for (std::size_t i = 0; i < label.misses.size(); ++i) {
      if (label.misses[i] == 0) continue;
      misses.add(
          {{"type", type}, {"upstream", upstream}, {"reason", std::string{name_of(static_cast<http::Forward>(i))}}},
          label.misses[i]);
    }
  }
  into.push_back(hits.take());
  into.push_back(misses.take());
}

void add_ratios(const Counts& counts, Families& into) {
  std::map<std::string_view, std::pair<std::uint64_t, std::uint64_t>> by_type;
  for (const auto& label : counts.labels) {
    auto& [hits, misses] = by_type[label.label.type];
    hits += label.hits();
    misses += label.all_misses();
  }
  auto ratio = gauge("cachearr_cache_hit_ratio", "Share of requests answered from the cache since the start, 0 to 1.");
  for (const auto& [type, sums] : by_type)
    if (sums.first + sums.second > 0) ratio.add({{"type", std::string{type}}}, share(sums.first, sums.second) / 100);
  into.push_back(ratio.take());
}

void add_lifetimes(const Counts& counts, Families& into) {
  std::map<std::string_view, LifetimeSum> by_type;
  for (const auto& label : counts.labels) by_type[label.label.type].add(label.lifetimes);
  auto ttl = histogram("cachearr_cache_ttl_seconds", "Freshness lifetimes of answers when they were stored.");
  std::array<double, metrics::Lifetimes::kBounds.size()> bounds{};
  std::copy(metrics::Lifetimes::kBounds.begin(), metrics::Lifetimes::kBounds.end(), bounds.begin());
  for (const auto& [type, sum] : by_type)
    ttl.add({{"type", std::string{type}}}, bounds, sum.buckets, static_cast<double>(sum.seconds));
  into.push_back(ttl.take());
}

void add_requests(const Counts& counts, Families& into) {
  auto requests =
      histogram("cachearr_request_duration_seconds", "Time from a request's head to its answer, by how it ended.");
  for (std::size_t i = 0; i < counts.requests.size(); ++i)
    add_durations(requests, {{"result", std::string{name_of(static_cast<metrics::RequestResult>(i))}}},
                  counts.requests[i]);
  into.push_back(requests.take());
  auto durations = histogram("cachearr_upstream_duration_seconds",
                             "Time from sending a request upstream to the head of its answer.");
  auto answers = counter("cachearr_upstream_requests_total", "Requests sent upstream, by the status of the answer.");
  for (const auto& [name, upstream] : counts.upstreams) {
    add_durations(durations, {{"upstream", name}}, upstream.duration);
    for (const auto& [status, number] : upstream.statuses)
      answers.add({{"upstream", name}, {"status", std::to_string(status)}}, number);
  }
  into.push_back(durations.take());
  into.push_back(answers.take());
  auto stale = counter("cachearr_stale_served_total", "Stale answers that were served, by why.");
  for (std::size_t i = 0; i < counts.stale_served.size(); ++i)
    stale.add({{"reason", std::string{name_of(static_cast<metrics::StaleReason>(i))}}}, counts.stale_served[i]);
  into.push_back(stale.take());
  auto interceptions = counter("cachearr_interceptions_total",
                               "Connections to hosts whose HTTPS the rules want looked at, by what became of them.");
  for (std::size_t i = 0; i < counts.interceptions.size(); ++i)
    interceptions.add({{"outcome", std::string{name_of(static_cast<metrics::Interception>(i))}}},
                      counts.interceptions[i]);
  into.push_back(interceptions.take());
  into.push_back(counter("cachearr_collapsed_total", "Requests that shared the fetch of another.")
                     .add({}, counts.collapsed)
                     .take());
  into.push_back(gauge("cachearr_connections", "Open connections.")
                     .add({{"side", "client"}}, counts.client_connections)
                     .add({{"side", "upstream"}}, counts.upstream_connections)
                     .take());
}

void add_limits(const Readings& readings, Families& into) {
  auto tokens = gauge("cachearr_upstream_tokens", "Requests that could go at once, of the credential with the fewest.");
  auto quota =
      gauge("cachearr_upstream_quota_remaining", "Requests left of a quota, of the credential with the fewest.");
  auto pause = gauge("cachearr_upstream_cooldown_seconds", "Until the end of the pause the upstream has asked for.");
  auto waiting = gauge("cachearr_upstream_waiting", "Requests that wait for their turn.");
  for (const auto& upstream : readings.upstreams) {
    if (upstream.limits.lanes.empty()) continue;
    if (const auto left = upstream.tokens()) tokens.add({{"upstream", upstream.name}}, *left);
    const auto* const paused = upstream.paused();
    pause.add({{"upstream", upstream.name}},
              paused ? static_cast<double>(seconds_until(*paused->cooldown_until, readings.now)) : 0.0);
    waiting.add({{"upstream", upstream.name}}, std::uint64_t{upstream.waiting()});
    std::map<std::string, std::uint64_t> least;
    for (const auto& each : upstream.quotas()) {
      const auto name = period_name(each.per) + (each.grabs ? "-grabs" : "");
      const auto [at, added] = least.try_emplace(name, each.remaining);
      if (!added) at->second = std::min(at->second, each.remaining);
    }
    for (const auto& [per, left] : least) quota.add({{"upstream", upstream.name}, {"per", per}}, left);
  }
  for (auto* family : {&tokens, &quota, &pause, &waiting}) into.push_back(family->take());
  auto prefetches =
      counter("cachearr_prefetch_total", "Refreshes of answers that were still fresh, by what they brought.");
  for (std::size_t i = 0; i < readings.counts.prefetches.size(); ++i)
    prefetches.add({{"result", std::string{name_of(static_cast<metrics::Prefetch>(i))}}},
                   readings.counts.prefetches[i]);
  into.push_back(prefetches.take());
}

void add_store(const store::StoreStats& stats, Families& into) {
  auto bytes = gauge("cachearr_cache_size_bytes", "Bytes that count against the tier's budget.");
  auto budget = gauge("cachearr_cache_max_bytes", "The tier's budget.");
  auto keys = gauge("cachearr_cache_keys", "Entries in the tier.");
  auto evictions =
      counter("cachearr_evictions_total", "Entries that left the tier, for want of room or because they had expired.");
  auto errors = counter("cachearr_store_errors_total", "Operations of the tier that failed.");
  const auto add = [&](const char* tier, const store::TierStats& figures) {
    bytes.add({{"tier", tier}}, figures.bytes);
    budget.add({{"tier", tier}}, figures.max_bytes);
    keys.add({{"tier", tier}}, figures.entries);
    evictions.add({{"tier", tier}, {"reason", "space"}}, figures.evictions);
    evictions.add({{"tier", tier}, {"reason", "expired"}}, figures.expired);
    errors.add({{"tier", tier}}, figures.errors);
  };
  add("memory", stats.memory);
  if (stats.disk_enabled) add("disk", stats.disk);
  for (auto* family : {&bytes, &budget, &keys, &evictions, &errors}) into.push_back(family->take());
}

void add_invalidations(const Readings& readings, Families& into) {
  constexpr std::array<const char*, 4> causes{"write", "rule", "api", "event"};
  constexpr std::size_t api = 2;
  auto family = counter("cachearr_invalidations_total", "Invalidations, by who asked for them.");
  for (std::size_t i = 0; i < causes.size(); ++i)
    family.add({{"cause", causes[i]}}, readings.counts.invalidations[i] + (i == api ? readings.api_invalidations : 0));
  into.push_back(family.take());
}

void add_program(const Readings& readings, Families& into) {
  into.push_back(
      gauge("cachearr_build_info", "What this program is; always 1.").add({{"version", CACHEARR_VERSION}}, 1.0).take());
  into.push_back(
      gauge("cachearr_config_last_reload_success", "1 where the last reload of configuration and rules was taken.")
          .add({}, readings.last_reload_taken ? 1.0 : 0.0)
          .take());
  into.push_back(
      counter("cachearr_log_lines_dropped_total", "Access log lines dropped because the log's sink was too slow.")
          .add({}, readings.dropped_log_lines)
          .take());
  const auto& process = readings.process;
  into.push_back(counter("process_cpu_seconds_total", "Total user and system CPU time in seconds.")
                     .add({}, process.cpu_seconds)
                     .take());
  into.push_back(
      gauge("process_resident_memory_bytes", "Resident memory size in bytes.").add({}, process.resident_bytes).take());
  into.push_back(
      gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.").add({}, process.virtual_bytes).take());
  into.push_back(gauge("process_open_fds", "Number of open file descriptors.").add({}, process.open_files).take());
  into.push_back(
      gauge("process_max_fds", "Maximum number of open file descriptors.").add({}, process.max_files).take());
  into.push_back(gauge("process_threads", "Number of threads.").add({}, process.threads).take());
  into.push_back(gauge("process_start_time_seconds", "Start time of the process in seconds since the Unix epoch.")
                     .add({}, process.start_time)
                     .take());
}

}  // namespace

std::vector<MetricFamily> families_of(const Readings& readings) {
  Families families;
  add_lookups(readings.counts, families);
  add_ratios(readings.counts, families);
  add_lifetimes(readings.counts, families);
  add_requests(readings.counts, families);
  add_limits(readings, families);
  add_store(readings.store, families);
  add_invalidations(readings, families);
  add_program(readings, families);
  return families;
}

std::string metrics_text(const Readings& readings) {
  std::ostringstream out;
  prometheus::TextSerializer{}.Serialize(out, families_of(readings));
  return out.str();
}

}  // namespace cachearr::admin
