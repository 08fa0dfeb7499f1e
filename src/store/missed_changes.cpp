#include "store/missed_changes.hpp"

#include <utility>

namespace cachearr::store {

/// False where it is there already, or there are too many.
bool MissedChanges::insert(const Hash128& id) {
  if (ids_.size() >= kMost && !ids_.contains(id)) {
    overflowed_ = true;
    return false;
  }
  const bool inserted = ids_.insert(id).second;
  count_.store(ids_.size(), std::memory_order_release);
  return inserted;
}

void MissedChanges::add(const Hash128& id) {
  const std::lock_guard lock{mutex_};
  if (insert(id)) new_.insert(id);
}

void MissedChanges::add_journaled(const std::vector<Hash128>& ids) {
  const std::lock_guard lock{mutex_};
  for (const auto& id : ids) insert(id);
}

bool MissedChanges::has(const Hash128& id) const {
  if (empty()) return false;
  const std::lock_guard lock{mutex_};
  return ids_.contains(id);
}

void MissedChanges::remove(const Hash128& id) {
  if (empty()) return;
  const std::lock_guard lock{mutex_};
  ids_.erase(id);
  new_.erase(id);
  count_.store(ids_.size(), std::memory_order_release);
}

bool MissedChanges::overflowed() const {
  const std::lock_guard lock{mutex_};
  return overflowed_;
}

std::vector<Hash128> MissedChanges::some(std::size_t most) const {
  const std::lock_guard lock{mutex_};
  std::vector<Hash128> found;
  for (auto id = ids_.begin(); id != ids_.end() && found.size() < most; ++id) found.push_back(*id);
  return found;
}

std::vector<Hash128> MissedChanges::take_new() {
  const std::lock_guard lock{mutex_};
  const auto added = std::exchange(new_, {});
  return {added.begin(), added.end()};
}

void MissedChanges::clear() {
  const std::lock_guard lock{mutex_};
  ids_.clear();
  new_.clear();
  overflowed_ = false;
  count_.store(0, std::memory_order_release);
}

}  // namespace cachearr::store
