// Which rules should have their TTL halved because their keys are hardly ever hit, and which are hit often enough
// again. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cachearr/clock.hpp>

#include "upkeep/rule_rates.hpp"

namespace cachearr::upkeep {

/// Upstream and name.
using RuleName = std::pair<std::string, std::string>;

/// A rule whose TTL is halved.
struct Halved {
  TimePoint since{};
  RuleRate at;  // as it was when that was decided
};
using HalvedRules = std::map<RuleName, Halved>;

struct OptimizerDecision {
  std::vector<RuleRate> halve;  // rules whose TTL should be halved from now on
  std::vector<RuleRate> undo;   // rules that should have their own TTL again
};

/// A rule is halved below `below_percent`, where there is something to halve, and gets its TTL back once its rate is a
/// twentieth above that and it was halved for an hour: so that it does not go back and forth.
OptimizerDecision decide(const std::vector<RuleRate>& rates, const HalvedRules& in_force, std::uint32_t below_percent,
                         TimePoint now);

/// What is in force as bytes for the store, and back; none where these are not its bytes.
std::string encode_halved(const HalvedRules& rules);
std::optional<HalvedRules> decode_halved(std::string_view bytes);

}  // namespace cachearr::upkeep
