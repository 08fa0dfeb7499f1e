// The differences that a reload made, as lines for the command line, the admin API and the log. Pure.
#pragma once

#include <string>
#include <vector>

#include <cachearr/config.hpp>

#include "pipeline/upstream_modes.hpp"
#include "rules/rule_set.hpp"

namespace cachearr::app {

std::vector<std::string> rule_changes(const rules::RuleSet& before, const rules::RuleSet& after);
/// What the operator had set by hand until now.
std::vector<std::string> ended_modes(const rules::RuleSet& rules, const pipeline::UpstreamModes& modes);
/// One line for each setting that is different; what waits for the next start says so.
std::vector<std::string> setting_changes(const Config& in_force, const Config& next);
/// Gives `next` the values in force of all settings that wait for the next start, so that nobody takes the others for
/// what the running program does.
void keep_start_settings(const Config& in_force, Config& next);

}  // namespace cachearr::app
