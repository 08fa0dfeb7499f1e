// The small files of the state directory that the program makes for itself at first start. Main thread.
#pragma once

#include <string>

#include "base/result.hpp"

namespace cachearr::app {

/// Where the instance with this state directory listens for commands.
std::string admin_socket_path(const std::string& state_dir);
/// Makes the directory (mode 0700) with all above it. The error names it.
Result<bool> make_state_directory(const std::string& path);
/// The secret in `file`: read, or made of random bytes (as hexadecimal digits) and kept with mode 0600.
Result<std::string> read_or_make_secret(const std::string& file, std::size_t random_bytes);

}  // namespace cachearr::app
