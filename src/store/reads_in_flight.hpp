// Answers too large for the memory tier that were read from disk and are still being sent: a request for one meanwhile
// gets the same bytes, so that many clients of one large file cost its size once. Thread-safe; owned by the disk tier.
#pragma once

#include <mutex>
#include <string_view>
#include <vector>

#include "store/entry.hpp"

namespace cachearr::store {

class ReadsInFlight {
 public:
  /// An empty identity takes any. It may have been replaced on disk since.
  EntryPtr find(const Hash128& id, std::string_view identity);
  void add(const EntryPtr& entry);
  /// Releases what nobody else holds any more.
  void drop_unused();

 private:
  std::mutex mutex_;
  std::vector<EntryPtr> entries_;
};

}  // namespace cachearr::store
