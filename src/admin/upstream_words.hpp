// How the limits of upstreams stand, as the API's answers, the metrics and the health notes tell it. Pure but for
// standings(), which reads the instance.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "admin/instance.hpp"
#include "limit/snapshot.hpp"

namespace cachearr::admin {

/// One upstream, its credentials taken together: of each figure the one that holds requests back the longest.
struct Standing {
  std::string name;
  std::string mode;  // as rules files spell it
  limit::UpstreamSnapshot limits;
  std::size_t idle_connections = 0;

  std::optional<std::uint64_t> tokens() const;
  std::size_t waiting() const;
  std::size_t in_flight() const;
  /// The lane whose pause ends last; null: none pauses.
  const limit::LaneSnapshot* paused() const;
  std::vector<limit::QuotaSnapshot> quotas() const;  // the smallest rest of each kind
};

/// Upstreams of the rules first, in their order; then hosts that no rule names and that have been asked.
std::vector<Standing> standings(Instance& instance);

/// "minute", "hour", "day", else seconds with an s; "unknown" where it was not said.
std::string period_name(Duration per);
std::string iso_time(TimePoint at);
std::int64_t seconds_until(TimePoint at, TimePoint now);
nlohmann::ordered_json standing_json(const Standing& standing, TimePoint now);
/// Pauses, open breakers and used-up quotas, a sentence each.
std::vector<HealthNote> limit_notes(const std::vector<Standing>& standings, TimePoint now);

}  // namespace cachearr::admin
