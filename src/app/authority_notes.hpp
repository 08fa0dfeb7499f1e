// Reads the local authority's files to say what is wrong with it. Main thread, at start, at reload and in `check`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <cachearr/clock.hpp>
#include <cachearr/config.hpp>

#include "rules/rule_set.hpp"

namespace cachearr::app {

/// Why the authority that is there cannot be used: its files are open to others, broken or unlimited. Nothing starts
/// with such a one, so that nobody takes it for working. None where interception is off or there is no authority.
std::optional<std::string> authority_problem(const Config& config);
/// Sentences for `check`, the log and health; none where all is well or interception is off.
std::vector<std::string> authority_notes(const Config& config, const rules::RuleSet& rules, TimePoint now);

}  // namespace cachearr::app
