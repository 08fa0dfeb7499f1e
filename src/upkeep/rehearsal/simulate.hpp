// A sequence of requests played again with the lifetimes that rules give: how often the cache would have answered, how
// often the upstreams would have been asked, how old answers would have been. Pure.
#pragma once

#include <cstdint>
#include <span>

#include <cachearr/clock.hpp>

#include "base/hash.hpp"

namespace cachearr::upkeep {

struct ReplayStep {
  TimePoint at;
  Hash128 name;
  bool may_hit = false;    // what is stored may answer it
  bool may_store = false;  // its answer may be stored
  Duration lifetime{};     // of the answer, were it fetched now
  Duration stale{};        // for so long after it, it is served and refreshed
};

struct ReplayFigures {
  std::uint64_t requests = 0, hits = 0, stale_hits = 0, upstream_calls = 0;
  Duration oldest_stale{};  // the longest time past its lifetime that an answer was served
  Duration mean_age{};      // of what the cache has answered
  friend bool operator==(const ReplayFigures&, const ReplayFigures&) = default;
  double hit_rate() const noexcept {
    return requests == 0 ? 0.0 : 100.0 * static_cast<double>(hits + stale_hits) / static_cast<double>(requests);
  }
};

/// From an empty cache. REQUIRES: in order of time.
ReplayFigures simulate(std::span<const ReplayStep> steps);

}  // namespace cachearr::upkeep
