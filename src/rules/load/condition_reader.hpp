// Reads "refuse_if" and "ttl_from": what a body must be like. Pure but for the problems it adds.
#pragma once

#include "rules/load/json_file.hpp"
#include "rules/rule.hpp"

namespace cachearr::rules {

void read_refuse_if(const Node& node, Rule& into);
void read_ttl_from(const Node& node, Rule& into);

}  // namespace cachearr::rules
