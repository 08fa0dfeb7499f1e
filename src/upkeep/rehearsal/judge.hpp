// What a configuration makes of a request that came before: its rule, its name, how long its answer holds. Nothing is
// looked up and nothing is sent. Any thread; reads the snapshot alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <cachearr/clock.hpp>

#include "base/hash.hpp"
#include "pipeline/config_snapshot.hpp"
#include "rules/scratch.hpp"

namespace cachearr::upkeep {

/// A request as it was recorded: credentials in its URL are masked.
struct PastRequest {
  std::string method, url;
  std::string upstream, rule;  // that it went to, and that decided it then; empty: none
  int status = 0;
  std::uint64_t partition = 0;  // of its credentials, as a keyed hash; 0: it had none
  TimePoint at{};
  bool was_hit = false;
  std::optional<Duration> lifetime;  // of its answer, as it is stored now
};

struct Judgement {
  std::string rule, key;   // rule empty: none
  Hash128 name;            // of the resource; requests with the same may share an answer
  bool cached = false;     // it may be answered from the cache
  bool by_origin = false;  // the answer itself decides about its lifetime, or its content does
  Duration lifetime{};     // else by the rule
  Duration stale{};        // for so long after it, it is served and refreshed behind the answer
};

/// None where the request cannot be routed.
std::optional<Judgement> judge(const pipeline::ConfigSnapshot& by, const PastRequest& request, rules::Scratch& scratch);

}  // namespace cachearr::upkeep
