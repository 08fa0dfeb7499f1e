#include "store/memory_tier.hpp"

#include <algorithm>
#include <bit>
#include <new>
#include <utility>

namespace cachearr::store {
namespace {

// So many bytes to a shard that a sweep holds its lock for some tens of microseconds, and enough entries for S3-FIFO to
// tell them apart.
constexpr std::uint64_t kShardBytes = 1024 * 1024;
constexpr std::uint64_t kMaxShards = 512;

std::size_t shard_count(std::uint64_t max_bytes) {
  return static_cast<std::size_t>(std::bit_floor(std::clamp<std::uint64_t>(max_bytes / kShardBytes, 1, kMaxShards)));
}

}  // namespace

std::int64_t useless_after(const EntryMeta& meta) noexcept {
  const auto window = std::max({meta.swr_seconds, meta.sie_seconds, meta.limited_seconds});
  return meta.fresh_until_ms + std::int64_t{window} * 1000;
}

EntryMeta stale_meta(EntryMeta meta, std::int64_t now_ms) noexcept {
  meta.flags |= EntryFlag::kInvalidated;
  meta.fresh_until_ms = std::min(meta.fresh_until_ms, now_ms);
  return meta;
}

bool is_response(const EntryMeta& meta) noexcept {
  return (meta.flags & (EntryFlag::kVaryMarker | EntryFlag::kHitForMiss)) == 0;
}

MemoryTier::MemoryTier(std::uint64_t max_bytes, const Invalidations& invalidations, const Clock& clock)
    : max_bytes_{max_bytes},
      invalidations_{invalidations},
      clock_{clock},
      slots_(shard_count(max_bytes)),
      bytes_{slots_.size() * sizeof(Slot)} {}

std::uint64_t MemoryTier::limit() const noexcept {
  // Whatever the index needs, half of the budget is for answers.
  return max_bytes_ - std::min(reserved_.load(std::memory_order_relaxed), max_bytes_ / 2);
}

/// Runs `act(shard, departed)` under the shard's lock, keeps the books, and frees what left after the lock.
template <class F>
auto MemoryTier::with_shard(std::size_t index, F&& act) {
  Slot& slot = slots_[index];
  Departed departed;
  const std::lock_guard lock{slot.mutex};
  const auto bytes = slot.shard.bytes();
  const auto size = slot.shard.size();
  struct Books {
    MemoryTier& tier;
    const MemoryShard& shard;
    std::size_t bytes, size;
    ~Books() {
      tier.bytes_.fetch_add(shard.bytes() - bytes, std::memory_order_relaxed);
      tier.entries_.fetch_add(shard.size() - size, std::memory_order_relaxed);
    }
  } const books{*this, slot.shard, bytes, size};
  return act(slot.shard, departed);
}

EntryPtr MemoryTier::find(const Hash128& id, std::string_view identity) noexcept {
  Slot& slot = slot_of(id);
  EntryPtr entry;
  {
    const std::lock_guard lock{slot.mutex};
    entry = slot.shard.find(id, identity);
  }
  if (!entry) return entry;
  const auto standing = invalidations_.standing(*entry);
  if (standing == Standing::valid) return entry;
  if (standing == Standing::gone) return {};
  // Not swept yet. The sweep puts a stale copy into its place; until then each finder gets one of its own.
  return made_stale(*entry);
}

bool MemoryTier::has(const Hash128& id) const noexcept {
  const Slot& slot = slots_[index_of(id)];
  const std::lock_guard lock{slot.mutex};
  return slot.shard.has(id);
}

bool MemoryTier::put(EntryPtr entry) {
  const std::size_t index = index_of(entry->id());
  if (!admits(entry->footprint())) {
    erase(entry->id(), entry->identity());
    return false;
  }
  entry = claimed(std::move(entry));
  if (!entry) return errors_.fetch_add(1, std::memory_order_relaxed), false;
  if (entry->generation() == 0) entry->stamp(invalidations_.current());
  make_room(index, entry->footprint());
  const bool admitted = insert(std::move(entry));
  make_room(index + 1, 0);  // where the slots had to grow
  return admitted;
}

bool MemoryTier::insert(EntryPtr entry) {
  return with_shard(index_of(entry->id()), [&](MemoryShard& shard, Departed& departed) {
    // Judged under the lock: the sweep of an invalidation that comes now waits for this shard.
    const auto standing = invalidations_.standing_of_newcomer(subject_of(*entry));
    try {
      if (standing == Standing::stale) {
        EntryPtr stale = made_stale(*entry);
        departed.add(entry.release());
        entry = claimed(std::move(stale));
      }
      if (standing != Standing::gone && entry) return shard.insert(std::move(entry), departed), true;
    } catch (const std::bad_alloc&) {
      errors_.fetch_add(1, std::memory_order_relaxed);
    }
    if (entry) {
      shard.erase(entry->id(), entry->identity(), departed);
      departed.add(entry.release());
    }
    return false;
  });
}

bool MemoryTier::erase(const Hash128& id, std::string_view identity) noexcept {
  return with_shard(index_of(id),
                    [&](MemoryShard& shard, Departed& departed) { return shard.erase(id, identity, departed); });
}

bool MemoryTier::substitute(const Entry& original, EntryPtr copy) {
  copy = claimed(std::move(copy));
  if (!copy) return false;
  return with_shard(index_of(original.id()), [&](MemoryShard& shard, Departed& departed) {
    return shard.substitute(original, std::move(copy), departed);
  });
}

void MemoryTier::sweep(const std::vector<Invalidation>& rules, const std::function<void(const Entry&)>& named) {
  if (rules.empty()) return;
  const std::span older{rules.data(), rules.size() - 1};
  for (std::size_t index = 0; index < slots_.size(); ++index) {
    std::vector<EntryPtr> hit;
    with_shard(index, [&](MemoryShard& shard, Departed&) {
      shard.for_each([&](const Entry& entry) {
        if (judge(rules, subject_of(entry)) == Standing::valid) return;
        entry.references_.fetch_add(1, std::memory_order_relaxed);
        hit.push_back(EntryPtr::adopt(&entry));
      });
    });
    for (const EntryPtr& entry : hit) {
      const auto subject = subject_of(*entry);
      const bool counts =
          is_response(entry->meta) && rules.back().hits(subject) && judge(older, subject) != Standing::gone;
      // A marker is no answer that could be stale: of the kind that is remembered for a while it is forgotten, else
      // kept.
      if (judge(rules, subject) == Standing::stale && is_response(entry->meta)) {
        if (EntryPtr stale = made_stale(*entry)) substitute(*entry, std::move(stale));
      } else if (judge(rules, subject) == Standing::gone) {
        with_shard(index, [&](MemoryShard& shard, Departed& departed) { shard.remove_if_same(*entry, departed); });
      }
      if (counts) named(*entry);
    }
  }
}

EntryPtr MemoryTier::made_stale(const Entry& entry) const {
  EntryPtr stale = with_meta(entry, stale_meta(entry.meta, clock_.now().time_since_epoch().count()));
  if (stale) stale->stamp(invalidations_.current());
  return stale;
}

/// Links and place are for one shard at a time, so an entry that is at home elsewhere is copied.
EntryPtr MemoryTier::claimed(EntryPtr entry) {
  auto none = Entry::Place::none;
  if (!entry || entry->place_.compare_exchange_strong(none, Entry::Place::claimed, std::memory_order_acquire))
    return entry;
  EntryPtr copy = with_meta(*entry, entry->meta);
  if (copy) copy->place_.store(Entry::Place::claimed, std::memory_order_relaxed);
  return copy;
}

/// One from each shard in turn, so that a large newcomer does not empty the shard it falls into.
void MemoryTier::make_room(std::size_t start, std::size_t needed) {
  for (std::size_t i = 0; bytes_.load(std::memory_order_relaxed) + needed > limit(); ++i) {
    if (entries_.load(std::memory_order_relaxed) == 0) return;
    with_shard((start + i) & (slots_.size() - 1), [&](MemoryShard& shard, Departed& departed) {
      if (shard.evict_one(departed)) evictions_.fetch_add(1, std::memory_order_relaxed);
    });
  }
}

std::vector<EntryPtr> MemoryTier::entries_of(const Slot& slot) const {
  std::vector<EntryPtr> entries;
  const std::lock_guard lock{slot.mutex};
  entries.reserve(slot.shard.size());
  slot.shard.for_each([&](const Entry& entry) {
    entry.references_.fetch_add(1, std::memory_order_relaxed);
    entries.push_back(EntryPtr::adopt(&entry));
  });
  return entries;
}

void MemoryTier::for_each(const std::function<bool(const EntryPtr&)>& visit) const {
  for (const Slot& slot : slots_) {
    for (const EntryPtr& entry : entries_of(slot)) {
      if (invalidations_.standing(*entry) != Standing::gone && !visit(entry)) return;
    }
  }
}

TierStats MemoryTier::stats() const noexcept {
  TierStats stats;
  stats.entries = entries_.load(std::memory_order_relaxed);
  stats.bytes = bytes_.load(std::memory_order_relaxed);
  stats.max_bytes = max_bytes_;
  stats.evictions = evictions_.load(std::memory_order_relaxed);
  stats.expired = expired_.load(std::memory_order_relaxed);
  stats.errors = errors_.load(std::memory_order_relaxed);
  return stats;
}

}  // namespace cachearr::store
