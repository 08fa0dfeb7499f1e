// The disk tier's one writer: group commits, eviction, sweeping, and coming back after the disk was gone. One thread;
// owned by the disk tier.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/result.hpp"
#include "store/ban_journal.hpp"
#include "store/disk_shared.hpp"
#include "store/folder_lock.hpp"
#include "store/integrity_check.hpp"

namespace cachearr::store {

class DiskWriter {
 public:
  explicit DiskWriter(DiskShared& shared) : shared_{shared}, journal_{shared.options.folder} {}
  ~DiskWriter();

  /// Opens the file or notes why it cannot be; the one error is another process that uses the folder.
  Result<bool> start();
  /// Writes out what is left and ends the thread.
  void stop();

 private:
  using Steady = std::chrono::steady_clock;
  using Group = std::vector<std::pair<Hash128, EntryPtr>>;

  void run();
  /// LMDB trusts the pages that it changes, and would write beyond its buffers for a damaged one: so nothing is written
  /// to a file whose check is still under way.
  bool may_write() const noexcept { return file_ && !check_; }
  void await_check(std::chrono::milliseconds at_most);
  /// These return why bans may be forgotten by a restart.
  std::optional<Error> keep_bans(const std::vector<QueuedBan>& bans);
  std::optional<Error> write(DiskWork& work);
  bool write_bans_and_state(const DiskWork& work);
  void write_changes(const DiskWork& work);
  bool write_group(const Group& group);
  Outcome try_group(const Group& group);
  void written(const Group& group);
  void free_space(std::uint64_t needed);
  Outcome evict(std::uint64_t bytes);
  std::vector<DiskIndex::Expired> next_expired(std::uint64_t bytes);
  Outcome reclaim(std::size_t count);
  Outcome erase_expired(const std::vector<DiskIndex::Expired>& expired);
  void forget(const Hash128& id);
  void erase_missed();
  void tidy_journal();
  bool begin_anew(const std::string& reason);
  void skip(const Group& group);

  void maintain();
  void expire_some();
  void save_hits(bool all);
  void queue_unsaved();

  void sweep_step();
  bool collect_for_sweep(std::vector<std::pair<Hash128, Validity>>& hit, bool& end);

  bool open();
  bool open_file();
  void restore();
  void queue_bans(const std::vector<Ban>& written);
  bool is_sound();
  void load_index();
  void sync_beside();
  void go_down(const std::string& problem);
  /// False where the outcome is no reason to go on with this file; deals with that.
  bool accept(Outcome outcome);
  void recover();

  DiskShared& shared_;
  std::unique_ptr<FolderLock> lock_;
  std::shared_ptr<DiskFile> file_;         // the writer's own reference to shared_.file()
  std::weak_ptr<DiskFile> last_file_;      // must be gone before the file is opened again
  std::unique_ptr<IntegrityCheck> check_;  // while it is under way
  BanJournal journal_;                     // of bans that the file does not take
  std::vector<Ban> unkept_;                // bans that neither file nor journal took; tried again
  bool journal_has_bans_ = false;          // that the file may not have
  bool distrusted_ = false;                // the boot marker says that the file is not to be believed
  std::uint64_t newest_txn_ = 0;           // of the file when it was up last
  std::vector<Ban> sweeping_;              // the bans of the pass under way
  Hash128 swept_to_;
  Steady::time_point next_second_{}, next_ten_seconds_{}, next_minute_{}, next_try_{};
  std::atomic<bool> sync_failed_{false};
  std::jthread loader_;
  std::jthread syncer_;
  std::jthread thread_;
};

}  // namespace cachearr::store
