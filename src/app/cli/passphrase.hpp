// Passphrases of the authority in an export: from a file, or typed without being shown. Main thread only.
#pragma once

#include <string>

#include "base/result.hpp"

namespace cachearr::app {

/// The first line of `file`; where that is empty, what is typed at the terminal. `twice`: a new one, typed again.
Result<std::string> read_passphrase(const std::string& file, bool twice);

}  // namespace cachearr::app
