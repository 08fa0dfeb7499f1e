// Reads what an upstream is asked for at a warm-up.
#pragma once

#include <string_view>
#include <vector>

#include "rules/load/json_file.hpp"
#include "rules/upstream.hpp"

namespace cachearr::rules {

/// Replaces what `into` had.
void read_warm(const Node& node, Upstream& into);

/// Who is asked when this upstream is warmed up has one of these names.
void check_warm_up(const Node& upstream, const std::vector<std::string_view>& names);

}  // namespace cachearr::rules
