// The state directory and the small files that the program makes there for itself. Main thread.
//
// Nobody but the program's own user may write there: a planted file would be believed, a planted link followed.
#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"

namespace cachearr::app {

/// Where the instance with this state directory listens for commands.
std::string admin_socket_path(const std::string& state_dir);
/// Makes the directory (mode 0700) with all above it, or checks the one that is there. The error names it and says how
/// to mend it.
std::optional<Error> prepare_state_directory(const std::string& path);
/// Why files in this directory cannot be believed: others may write there. None where it is missing.
std::optional<Error> check_directory(const std::string& path);
/// The secret in `file`: read, or made of random bytes (as hexadecimal digits) and kept with mode 0600. Follows no link
/// and overwrites nothing.
Result<std::string> read_or_make_secret(const std::string& file, std::size_t random_bytes);

}  // namespace cachearr::app
