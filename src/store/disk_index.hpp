// What is on disk, in memory: one slot of 16 bytes for each response, so that a miss needs no trip to the disk and
// eviction needs no search. Thread-safe, small locks; owned by the disk tier, which fills it in the background after a
// start.
#pragma once

#include <array>
#include <atomic>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <mutex>
#include <vector>

#include "base/hash.hpp"
#include "store/index_record.hpp"

namespace cachearr::store {

/// The first 38 bits of an id, left-aligned: as much as the index knows. Two ids may share them.
struct IdPrefix {
  std::uint64_t bits = 0;
  static constexpr std::uint64_t kMask = ~std::uint64_t{0} << 26;
  static IdPrefix of(const Hash128& id) noexcept { return {id.high & kMask}; }
  bool begins(const Hash128& id) const noexcept { return (id.high & kMask) == bits; }
  friend bool operator==(const IdPrefix&, const IdPrefix&) = default;
};

struct DiskSlot {
  std::uint32_t key_hash = 0;
  std::uint32_t useless_after_s = 0;  // seconds since the epoch; it is of no use after that
  std::uint8_t size_code = 0;         // eighths of the binary logarithm of the bytes that a read of it makes
  std::uint8_t frequency = 0;         // disk hits since it was written or last spared from eviction
  std::uint16_t read_in = 0;          // the period of DiskShared in which it was read last; 0: not yet
};

/// The upper half is the same for all keys of a family: those that differ in what stands behind a '?'.
std::uint32_t key_hash_of(std::string_view key) noexcept;
/// A key to look for, or its family.
struct WantedKey {
  std::uint32_t hash = 0;
  bool family = false;
};
DiskSlot slot_of(std::string_view key, const EntryMeta& meta, std::uint64_t bytes) noexcept;
/// In eighths of the binary logarithm, rounded up.
std::uint8_t size_code_of(std::uint64_t bytes) noexcept;
std::uint64_t bytes_of(const DiskSlot& slot) noexcept;  // to within a tenth
/// The second time it is asked for on disk, the fourth, the eighth, the 16th, then every 16th: what memory took and
/// lost again has to be asked for more often before it takes a place from another once more.
bool has_earned_memory(unsigned asked_before) noexcept;

class DiskIndex {
 public:
  static constexpr std::size_t kShards = 64;
  static constexpr std::uint8_t kMostCounted = 31;
  struct Expired {
    IdPrefix prefix;
    std::uint64_t bytes = 0;
  };

  bool has(const Hash128& id) const noexcept { return find(id).size_code != 0; }
  /// All zero where it is not there.
  DiskSlot find(const Hash128& id) const noexcept;
  void put(const Hash128& id, const DiskSlot& slot);
  /// As put(), but leaves what is there: for those who may be behind the event loops.
  void put_if_absent(const Hash128& id, const DiskSlot& slot);
  void erase(IdPrefix prefix) noexcept;
  /// Counts a disk hit, in a read of this period; returns how many there had been lately, up to kMostCounted.
  unsigned touch(const Hash128& id, std::uint16_t period) noexcept;
  /// The hits counted so far, which are forgotten now.
  unsigned take_frequency(const Hash128& id) noexcept;
  void clear() noexcept;
  std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }
  std::uint64_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }

  /// Everything filed under keys of these hashes; some others as well.
  std::vector<IdPrefix> with_keys(const std::vector<WantedKey>& wanted) const;
  /// Expired ones in the next shard; each call looks at another one.
  std::vector<Expired> expired(std::int64_t now_ms, std::size_t limit);

 private:
  using Map = boost::unordered_flat_map<std::uint32_t, DiskSlot>;
  struct Shard {
    mutable std::mutex mutex;
    Map slots;
  };
  static std::size_t shard_of(std::uint64_t bits) noexcept { return bits >> 58; }
  static std::uint32_t fingerprint_of(std::uint64_t bits) noexcept { return static_cast<std::uint32_t>(bits >> 26); }
  static IdPrefix prefix_of(std::size_t shard, std::uint32_t fingerprint) noexcept {
    return {(std::uint64_t{shard} << 58) | (std::uint64_t{fingerprint} << 26)};
  }
  template <class F>
  auto change(std::uint64_t bits, F&& act);

  std::array<Shard, kShards> shards_;
  std::atomic<std::size_t> size_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::size_t> expiry_hand_{0};
};

}  // namespace cachearr::store
