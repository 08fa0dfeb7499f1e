// The part of the disk tier's writer that opens the file, goes down with it and comes back.
#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/log.hpp"
#include "store/disk_writer.hpp"

namespace cachearr::store {
namespace {

// A small store is checked before the first answer is read from it. The check of a large one goes on beside the work:
// the first hit must not wait for it, and the guard around each read catches what it would have found.
constexpr std::chrono::milliseconds kCheckFirst{50};
constexpr std::size_t kLoadedAtOnce = 5'000;

}  // namespace

bool DiskWriter::open() {
  // LMDB must not open a file twice in one process.
  if (!last_file_.expired()) return false;
  const std::string& folder = shared_.options.folder;
  if (!lock_) {
    auto lock = FolderLock::take(folder);
    if (!lock) return go_down(lock.error().what), false;
    lock_ = std::move(lock).value();
  }
  check_ = std::make_unique<IntegrityCheck>(folder, [this] {
    if (lock_) lock_->forget();
  });
  if (check_->wait(kCheckFirst) == IntegrityCheck::State::damaged) {
    check_.reset();
    log::warning("the store in " + folder + " is damaged; it is set aside and a new one begun");
    shared_.errors.fetch_add(1, std::memory_order_relaxed);
    set_aside(folder, shared_.now_ms() / 1000);
  }
  return open_file();
}

bool DiskWriter::open_file() {
  const auto& options = shared_.options;
  bool damaged = false;
  auto opened = DiskFile::open(options.folder, options.max_bytes, damaged);
  if (!opened && damaged && set_aside(options.folder, shared_.now_ms() / 1000)) {
    log::warning(opened.error().what + "; it is set aside and a new one begun");
    shared_.errors.fetch_add(1, std::memory_order_relaxed);
    opened = DiskFile::open(options.folder, options.max_bytes, damaged);
  }
  if (!opened) return go_down(opened.error().what), false;
  file_ = std::move(opened).value();
  last_file_ = file_;
  restore();
  if (!file_) return false;
  shared_.set_up(file_);
  load_index();
  return true;
}

/// Rules and state of the file come into force; rules and state that it has missed are written to it.
void DiskWriter::restore() {
  std::vector<Invalidation> rules;
  std::uint32_t generation = 1;
  if (!accept(file_->read_rules(rules, generation))) return;
  shared_.invalidations.restore(std::move(rules), generation);
  for (const auto& rule : shared_.invalidations.open_on_disk()) shared_.queue.put_rule(rule);
  accept(file_->read_state([&](std::string_view name, std::string_view bytes) { shared_.restore_state(name, bytes); }));
  for (const auto& [name, bytes] : shared_.all_state()) shared_.queue.put_state(name, bytes);
  shared_.unsaved = true;
}

void DiskWriter::load_index() {
  shared_.loaded = false;
  loader_ = std::jthread{[this, file = std::weak_ptr{file_}](const std::stop_token& stopped) {
    Hash128 at;
    for (bool end = false; !end;) {
      const auto held = file.lock();
      if (!held || stopped.stop_requested()) return;
      const auto outcome = held->scan(at, kLoadedAtOnce, end, [&](const Hash128& id, const Card& card) {
        shared_.index.put_if_absent(id, slot_of(card.key, card.meta, card.record_size()));
      });
      if (outcome == Outcome::damaged) {
        if (shared_.file() == held) shared_.damaged = true;
        return shared_.queue.wake();
      }
      if (outcome != Outcome::done) return;
    }
    shared_.memory.reserve(shared_.index.bytes());
    shared_.loaded = true;
  }};
}

void DiskWriter::go_down(const std::string& problem) {
  if (shared_.is_up() || shared_.problem() != problem) {
    log::error("no disk tier, answers are kept in memory only: " + problem);
  }
  shared_.errors.fetch_add(1, std::memory_order_relaxed);
  shared_.set_down(problem);
  loader_ = {};
  check_.reset();
  file_.reset();
  sweeping_.clear();
  shared_.loaded = false;
  shared_.index.clear();
  shared_.memory.reserve(0);
  shared_.memory.for_each([](const EntryPtr& entry) { return entry->set_saved(0), true; });
  next_minute_ = Steady::now() + std::chrono::minutes{1};
}

/// The file is broken: it is set aside, and an empty one takes its place.
void DiskWriter::recover() {
  const std::string what = file_ ? file_->problem() : "damaged";
  go_down("the store is damaged (" + what + ")");
  if (set_aside(shared_.options.folder, shared_.now_ms() / 1000)) {
    last_file_.reset();  // what may still be open is another file now
    open_file();
  }
}

}  // namespace cachearr::store
