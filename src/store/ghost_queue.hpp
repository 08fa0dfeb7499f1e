// What left the small queue lately, by fingerprint alone: S3-FIFO's ghosts. Owned by one shard, guarded by its lock.
//
// An exact queue would need a list and a map, some 20 bytes for each ghost. This one is set-associative: a fingerprint
// belongs to one bucket of seven, in which the oldest is overwritten. That is a FIFO up to chance, at less than 5 bytes
// each.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace cachearr::store {

class GhostQueue {
 public:
  /// Remembers the fingerprint, forgetting an old one of its bucket if that is full.
  void insert(std::uint32_t fingerprint);
  /// True where it was there; it is forgotten then.
  bool take(std::uint32_t fingerprint) noexcept;
  /// Doubles the capacity until `count` fit.
  void reserve(std::size_t count);
  std::size_t capacity() const noexcept { return buckets_.size() * kWays; }
  std::size_t bytes() const noexcept { return buckets_.capacity() * sizeof(Bucket); }

 private:
  static constexpr std::uint32_t kWays = 7;
  struct Bucket {
    std::array<std::uint32_t, kWays> fingerprints{};  // 0: free
    std::uint32_t next = 0;
  };
  Bucket& bucket_of(std::uint32_t fingerprint) noexcept { return buckets_[fingerprint & (buckets_.size() - 1)]; }
  std::vector<Bucket> buckets_;
};

}  // namespace cachearr::store
