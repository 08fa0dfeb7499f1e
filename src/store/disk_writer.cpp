#include "store/disk_writer.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/thread_name.hpp"
#include "store/boot_marker.hpp"

namespace cachearr::store {
namespace {

constexpr std::chrono::milliseconds kIdle{1000};
constexpr std::uint64_t kCommitBytes = 4 * 1024 * 1024;
constexpr int kAttempts = 8;
constexpr int kPatience = 5;
constexpr std::chrono::milliseconds kCheckAgain{20};
// A service is given more than this to end.
constexpr std::chrono::seconds kCheckAtEnd{20};
constexpr std::size_t kAmendedAtOnce = 256;

std::uint8_t saved_mark(std::uint32_t hits) noexcept { return static_cast<std::uint8_t>(1 + std::bit_width(hits)); }

}  // namespace

DiskWriter::~DiskWriter() { stop(); }

Result<bool> DiskWriter::start() {
  std::string problem;
  auto lock = FolderLock::take(shared_.options.folder);
  if (!lock) return lock.error();
  lock_ = std::move(lock).value();
  const bool up = open();
  thread_ = std::jthread{[this] {
    name_thread("store writer");
    run();
  }};
  return up;
}

void DiskWriter::stop() {
  if (!thread_.joinable()) return;
  shared_.queue.close();
  thread_.join();
  shared_.queue.end();
  loader_ = {};
  syncer_ = {};
  check_.reset();
  shared_.set_down("");
  file_.reset();
}

void DiskWriter::run() {
  while (!shared_.queue.closed()) {
    if (file_ && check_) {
      await_check(kCheckAgain);
      continue;
    }
    DiskWork& work = shared_.queue.take(std::min(kIdle, shared_.options.retry));
    if (shared_.damaged.exchange(false) && file_) recover();
    shared_.queue.done(write(work));
    maintain();
    sweep_step();
  }
  if (file_ && check_) await_check(kCheckAtEnd);
  do {
    queue_unsaved();
    shared_.queue.done(write(shared_.queue.take(kIdle)));
  } while (may_write() && shared_.unsaved.load());
  for (std::size_t i = 0; i < MissedChanges::kMost && !shared_.missed.empty(); ++i) erase_missed();
  tidy_journal();
  save_hits(true);
  if (may_write() && file_->sync() == Outcome::done) clear_boot_marker(shared_.options.folder);
}

/// A large file's check goes on while readers are served already; what is to be written waits for its end.
void DiskWriter::await_check(std::chrono::milliseconds at_most) {
  const auto state = check_->wait(at_most);
  const auto bans = shared_.queue.take_bans();
  if (!bans.empty()) shared_.queue.settle(bans, keep_bans(bans));
  if (shared_.damaged.exchange(false) || state == IntegrityCheck::State::damaged) return recover();
  if (state == IntegrityCheck::State::running) return;
  check_.reset();
  queue_bans({});
}

std::optional<Error> DiskWriter::write(DiskWork& work) {
  bool kept = false;
  if (may_write() && !work.empty()) {
    kept = write_bans_and_state(work);
    if (kept) write_changes(work);
  }
  if (may_write()) return std::nullopt;
  for (const auto& [id, entry] : work.changes) {
    if (!work.repeated.contains(id)) shared_.missed.add(id);
  }
  if (!kept) return keep_bans(work.bans);
  keep_bans({});
  return std::nullopt;
}

void DiskWriter::write_changes(const DiskWork& work) {
  Group group;
  std::uint64_t bytes = 0;
  const auto limit = std::min(kCommitBytes, file_->max_bytes() / 32);
  for (const auto& [id, entry] : work.changes) {
    group.emplace_back(id, entry);
    bytes += entry ? entry->footprint() : 0;
    if (bytes < limit) continue;
    free_space(bytes);
    if (!write_group(group)) return;
    group.clear();
    bytes = 0;
  }
  free_space(bytes);
  write_group(group);
}

/// Before the changes, so that what was stored before an invalidation is judged by it.
bool DiskWriter::write_bans_and_state(const DiskWork& work) {
  if (work.bans.empty() && work.state.empty()) return true;
  const auto act = [&](DiskBatch& batch) {
    for (const auto& queued : work.bans) {
      if (const int code = batch.put_ban(queued.ban)) return code;
    }
    for (const auto& [name, bytes] : work.state) {
      if (const int code = batch.put_state(name, bytes)) return code;
    }
    return 0;
  };
  Outcome outcome = file_->write(act);
  for (int attempt = 0; outcome == Outcome::full && attempt < kAttempts && file_; ++attempt) {
    // Pages that a reader may still see are not free yet: readers are short, but those of a killed process have to be
    // cleared away.
    file_->clear_readers();
    evict(file_->max_bytes() / 20);
    std::this_thread::sleep_for(std::chrono::milliseconds{1 << attempt});
    if (file_) outcome = file_->write(act);
  }
  // What a purge has hit must not come back, not even by a kill; so rather no store than one that does not know of it.
  if (outcome == Outcome::full) outcome = Outcome::damaged;
  if (!file_ || !accept(outcome)) return false;
  // All that is in the journal, and all that it did not take, was queued before these when the file came up.
  if (!work.bans.empty()) {
    unkept_.clear();
    journal_has_bans_ = false;
    tidy_journal();
    // A file that was taken away takes them, too, but no restart finds them there.
    if (!file_->is_in_place()) return go_down("the store's file has vanished"), false;
  }
  return true;
}

/// False where the file is gone for now.
bool DiskWriter::write_group(const Group& group) {
  if (group.empty()) return file_ != nullptr;
  if (!file_) return false;
  Outcome outcome = try_group(group);
  std::uint64_t bytes = 0;
  for (const auto& [id, entry] : group) bytes += entry ? entry->footprint() : 0;
  // Pages that a reader may still see are not free yet; that is over in a moment.
  for (int attempt = 0; outcome == Outcome::full && attempt < kPatience; ++attempt) {
    if (file_->used_bytes() + 2 * bytes > file_->max_bytes()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds{1 << attempt});
    outcome = try_group(group);
  }
  if (outcome == Outcome::full) {
    evict(2 * bytes + file_->max_bytes() / 20);
    if (!file_) return false;
    outcome = try_group(group);
  }
  if (outcome == Outcome::full && group.size() > 1) {
    const auto middle = group.begin() + static_cast<std::ptrdiff_t>(group.size() / 2);
    return write_group({group.begin(), middle}) && write_group({middle, group.end()});
  }
  if (outcome == Outcome::full) return skip(group), true;
  if (!accept(outcome)) return false;
  written(group);
  return true;
}

Outcome DiskWriter::try_group(const Group& group) {
  const auto judged = shared_.counted_generation();
  const auto now = shared_.now_ms();
  return file_->write([&](DiskBatch& batch) {
    for (const auto& [id, entry] : group) {
      const auto validity = entry ? shared_.bans.validity_until(judged, target_of(*entry)) : Validity::gone;
      const int code = validity == Validity::gone
                           ? batch.erase(id)
                           : batch.put(*entry, validity == Validity::stale ? stale_meta(entry->meta, now) : entry->meta,
                                       std::max(judged, entry->generation()), shared_.options.conversion);
      if (code != 0 && !DiskBatch::is_missing(code)) return code;
    }
    // Bans of the next process have to have larger numbers, even if the ban with this one is not on disk yet.
    return batch.put_generation(shared_.bans.current());
  });
}

void DiskWriter::written(const Group& group) {
  for (const auto& [id, entry] : group) {
    if (!entry) {
      // Not forget(): what has just been erased is still in the queue, as such.
      if (!shared_.queue.waits(id)) shared_.index.erase(IdPrefix::of(id));
      continue;
    }
    shared_.missed.remove(id);
    entry->set_saved(saved_mark(entry->hits()));
    shared_.index.put_if_absent(id, slot_of(entry->key(), entry->meta, entry->footprint()));
  }
  shared_.memory.reserve(shared_.index.bytes());
}

/// What does not fit even alone into an emptied store. What it was to replace goes, too.
void DiskWriter::skip(const Group& group) {
  shared_.errors.fetch_add(group.size(), std::memory_order_relaxed);
  const auto outcome = file_->write([&](DiskBatch& batch) {
    for (const auto& [id, entry] : group) {
      const int code = batch.erase(id);
      if (code != 0 && !DiskBatch::is_missing(code)) return code;
    }
    return 0;
  });
  if (outcome != Outcome::done) return;
  for (const auto& [id, entry] : group) shared_.index.erase(IdPrefix::of(id));
}

void DiskWriter::maintain() {
  const auto now = Steady::now();
  if (now >= next_second_) {
    next_second_ = now + std::chrono::seconds{1};
    shared_.reads_in_flight.drop_unused();
    expire_some();
    queue_unsaved();
    if (!may_write()) keep_bans({});
    erase_missed();
    tidy_journal();
    if (sync_failed_.exchange(false) && file_) go_down(file_->problem());
  }
  if (now >= next_ten_seconds_) {
    next_ten_seconds_ = now + std::chrono::seconds{10};
    if (file_ && !file_->is_in_place()) go_down("the store's file has vanished");
    if (file_) file_->clear_readers();
  }
  if (now >= next_minute_) {
    next_minute_ = now + std::chrono::minutes{1};
    save_hits(false);
  }
  if (!file_ && now >= next_try_) open();
}

/// Counts of hits go to disk when they have doubled, so that a busy answer costs a few writes in all; at the end all
/// do.
void DiskWriter::save_hits(bool all) {
  if (!may_write()) return;
  std::vector<EntryPtr> changed;
  shared_.memory.for_each([&](const EntryPtr& entry) {
    const bool differs = all ? entry->hits() != 0 : entry->saved() != saved_mark(entry->hits());
    if (entry->on_disk() && differs) changed.push_back(entry);
    return true;
  });
  for (std::size_t at = 0; at < changed.size() && file_; at += kAmendedAtOnce) {
    const std::size_t end = std::min(at + kAmendedAtOnce, changed.size());
    const auto outcome = file_->write([&](DiskBatch& batch) {
      for (std::size_t i = at; i < end; ++i) {
        const auto hits = changed[i]->hits();
        if (const int code = batch.amend(changed[i]->id(), [&](IndexRecord& record) { record.hits = hits; }))
          return code;
        changed[i]->set_saved(saved_mark(hits));
      }
      return 0;
    });
    if (outcome == Outcome::full || !accept(outcome)) return;
  }
}

/// Queues what did not fit into the queue, or what a disk that was away has missed.
void DiskWriter::queue_unsaved() {
  if (!may_write() || !shared_.unsaved.load() || shared_.queue.bytes() > shared_.options.max_queue_bytes / 4) return;
  shared_.unsaved = false;
  shared_.memory.for_each([&](const EntryPtr& entry) { return shared_.put_again(entry); });
}

bool DiskWriter::accept(Outcome outcome) {
  switch (outcome) {
    case Outcome::done:
    case Outcome::missing:
    case Outcome::spoilt: return true;
    case Outcome::full: shared_.errors.fetch_add(1, std::memory_order_relaxed); return true;
    case Outcome::failed: go_down(file_->problem()); return false;
    case Outcome::damaged: recover(); return false;
  }
  return false;
}

}  // namespace cachearr::store
