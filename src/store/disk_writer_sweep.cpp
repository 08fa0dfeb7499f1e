// The part of the disk tier's writer that sweeps away what invalidations have hit, a piece at a time between its other
// work.
#include <utility>

#include "store/disk_writer.hpp"

namespace cachearr::store {
namespace {

constexpr std::size_t kSweptAtOnce = 4'000;

bool all_by_key(const std::vector<Ban>& bans) noexcept {
  for (const auto& ban : bans) {
    if (!ban.names_key()) return false;
  }
  return true;
}

}  // namespace

void DiskWriter::sweep_step() {
  if (!may_write()) return;
  if (sweeping_.empty()) {
    sweeping_ = shared_.bans.open_on_disk(shared_.counted_generation());
    swept_to_ = {};
    if (sweeping_.empty()) return;
  }
  std::vector<std::pair<Hash128, Validity>> hit;
  bool end = false;
  const Hash128 before = swept_to_;
  if (!collect_for_sweep(hit, end)) return;
  const auto generation = sweeping_.back().generation;
  const auto now = shared_.now_ms();
  const auto outcome = file_->write([&](DiskBatch& batch) {
    for (const auto& [id, validity] : hit) {
      const int code = validity == Validity::gone ? batch.erase(id) : batch.amend(id, [&](IndexRecord& record) {
        record.meta = stale_meta(record.meta, now);
        record.generation = generation;
      });
      if (code != 0 && !DiskBatch::is_missing(code)) return code;
    }
    return end ? batch.drop_bans(generation) : 0;
  });
  if (outcome == Outcome::full) {
    swept_to_ = before;  // the same piece again, with more free pages
    evict(file_->max_bytes() / 20);
    return;
  }
  if (!accept(outcome)) return;
  for (const auto& [id, validity] : hit) {
    if (validity == Validity::gone) forget(id);
  }
  if (end) {
    shared_.bans.swept_on_disk(generation);
    sweeping_.clear();
  }
  shared_.queue.wake();  // the next piece soon
}

/// The next records that the bans under way hit. False where the file is gone.
bool DiskWriter::collect_for_sweep(std::vector<std::pair<Hash128, Validity>>& hit, bool& end) {
  const auto look = [&](const Hash128& id, const IndexRecord& record) {
    auto validity = validity_by(sweeping_, record.target());
    if (validity == Validity::stale && !is_response(record.meta)) validity = Validity::valid;
    if (validity != Validity::valid) hit.emplace_back(id, validity);
  };
  if (!all_by_key(sweeping_) || !shared_.loaded) return accept(file_->scan(swept_to_, kSweptAtOnce, end, look));
  std::vector<WantedKey> keys;
  for (const auto& ban : sweeping_) keys.push_back({key_hash_of(ban.what.text), ban.names_family()});
  end = true;
  for (const IdPrefix prefix : shared_.index.with_keys(keys)) {
    std::vector<Hash128> ids;
    if (!accept(file_->ids_of(prefix, ids))) return false;
    for (const auto& id : ids) {
      if (!accept(file_->read_index_record(id, look))) return false;
    }
  }
  return true;
}

}  // namespace cachearr::store
