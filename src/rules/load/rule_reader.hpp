// Reads one element of "rules" for the upstream it belongs to, and compiles it. Pure but for the problems it adds.
#pragma once

#include <string>
#include <unordered_map>

#include <cachearr/clock.hpp>

#include "rules/load/json_file.hpp"
#include "rules/rule.hpp"

namespace cachearr::rules {

using Ttls = std::unordered_map<std::string, Duration>;

/// Fills `into`, whose name and upstream are set already. A rule with problems is filled as far as it goes.
void read_rule(const Node& node, const Ttls& ttls, Rule& into);

/// A name of a rule, an upstream or a type: letters, digits and "-_.", at most 64 of them. Empty: fine.
std::string problem_of_name(std::string_view name);

}  // namespace cachearr::rules
