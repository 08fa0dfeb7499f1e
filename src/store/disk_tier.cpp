#include "store/disk_tier.hpp"

#include <chrono>
#include <sys/resource.h>
#include <utility>

#include "base/log.hpp"

namespace cachearr::store {
namespace {

constexpr std::size_t kReaders = 2;
constexpr std::size_t kScannedAtOnce = 4'000;
// Copying and checking this much takes some microseconds, less than a trip to another thread and back.
constexpr std::uint64_t kReadHere = 64 * 1024;
// Only a read that took longer may have waited for the device.
constexpr std::chrono::microseconds kLongRead{30};

/// Whether this thread has waited for pages of files since it was asked last. A long read alone says little on a busy
/// machine.
bool has_waited_for_pages() noexcept {
  thread_local long before = 0;
  rusage usage{};
  if (::getrusage(RUSAGE_THREAD, &usage) != 0) return true;
  return usage.ru_majflt != std::exchange(before, usage.ru_majflt);
}

bool may_read_here(const DiskSlot& slot) noexcept {
  static const std::uint8_t largest = size_code_of(kReadHere);
  return slot.size_code != 0 && slot.size_code <= largest;
}

}  // namespace

DiskTier::DiskTier(DiskOptions options, BanList& bans, MemoryTier& memory, const Clock& clock)
    : shared_{std::move(options), bans, memory, clock}, readers_{kReaders} {
  // Numbers of earlier processes are known only once the file is; the time in seconds has always outrun them.
  bans.start_at(static_cast<std::uint32_t>(shared_.now_ms() / 1000));
}

void DiskTier::stop() {
  readers_.stop();
  writer_.stop();
}

bool DiskTier::may_hold(const Hash128& id) const noexcept {
  return shared_.is_up() && (!shared_.loaded.load(std::memory_order_acquire) || shared_.index.has(id));
}

void DiskTier::find(const Hash128& id, std::string_view identity, Done done) {
  Found found;
  if (find_here(id, identity, found)) return done(std::move(found.entry), found.asked_before);
  const auto shared_done = std::make_shared<Done>(std::move(done));
  const bool posted = readers_.post([this, id, name = std::string{identity}, shared_done] {
    const auto period = shared_.residency.period();
    EntryPtr entry = read(id, name);
    const bool asked_before = count_look_up(id, entry, period);
    (*shared_done)(std::move(entry), asked_before);
  });
  if (!posted) (*shared_done)({}, false);
}

bool DiskTier::find_here(const Hash128& id, std::string_view identity, Found& found) {
  const DiskSlot slot = shared_.index.find(id);
  const auto period = shared_.residency.period();
  const bool is_known = slot.read_in == period;
  if (!may_read_here(slot) || (!is_known && !shared_.residency.is_whole())) return false;
  const bool is_proven = shared_.residency.is_proven(slot.read_in);
  const auto began = std::chrono::steady_clock::now();
  found.entry = read(id, identity, !is_proven);
  if (std::chrono::steady_clock::now() - began > kLongRead && has_waited_for_pages()) {
    shared_.residency.note_wait();
    if (is_proven) found.entry = read(id, identity);
  }
  found.asked_before = count_look_up(id, found.entry, period);
  return true;
}

/// Whether it deserves a place in memory now.
bool DiskTier::count_look_up(const Hash128& id, const EntryPtr& entry, std::uint16_t period) noexcept {
  return entry && has_earned_memory(shared_.index.touch(id, period));
}

void DiskTier::put(const EntryPtr& entry) {
  if (!shared_.is_up()) {
    shared_.missed.add(entry->id());
    shared_.unsaved = true;
    return;
  }
  if (!shared_.is_worth_writing(entry->meta)) {
    if (may_hold(entry->id())) erase(entry->id());
    return;
  }
  shared_.index.put(entry->id(), slot_of(entry->key(), entry->meta, entry->footprint()));
  if (!shared_.queue.put(entry)) shared_.unsaved = true;
}

bool DiskTier::erase(const Hash128& id) {
  EntryPtr pending;
  const auto known = shared_.queue.find(id, pending);
  if (!shared_.is_up()) shared_.missed.add(id);
  if (known == DiskQueue::Pending::erased || (known == DiskQueue::Pending::unknown && !may_hold(id))) return false;
  // Its slot stays until it is erased: a purge that comes meanwhile has to find it.
  shared_.queue.erase(id);
  return true;
}

void DiskTier::put_state(std::string_view name, std::string_view bytes) {
  shared_.put_state(name, bytes);
  shared_.queue.put_state(name, bytes);
}

EntryPtr DiskTier::read(const Hash128& id, std::string_view identity, bool check) {
  EntryPtr entry;
  const auto generation = shared_.bans.current();
  switch (shared_.queue.find(id, entry)) {
    case DiskQueue::Pending::erased: return {};
    case DiskQueue::Pending::here:
      if (!identity.empty() && entry->identity() != identity) return {};
      return by_bans(std::move(entry), generation);
    case DiskQueue::Pending::unknown: break;
  }
  if (shared_.missed.has(id)) return {};
  return by_bans(read_file(id, identity, check), generation);
}

EntryPtr DiskTier::read_file(const Hash128& id, std::string_view identity, bool check) {
  const auto file = shared_.file();
  if (!file) return {};
  EntryPtr entry = find_in_flight(*file, id, identity);
  if (entry) return entry;
  switch (file->read({id, identity, shared_.options.conversion, check}, entry)) {
    case Outcome::done:
      entry->set_saved(1);
      if (!shared_.memory.admits(entry->footprint())) shared_.reads_in_flight.add(entry);
      return entry;
    case Outcome::missing: {
      EntryPtr pending;
      if (shared_.queue.find(id, pending) == DiskQueue::Pending::unknown) shared_.index.erase(IdPrefix::of(id));
      return {};
    }
    case Outcome::spoilt:
      log::warning("a stored answer was damaged on disk; it is dropped");
      shared_.errors.fetch_add(1, std::memory_order_relaxed);
      erase(id);
      return {};
    case Outcome::damaged:
      if (shared_.file() == file) shared_.damaged = true;
      shared_.queue.wake();
      return {};
    default: shared_.errors.fetch_add(1, std::memory_order_relaxed); return {};
  }
}

/// What is being sent already, if it is still what the file has.
EntryPtr DiskTier::find_in_flight(DiskFile& file, const Hash128& id, std::string_view identity) {
  EntryPtr entry = shared_.reads_in_flight.find(id, identity);
  bool same = false;
  const auto look = [&](const Hash128&, const IndexRecord& record) {
    same = record.meta.stored_ms == entry->meta.stored_ms && record.meta.fresh_until_ms == entry->meta.fresh_until_ms &&
           record.meta.flags == entry->meta.flags && record.plain_size == entry->body().size();
  };
  if (entry && file.read_index_record(id, look) == Outcome::done && same) return entry;
  return {};
}

/// What the bans leave of it, as of `generation`, which was current before it was looked for.
EntryPtr DiskTier::by_bans(EntryPtr entry, std::uint32_t generation) const {
  if (!entry) return entry;
  const auto validity = shared_.bans.validity_on_disk(target_of(*entry));
  if (validity == Validity::gone) return {};
  if (validity == Validity::stale && is_response(entry->meta)) {
    entry = with_meta(*entry, stale_meta(entry->meta, shared_.now_ms()));
    if (entry) entry->stamp(shared_.bans.current());
    return entry;
  }
  if (entry->generation() < generation) entry->stamp(generation);
  return entry;
}

void DiskTier::flush() {
  // Also while the file is away: the journal then takes what has changed.
  shared_.queue.wait_for_round();
  while (shared_.is_up() && shared_.unsaved.exchange(false)) {
    shared_.memory.for_each([&](const EntryPtr& entry) { return shared_.put_again(entry); });
    shared_.queue.wait_for_round();
  }
}

Result<std::uint64_t> DiskTier::ban(const std::function<Ban(Ids& hit)>& enforce) {
  const DiskShared::Counting counting{shared_};
  Ids hit;
  const Ban ban = enforce(hit);
  const std::uint64_t count = count_hit(ban, hit);
  auto problem = shared_.queue.wait_for(shared_.queue.put_ban(ban));
  if (problem) return *std::move(problem);
  return count;
}

/// How many responses the ban is the first to hit, those of `counted` left out.
std::uint64_t DiskTier::count_hit(const Ban& ban, const Ids& counted) {
  std::uint64_t count = 0;
  const auto is_first = [&](const Hash128& id, const BanTarget& target, const EntryMeta& meta) {
    return is_response(meta) && ban.hits(target) && !counted.contains(id) &&
           shared_.bans.validity_until(ban.generation - 1, target) != Validity::gone;
  };
  // What waits hides what the file has under the same id.
  const auto pending = shared_.queue.pending();
  for (const auto& [id, entry] : pending) {
    if (entry && is_first(id, target_of(*entry), entry->meta)) ++count;
  }
  const auto file = shared_.file();
  if (!file) return count;
  const auto look = [&](const Hash128& id, const IndexRecord& record) {
    if (is_first(id, record.target(), record.meta) && !pending.contains(id) && !shared_.missed.has(id)) ++count;
  };
  if (ban.names_key() && shared_.loaded) {
    for (const IdPrefix prefix : shared_.index.with_keys({{key_hash_of(ban.what.text), ban.names_family()}})) {
      std::vector<Hash128> ids;
      file->ids_of(prefix, ids);
      for (const auto& id : ids) file->read_index_record(id, look);
    }
    return count;
  }
  Hash128 at;
  for (bool end = false; !end;) {
    if (file->scan(at, kScannedAtOnce, end, look) != Outcome::done) break;
  }
  return count;
}

void DiskTier::find_key(std::string_view key, const std::function<void(const EntryPtr&)>& visit) {
  const auto file = shared_.file();
  if (!file) return;
  std::vector<Hash128> ids;
  const auto is_under_key = [&](const Hash128&, const IndexRecord& record) { return record.key == key; };
  const auto keep = [&](const Hash128& id, const IndexRecord& record) {
    if (is_under_key(id, record)) ids.push_back(id);
    return true;
  };
  if (shared_.loaded) {
    std::vector<Hash128> candidates;
    for (const IdPrefix prefix : shared_.index.with_keys({{key_hash_of(key)}})) file->ids_of(prefix, candidates);
    for (const auto& id : candidates) file->read_index_record(id, keep);
  } else {
    for_each_record({}, {.act = keep, .wanted = is_under_key});
  }
  for (const auto& id : ids) {
    const EntryPtr entry = read(id, {});
    if (entry && entry->key() == key) visit(entry);
  }
}

void DiskTier::for_each_record(Hash128 after, const RecordVisit& visit) {
  const auto file = shared_.file();
  bool go_on = true;
  const auto look = [&](const Hash128& id, const IndexRecord& record) {
    if (!go_on || shared_.missed.has(id) || shared_.bans.validity_on_disk(record.target()) == Validity::gone) return;
    go_on = visit.act(id, record);
  };
  for (bool end = !file; !end && go_on && (!visit.more || visit.more(after));)
    if (file->scan(after, kScannedAtOnce, end, look, visit.wanted) != Outcome::done) return;
}

TierStats DiskTier::stats() const {
  TierStats stats;
  stats.max_bytes = shared_.options.max_bytes;
  stats.evictions = shared_.evictions.load(std::memory_order_relaxed);
  stats.expired = shared_.expired.load(std::memory_order_relaxed);
  stats.errors = shared_.errors.load(std::memory_order_relaxed);
  if (const auto file = shared_.file()) {
    stats.entries = file->entries();
    stats.bytes = file->used_bytes();
  }
  return stats;
}

}  // namespace cachearr::store
