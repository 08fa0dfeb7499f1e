#include "store/disk_writer.hpp"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/log.hpp"

namespace cachearr::store {
namespace {

constexpr std::chrono::milliseconds kIdle{1000};
constexpr std::uint64_t kGroupBytes = 4 * 1024 * 1024;
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
  thread_ = std::jthread{[this] { run(); }};
  return up;
}

void DiskWriter::stop() {
  if (!thread_.joinable()) return;
  shared_.queue.close();
  thread_.join();
  loader_ = {};
  check_.reset();
  shared_.set_down("");
  file_.reset();
}

void DiskWriter::run() {
  while (!shared_.queue.closed()) {
    DiskWork& work = shared_.queue.take(kIdle);
    if (shared_.damaged.exchange(false) && file_) recover();
    write(work);
    shared_.queue.done();
    keep_house();
    sweep_step();
  }
  do {
    queue_unsaved();
    write(shared_.queue.take(kIdle));
    shared_.queue.done();
  } while (file_ && shared_.unsaved.load());
  save_hits(true);
}

void DiskWriter::write(DiskWork& work) {
  if (!file_) {
    shared_.queue.drop();
    return;
  }
  if (work.empty() || !write_rules_and_state(work)) return;
  Group group;
  std::uint64_t bytes = 0;
  const auto limit = std::min(kGroupBytes, file_->max_bytes() / 32);
  for (auto& [id, entry] : work.changes) {
    group.emplace_back(id, entry);
    bytes += entry ? entry->footprint() : 0;
    if (bytes < limit) continue;
    make_room(bytes);
    if (!write_group(group)) return;
    group.clear();
    bytes = 0;
  }
  make_room(bytes);
  write_group(group);
}

/// Before the changes, so that what was stored before an invalidation is judged by it.
bool DiskWriter::write_rules_and_state(const DiskWork& work) {
  if (work.rules.empty() && work.state.empty()) return true;
  const auto act = [&](DiskBatch& batch) {
    for (const auto& rule : work.rules) {
      if (const int code = batch.put_rule(rule)) return code;
    }
    for (const auto& [name, bytes] : work.state) {
      if (const int code = batch.put_state(name, bytes)) return code;
    }
    return 0;
  };
  Outcome outcome = file_->write(act);
  if (outcome == Outcome::full) {
    evict(file_->max_bytes() / 20);
    if (file_) outcome = file_->write(act);
  }
  return accept(outcome);
}

/// False where the file is gone for now.
bool DiskWriter::write_group(const Group& group) {
  if (group.empty()) return file_ != nullptr;
  if (!file_) return false;
  Outcome outcome = try_group(group);
  if (outcome == Outcome::full) {
    std::uint64_t bytes = 0;
    for (const auto& [id, entry] : group) bytes += entry ? entry->footprint() : 0;
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
  const auto generation = shared_.invalidations.current();
  const auto now = shared_.now_ms();
  return file_->write([&](DiskBatch& batch) {
    for (const auto& [id, entry] : group) {
      const auto standing = entry ? shared_.invalidations.standing_on_disk(subject_of(*entry)) : Standing::gone;
      const int code = standing == Standing::gone
                           ? batch.erase(id)
                           : batch.put(*entry, standing == Standing::stale ? stale_meta(entry->meta, now) : entry->meta,
                                       generation, shared_.options.conversion);
      if (code != 0 && !DiskBatch::is_missing(code)) return code;
    }
    return batch.put_generation(generation);
  });
}

void DiskWriter::written(const Group& group) {
  for (const auto& [id, entry] : group) {
    if (!entry) continue;
    entry->set_saved(saved_mark(entry->hits()));
    shared_.index.put_if_absent(id, slot_of(entry->key(), entry->meta, entry->footprint()));
  }
  shared_.memory.reserve(shared_.index.bytes());
}

/// What does not fit even alone into an emptied store.
void DiskWriter::skip(const Group& group) {
  for (const auto& [id, entry] : group) {
    shared_.index.erase(IdPrefix::of(id));
    shared_.errors.fetch_add(1, std::memory_order_relaxed);
  }
}

void DiskWriter::keep_house() {
  const auto now = Steady::now();
  if (now >= next_second_) {
    next_second_ = now + std::chrono::seconds{1};
    if (check_ && check_->poll() != IntegrityCheck::State::running) {
      const bool damaged = check_->poll() == IntegrityCheck::State::damaged;
      check_.reset();
      if (damaged && file_) recover();
    }
    expire_some();
    queue_unsaved();
  }
  if (now >= next_ten_seconds_) {
    next_ten_seconds_ = now + std::chrono::seconds{10};
    if (file_ && !file_->is_in_place()) go_down("the store's file has vanished");
    if (file_) file_->tidy();
  }
  if (now >= next_minute_) {
    next_minute_ = now + std::chrono::minutes{1};
    if (!file_) {
      open();
    } else {
      save_hits(false);
    }
  }
}

/// Counts of hits go to disk when they have doubled, so that a busy answer costs a few writes in all; at the end all
/// do.
void DiskWriter::save_hits(bool all) {
  if (!file_) return;
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
        if (const int code = batch.amend(changed[i]->id(), [&](Card& card) { card.hits = hits; })) return code;
        changed[i]->set_saved(saved_mark(hits));
      }
      return 0;
    });
    if (outcome == Outcome::full || !accept(outcome)) return;
  }
}

/// What the queue had no room for, or what a disk that was away has missed.
void DiskWriter::queue_unsaved() {
  if (!file_ || !shared_.unsaved.load() || shared_.queue.bytes() > shared_.options.max_queue_bytes / 4) return;
  shared_.unsaved = false;
  shared_.memory.for_each([&](const EntryPtr& entry) {
    if (entry->on_disk() || useless_after(entry->meta) < shared_.now_ms()) return true;
    shared_.index.put(entry->id(), slot_of(entry->key(), entry->meta, entry->footprint()));
    if (shared_.queue.put(entry)) return true;
    shared_.unsaved = true;
    return false;
  });
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
