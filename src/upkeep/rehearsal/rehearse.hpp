// What would be otherwise by a draft of the rules: the last requests, judged by what is in force and by the draft.
// Any thread; reads the two snapshots alone.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pipeline/config_snapshot.hpp"
#include "upkeep/rehearsal/judge.hpp"
#include "upkeep/rehearsal/simulate.hpp"

namespace cachearr::upkeep {

/// Requests for one URL that the draft treats otherwise.
struct RehearsedChange {
  std::string method, url;
  Judgement before, after;
  bool other_rule = false;
  bool other_key = false;  // or kept apart for its credentials by one of both alone
  bool other_lifetime = false;
  std::uint64_t requests = 0;
};

struct Rehearsal {
  std::uint64_t requests = 0;  // that were judged
  std::uint64_t left_out =
      0;  // of which what was recorded does not tell enough: a rule looks at header fields, or changed since
  TimePoint from{}, to{};
  std::uint64_t other_rule = 0, other_key = 0, other_lifetime = 0;  // requests
  std::vector<RehearsedChange> changes;                             // the most frequent first, at most kMostChanges
  ReplayFigures before, after;
  std::uint64_t hits_recorded = 0;      // what the cache has answered in fact
  std::uint64_t lifetimes_unknown = 0;  // requests whose answer decides and is not known: played as if not stored

  static constexpr std::size_t kMostChanges = 100;
};

/// REQUIRES: `past` in order of time.
Rehearsal rehearse(const pipeline::ConfigSnapshot& in_force, const pipeline::ConfigSnapshot& draft,
                   std::span<const PastRequest> past);

}  // namespace cachearr::upkeep
