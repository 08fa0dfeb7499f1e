// What is wrong with interception: an authority that is missing, unusable, too narrow or about to end. Sentences for
// health, the log and `check`; none where all is well. Pure; whoever asks has read the authority's files.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <cachearr/clock.hpp>
#include <cachearr/config.hpp>

#include "rules/rule_set.hpp"

namespace cachearr::authority {
class Authority;
}

namespace cachearr::upkeep {

/// The hosts of all upstreams that are to be intercepted, in the order of the rules.
std::vector<std::string> intercepted_hosts(const rules::RuleSet& rules);

/// A sentence each where the authority may not sign for a host, and where it ends soon; `problems_of` has both.
std::optional<std::string> coverage_problem(const authority::Authority& authority, const rules::RuleSet& rules);
std::optional<std::string> expiry_problem(const authority::Authority& authority, TimePoint now);
std::vector<std::string> problems_of(const authority::Authority& authority, const rules::RuleSet& rules, TimePoint now);
/// `why`: what keeps the authority that is there from being used; empty: there is none.
std::vector<std::string> problems_without_authority(const Config& config, const rules::RuleSet& rules,
                                                    const std::string& why);

}  // namespace cachearr::upkeep
