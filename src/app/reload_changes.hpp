// The differences that a reload made, as lines for the command line, the admin API and the log. Pure.
#pragma once

#include <string>
#include <vector>

#include "pipeline/config_snapshot.hpp"

namespace cachearr::app {

/// One line for each thing that is different; what waits for the next start says so.
std::vector<std::string> changes_between(const pipeline::ConfigSnapshot& before, const pipeline::ConfigSnapshot& after);

}  // namespace cachearr::app
