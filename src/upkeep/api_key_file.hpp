// The key of our own for an application, from the file that "api_key_file" names. Reads at each call; any thread.
#pragma once

#include <string>

#include "base/result.hpp"

namespace cachearr::upkeep {

/// Without the white space that an editor leaves around it. The error names the file, and never what stands in it.
Result<std::string> read_api_key(const std::string& path);

}  // namespace cachearr::upkeep
