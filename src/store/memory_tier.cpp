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

// So many entries are on their way from the machine's memory at once.
constexpr std::size_t kAhead = 8;
constexpr std::size_t kLine = 64;

void prefetch(const Entry* entry, bool texts) noexcept {
  const auto* const bytes = reinterpret_cast<const char*>(entry);
  for (std::size_t at = 0; at < sizeof(Entry) + (texts ? 2 * kLine : 0); at += kLine) __builtin_prefetch(bytes + at);
}

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

bool is_whole(const EntryMeta& meta) noexcept { return is_response(meta) && (meta.flags & EntryFlag::kPartial) == 0; }

MemoryTier::MemoryTier(std::uint64_t max_bytes, const BanList& bans, const Clock& clock)
    : max_bytes_{max_bytes},
      bans_{bans},
      clock_{clock},
      slots_(shard_count(max_bytes)),
      bytes_{slots_.size() * sizeof(Slot)} {}

std::uint64_t MemoryTier::limit() const noexcept {
  // Whatever the index needs, half of the budget is for answers.
  return max_bytes_ - std::min(reserved_.load(std::memory_order_relaxed), max_bytes_ / 2);
}

/// Runs `act(shard, deferred)` under the shard's lock, updates the counters, and frees what was removed after the lock.
template <class F>
auto MemoryTier::with_shard(std::size_t index, F&& act) {
  Slot& slot = slots_[index];
  DeferredFree deferred;
  const std::lock_guard lock{slot.mutex};
  const auto bytes = slot.shard.bytes();
  const auto size = slot.shard.size();
  struct Counters {
    MemoryTier& tier;
    const MemoryShard& shard;
    std::size_t bytes, size;
    ~Counters() {
      tier.bytes_.fetch_add(shard.bytes() - bytes, std::memory_order_relaxed);
      tier.entries_.fetch_add(shard.size() - size, std::memory_order_relaxed);
    }
  } const counters{*this, slot.shard, bytes, size};
  return act(slot.shard, deferred);
}

EntryPtr MemoryTier::find(const Hash128& id, std::string_view identity) noexcept {
  Slot& slot = slot_of(id);
  EntryPtr entry;
  {
    const std::lock_guard lock{slot.mutex};
    entry = slot.shard.find(id, identity);
  }
  if (!entry) return entry;
  const auto validity = bans_.validity(*entry);
  if (validity == Validity::valid) return entry;
  if (validity == Validity::gone) return {};
  // Not swept yet. The sweep puts a stale copy into its place; until then each finder gets one of its own.
  return made_stale(*entry);
}

bool MemoryTier::has(const Hash128& id) const noexcept {
  const Slot& slot = slots_[index_of(id)];
  const std::lock_guard lock{slot.mutex};
  return slot.shard.has(id);
}

bool MemoryTier::put(EntryPtr entry) {
  if (admits(entry->footprint())) return take_in(std::move(entry), Present::replaced);
  erase(entry->id(), entry->identity());
  return false;
}

bool MemoryTier::put_if_absent(EntryPtr entry) {
  return admits(entry->footprint()) && take_in(std::move(entry), Present::kept);
}

bool MemoryTier::take_in(EntryPtr entry, Present present) {
  const std::size_t index = index_of(entry->id());
  entry = claimed(std::move(entry));
  if (!entry) return errors_.fetch_add(1, std::memory_order_relaxed), false;
  if (entry->generation() == 0) entry->stamp(bans_.current());
  free_space(index, entry->footprint());
  const bool admitted = insert(std::move(entry), present);
  free_space(index + 1, 0);  // where the slots had to grow
  return admitted;
}

bool MemoryTier::insert(EntryPtr entry, Present present) {
  return with_shard(index_of(entry->id()), [&](MemoryShard& shard, DeferredFree& deferred) {
    // Judged under the lock: the sweep of an invalidation that comes now waits for this shard.
    const auto validity = bans_.validity_of_newcomer(target_of(*entry));
    if (present == Present::kept && shard.has(entry->id(), entry->identity())) {
      deferred.add(entry.release());
      return false;
    }
    try {
      if (validity == Validity::stale) {
        EntryPtr stale = made_stale(*entry);
        deferred.add(entry.release());
        entry = claimed(std::move(stale));
      }
      if (validity != Validity::gone && entry) return shard.insert(std::move(entry), deferred), true;
    } catch (const std::bad_alloc&) {
      errors_.fetch_add(1, std::memory_order_relaxed);
    }
    if (entry) {
      shard.erase(entry->id(), entry->identity(), deferred);
      deferred.add(entry.release());
    }
    return false;
  });
}

bool MemoryTier::erase(const Hash128& id, std::string_view identity) noexcept {
  return with_shard(index_of(id),
                    [&](MemoryShard& shard, DeferredFree& deferred) { return shard.erase(id, identity, deferred); });
}

