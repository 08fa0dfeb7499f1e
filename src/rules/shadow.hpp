// Which rules can never be chosen, since an earlier one takes all that they would match. Pure; on an immutable set.
#pragma once

#include <vector>

#include "rules/rule_set.hpp"

namespace cachearr::rules {

/// For each rule, in the order of the set: an earlier one that matches whatever it matches, or null. Only what is
/// certain is told. A rule with "invalidate" acts beside others, so that none can shadow it.
std::vector<const Rule*> shadows(const RuleSet& set);

}  // namespace cachearr::rules
