// Ids of responses that were replaced or erased while the disk was away: what the file has under them is older than
// what was answered since, and must not be found again. Thread-safe; owned by the disk tier.
#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <unordered_set>
#include <vector>

#include "base/hash.hpp"

namespace cachearr::store {

class MissedChanges {
 public:
  static constexpr std::size_t kMost = 65'536;

  void add(const Hash128& id);
  /// What the journal has already; what is new stays new.
  void add_journaled(const std::vector<Hash128>& ids);
  /// Costs a look-up one load while there are none.
  bool has(const Hash128& id) const;
  void remove(const Hash128& id);
  bool empty() const noexcept { return count_.load(std::memory_order_acquire) == 0; }
  /// There were more than can be remembered: nothing in the file is to be believed.
  bool overflowed() const;
  std::vector<Hash128> some(std::size_t most) const;
  /// What has been added and not removed since the last call: the journal does not have it yet.
  std::vector<Hash128> take_new();
  void clear();

 private:
  bool insert(const Hash128& id);

  mutable std::mutex mutex_;  // guards the rest
  std::unordered_set<Hash128> ids_;
  std::unordered_set<Hash128> new_;
  bool overflowed_ = false;
  std::atomic<std::size_t> count_{0};
};

}  // namespace cachearr::store
