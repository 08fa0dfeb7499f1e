// Reads a store's file from outside, whether or not an instance uses it: a consistent copy, and the kept states.
//
// For the command line alone, in a process that has no store open: LMDB forbids opening a file twice in one process.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace cachearr::store {

/// Copies what is committed into `to_folder`, which exists, without holding up who writes. With it go the
/// invalidations that are not in the file yet. The error: damaged, in doubt after a power failure, no space.
std::optional<Error> copy_store(const std::string& folder, const std::string& to_folder);
/// Calls `visit` with each state that was kept.
std::optional<Error> read_states(const std::string& folder,
                                 const std::function<void(std::string_view name, std::string_view bytes)>& visit);
/// Why a store in `folder` would not be used; none where it would be.
std::optional<Error> check_store(const std::string& folder);

}  // namespace cachearr::store
