#include "metrics/families.hpp"

#include <limits>

#include "metrics/limit_readers.hpp"
#include "metrics/shared_readers.hpp"

namespace cachearr::metrics {

namespace {

using Type = Family::Type;

constexpr double kMicroseconds = 1e6;
constexpr double kSeconds = 1;

/// Lookups of each type, whatever the upstream; a type is there once, in the order of its name.
template <class Totals, class Add>
std::map<std::string_view, Totals> by_type(const Readings& readings, Add add) {
  std::map<std::string_view, Totals> sums;
  for (const auto& label : readings.labels) add(sums[label.label.type], label);
  return sums;
}

void read_hits(const Readings& readings, Samples& samples) {
  for (const auto& each : readings.labels) {
    const auto& [type, upstream] = each.label;
    if (each.hits_memory > 0) samples.add({type, upstream, "memory"}, each.hits_memory);
    if (each.hits_disk > 0) samples.add({type, upstream, "disk"}, each.hits_disk);
    if (each.hits_shared > 0) samples.add({type, upstream, "shared"}, each.hits_shared);
  }
}

void read_misses(const Readings& readings, Samples& samples) {
  for (const auto& each : readings.labels)
    for (std::size_t i = 0; i < each.misses.size(); ++i)
      if (each.misses[i] > 0)
        samples.add({each.label.type, each.label.upstream, readings.miss_reasons[i]}, each.misses[i]);
}

void read_hit_ratio(const Readings& readings, Samples& samples) {
  using Lookups = std::pair<std::uint64_t, std::uint64_t>;
  const auto sums = by_type<Lookups>(readings, [](Lookups& sum, const LabelTotals& label) {
    sum.first += label.hits();
    sum.second += label.all_misses();
  });
  for (const auto& [type, sum] : sums)
    if (sum.first + sum.second > 0) samples.add({type}, share(sum.first, sum.second) / 100);
}

void read_lifetimes(const Readings& readings, Samples& samples) {
  using Sum = HistogramTotals<Lifetimes>;
  const auto sums = by_type<Sum>(readings, [](Sum& sum, const LabelTotals& label) { sum.add(label.lifetimes); });
  for (const auto& [type, sum] : sums)
    samples.add_histogram({type}, Lifetimes::kBounds, sum.buckets, sum.sum, kSeconds);
}

void read_request_durations(const Readings& readings, Samples& samples) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(RequestResult::count); ++i) {
    HistogramTotals<Histogram> sum;
    for (const auto& worker : readings.metrics.workers()) sum.add(worker->requests[i]);
    samples.add_histogram({name_of(static_cast<RequestResult>(i))}, Histogram::kBounds, sum.buckets, sum.sum,
                          kMicroseconds);
  }
}

void read_upstream_durations(const Readings& readings, Samples& samples) {
  for (const auto& [name, upstream] : readings.upstreams)
    samples.add_histogram({name}, Histogram::kBounds, upstream.duration.buckets, upstream.duration.sum, kMicroseconds);
}

void read_upstream_requests(const Readings& readings, Samples& samples) {
  for (const auto& [name, upstream] : readings.upstreams)
    for (const auto& [status, number] : upstream.statuses) samples.add({name, std::to_string(status)}, number);
}

template <auto member>
void read_upstreams(const Readings& readings, Samples& samples) {
  for (const auto& [name, upstream] : readings.upstreams) samples.add({name}, upstream.*member);
}

/// An array of cells, one for each value of Enum.
template <class Enum, auto cells>
void read_each(const Readings& readings, Samples& samples) {
  const auto sums = totals(readings.metrics, cells);
  for (std::size_t i = 0; i < sums.size(); ++i) samples.add({name_of(static_cast<Enum>(i))}, sums[i]);
}

template <auto cell>
void read_one(const Readings& readings, Samples& samples) {
  samples.add({}, total(readings.metrics, cell));
}

