#include "store/memory_shard.hpp"

#include <algorithm>
#include <utility>

namespace cachearr::store {
namespace {

constexpr std::uint8_t kMaxFrequency = 3;
// Asked for this often while in the small queue: worth a place in the main queue.
constexpr std::uint8_t kPromotion = 2;
// The small queue's share of the bytes: one tenth, as the paper found best over a wide range of traces.
constexpr std::size_t kSmallShare = 10;
// Each newcomer brings one marker at most: at two a time those in use do not drive out one another.
constexpr std::size_t kMarkersAtATime = 2;

// Ghosts are told apart by bits that neither choose the shard nor the slot.
std::uint32_t fingerprint_of(const Entry& entry) noexcept { return static_cast<std::uint32_t>(entry.id().high); }

}  // namespace

/// A newer answer to the same request goes on with what was counted of the old one.
void MemoryShard::inherit_counts(const Entry& old, const Entry& entry) noexcept {
  constexpr auto relaxed = std::memory_order_relaxed;
  if ((old.meta.flags & (EntryFlag::kVaryMarker | EntryFlag::kHitForMiss)) != 0) return;
  entry.hits_.store(std::max(entry.hits(), old.hits()), relaxed);
  const auto fetches = entry.fetches_.load(relaxed);
  entry.fetches_.store(fetches == 0 ? old.fetches() + 1 : std::max(fetches, old.fetches()), relaxed);
}

MemoryShard::~MemoryShard() {
  DeferredFree deferred;
  while (const Entry* entry = small_.oldest()) small_.unlink(entry), deferred.add(entry);
  while (const Entry* entry = main_.oldest()) main_.unlink(entry), deferred.add(entry);
}

EntryPtr MemoryShard::find(const Hash128& id, std::string_view identity) const noexcept {
  const auto at = entries_.find(Name{id, identity});
  if (at == entries_.end()) return markers_.find(id);
  const Entry* entry = *at;
  const auto frequency = entry->frequency_.load(std::memory_order_relaxed);
  if (frequency < kMaxFrequency) entry->frequency_.store(frequency + 1, std::memory_order_relaxed);
  entry->references_.fetch_add(1, std::memory_order_relaxed);
  return EntryPtr::adopt(entry);
}

void MemoryShard::insert(EntryPtr entry, DeferredFree& deferred) {
  if (markers_.add(*entry)) {
    erase_entry(entry->id(), entry->identity(), deferred);
    deferred.add(entry.release());
    return;
  }
  markers_.erase(entry->id());
  const auto at = entries_.find(Name{entry->id(), entry->identity()});
  if (at != entries_.end()) {
    inherit_counts(**at, *entry);
    substitute(**at, std::move(entry), deferred);
    return;
  }
  const bool known = ghosts_.take(fingerprint_of(*entry));
  entries_.insert(entry.get());
  entry->frequency_.store(0, std::memory_order_relaxed);
  enqueue(entry.release(), known ? Entry::Place::main : Entry::Place::small);
}

bool MemoryShard::erase(const Hash128& id, std::string_view identity, DeferredFree& deferred) noexcept {
  return markers_.erase(id) || erase_entry(id, identity, deferred);
}

bool MemoryShard::erase_entry(const Hash128& id, std::string_view identity, DeferredFree& deferred) noexcept {
  const auto at = entries_.find(Name{id, identity});
  if (at == entries_.end()) return false;
  remove(*at, deferred);
  return true;
}

bool MemoryShard::substitute(const Entry& original, EntryPtr copy, DeferredFree& deferred) {
  const auto at = entries_.find(Name{original.id(), original.identity()});
  if (at == entries_.end() || *at != &original) return false;
  const auto place = original.place_.load(std::memory_order_relaxed);
  copy->frequency_.store(original.frequency_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  remove(&original, deferred);
  entries_.insert(copy.get());
  enqueue(copy.release(), place);
  return true;
}

bool MemoryShard::remove_if_same(const Entry& entry, DeferredFree& deferred) noexcept {
  const auto at = entries_.find(&entry);
  if (at == entries_.end()) return false;
  remove(*at, deferred);
  return true;
}

bool MemoryShard::evict_one(DeferredFree& deferred) {
  if (entries_.empty()) return markers_.evict_one();
  markers_.evict_unused(kMarkersAtATime);
  while (!entries_.empty()) {
    const bool from_small = small_is_due();
    QueueList& queue = from_small ? small_ : main_;
    const Entry* entry = queue.oldest();
    const auto frequency = entry->frequency_.load(std::memory_order_relaxed);
    if (from_small && frequency >= kPromotion) {
      small_.unlink(entry);
      entry->frequency_.store(0, std::memory_order_relaxed);
      enqueue(entry, Entry::Place::main);
    } else if (!from_small && frequency > 0) {
      main_.unlink(entry);
      entry->frequency_.store(static_cast<std::uint8_t>(frequency - 1), std::memory_order_relaxed);
      enqueue(entry, Entry::Place::main);
    } else {
      if (from_small) {
        ghosts_.reserve(entries_.size());
        ghosts_.insert(fingerprint_of(*entry));
      }
      remove(entry, deferred);
      return true;
    }
  }
  return false;
}

bool MemoryShard::small_is_due() const noexcept {
  if (main_.size() == 0) return true;
  return small_.size() != 0 && small_.bytes() * kSmallShare >= small_.bytes() + main_.bytes();
}

std::size_t MemoryShard::slot_bytes() const noexcept {
  // Groups of 15 slots, a pointer each, with 16 bytes of metadata (boost/unordered/detail/foa.hpp).
  return entries_.bucket_count() / 15 * (15 * sizeof(void*) + 16);
}

QueueList& MemoryShard::queue_of(const Entry& entry) noexcept {
  return entry.place_.load(std::memory_order_relaxed) == Entry::Place::small ? small_ : main_;
}

void MemoryShard::enqueue(const Entry* entry, Entry::Place place) noexcept {
  entry->place_.store(place, std::memory_order_relaxed);
  (place == Entry::Place::small ? small_ : main_).push_newest(entry);
}

void MemoryShard::remove(const Entry* entry, DeferredFree& deferred) noexcept {
  entries_.erase(entry);
  queue_of(*entry).unlink(entry);
  deferred.add(entry);
}

}  // namespace cachearr::store
