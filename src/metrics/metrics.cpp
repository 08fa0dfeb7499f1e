#include "metrics/metrics.hpp"

#include <algorithm>

namespace cachearr::metrics {

std::string_view name_of(RequestResult ending) noexcept {
  constexpr std::array<std::string_view, 8> names{"hit",  "stale",  "revalidated", "collapsed",
                                                  "miss", "bypass", "tunnel",      "error"};
  return names[static_cast<std::size_t>(ending)];
}

std::string_view name_of(StaleReason reason) noexcept {
  constexpr std::array<std::string_view, 6> names{
      "stale-while-revalidate", "stale-if-error", "limited", "refused", "offline", "cooldown"};
  return names[static_cast<std::size_t>(reason)];
}

std::string_view name_of(Prefetch result) noexcept {
  constexpr std::array<std::string_view, 7> names{"changed", "unchanged", "denied", "failed",
                                                  "useful",  "useless",   "unknown"};
  return names[static_cast<std::size_t>(result)];
}

std::string_view name_of(Interception outcome) noexcept {
  constexpr std::array<std::string_view, 10> names{"intercepted", "distrusted",  "broken-off", "failed",
                                                   "left-alone",  "not-tls",     "no-name",    "other-name",
                                                   "no-http-1.1", "nothing-said"};
  return names[static_cast<std::size_t>(outcome)];
}

void Histogram::record(std::uint64_t microseconds) noexcept {
  const auto at = std::lower_bound(kBounds.begin(), kBounds.end(), microseconds) - kBounds.begin();
  buckets[static_cast<std::size_t>(at)].add();
  sum.add(microseconds);
}

void Lifetimes::record(std::int64_t seconds) noexcept {
  const auto length = static_cast<std::uint64_t>(std::max<std::int64_t>(seconds, 0));
  const auto at = std::lower_bound(kBounds.begin(), kBounds.end(), length) - kBounds.begin();
  buckets[static_cast<std::size_t>(at)].add();
  sum.add(length);
}

LabelCells& WorkerCells::label(std::uint32_t index) {
  if (index >= labels.size()) {
    const std::lock_guard lock{mutex};
    while (index >= labels.size()) labels.emplace_back();
  }
  return labels[index];
}

RuleCells& WorkerCells::rule(std::uint32_t number) {
  if (number >= rules.size()) {
    const std::lock_guard lock{mutex};
    while (number >= rules.size()) rules.emplace_back();
  }
  return rules[number];
}

void WorkerCells::upstream_answered(const std::string& upstream, int status, std::uint64_t microseconds) {
  const std::lock_guard lock{mutex};
  auto& cells = upstreams[upstream];
  ++cells.statuses[status];
  cells.duration.record(microseconds);
}

void WorkerCells::upstream_failed(const std::string& upstream, bool asked) {
  const std::lock_guard lock{mutex};
  auto& cells = upstreams[upstream];
  ++cells.failures;
  if (!asked) ++cells.unsent;
}

void WorkerCells::upstream_refused(const std::string& upstream) {
  const std::lock_guard lock{mutex};
  ++upstreams[upstream].refused;
}

void WorkerCells::upstream_sent(const std::string& upstream, std::uint64_t bytes) {
  const std::lock_guard lock{mutex};
  upstreams[upstream].bytes += bytes;
}

Metrics::Metrics(std::size_t workers) {
  for (std::size_t i = 0; i < workers; ++i) workers_.push_back(std::make_unique<WorkerCells>());
  label("", "");
  upstream_number("");
}

std::uint32_t Metrics::label(std::string_view type, std::string_view upstream) {
  const std::lock_guard lock{mutex_};
  const auto [at, added] =
      index_.try_emplace({std::string{type}, std::string{upstream}}, static_cast<std::uint32_t>(labels_.size()));
  if (added) labels_.push_back({std::string{type}, std::string{upstream}});
  return at->second;
}

std::uint32_t Metrics::upstream_number(std::string_view name) {
  const std::lock_guard lock{mutex_};
  const auto at = std::find(upstreams_.begin(), upstreams_.end(), name);
  const auto number = static_cast<std::uint32_t>(at - upstreams_.begin());
  if (at == upstreams_.end()) upstreams_.emplace_back(name);
  return number;
}

std::vector<std::string> Metrics::upstream_names() const {
  const std::lock_guard lock{mutex_};
  return upstreams_;
}

std::uint32_t Metrics::rule_number(std::string_view upstream, std::string_view rule) {
  const std::lock_guard lock{mutex_};
  const auto next = static_cast<std::uint32_t>(rules_.size());
  return rules_.try_emplace({std::string{upstream}, std::string{rule}}, next).first->second;
}

RuleCounts Metrics::rule_counts() const {
  const std::lock_guard lock{mutex_};
  RuleCounts counts;
  for (const auto& [name, number] : rules_) {
    auto& count = counts[name];
    for (const auto& worker : workers_) {
      const std::lock_guard growth{worker->mutex};
      if (number >= worker->rules.size()) continue;
      count.matched += worker->rules[number].matched.read();
      count.hits += worker->rules[number].hits.read();
    }
  }
  return counts;
}

std::vector<Label> Metrics::labels() const {
  const std::lock_guard lock{mutex_};
  return labels_;
}

}  // namespace cachearr::metrics