void read_connections(const Readings& readings, Samples& samples) {
  samples.add({"client"}, total(readings.metrics, &WorkerCells::client_connections));
  samples.add({"upstream"}, total(readings.metrics, &WorkerCells::upstream_connections));
}

void read_invalidations(const Readings& readings, Samples& samples) {
  constexpr std::array<std::string_view, 4> causes{"write", "rule", "api", "event"};
  constexpr std::size_t api = 2, event = 3;
  auto sums = totals(readings.metrics, &WorkerCells::invalidations);
  sums[api] += readings.api_invalidations;
  for (const auto& feed : readings.feeds) sums[event] += feed.invalidations;
  for (std::size_t i = 0; i < causes.size(); ++i) samples.add({causes[i]}, sums[i]);
}

void read_webhooks(const Readings& readings, Samples& samples) {
  for (const auto& webhook : readings.webhooks) samples.add({webhook.upstream, webhook.event}, webhook.count);
}

void read_feeds_up(const Readings& readings, Samples& samples) {
  for (const auto& feed : readings.feeds) samples.add({feed.upstream}, feed.up ? 1.0 : 0.0);
}

void read_feed_messages(const Readings& readings, Samples& samples) {
  for (const auto& feed : readings.feeds)
    for (const auto& [event, number] : feed.messages) samples.add({feed.upstream, event}, number);
}

void read_alerts(const Readings& readings, Samples& samples) {
  for (const auto& alert : readings.alerts) samples.add({alert.id, alert.severity}, alert.fires ? 1.0 : 0.0);
}

template <auto member>
void read_process(const Readings& readings, Samples& samples) {
  samples.add({}, readings.process.*member);
}

