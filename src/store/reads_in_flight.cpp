#include "store/reads_in_flight.hpp"

#include <algorithm>
#include <iterator>

namespace cachearr::store {

EntryPtr ReadsInFlight::find(const Hash128& id, std::string_view identity) {
  const std::lock_guard lock{mutex_};
  const auto at = std::find_if(entries_.rbegin(), entries_.rend(), [&](const EntryPtr& entry) {
    return entry->id() == id && (identity.empty() || entry->identity() == identity);
  });
  return at == entries_.rend() ? EntryPtr{} : *at;
}

void ReadsInFlight::add(const EntryPtr& entry) {
  const std::lock_guard lock{mutex_};
  entries_.push_back(entry);
}

void ReadsInFlight::drop_unused() {
  std::vector<EntryPtr> dropped;
  const std::lock_guard lock{mutex_};
  const auto unused = std::stable_partition(entries_.begin(), entries_.end(),
                                            [](const EntryPtr& entry) { return !entry.is_only_one(); });
  dropped.assign(std::make_move_iterator(unused), std::make_move_iterator(entries_.end()));
  entries_.erase(unused, entries_.end());
}

}  // namespace cachearr::store
