// One part of the memory tier: a flat set of entries and the S3-FIFO queues that select what is evicted. Not
// thread-safe: the memory tier guards each shard with a lock of its own.
//
// S3-FIFO (Yang et al., SOSP 2023): new entries go to a small queue; what was asked for twice there moves to the main
// queue, the rest is evicted and remembered as a ghost; a ghost that comes back goes to the main queue at once. A hit
// only counts (0..3).
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstddef>
#include <string_view>

#include "store/ghost_queue.hpp"
#include "store/queue_list.hpp"
#include "store/vary_markers.hpp"

namespace cachearr::store {

class MemoryShard {
 public:
  MemoryShard() = default;
  MemoryShard(const MemoryShard&) = delete;
  MemoryShard& operator=(const MemoryShard&) = delete;
  ~MemoryShard();

  /// Marks the entry as asked for.
  EntryPtr find(const Hash128& id, std::string_view identity) const noexcept;
  /// Some entry with this id, whatever its identity; marks nothing.
  bool has(const Hash128& id) const noexcept { return entries_.contains(id) || markers_.has(id); }
  bool has(const Hash128& id, std::string_view identity) const noexcept {
    return entries_.contains(Name{id, identity}) || markers_.has(id);
  }
  /// Replaces what has the same identity, which then leaves. REQUIRES: the entry is claimed (MemoryTier::claim).
  void insert(EntryPtr entry, DeferredFree& deferred);
  void forget_marker(const Hash128& id) noexcept { markers_.erase(id); }
  void forget_markers() noexcept { markers_.clear(); }
  bool erase(const Hash128& id, std::string_view identity, DeferredFree& deferred) noexcept;
  /// Puts `copy` into the place of `original`; false where that is not there any more. REQUIRES: as insert.
  bool substitute(const Entry& original, EntryPtr copy, DeferredFree& deferred);
  /// Removes exactly this entry, not what may have replaced it.
  bool remove_if_same(const Entry& entry, DeferredFree& deferred) noexcept;
  /// Removes the entry worth least, and markers that nobody asks for. False where the shard is empty.
  bool evict_one(DeferredFree& deferred);
  /// All but vary markers.
  template <class F>
  void for_each(F&& visit) const {
    for (const Entry* entry : entries_) visit(*entry);
  }
  /// Markers too.
  std::size_t size() const noexcept { return entries_.size() + markers_.size(); }
  /// Entries, slots, markers and ghosts.
  std::size_t bytes() const noexcept {
    return small_.bytes() + main_.bytes() + slot_bytes() + markers_.bytes() + ghosts_.bytes();
  }

 private:
  struct Name {
    const Hash128& id;
    std::string_view identity;
  };
  struct Hash {
    using is_transparent = void;
    using is_avalanching = void;
    std::size_t operator()(const Entry* entry) const noexcept { return entry->id().low; }
    std::size_t operator()(const Hash128& id) const noexcept { return id.low; }
    std::size_t operator()(const Name& name) const noexcept { return name.id.low; }
  };
  struct Same {
    using is_transparent = void;
    bool operator()(const Entry* a, const Entry* b) const noexcept { return a == b; }
    bool operator()(const Hash128& id, const Entry* e) const noexcept { return e->id() == id; }
    bool operator()(const Entry* e, const Hash128& id) const noexcept { return e->id() == id; }
    bool operator()(const Name& name, const Entry* e) const noexcept {
      return e->id() == name.id && e->identity() == name.identity;
    }
    bool operator()(const Entry* e, const Name& name) const noexcept { return (*this)(name, e); }
  };

  static void inherit_counts(const Entry& old, const Entry& entry) noexcept;
  std::size_t slot_bytes() const noexcept;
  bool small_is_due() const noexcept;
  QueueList& queue_of(const Entry& entry) noexcept;
  void enqueue(const Entry* entry, Entry::Place place) noexcept;
  void remove(const Entry* entry, DeferredFree& deferred) noexcept;
  bool erase_entry(const Hash128& id, std::string_view identity, DeferredFree& deferred) noexcept;

  boost::unordered_flat_set<const Entry*, Hash, Same> entries_;
  QueueList small_;
  QueueList main_;
  GhostQueue ghosts_;
  VaryMarkers markers_;
};

}  // namespace cachearr::store
