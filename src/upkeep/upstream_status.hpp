// How the limits of one upstream stand, its credentials taken together: for the API, the metrics and the health notes.
// Pure: values in, values out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "limit/snapshot.hpp"
#include "pipeline/upstream_modes.hpp"
#include "rules/rule_set.hpp"
#include "upkeep/feed/feed_status.hpp"

namespace cachearr::upkeep {

/// Of each figure the one of the credential that is held back the longest.
struct UpstreamStatus {
  std::string name;
  std::string mode;  // as rules files spell it; once it is not paused
  limit::UpstreamSnapshot limits;
  std::size_t idle_connections = 0;
  bool paused_by_operator = false;
  std::string mode_of_rules = {};                   // where the operator has chosen another one; else empty
  std::optional<FeedStatus> events = std::nullopt;  // where its rules know a feed

  std::optional<std::uint64_t> tokens() const;
  std::size_t waiting() const;
  std::size_t in_flight() const;
  /// The credential whose pause ends last; null: none pauses.
  const limit::KeyLimiterSnapshot* paused() const;
  std::vector<limit::QuotaSnapshot> quotas() const;  // the smallest rest of each kind
};

/// As rules files spell it.
std::string_view name_of(rules::UpstreamMode mode) noexcept;

/// Upstreams of the rules first, in their order; then hosts that no rule names and that have been asked.
/// `idle_connections`: to each host.
std::vector<UpstreamStatus> upstream_statuses(std::vector<limit::UpstreamSnapshot> snapshots,
                                              const rules::RuleSet& rules, const pipeline::UpstreamModes& modes,
                                              const std::map<std::string, std::size_t>& idle_connections);

/// Gives each upstream how its feed is: off where none is made.
void add_feeds(std::vector<UpstreamStatus>& statuses, const rules::RuleSet& rules,
               const std::vector<FeedStatus>& feeds);

/// "minute", "hour", "day", else seconds with an s; "unknown" where it was not said.
std::string period_name(Duration per);
/// Whole seconds, rounded up; 0 where `at` is past.
std::int64_t seconds_until(TimePoint at, TimePoint now);

}  // namespace cachearr::upkeep
