// Files that a user has named, read as a whole or not at all. Blocking; any thread; keeps nothing.
#pragma once

#include <cstdint>
#include <istream>
#include <string>

#include "base/result.hpp"

namespace cachearr::app {

/// "PATH cannot be read: WHY", with what to do where rights are missing. `code` as errno has it.
Error unreadable(const std::string& path, int code);
/// Whether it is a pipe, which can be read only once. The error: it is neither a pipe nor a file.
Result<bool> is_pipe(const std::string& path);
/// The rest of `in`, which comes from `path`. The error: more than `most` bytes, or the reading fails.
Result<std::string> read_rest(std::istream& in, const std::string& path, std::uint64_t most);
/// All of a file or a pipe. The error: as above, or nobody lets us.
Result<std::string> read_file(const std::string& path, std::uint64_t most);

}  // namespace cachearr::app
