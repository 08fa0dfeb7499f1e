// The memory tier: shards behind a small lock each, one byte budget for all of them. Thread-safe; owned by the store.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include <cachearr/clock.hpp>

#include "store/ban_list.hpp"
#include "store/memory_shard.hpp"

namespace cachearr::store {

class MemoryTier {
 public:
  /// `invalidations` and `clock` must outlive the tier.
  MemoryTier(std::uint64_t max_bytes, const BanList& bans, const Clock& clock);

  EntryPtr find(const Hash128& id, std::string_view identity) noexcept;
  /// False where it was not admitted: larger than an eighth of the budget, invalidated on its way here, or no memory.
  /// What had the same identity is gone in any case.
  bool put(EntryPtr entry);
  /// As put(), but leaves what has the same identity: for who read it elsewhere and may be late.
  bool put_if_absent(EntryPtr entry);
  bool erase(const Hash128& id, std::string_view identity) noexcept;
  /// Swaps in `copy` if `original` is still what is stored.
  bool substitute(const Entry& original, EntryPtr copy);
  /// Applies `bans` (oldest first) to all entries and calls `named` with each response that the newest of them hit
  /// first.
  void sweep(const std::vector<Ban>& bans, const std::function<void(const Entry&)>& named);
  /// All but vary markers, of which only the number is known.
  void for_each(const std::function<bool(const EntryPtr&)>& visit) const;
  /// Calls `look` with each entry under the lock of its shard: it has to be quick. Shards come in the order of ids,
  /// from that of `first` on, as long as `more` wants those from an id on. `texts`: `look` reads the entry's texts,
  /// too.
  void look_through(const Hash128& first, bool texts, const std::function<bool(const Hash128&)>& more,
                    const std::function<void(const Entry&)>& look) const;
  /// Not invalidated, or softly.
  bool is_valid(const Entry& entry) const noexcept { return bans_.validity(entry) != Validity::gone; }
  /// Bytes of the budget that are used elsewhere, by the disk tier's index.
  void reserve(std::uint64_t bytes) noexcept { reserved_.store(bytes, std::memory_order_relaxed); }
  TierStats stats() const noexcept;
  bool has(const Hash128& id) const noexcept;
  /// Whether it would take this much without evicting.
  bool has_space(std::size_t bytes) const noexcept { return bytes_.load(std::memory_order_relaxed) + bytes <= limit(); }
  /// Whether the tier would take an entry of this footprint.
  bool admits(std::size_t footprint) const noexcept { return footprint <= max_bytes_ / 8; }

 private:
  struct alignas(64) Slot {
    mutable std::mutex mutex;
    MemoryShard shard;
  };

  /// By the highest bits: shards are in the order of ids.
  std::size_t index_of(const Hash128& id) const noexcept { return ((id.high >> 32) * slots_.size()) >> 32; }
  Hash128 first_of(std::size_t index) const noexcept { return {0, (std::uint64_t{index} << 32) / slots_.size() << 32}; }
  Slot& slot_of(const Hash128& id) noexcept { return slots_[index_of(id)]; }
  std::uint64_t limit() const noexcept;
  template <class F>
  auto with_shard(std::size_t index, F&& act);
  static EntryPtr claimed(EntryPtr entry);
  enum class Present : std::uint8_t { replaced, kept };
  bool take_in(EntryPtr entry, Present present);
  bool insert(EntryPtr entry, Present present);
  EntryPtr made_stale(const Entry& entry) const;
  void forget_markers();
  void forget_marker_of(const Entry& variant);
  void free_space(std::size_t start, std::size_t needed);
  std::vector<EntryPtr> entries_of(const Slot& slot) const;

  const std::uint64_t max_bytes_;
  const BanList& bans_;
  const Clock& clock_;
  std::vector<Slot> slots_;
  std::atomic<std::uint64_t> bytes_;
  std::atomic<std::uint64_t> reserved_{0};
  std::atomic<std::uint64_t> entries_{0};
  std::atomic<std::uint64_t> evictions_{0};
  std::atomic<std::uint64_t> expired_{0};
  std::atomic<std::uint64_t> errors_{0};
};

/// The moment after which an entry is of no use to anybody: past its freshness and all its stale windows.
std::int64_t useless_after(const EntryMeta& meta) noexcept;
/// Its metadata once it is invalidated softly.
EntryMeta stale_meta(EntryMeta meta, std::int64_t now_ms) noexcept;
/// No marker: something a user would call stored.
bool is_response(const EntryMeta& meta) noexcept;
/// A response that is complete, too: what the key API shows.
bool is_whole(const EntryMeta& meta) noexcept;

}  // namespace cachearr::store
