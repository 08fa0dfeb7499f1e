// What is to be said about the local authority with these rules: missing, unusable, too narrow, about to end.
// Main thread, at start, at reload and in `check`; reads the authority's files.
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

namespace cachearr::app {

/// The hosts of all upstreams that are to be intercepted, in the order of the rules.
std::vector<std::string> intercepted_hosts(const rules::RuleSet& rules);
/// Why the authority that is there cannot be used: its files are open to others, broken or unlimited. Nothing starts
/// with such a one, so that nobody takes it for working. None where interception is off or there is no authority.
std::optional<std::string> authority_problem(const Config& config);
/// Sentences for `check`, the log and health; none where all is well or interception is off.
std::vector<std::string> authority_notes(const Config& config, const rules::RuleSet& rules, TimePoint now);
/// The same about an authority that is loaded already.
std::vector<std::string> notes_about(const authority::Authority& authority, const rules::RuleSet& rules, TimePoint now);

}  // namespace cachearr::app
