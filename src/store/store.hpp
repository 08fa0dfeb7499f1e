// The store as the pipeline sees it: both tiers behind one interface. All calls are thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

#include "base/hash.hpp"
#include "store/entry.hpp"

namespace cachearr::store {

/// What an invalidation names. Exactly one of the members is used, by `kind`.
struct Selector {
  enum class Kind : std::uint8_t { key, pattern, tag, upstream, all } kind = Kind::all;
  std::string text;   // key, glob pattern ('*' any run of characters), tag, or upstream's name
  bool soft = false;  // mark stale instead of removing
};

struct TierStats {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;  // all that counts against the budget
  std::uint64_t max_bytes = 0;
  std::uint64_t evictions = 0;
  std::uint64_t expired = 0;
  std::uint64_t errors = 0;
};

struct StoreStats {
  TierStats memory;
  TierStats disk;  // all 0 without a disk tier
  bool disk_enabled = false;
  std::string disk_problem;  // empty: fine; else why it is degraded, in words
};

class Store {
 public:
  virtual ~Store() = default;

  /// Memory tier only: one short shard lock, one reference, no allocation. Null: not there. Compares the whole
  /// identity.
  virtual EntryPtr find(const Hash128& id, std::string_view identity) noexcept = 0;
  /// True where the disk tier might hold what find() missed; then find_on_disk is worth its trip.
  virtual bool may_be_on_disk(const Hash128& id) const noexcept = 0;
  /// Looks in the disk tier on a thread of the store and calls `done` there, with null where it is not there.
  virtual void find_on_disk(const Hash128& id, std::string_view identity, std::function<void(EntryPtr)> done) = 0;
  /// Replaces what has the same identity. Never blocks on the disk.
  virtual void put(EntryPtr entry) = 0;
  virtual bool erase(const Hash128& id, std::string_view identity) = 0;
  /// Takes effect at once for every later find. Returns how many entries it named.
  virtual std::uint64_t invalidate(const Selector& selector) = 0;
  /// The same without the count and the wait: in effect at once, swept and persisted soon. For event loops.
  virtual void invalidate_soon(const Selector& selector) { invalidate(selector); }
  /// Number of the newest invalidation. Taken before an answer is asked for and given to its EntryParts, it keeps an
  /// answer that an invalidation has overtaken out of the store.
  virtual std::uint32_t generation() const noexcept { return 0; }
  /// Calls `visit` with each entry of the memory tier until it returns false; locks one shard at a time.
  virtual void for_each(const std::function<bool(const EntryPtr&)>& visit) const = 0;
  virtual StoreStats stats() const = 0;
};

/// Memory alone. `max_bytes` counts entries, map slots and ghosts.
std::unique_ptr<Store> make_memory_store(std::uint64_t max_bytes, const Clock& clock);

}  // namespace cachearr::store
