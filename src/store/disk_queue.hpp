// What waits to be written to disk, newest state only. Thread-safe: event loops put in, the writer takes out in one
// piece.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/result.hpp"
#include "store/ban_list.hpp"

namespace cachearr::store {

/// What became of a ban; guarded by the queue's lock.
struct BanReceipt {
  bool settled = false;
  std::optional<Error> problem;
};

struct QueuedBan {
  Ban ban;
  std::shared_ptr<BanReceipt> receipt;
};

struct DiskWork {
  std::unordered_map<Hash128, EntryPtr> changes;  // null: erase
  std::unordered_set<Hash128> repeated;           // those of `changes` that are not news to the file
  std::vector<QueuedBan> bans;
  std::map<std::string, std::string> state;
  std::uint64_t bytes = 0;
  bool empty() const noexcept { return changes.empty() && bans.empty() && state.empty(); }
};

class DiskQueue {
 public:
  explicit DiskQueue(std::uint64_t max_bytes) : max_bytes_{max_bytes} {}

  /// False where the writer is too far behind: then what is on disk under this id is to be erased instead, which is
  /// queued.
  bool put(const EntryPtr& entry);
  /// The same for what should have been written long since, or has been; what has been queued under this id meanwhile
  /// is newer and stays.
  bool put_again(const EntryPtr& entry);
  void erase(const Hash128& id);
  std::shared_ptr<BanReceipt> put_ban(const Ban& ban);
  /// Waits until the ban will hold after a kill, or returns why it may not.
  std::optional<Error> wait_for(const std::shared_ptr<BanReceipt>& receipt);
  void put_state(std::string_view name, std::string_view bytes);
  /// Nothing of what waits gathers any longer.
  void hurry();

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
  /// `problem`: why the bans of this work may be forgotten.
  void done(const std::optional<Error>& problem);
  /// The bans that wait, for a writer that may not write yet and keeps them elsewhere; settle() says what became of
  /// them.
  std::vector<QueuedBan> take_bans();
  bool has_bans() const;
  void settle(const std::vector<QueuedBan>& bans, const std::optional<Error>& problem);

  /// Waits until the writer has dealt with everything that was put in, or noted elsewhere for it, before this call.
  void wait_for_round();
  void wake();
  void close();
  /// The writer is gone: nothing that comes is dealt with any more.
  void end();
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
  bool urgent_ = false;
  bool closed_ = false;
  bool ended_ = false;
};

}  // namespace cachearr::store
