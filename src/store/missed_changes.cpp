#include "store/missed_changes.hpp"

#include <utility>

namespace cachearr::store {

void MissedChanges::add(const Hash128& id) {
  const std::lock_guard lock{mutex_};
  if (ids_.size() >= kMost && !ids_.contains(id)) {
    overflowed_ = true;
    return;
  }
  if (ids_.insert(id).second) new_.push_back(id);
  count_.store(ids_.size(), std::memory_order_release);
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
  return std::exchange(new_, {});
}

void MissedChanges::clear() {
  const std::lock_guard lock{mutex_};
  ids_.clear();
  new_.clear();
  overflowed_ = false;
  count_.store(0, std::memory_order_release);
}

}  // namespace cachearr::store
