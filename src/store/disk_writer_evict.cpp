// The part of the disk tier's writer that evicts.
#include <algorithm>

#include "store/disk_writer.hpp"

namespace cachearr::store {
namespace {

// LMDB needs free pages for every change, even to delete: a share of the map, and of a small one a larger share.
constexpr std::uint64_t kReserveShare = 10;
constexpr std::uint64_t kSmallReserveShare = 4;
constexpr std::uint64_t kSmallReserve = 4 * 1024 * 1024;
// Once it is touched, this much more is freed, so that not every commit has to.
constexpr std::uint64_t kHeadroomShare = 20;
constexpr std::size_t kErasedAtOnce = 256;
constexpr std::uint64_t kLargeBytes = 64 * 1024;
// An expired answer still has validators worth asking with.
constexpr std::int64_t kKeptForValidationMs = 3'600'000;

}  // namespace

void DiskWriter::free_space(std::uint64_t needed) {
  if (!file_) return;
  const std::uint64_t max = file_->max_bytes();
  const std::uint64_t high = max - std::max(max / kReserveShare, std::min(max / kSmallReserveShare, kSmallReserve));
  const std::uint64_t wanted = file_->used_bytes() + needed + needed / 4;
  if (wanted > high) evict(wanted - high + max / kHeadroomShare);
}

/// Evicts what has expired, then from the old end what was not asked for or is large.
Outcome DiskWriter::evict(std::uint64_t bytes) {
  const std::uint64_t target = file_->used_bytes() - std::min(bytes, file_->used_bytes());
  std::size_t step = kErasedAtOnce;
  while (file_ && file_->used_bytes() > target) {
    const auto expired = next_expired(file_->used_bytes() - target);
    const auto outcome = expired.empty() ? reclaim(step) : erase_expired(expired);
    if (outcome == Outcome::missing) break;
    // Deleting takes free pages too, a copy of each page that is touched; so a nearly full map is emptied in small
    // steps.
    if (outcome == Outcome::full && step > 1) {
      step /= 4;
      continue;
    }
    if (outcome != Outcome::done) return accept(outcome), outcome;
  }
  return Outcome::done;
}

std::vector<DiskIndex::Expired> DiskWriter::next_expired(std::uint64_t bytes) {
  std::vector<DiskIndex::Expired> found;
  std::uint64_t sum = 0;
  for (std::size_t shard = 0; shard < DiskIndex::kShards && shared_.loaded && sum < bytes; ++shard) {
    for (const auto& one : shared_.index.expired(shared_.now_ms(), kErasedAtOnce)) {
      found.push_back(one);
      sum += one.bytes;
    }
  }
  return found;
}

Outcome DiskWriter::reclaim(std::size_t count) {
  std::vector<Hash128> dropped;
  std::uint64_t spared_bytes = 0;
  std::uint64_t dropped_bytes = 0;
  const auto now = shared_.now_ms();
  const auto spare = [&](const Hash128& id, const IndexRecord& record) {
    // Never more than is dropped, or a store in which everything is asked for would never shrink.
    const bool may = spared_bytes <= dropped_bytes && useless_after(record.meta) > now;
    const unsigned price = record.content_size() > kLargeBytes ? 2 : 1;
    if (may && shared_.index.take_frequency(id) + (shared_.memory.has(id) ? record.hits : 0) >= price) {
      spared_bytes += record.content_size();
      return true;
    }
    dropped_bytes += record.content_size();
    dropped.push_back(id);
    return false;
  };
  bool empty = false;
  const auto outcome = file_->write([&](DiskBatch& batch) {
    const int code = batch.reclaim(count, spare);
    empty = DiskBatch::is_missing(code);
    return empty ? 0 : code;
  });
  if (outcome != Outcome::done) return outcome;
  for (const auto& id : dropped) forget(id);
  shared_.evictions.fetch_add(dropped.size(), std::memory_order_relaxed);
  return empty ? Outcome::missing : Outcome::done;
}

/// What was stored anew since is queued and keeps its slot.
void DiskWriter::forget(const Hash128& id) {
  EntryPtr pending;
  if (shared_.queue.find(id, pending) == DiskQueue::Pending::unknown) shared_.index.erase(IdPrefix::of(id));
}

Outcome DiskWriter::erase_expired(const std::vector<DiskIndex::Expired>& expired) {
  std::size_t step = kErasedAtOnce;
  for (std::size_t at = 0; at < expired.size() && file_;) {
    const std::size_t end = std::min(at + step, expired.size());
    const auto outcome = file_->write([&](DiskBatch& batch) {
      for (std::size_t i = at; i < end; ++i) {
        if (const int code = batch.erase(expired[i].prefix)) return code;
      }
      return 0;
    });
    if (outcome == Outcome::full && step > 1) {
      step /= 4;
      continue;
    }
    if (outcome != Outcome::done) return outcome;
    for (std::size_t i = at; i < end; ++i) shared_.index.erase(expired[i].prefix);
    shared_.expired.fetch_add(end - at, std::memory_order_relaxed);
    at = end;
  }
  return Outcome::done;
}

void DiskWriter::expire_some() {
  if (!may_write() || !shared_.loaded) return;
  const auto expired = shared_.index.expired(shared_.now_ms() - kKeptForValidationMs, kErasedAtOnce);
  if (!expired.empty()) accept(erase_expired(expired));
}

}  // namespace cachearr::store
