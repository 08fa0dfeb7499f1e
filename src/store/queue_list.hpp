// A FIFO of entries through their own links, and the list of those that are to be freed. Both belong to one shard and
// its lock.
#pragma once

#include <cstddef>

#include "store/entry.hpp"

namespace cachearr::store {

/// Holds one reference to each of its entries.
class QueueList {
 public:
  const Entry* oldest() const noexcept { return oldest_; }
  std::size_t bytes() const noexcept { return bytes_; }
  std::size_t size() const noexcept { return size_; }
  /// Takes over one reference.
  void push_newest(const Entry* entry) noexcept;
  /// Gives its reference back to the caller. REQUIRES: the entry is in this list.
  void unlink(const Entry* entry) noexcept;

 private:
  const Entry* oldest_ = nullptr;
  const Entry* newest_ = nullptr;
  std::size_t bytes_ = 0;
  std::size_t size_ = 0;
};

/// Entries that were removed from a shard. They are released when the list ends, which has to be after the shard's
/// lock: freeing a large body takes longer than a hit may wait.
class DeferredFree {
 public:
  DeferredFree() = default;
  DeferredFree(const DeferredFree&) = delete;
  DeferredFree& operator=(const DeferredFree&) = delete;
  ~DeferredFree() { clear(); }
  /// Takes over one reference.
  void add(const Entry* entry) noexcept;
  /// Calls `visit` with each, oldest last.
  template <class F>
  void for_each(F&& visit) const {
    for (const Entry* e = last_; e != nullptr; e = e->older_) visit(*e);
  }
  bool empty() const noexcept { return last_ == nullptr; }
  void clear() noexcept;

 private:
  const Entry* last_ = nullptr;
};

}  // namespace cachearr::store
