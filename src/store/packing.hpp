// How the disk tier packs bodies. Pure functions, any thread.
#pragma once

#include <string>

#include "store/entry.hpp"

namespace cachearr::store {

/// The body as the disk tier keeps it: a zstd frame for text of some size that is not encoded already, else empty.
std::string packed_for_disk(const Entry& entry);

}  // namespace cachearr::store
