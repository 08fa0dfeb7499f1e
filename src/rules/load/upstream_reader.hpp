// Reads one member of "upstreams". Pure but for the problems it adds to the file's list.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/load/json_file.hpp"
#include "rules/upstream.hpp"

namespace cachearr::rules {

/// Lays what the file says over `into`, which holds the defaults, or the upstream it is `like`, or the shipped one that
/// it replaces. `folder` is where relative file names begin.
void read_upstream(const Node& node, const std::string& folder, Upstream& into);

/// Fills in the origin from the first exact host where the file names none.
void complete_origin(Upstream& upstream);

}  // namespace cachearr::rules
