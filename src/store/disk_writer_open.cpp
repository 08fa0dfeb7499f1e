// The part of the disk tier's writer that opens the file, goes down with it and comes back.
#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <unordered_set>
#include <utility>

#include "base/log.hpp"
#include "base/thread_name.hpp"
#include "store/boot_marker.hpp"
#include "store/disk_writer.hpp"

namespace cachearr::store {
namespace {

constexpr std::chrono::milliseconds kTryAgain{500};
// How much a power failure may cost.
constexpr std::chrono::seconds kSyncEach{5};
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
  if (!check_) {
    const auto depth = lost_power(folder) ? IntegrityCheck::Depth::every_byte : IntegrityCheck::Depth::structure;
    check_ = std::make_unique<IntegrityCheck>(folder, depth, [this] {
      if (lock_) lock_->forget();
    });
  }
  if (!is_sound()) return false;
  // Its readers would find what was replaced or purged since.
  const bool is_older = shared_.missed.overflowed() || (!distrusted_ && is_distrusted(folder));
  const std::string reason = "the store is older than what was answered since";
  if (is_older && !begin_anew(reason)) return go_down(reason), false;
  return open_file();
}

/// False while the outcome of the check has to be waited for.
bool DiskWriter::is_sound() {
  const std::string& folder = shared_.options.folder;
  switch (check_->wait(std::chrono::milliseconds{shared_.options.check_first})) {
    case IntegrityCheck::State::sound: check_.reset(); return true;
    case IntegrityCheck::State::running:
      // A small store is checked before the first answer is read from it. A large one's first hit must not wait: the
      // guard around each read catches what the check would have found.
      if (check_->depth() == IntegrityCheck::Depth::structure) return true;
      // Writes may be missing in the middle of the file, which only a look at every byte can tell.
      shared_.set_down("the store is checked after a power failure");
      next_try_ = Steady::now() + kTryAgain;
      return false;
    case IntegrityCheck::State::damaged: break;
  }
  begin_anew("the store in " + folder + " is damaged");
  return true;
}

/// False where the file stays where it is.
bool DiskWriter::begin_anew(const std::string& reason) {
  check_.reset();
  if (!set_aside(shared_.options.folder, shared_.now_ms() / 1000)) return false;
  log::warning(reason + "; it is set aside and a new one begun");
  shared_.errors.fetch_add(1, std::memory_order_relaxed);
  shared_.missed.clear();
  distrusted_ = false;
  newest_txn_ = 0;
  return true;
}

bool DiskWriter::open_file() {
  const auto& options = shared_.options;
  bool damaged = false;
  if (!distrusted_) put_boot_marker(options.folder);
  auto opened = DiskFile::open(options.folder, options.max_bytes, damaged);
  std::string reason = !opened && damaged ? opened.error().what : std::string{};
  if (opened && (*opened)->entries() != 0 && (*opened)->newest_txn() < newest_txn_) {
    reason = "the store was replaced by an older copy of itself";
    opened = Error{reason};
  }
  if (!reason.empty() && begin_anew(reason)) opened = DiskFile::open(options.folder, options.max_bytes, damaged);
  if (!opened) return go_down(opened.error().what), false;
  file_ = std::move(opened).value();
  last_file_ = file_;
  restore();
  if (!file_) return false;
  shared_.set_up(file_);
  load_index();
  sync_beside();
  return true;
}

void DiskWriter::sync_beside() {
  syncer_ = std::jthread{[this, file = std::weak_ptr{file_}](const std::stop_token& stopped) {
    name_thread("store sync");
    std::mutex mutex;
    std::condition_variable_any woken;
    std::unique_lock lock{mutex};
    do {
      const auto held = file.lock();
      if (!held) return;
      shared_.residency.note_sample(held->is_resident());
      if (held->sync() == Outcome::failed) sync_failed_ = true;
    } while (!woken.wait_for(lock, stopped, kSyncEach, [&] { return stopped.stop_requested(); }));
  }};
}

/// Bans and state of the file come into force; bans and state that it has missed are written to it.
void DiskWriter::restore() {
  std::vector<Ban> bans;
  std::uint32_t generation = 1;
  if (!accept(file_->read_bans(bans, generation))) return;
  const auto written = bans;
  auto journaled = journal_.read();
  for (auto& ban : journaled.bans) bans.push_back(std::move(ban));
  shared_.missed.add_journaled(journaled.missed);
  journal_.set_blocks_aside();
  shared_.bans.restore(std::move(bans), generation);
  queue_bans(written);
  journal_has_bans_ = shared_.queue.has_bans();
  accept(file_->read_state([&](std::string_view name, std::string_view bytes) { shared_.restore_state(name, bytes); }));
  for (const auto& [name, bytes] : shared_.all_state()) shared_.queue.put_state(name, bytes);
  shared_.unsaved = true;
}

void DiskWriter::queue_bans(const std::vector<Ban>& written) {
  std::unordered_set<std::uint32_t> known;
  for (const auto& ban : written) known.insert(ban.generation);
  for (const auto& ban : shared_.bans.open_on_disk()) {
    if (!known.contains(ban.generation)) shared_.queue.put_ban(ban);
  }
}

void DiskWriter::load_index() {
  shared_.loaded = false;
  loader_ = std::jthread{[this, file = std::weak_ptr{file_}](const std::stop_token& stopped) {
    name_thread("store loader");
    Hash128 at;
    for (bool end = false; !end;) {
      const auto held = file.lock();
      if (!held || stopped.stop_requested()) return;
      const auto outcome = held->scan(at, kLoadedAtOnce, end, [&](const Hash128& id, const IndexRecord& record) {
        shared_.index.put_if_absent(id, slot_of(record.key, record.meta, record.plain_content_size()));
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
  if (file_) newest_txn_ = file_->newest_txn();
  shared_.set_down(problem);
  loader_ = {};
  syncer_ = {};
  check_.reset();
  file_.reset();
  sweeping_.clear();
  shared_.loaded = false;
  shared_.residency.note_wait();
  shared_.index.clear();
  shared_.memory.reserve(0);
  shared_.memory.for_each([](const EntryPtr& entry) { return entry->set_saved(0), true; });
  next_try_ = Steady::now() + shared_.options.retry;
}

/// The file is broken: it is set aside, and an empty one takes its place.
void DiskWriter::recover() {
  const bool seen = file_ && file_->has_problem();
  go_down(seen ? "the store is damaged (" + file_->problem() + ")" : "the store is damaged");
  if (begin_anew("the store is damaged")) {
    last_file_.reset();  // what may still be open is another file now
    open_file();
  }
}

}  // namespace cachearr::store
