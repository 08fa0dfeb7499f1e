#include "store/ghost_queue.hpp"

#include <utility>

namespace cachearr::store {
namespace {

// 0 marks a free place.
std::uint32_t nonzero(std::uint32_t fingerprint) noexcept { return fingerprint == 0 ? 1 : fingerprint; }

}  // namespace

void GhostQueue::insert(std::uint32_t fingerprint) {
  if (buckets_.empty()) return;
  fingerprint = nonzero(fingerprint);
  Bucket& bucket = bucket_of(fingerprint);
  bucket.fingerprints[bucket.next] = fingerprint;
  bucket.next = (bucket.next + 1) % kWays;
}

bool GhostQueue::take(std::uint32_t fingerprint) noexcept {
  if (buckets_.empty()) return false;
  fingerprint = nonzero(fingerprint);
  for (auto& known : bucket_of(fingerprint).fingerprints) {
    if (known == fingerprint) return known = 0, true;
  }
  return false;
}

void GhostQueue::reserve(std::size_t count) {
  if (count <= capacity()) return;
  std::size_t size = buckets_.empty() ? 1 : buckets_.size();
  while (size * kWays < count) size *= 2;
  std::vector<Bucket> old = std::exchange(buckets_, std::vector<Bucket>(size));
  for (const Bucket& bucket : old) {
    for (std::size_t i = 0; i < kWays; ++i) {
      const auto fingerprint = bucket.fingerprints[(bucket.next + i) % kWays];  // oldest first
      if (fingerprint != 0) insert(fingerprint);
    }
  }
}

}  // namespace cachearr::store
