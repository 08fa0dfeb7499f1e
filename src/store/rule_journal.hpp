// Invalidations that cannot be written to the store's file yet, because it is still being checked or is not open: a
// small file beside it that they are appended to, so that what was purged does not come back when the process is killed
// before. Used by the disk tier's writer alone.
#pragma once

#include <string>
#include <vector>

#include "store/invalidations.hpp"

namespace cachearr::store {

/// False where the disk refuses.
bool journal_rules(const std::string& folder, const std::vector<Invalidation>& rules);
/// In the order in which they were added, up to the first that is not whole.
std::vector<Invalidation> journaled_rules(const std::string& folder);
void clear_journal(const std::string& folder);

}  // namespace cachearr::store
