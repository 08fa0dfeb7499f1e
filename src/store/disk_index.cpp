#include "store/disk_index.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

#include "store/memory_tier.hpp"

namespace cachearr::store {
namespace {

constexpr std::size_t kSlotBytes =
    (15 * 16 + 16) / 15 + 1;  // boost's groups: 15 slots of 16 bytes and 16 bytes of metadata

// Where the count goes on once it is at its end.
constexpr std::uint8_t kOften = 16;

constexpr unsigned kHalf = 16;  // bits

bool is_expired(const DiskSlot& slot, std::int64_t now_ms) noexcept {
  return std::int64_t{slot.useless_after_s} * 1000 < now_ms;
}

}  // namespace

std::uint32_t key_hash_of(std::string_view key) noexcept {
  const auto family = static_cast<std::uint32_t>(hash128(key.substr(0, key.find('?'))).low);
  const auto whole = static_cast<std::uint32_t>(hash128(key).low);
  return (family << kHalf) | (whole >> kHalf);
}

DiskSlot slot_of(std::string_view key, const EntryMeta& meta, std::uint64_t bytes) noexcept {
  DiskSlot slot;
  slot.key_hash = key_hash_of(key);
  slot.useless_after_s =
      static_cast<std::uint32_t>(std::clamp<std::int64_t>(useless_after(meta) / 1000 + 1, 0, UINT32_MAX));
  slot.size_code = size_code_of(bytes);
  return slot;
}

std::uint8_t size_code_of(std::uint64_t bytes) noexcept {
  return static_cast<std::uint8_t>(std::ceil(std::log2(static_cast<double>(std::max<std::uint64_t>(bytes, 2))) * 8));
}

std::uint64_t bytes_of(const DiskSlot& slot) noexcept {
  return static_cast<std::uint64_t>(std::exp2(static_cast<double>(slot.size_code) / 8));
}

bool has_earned_memory(unsigned asked_before) noexcept {
  return asked_before != 0 && std::has_single_bit(asked_before + 1);
}

template <class F>
auto DiskIndex::change(std::uint64_t bits, F&& act) {
  Shard& shard = shards_[shard_of(bits)];
  const std::lock_guard lock{shard.mutex};
  struct Counters {
    DiskIndex& index;
    const Map& map;
    std::size_t size = map.size(), capacity = map.bucket_count();
    ~Counters() {
      index.size_.fetch_add(map.size() - size, std::memory_order_relaxed);
      index.bytes_.fetch_add((map.bucket_count() - capacity) * kSlotBytes, std::memory_order_relaxed);
    }
  } const counters{*this, shard.slots};
  return act(shard.slots);
}

DiskSlot DiskIndex::find(const Hash128& id) const noexcept {
  const Shard& shard = shards_[shard_of(id.high)];
  const std::lock_guard lock{shard.mutex};
  const auto at = shard.slots.find(fingerprint_of(id.high));
  return at == shard.slots.end() ? DiskSlot{} : at->second;
}

void DiskIndex::put(const Hash128& id, const DiskSlot& slot) {
  change(id.high, [&](Map& map) {
    const auto [at, fresh] = map.try_emplace(fingerprint_of(id.high), slot);
    if (fresh) return;
    const auto frequency = at->second.frequency;
    at->second = slot;
    at->second.frequency = frequency;
  });
}

void DiskIndex::put_if_absent(const Hash128& id, const DiskSlot& slot) {
  change(id.high, [&](Map& map) { map.try_emplace(fingerprint_of(id.high), slot); });
}

void DiskIndex::erase(IdPrefix prefix) noexcept {
  change(prefix.bits, [&](Map& map) { map.erase(fingerprint_of(prefix.bits)); });
}

unsigned DiskIndex::touch(const Hash128& id, std::uint16_t period) noexcept {
  return change(id.high, [&](Map& map) -> unsigned {
    const auto at = map.find(fingerprint_of(id.high));
    if (at == map.end()) return 0;
    at->second.read_in = period;
    const unsigned before = at->second.frequency;
    at->second.frequency = before < kMostCounted ? static_cast<std::uint8_t>(before + 1) : kOften;
    return before;
  });
}

unsigned DiskIndex::take_frequency(const Hash128& id) noexcept {
  return change(id.high, [&](Map& map) -> unsigned {
    const auto at = map.find(fingerprint_of(id.high));
    return at == map.end() ? 0 : std::exchange(at->second.frequency, std::uint8_t{0});
  });
}

void DiskIndex::clear() noexcept {
  for (std::size_t i = 0; i < kShards; ++i) {
    change(std::uint64_t{i} << 58, [](Map& map) { Map{}.swap(map); });
  }
}

std::vector<IdPrefix> DiskIndex::with_keys(const std::vector<WantedKey>& wanted) const {
  std::vector<std::uint32_t> keys, families;
  for (const auto& [hash, family] : wanted) (family ? families : keys).push_back(family ? hash >> kHalf : hash);
  std::sort(keys.begin(), keys.end());
  std::sort(families.begin(), families.end());
  const auto is_wanted = [&](std::uint32_t hash) {
    return std::binary_search(keys.begin(), keys.end(), hash) ||
           std::binary_search(families.begin(), families.end(), hash >> kHalf);
  };
  std::vector<IdPrefix> found;
  for (std::size_t i = 0; i < kShards; ++i) {
    const std::lock_guard lock{shards_[i].mutex};
    for (const auto& [fingerprint, slot] : shards_[i].slots) {
      if (is_wanted(slot.key_hash)) found.push_back(prefix_of(i, fingerprint));
    }
  }
  return found;
}

std::vector<DiskIndex::Expired> DiskIndex::expired(std::int64_t now_ms, std::size_t limit) {
  const std::size_t index = expiry_hand_.fetch_add(1, std::memory_order_relaxed) % kShards;
  std::vector<Expired> found;
  const std::lock_guard lock{shards_[index].mutex};
  for (const auto& [fingerprint, slot] : shards_[index].slots) {
    if (found.size() == limit) break;
    if (is_expired(slot, now_ms)) found.push_back({prefix_of(index, fingerprint), bytes_of(slot)});
  }
  return found;
}

}  // namespace cachearr::store
