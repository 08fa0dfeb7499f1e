// Reads "covers" of a rule: by which parameters its answers are pages of one feed. Used by the thread that loads.
#pragma once

#include "rules/load/json_file.hpp"
#include "rules/rule.hpp"

namespace cachearr::rules {

/// REQUIRES: the rule's key is compiled and its expectation known.
void read_covers(const Node& rule, const Rule::Compiled& compiled, Rule& into);

}  // namespace cachearr::rules
