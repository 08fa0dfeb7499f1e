// What happened, counted: one set of cells for each worker, written by it alone, read by whoever asks.
//
// Metrics is owned by the application and outlives the workers. Cells are relaxed atomics with a single writer.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "metrics/cell.hpp"
#include "metrics/savings.hpp"

namespace cachearr::metrics {

/// How a request ended, for metrics and the log.
enum class RequestResult : std::uint8_t { hit, stale, revalidated, collapsed, miss, bypass, tunnel, error, count };
std::string_view name_of(RequestResult ending) noexcept;

/// Why stale was served.
enum class StaleReason : std::uint8_t { while_revalidate, if_error, limited, refused, offline, cooldown, count };
std::string_view name_of(StaleReason reason) noexcept;

/// What a refresh of a fresh answer has brought; of those on schedule also what they were good for.
enum class Prefetch : std::uint8_t {
  changed,
  unchanged,
  denied,   // the budget left nothing
  failed,   // no answer
  useful,   // it was asked for before its end
  useless,  // it was not
  unknown,  // not tried: nobody knows any more by which request it came
  count
};
std::string_view name_of(Prefetch result) noexcept;

/// What became of a connection whose HTTPS the rules want looked at.
enum class Interception : std::uint8_t {
  intercepted,   // answered with a leaf, and the client went on to ask
  distrusted,    // the client said that it does not believe the leaf
  broken_off,    // the client went away without a word when it saw the leaf
  failed,        // no handshake for another reason
  left_alone,    // tunnelled: this client does not believe
  not_tls,       // tunnelled: other bytes than TLS
  no_name,       // tunnelled, or refused at a TLS listener: the client names no host
  other_name,    // tunnelled, or refused at a TLS listener: the client names a host that is not to be intercepted
  no_http_1_1,   // tunnelled: the client wants another protocol than HTTP/1.1
  nothing_said,  // tunnelled, or closed at a TLS listener: the client said nothing, or not enough, in time
  count
};
std::string_view name_of(Interception outcome) noexcept;

/// Durations in buckets; bounds in microseconds, the last bucket is unbounded.
class Histogram {
 public:
  static constexpr std::array<std::uint32_t, 16> kBounds{50,      100,       250,       500,       1'000,   2'500,
                                                         5'000,   10'000,    25'000,    50'000,    100'000, 250'000,
                                                         500'000, 1'000'000, 5'000'000, 30'000'000};
  void record(std::uint64_t microseconds) noexcept;
  std::array<Cell, kBounds.size() + 1> buckets;
  Cell sum;
};

/// Freshness lifetimes in buckets; bounds in seconds, the last bucket is unbounded.
class Lifetimes {
 public:
  static constexpr std::array<std::uint32_t, 12> kBounds{1,      10,     60,      300,       900,       3'600,
                                                         21'600, 86'400, 604'800, 2'592'000, 7'776'000, 31'536'000};
  void record(std::int64_t seconds) noexcept;
  std::array<Cell, kBounds.size() + 1> buckets;
  Cell sum;
};

inline constexpr std::size_t kForwards = 9;

/// The counters of one (type, upstream).
struct LabelCells {
  Cell hits_memory, hits_disk, hits_shared;
  std::array<Cell, kForwards> misses;                                        // by http::Forward
  std::array<Cell, static_cast<std::size_t>(RequestResult::count)> results;  // of requests that were looked up
  Lifetimes lifetimes;                                                       // of what was stored
};

/// The counters of one rule.
struct RuleCells {
  Cell matched, hits;  // requests that it matched; of them, those that a stored answer served
};
struct RuleCount {
  std::uint64_t matched = 0, hits = 0;
};
/// By upstream and rule.
using RuleCounts = std::map<std::pair<std::string, std::string>, RuleCount>;

/// The counters of one upstream, guarded by WorkerCells::mutex.
struct UpstreamCells {
  std::map<int, std::uint64_t> statuses;
  std::uint64_t failures = 0;  // requests without an answer
  std::uint64_t unsent = 0;    // of them, those for which there was no connection
  std::uint64_t refused = 0;   // answers that are not what the rule expects
  std::uint64_t bytes = 0;     // of bodies
  Histogram duration;
};

struct WorkerCells {
  /// REQUIRES: the worker's thread. The reference stays valid.
  LabelCells& label(std::uint32_t index);
  /// Of the rule with this number. REQUIRES: as above. The reference stays valid.
  RuleCells& rule(std::uint32_t number);
  void upstream_answered(const std::string& upstream, int status, std::uint64_t microseconds);
  void upstream_failed(const std::string& upstream, bool asked);
  void upstream_refused(const std::string& upstream);
  void upstream_sent(const std::string& upstream, std::uint64_t bytes);

  std::array<Histogram, static_cast<std::size_t>(RequestResult::count)> requests;
  std::array<Cell, static_cast<std::size_t>(StaleReason::count)> stale_served;
  Cell collapsed, client_connections, upstream_connections, bytes_to_clients, bytes_from_upstreams, calls_saved;
  std::array<Cell, static_cast<std::size_t>(Interception::count)> interceptions;
  std::array<Cell, static_cast<std::size_t>(Prefetch::count)> prefetches;
  std::array<Cell, 4> invalidations;  // write, rule, api, event

  SavingsTable savings;

  mutable std::mutex mutex;  // guards growth of `labels` and `rules`, and everything of the two maps
  std::deque<LabelCells> labels;
  std::deque<RuleCells> rules;
  std::map<std::string, UpstreamCells> upstreams;
  std::map<std::string, std::size_t> idle_connections;  // to each host, a few seconds ago
};

/// Names of labels, append-only.
struct Label {
  std::string type;
  std::string upstream;
};

class Metrics {
 public:
  explicit Metrics(std::size_t workers);
  WorkerCells& worker(std::size_t index) noexcept { return *workers_[index]; }
  const std::vector<std::unique_ptr<WorkerCells>>& workers() const noexcept { return workers_; }
  /// The index of this pair; the same for the same pair. Thread-safe.
  std::uint32_t label(std::string_view type, std::string_view upstream);
  std::vector<Label> labels() const;
  /// The number of the upstream of this name, the same for the same name; of "" it is 0. Thread-safe.
  std::uint32_t upstream_number(std::string_view name);
  /// Their names, by number.
  std::vector<std::string> upstream_names() const;
  /// The number of this rule, the same for the same names. Thread-safe.
  std::uint32_t rule_number(std::string_view upstream, std::string_view rule);
  /// What the workers have counted of rules that matched since the start. Thread-safe.
  RuleCounts rule_counts() const;

 private:
  std::vector<std::unique_ptr<WorkerCells>> workers_;
  mutable std::mutex mutex_;  // guards all below
  std::vector<Label> labels_;
  std::map<std::pair<std::string, std::string>, std::uint32_t> index_;
  std::vector<std::string> upstreams_;
  std::map<std::pair<std::string, std::string>, std::uint32_t> rules_;
};

}  // namespace cachearr::metrics