bool MemoryTier::substitute(const Entry& original, EntryPtr copy) {
  copy = claimed(std::move(copy));
  if (!copy) return false;
  return with_shard(index_of(original.id()), [&](MemoryShard& shard, DeferredFree& deferred) {
    return shard.substitute(original, std::move(copy), deferred);
  });
}

void MemoryTier::sweep(const std::vector<Ban>& bans, const std::function<void(const Entry&)>& named) {
  if (bans.empty()) return;
  const std::span older{bans.data(), bans.size() - 1};
  if (bans.back().what.kind == Invalidation::Kind::all && !bans.back().what.soft) forget_markers();
  for (std::size_t index = 0; index < slots_.size(); ++index) {
    std::vector<EntryPtr> hit;
    with_shard(index, [&](MemoryShard& shard, DeferredFree&) {
      shard.for_each([&](const Entry& entry) {
        if (validity_by(bans, target_of(entry)) == Validity::valid) return;
        entry.references_.fetch_add(1, std::memory_order_relaxed);
        hit.push_back(EntryPtr::adopt(&entry));
      });
    });
    for (const EntryPtr& entry : hit) {
      const auto target = target_of(*entry);
      const bool counts =
          is_response(entry->meta) && bans.back().hits(target) && validity_by(older, target) != Validity::gone;
      // A marker is no answer that could be stale: of the kind that is remembered for a while it is forgotten, else
      // kept.
      if (validity_by(bans, target) == Validity::stale && is_response(entry->meta)) {
        if (EntryPtr stale = made_stale(*entry)) substitute(*entry, std::move(stale));
      } else if (validity_by(bans, target) == Validity::gone) {
        with_shard(index, [&](MemoryShard& shard, DeferredFree& deferred) { shard.remove_if_same(*entry, deferred); });
        forget_marker_of(*entry);
      }
      if (counts) named(*entry);
    }
  }
}

void MemoryTier::forget_markers() {
  for (std::size_t index = 0; index < slots_.size(); ++index)
    with_shard(index, [](MemoryShard& shard, DeferredFree&) { shard.forget_markers(); });
}

/// So that its resource is no longer known to vary. A variant's identity is the resource's, a line end, and lines
/// (caching/variant.hpp).
void MemoryTier::forget_marker_of(const Entry& variant) {
  const auto identity = variant.identity();
  if (!identity.ends_with('\n')) return;
  for (auto end = identity.rfind('\n'); end != std::string_view::npos && end != 0;
       end = identity.rfind('\n', end - 1)) {
    const auto resource = hash128(identity.substr(0, end));
    with_shard(index_of(resource), [&](MemoryShard& shard, DeferredFree&) { shard.forget_marker(resource); });
  }
}

EntryPtr MemoryTier::made_stale(const Entry& entry) const {
  EntryPtr stale = with_meta(entry, stale_meta(entry.meta, clock_.now().time_since_epoch().count()));
  if (stale) stale->stamp(bans_.current());
  return stale;
}

/// An entry's links belong to one shard at a time, so an entry that another one holds is copied.
EntryPtr MemoryTier::claimed(EntryPtr entry) {
  auto none = Entry::Place::none;
  if (!entry || entry->place_.compare_exchange_strong(none, Entry::Place::claimed, std::memory_order_acquire))
    return entry;
  EntryPtr copy = with_meta(*entry, entry->meta);
  if (copy) copy->place_.store(Entry::Place::claimed, std::memory_order_relaxed);
  return copy;
}

/// One from each shard in turn, so that a large new entry does not empty its shard.
void MemoryTier::free_space(std::size_t start, std::size_t needed) {
  for (std::size_t i = 0; bytes_.load(std::memory_order_relaxed) + needed > limit(); ++i) {
    if (entries_.load(std::memory_order_relaxed) == 0) return;
    with_shard((start + i) & (slots_.size() - 1), [&](MemoryShard& shard, DeferredFree& deferred) {
      if (shard.evict_one(deferred)) evictions_.fetch_add(1, std::memory_order_relaxed);
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
      if (bans_.validity(*entry) != Validity::gone && !visit(entry)) return;
    }
  }
}

void MemoryTier::look_through(const Hash128& first, bool texts, const std::function<bool(const Hash128&)>& more,
                              const std::function<void(const Entry&)>& look) const {
  std::vector<const Entry*> entries;
  for (auto index = index_of(first); index < slots_.size() && more(first_of(index)); ++index) {
    const Slot& slot = slots_[index];
    const std::lock_guard lock{slot.mutex};
    entries.clear();
    slot.shard.for_each([&](const Entry& entry) { entries.push_back(&entry); });
    for (std::size_t i = 0; i < entries.size(); ++i) {
      if (i + kAhead < entries.size()) prefetch(entries[i + kAhead], texts);
      look(*entries[i]);
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
