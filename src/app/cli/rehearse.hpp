// check --rehearse: what drafts of rules files would have made of the last requests of the running instance.
#pragma once

#include <string>
#include <vector>

#include "app/cli/command.hpp"

namespace cachearr::app {

/// Each file stands in for the one of its name among the user's own, or comes as a new one.
int rehearse(const Invocation& invocation, const std::vector<std::string>& files);

}  // namespace cachearr::app