constexpr auto kFamilies = std::to_array<Family>({
    {"cachearr_cache_hits_total",
     "Requests answered from the cache.",
     Type::counter,
     {"type", "upstream", "tier"},
     read_hits},
    {"cachearr_cache_misses_total",
     "Requests that had to be sent to an upstream, by why (fwd of RFC 9211).",
     Type::counter,
     {"type", "upstream", "reason"},
     read_misses},
    {"cachearr_cache_hit_ratio",
     "Share of requests answered from the cache since the start, 0 to 1.",
     Type::gauge,
     {"type"},
     read_hit_ratio},
    {"cachearr_cache_ttl_seconds",
     "Freshness lifetimes of answers when they were stored.",
     Type::histogram,
     {"type"},
     read_lifetimes},
    {"cachearr_request_duration_seconds",
     "Time from a request's head to its answer, by how it ended.",
     Type::histogram,
     {"result"},
     read_request_durations},
    {"cachearr_upstream_duration_seconds",
     "Time from sending a request upstream to the head of its answer.",
     Type::histogram,
     {"upstream"},
     read_upstream_durations},
    {"cachearr_upstream_requests_total",
     "Requests sent upstream, by the status of the answer.",
     Type::counter,
     {"upstream", "status"},
     read_upstream_requests},
    {"cachearr_upstream_failures_total",
     "Requests to an upstream that brought no answer, whether there was a connection to send them on or not.",
     Type::counter,
     {"upstream"},
     read_upstreams<&UpstreamTotals::failures>},
    {"cachearr_upstream_refused_total",
     "Answers of upstreams that were not what their rule expects.",
     Type::counter,
     {"upstream"},
     read_upstreams<&UpstreamTotals::refused>},
    {"cachearr_stale_served_total",
     "Stale answers that were served, by why.",
     Type::counter,
     {"reason"},
     read_each<StaleReason, &WorkerCells::stale_served>},
    {"cachearr_interceptions_total",
     "Connections to hosts whose HTTPS the rules want looked at, by what became of them.",
     Type::counter,
     {"outcome"},
     read_each<Interception, &WorkerCells::interceptions>},
    {"cachearr_collapsed_total",
     "Requests that shared the fetch of another.",
     Type::counter,
     {},
     read_one<&WorkerCells::collapsed>},
    {"cachearr_connections", "Open connections.", Type::gauge, {"side"}, read_connections},
    {"cachearr_upstream_tokens",
     "Requests that could go at once, of the credential with the fewest.",
     Type::gauge,
     {"upstream"},
     read_tokens},
    {"cachearr_upstream_quota_remaining",
     "Requests left of a quota, of the credential with the fewest.",
     Type::gauge,
     {"upstream", "per"},
     read_quotas},
    {"cachearr_upstream_cooldown_seconds",
     "Until the end of the pause the upstream has asked for.",
     Type::gauge,
     {"upstream"},
     read_cooldowns},
    {"cachearr_upstream_waiting", "Requests that wait for their turn.", Type::gauge, {"upstream"}, read_waiting},
    {"cachearr_limiter_mode",
     "Whose limits hold: 0 its own, 1 those of all, 2 none go until it is known, 3 its share.",
     Type::gauge,
     {"upstream"},
     read_limiter_modes},
    {"cachearr_prefetch_total",
     "Refreshes of answers that were still fresh, by what they brought and what they were good for.",
     Type::counter,
     {"result"},
     read_each<Prefetch, &WorkerCells::prefetches>},
    {"cachearr_cache_size_bytes",
     "Bytes that count against the tier's budget.",
     Type::gauge,
     {"tier"},
     read_tiers<&TierReading::bytes>},
    {"cachearr_cache_max_bytes", "The tier's budget.", Type::gauge, {"tier"}, read_tiers<&TierReading::max_bytes>},
    {"cachearr_cache_keys", "Entries in the tier.", Type::gauge, {"tier"}, read_tiers<&TierReading::entries>},
    {"cachearr_evictions_total",
     "Entries that left the tier, for want of room or because they had expired.",
     Type::counter,
     {"tier", "reason"},
     read_evictions},
    {"cachearr_store_errors_total",
     "Operations of the tier that failed.",
     Type::counter,
     {"tier"},
     read_tiers<&TierReading::errors>},
    {"cachearr_invalidations_total",
     "Invalidations, by who asked for them.",
     Type::counter,
     {"cause"},
     read_invalidations},
    {"cachearr_event_feed_up",
     "1 where the upstream's feed of events is up.",
     Type::gauge,
     {"upstream"},
     read_feeds_up},
    {"cachearr_event_feed_messages_total",
     "Messages of the upstream's feed of events; those that no rule names are \"other\".",
     Type::counter,
     {"upstream", "name"},
     read_feed_messages},
    {"cachearr_webhooks_total",
     "Webhooks of applications, by the event that they told of.",
     Type::counter,
     {"upstream", "event"},
     read_webhooks},
    {"cachearr_build_info",
     "What this program is; always 1.",
     Type::gauge,
     {"version"},
     [](const Readings&, Samples& samples) { samples.add({CACHEARR_VERSION}, 1.0); }},
    {"cachearr_config_last_reload_success",
     "1 where the last reload of configuration and rules was taken.",
     Type::gauge,
     {},
     [](const Readings& readings, Samples& samples) { samples.add({}, readings.last_reload_taken ? 1.0 : 0.0); }},
    {"cachearr_shared_up",
     "1 where the Redis that instances share is there, and all that others have invalidated is known.",
     Type::gauge,
     {},
     read_shared<&SharedReading::up>},
    {"cachearr_shared_breaker_open",
     "1 where it is not used for this: it was too slow to be asked (read), or too full to be written to (write).",
     Type::gauge,
     {"for"},
     read_shared_breakers},
    {"cachearr_shared_command_seconds",
     "Time from a command to its answer.",
     Type::histogram,
     {"command"},
     read_shared_commands},
    {"cachearr_shared_timeouts_total",
     "Look-ups that were not answered in time.",
     Type::counter,
     {},
     read_shared<&SharedReading::timeouts>},
    {"cachearr_shared_waits_total",
     "Look-ups that waited for the fetch of another instance, by what came of it.",
     Type::counter,
     {"result"},
     read_shared_by<&SharedReading::waits>},
    {"cachearr_shared_look_ups_total",
     "Answers that were looked for there, by result; late ones came after their deadline.",
     Type::counter,
     {"result"},
     read_shared_by<&SharedReading::look_ups>},
    {"cachearr_shared_rejected_total",
     "Records there that were not believed, by why.",
     Type::counter,
     {"reason"},
     read_shared_by<&SharedReading::rejected>},
    {"cachearr_shared_written_total",
     "Answers that were written there.",
     Type::counter,
     {},
     read_shared<&SharedReading::written>},
    {"cachearr_shared_dropped_total",
     "Answers that were not written there, by why.",
     Type::counter,
     {"reason"},
     read_shared_by<&SharedReading::dropped>},
    {"cachearr_shared_invalidations_total",
     "Invalidations to and from other instances.",
     Type::counter,
     {"direction"},
     read_shared_news},
    {"cachearr_shared_gaps_total",
     "How often invalidations of others were lost, so that everything older was asked for again.",
     Type::counter,
     {},
     read_shared<&SharedReading::gaps>},
    {"cachearr_shared_lag_seconds",
     "Since all invalidations of others were known for certain.",
     Type::gauge,
     {},
     read_shared<&SharedReading::lag_seconds>},
    {"cachearr_shared_members",
     "Instances that were seen within a day, this one included.",
     Type::gauge,
     {},
     read_shared<&SharedReading::members>},
    {"cachearr_shared_memory_ratio",
     "Share of the Redis' memory that is used, 0 to 1; 0 where it has no limit.",
     Type::gauge,
     {},
     read_shared<&SharedReading::memory_ratio>},
    {"cachearr_alerts", "1 where the alert fires.", Type::gauge, {"id", "severity"}, read_alerts},
    {"cachearr_log_lines_dropped_total",
     "Access log lines dropped because the log's sink was too slow.",
     Type::counter,
     {},
     [](const Readings& readings, Samples& samples) { samples.add({}, readings.dropped_log_lines); }},
    {"process_cpu_seconds_total",
     "Total user and system CPU time in seconds.",
     Type::counter,
     {},
     read_process<&ProcessStats::cpu_seconds>},
    {"process_resident_memory_bytes",
     "Resident memory size in bytes.",
     Type::gauge,
     {},
     read_process<&ProcessStats::resident_bytes>},
    {"process_virtual_memory_bytes",
     "Virtual memory size in bytes.",
     Type::gauge,
     {},
     read_process<&ProcessStats::virtual_bytes>},
    {"process_open_fds", "Number of open file descriptors.", Type::gauge, {}, read_process<&ProcessStats::open_files>},
    {"process_max_fds",
     "Maximum number of open file descriptors.",
     Type::gauge,
     {},
     read_process<&ProcessStats::max_files>},
    {"process_threads", "Number of threads.", Type::gauge, {}, read_process<&ProcessStats::threads>},
    {"process_start_time_seconds",
     "Start time of the process in seconds since the Unix epoch.",
     Type::gauge,
     {},
     read_process<&ProcessStats::start_time>},
});

}  // namespace

Samples::Sample& Samples::append(Values label_values, double value) {
  auto& sample = samples_.emplace_back();
  sample.label_values.assign(label_values.begin(), label_values.end());
  sample.value = value;
  return sample;
}

void Samples::add_histogram(Values label_values, std::span<const std::uint32_t> bounds,
                            std::span<const std::uint64_t> counts, std::uint64_t sum, double unit) {
  auto& sample = append(label_values, static_cast<double>(sum) / unit);
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    cumulative += counts[i];
    sample.buckets.push_back(
        {cumulative, i < bounds.size() ? bounds[i] / unit : std::numeric_limits<double>::infinity()});
  }
}

std::span<const Family> families() noexcept { return kFamilies; }

}  // namespace cachearr::metrics
