// What the disk tier's threads share: the file while there is one, the index of it, the queue to the writer, the
// figures.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <cachearr/clock.hpp>

#include "store/disk_file.hpp"
#include "store/disk_index.hpp"
#include "store/disk_queue.hpp"
#include "store/memory_tier.hpp"
#include "store/missed_changes.hpp"
#include "store/reads_in_flight.hpp"
#include "store/residency.hpp"

namespace cachearr::store {

inline constexpr std::int64_t kMinLifeMs = 5'000;

struct DiskOptions {
  std::string folder;
  std::uint64_t max_bytes = 0;
  std::uint64_t max_queue_bytes = 16 * 1024 * 1024;
  Duration retry{60'000};
  Duration check_first{50};
  Conversion conversion;
};

struct DiskShared {
  DiskShared(DiskOptions chosen, BanList& ban_list, MemoryTier& tier, const Clock& time)
      : options{std::move(chosen)}, bans{ban_list}, memory{tier}, clock{time} {}

  const DiskOptions options;
  BanList& bans;
  MemoryTier& memory;
  const Clock& clock;
  DiskIndex index;
  DiskQueue queue{options.max_queue_bytes};
  ReadsInFlight reads_in_flight;
  MissedChanges missed;
  Residency residency;

  std::atomic<bool> loaded{false};   // the index knows everything
  std::atomic<bool> damaged{false};  // a reader found the file broken
  std::atomic<bool> unsaved{false};  // something in memory should be on disk and is not queued
  std::atomic<std::uint64_t> evictions{0};
  std::atomic<std::uint64_t> expired{0};
  std::atomic<std::uint64_t> errors{0};

  /// While it lives, an invalidation counts what it hits, and the writer acts on no ban that is newer: neither by a
  /// sweep nor in what it writes. Taken before the ban is added.
  class Counting {
   public:
    explicit Counting(DiskShared& shared) : shared_{shared} {
      const std::lock_guard lock{shared_.counting_mutex_};
      if (shared_.counting_++ == 0) shared_.counted_ = shared_.bans.current();
    }
    ~Counting() {
      {
        const std::lock_guard lock{shared_.counting_mutex_};
        --shared_.counting_;
      }
      shared_.queue.wake();
    }
    Counting(const Counting&) = delete;
    Counting& operator=(const Counting&) = delete;

   private:
    DiskShared& shared_;
  };
  /// The newest generation that the writer may act on.
  std::uint32_t counted_generation() const {
    const std::lock_guard lock{counting_mutex_};
    return counting_ == 0 ? bans.current() : counted_;
  }

  std::int64_t now_ms() const noexcept { return clock.now().time_since_epoch().count(); }
  bool is_up() const noexcept { return up_.load(std::memory_order_acquire); }
  /// Null while the tier is down.
  std::shared_ptr<DiskFile> file() const {
    const std::lock_guard lock{mutex_};
    return file_;
  }
  std::string problem() const {
    const std::lock_guard lock{mutex_};
    return problem_;
  }
  void set_up(std::shared_ptr<DiskFile> file) {
    const std::lock_guard lock{mutex_};
    file_ = std::move(file);
    problem_.clear();
    damaged = false;
    up_.store(true, std::memory_order_release);
  }
  void set_down(std::string problem) {
    const std::lock_guard lock{mutex_};
    up_.store(false, std::memory_order_release);
    file_.reset();
    problem_ = std::move(problem);
  }

  /// What dies soon is not worth a write, and would be gone after most restarts anyway.
  bool is_worth_writing(const EntryMeta& meta) const noexcept { return useless_after(meta) >= now_ms() + kMinLifeMs; }
  /// What memory has and the disk may have missed. False where the queue is full.
  bool put_again(const EntryPtr& entry) {
    if (entry->on_disk() || !is_worth_writing(entry->meta)) return true;
    index.put_if_absent(entry->id(), slot_of(entry->key(), entry->meta, entry->footprint()));
    if (queue.put_again(entry)) return true;
    unsaved = true;
    return false;
  }

  void put_state(std::string_view name, std::string_view bytes) {
    const std::lock_guard lock{mutex_};
    state_.insert_or_assign(std::string{name}, std::string{bytes});
  }
  /// What comes from disk never replaces what was put since.
  void restore_state(std::string_view name, std::string_view bytes) {
    const std::lock_guard lock{mutex_};
    state_.try_emplace(std::string{name}, std::string{bytes});
  }
  std::string get_state(std::string_view name) const {
    const std::lock_guard lock{mutex_};
    const auto at = state_.find(name);
    return at == state_.end() ? std::string{} : at->second;
  }
  std::map<std::string, std::string, std::less<>> all_state() const {
    const std::lock_guard lock{mutex_};
    return state_;
  }

 private:
  mutable std::mutex counting_mutex_;  // guards the next two
  int counting_ = 0;
  std::uint32_t counted_ = 0;
  std::atomic<bool> up_{false};
  mutable std::mutex mutex_;  // guards the rest
  std::shared_ptr<DiskFile> file_;
  std::string problem_;
  std::map<std::string, std::string, std::less<>> state_;
};

}  // namespace cachearr::store
