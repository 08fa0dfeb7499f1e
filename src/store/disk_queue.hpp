// What waits to be written to disk, newest state only. Thread-safe: event loops put in, the writer takes out in one
// piece.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "store/invalidations.hpp"

namespace cachearr::store {

struct DiskWork {
  std::unordered_map<Hash128, EntryPtr> changes;  // null: erase
  std::vector<Invalidation> rules;
  std::map<std::string, std::string> state;
  std::uint64_t bytes = 0;
  bool empty() const noexcept { return changes.empty() && rules.empty() && state.empty(); }
};

class DiskQueue {
 public:
  explicit DiskQueue(std::uint64_t max_bytes) : max_bytes_{max_bytes} {}

  /// False where the writer is too far behind: then what is on disk under this id is to be erased instead, which is
  /// queued.
  bool put(const EntryPtr& entry);
  /// The same for what should have been written long since; what has been queued under this id meanwhile is newer and
  /// stays.
  bool put_again(const EntryPtr& entry);
  void erase(const Hash128& id);
  void put_rule(const Invalidation& rule);
  void put_state(std::string_view name, std::string_view bytes);

  enum class Pending : std::uint8_t { unknown, here, erased };
  /// What a reader has to know of changes that are not on disk yet.
  Pending find(const Hash128& id, EntryPtr& entry) const;
  /// Something has been queued under this id since the writer took its work.
  bool waits(const Hash128& id) const;
  /// All that waits, null for what is to be erased.
  std::unordered_map<Hash128, EntryPtr> pending() const;

  /// For the writer: waits until something is urgent, enough has gathered, the oldest has waited long enough, `idle`
  /// has passed or the end has come. What it returns stays visible to find() until done().
  DiskWork& take(std::chrono::milliseconds idle);
  void done();
  /// The invalidations that wait, for a writer that may not write yet; kept() says when they are safe elsewhere.
  std::vector<Invalidation> take_rules();
  void kept(std::size_t rules);

  /// Waits until everything put in so far has been dealt with.
  void wait_for_all();
  /// The same for the invalidations alone.
  void wait_for_rules();
  void wake();
  void close();
  bool closed() const;
  std::uint64_t bytes() const;

 private:
  using Clock = std::chrono::steady_clock;
  bool due() const;
  bool insert(const EntryPtr& entry);
  void added(std::unique_lock<std::mutex>& lock, bool urgent);

  const std::uint64_t max_bytes_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable ready_;
  std::condition_variable written_;
  DiskWork waiting_;
  DiskWork writing_;
  Clock::time_point oldest_{};
  std::uint64_t taken_ = 0;  // how often work was taken
  std::uint64_t finished_ = 0;
  std::uint64_t rules_put_ = 0;
  std::uint64_t rules_safe_ = 0;
  bool urgent_ = false;
  bool closed_ = false;
};

}  // namespace cachearr::store
