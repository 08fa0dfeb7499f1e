// The part of the disk tier's writer that remembers what the file cannot be told while it is away, and tells it once it
// is back.
#include <utility>

#include "store/boot_marker.hpp"
#include "store/disk_writer.hpp"

namespace cachearr::store {
namespace {

constexpr std::size_t kMissedAtOnce = 256;

}  // namespace

/// For as long as the file cannot be written to.
std::optional<Error> DiskWriter::keep_bans(const std::vector<QueuedBan>& bans) {
  for (const auto& queued : bans) unkept_.push_back(queued.ban);
  const auto missed = shared_.missed.take_new();
  if (unkept_.empty() && missed.empty()) return std::nullopt;
  auto problem = journal_.append(unkept_, missed);
  if (problem) {
    shared_.errors.fetch_add(1, std::memory_order_relaxed);
    // In place, which a full disk takes too. The next start then begins a new file, unless this one sees it through.
    if (!missed.empty()) distrusted_ = distrust(shared_.options.folder) || distrusted_;
  } else {
    journal_has_bans_ = journal_has_bans_ || !unkept_.empty();
    unkept_.clear();
  }
  return problem;
}

/// What the file has under these ids is older than what was answered since.
void DiskWriter::erase_missed() {
  if (!may_write() || shared_.missed.empty() || shared_.unsaved.load()) return;
  const auto ids = shared_.missed.some(kMissedAtOnce);
  const auto outcome = file_->write([&](DiskBatch& batch) {
    for (const auto& id : ids) {
      const int code = batch.erase(id);
      if (code != 0 && !DiskBatch::is_missing(code)) return code;
    }
    return 0;
  });
  if (outcome == Outcome::full) return (void)evict(file_->max_bytes() / 20);
  if (!accept(outcome)) return;
  for (const auto& id : ids) {
    shared_.missed.remove(id);
    forget(id);
  }
  shared_.queue.wake();  // the next ones soon
}

/// The journal is empty again once the file has all of it.
void DiskWriter::tidy_journal() {
  if (!may_write() || journal_has_bans_ || !unkept_.empty() || !shared_.missed.empty()) return;
  if (std::exchange(distrusted_, false)) put_boot_marker(shared_.options.folder);
  if (!journal_.empty()) journal_.clear();
}

}  // namespace cachearr::store
