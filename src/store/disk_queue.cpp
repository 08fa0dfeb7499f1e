#include "store/disk_queue.hpp"

#include <algorithm>
#include <utility>

namespace cachearr::store {
namespace {

// A kill loses what waits; the promise is one second at most, and a commit takes its time too.
constexpr std::chrono::milliseconds kGather{400};
// Enough for one group: larger ones make transactions that need more free pages than a small store has.
constexpr std::uint64_t kGroupBytes = 4 * 1024 * 1024;
// What a queued change without a body costs.
constexpr std::uint64_t kChangeBytes = 128;

}  // namespace

bool DiskQueue::put(const EntryPtr& entry) {
  std::unique_lock lock{mutex_};
  const bool fits = insert(entry);
  waiting_.repeated.erase(entry->id());
  added(lock, false);
  return fits;
}

bool DiskQueue::put_again(const EntryPtr& entry) {
  std::unique_lock lock{mutex_};
  if (waiting_.changes.contains(entry->id()) || writing_.changes.contains(entry->id())) return true;
  const bool fits = insert(entry);
  waiting_.repeated.insert(entry->id());
  added(lock, false);
  return fits;
}

bool DiskQueue::insert(const EntryPtr& entry) {
  const auto cost = entry->footprint() + kChangeBytes;
  const bool fits = waiting_.bytes + writing_.bytes + cost <= max_bytes_;
  waiting_.changes.insert_or_assign(entry->id(), fits ? entry : EntryPtr{});
  waiting_.bytes += fits ? cost : kChangeBytes;
  return fits;
}

void DiskQueue::erase(const Hash128& id) {
  std::unique_lock lock{mutex_};
  waiting_.changes.insert_or_assign(id, EntryPtr{});
  waiting_.repeated.erase(id);
  waiting_.bytes += kChangeBytes;
  added(lock, false);
}

std::shared_ptr<BanReceipt> DiskQueue::put_ban(const Ban& ban) {
  auto receipt = std::make_shared<BanReceipt>();
  std::unique_lock lock{mutex_};
  waiting_.bans.push_back({ban, receipt});
  added(lock, true);
  return receipt;
}

std::optional<Error> DiskQueue::wait_for(const std::shared_ptr<BanReceipt>& receipt) {
  std::unique_lock lock{mutex_};
  written_.wait(lock, [&] { return receipt->settled || ended_; });
  if (!receipt->settled) return Error{"the store has ended"};
  return receipt->problem;
}

void DiskQueue::put_state(std::string_view name, std::string_view bytes) {
  std::unique_lock lock{mutex_};
  waiting_.state.insert_or_assign(std::string{name}, std::string{bytes});
  added(lock, false);
}

void DiskQueue::hurry() {
  std::unique_lock lock{mutex_};
  if (oldest_ != Clock::time_point{}) added(lock, true);
}

void DiskQueue::added(std::unique_lock<std::mutex>& lock, bool urgent) {
  const bool first = oldest_ == Clock::time_point{};
  if (first) oldest_ = Clock::now();
  urgent_ = urgent_ || urgent;
  const bool wake = first || urgent_ || waiting_.bytes >= kGroupBytes;
  lock.unlock();
  if (wake) ready_.notify_one();
}

DiskQueue::Pending DiskQueue::find(const Hash128& id, EntryPtr& entry) const {
  const std::lock_guard lock{mutex_};
  for (const DiskWork* work : {&waiting_, &writing_}) {
    const auto at = work->changes.find(id);
    if (at == work->changes.end()) continue;
    entry = at->second;
    return entry ? Pending::here : Pending::erased;
  }
  return Pending::unknown;
}

bool DiskQueue::waits(const Hash128& id) const {
  const std::lock_guard lock{mutex_};
  return waiting_.changes.contains(id);
}

std::unordered_map<Hash128, EntryPtr> DiskQueue::pending() const {
  const std::lock_guard lock{mutex_};
  std::unordered_map<Hash128, EntryPtr> all = waiting_.changes;
  all.insert(writing_.changes.begin(), writing_.changes.end());
  return all;
}

bool DiskQueue::due() const {
  return closed_ || urgent_ || waiting_.bytes >= kGroupBytes ||
         (oldest_ != Clock::time_point{} && Clock::now() >= oldest_ + kGather);
}

DiskWork& DiskQueue::take(std::chrono::milliseconds idle) {
  std::unique_lock lock{mutex_};
  const auto idle_until = Clock::now() + idle;
  while (!due() && Clock::now() < idle_until) {
    const auto until = oldest_ == Clock::time_point{} ? idle_until : std::min(idle_until, oldest_ + kGather);
    ready_.wait_until(lock, until);
  }
  if (!due()) return writing_;
  writing_ = std::exchange(waiting_, DiskWork{});
  oldest_ = {};
  urgent_ = false;
  ++taken_;
  return writing_;
}

void DiskQueue::done(const std::optional<Error>& problem) {
  DiskWork written;  // freed after the lock
  {
    const std::lock_guard lock{mutex_};
    written = std::exchange(writing_, DiskWork{});
    finished_ = taken_;
    for (const auto& queued : written.bans) *queued.receipt = {true, problem};
  }
  written_.notify_all();
}

std::vector<QueuedBan> DiskQueue::take_bans() {
  const std::lock_guard lock{mutex_};
  return std::exchange(waiting_.bans, {});
}

bool DiskQueue::has_bans() const {
  const std::lock_guard lock{mutex_};
  return !waiting_.bans.empty();
}

void DiskQueue::settle(const std::vector<QueuedBan>& bans, const std::optional<Error>& problem) {
  {
    const std::lock_guard lock{mutex_};
    for (const auto& queued : bans) *queued.receipt = {true, problem};
  }
  written_.notify_all();
}

void DiskQueue::wait_for_round() {
  std::unique_lock lock{mutex_};
  // The round that is under way, if any, may have begun before what the caller means.
  const std::uint64_t mine = taken_ + 1;
  urgent_ = true;
  ready_.notify_one();
  written_.wait(lock, [&] { return finished_ >= mine || ended_; });
}

void DiskQueue::wake() {
  const std::lock_guard lock{mutex_};
  urgent_ = true;
  ready_.notify_one();
}

void DiskQueue::close() {
  const std::lock_guard lock{mutex_};
  closed_ = true;
  ready_.notify_all();
}

void DiskQueue::end() {
  const std::lock_guard lock{mutex_};
  ended_ = true;
  written_.notify_all();
}

bool DiskQueue::closed() const {
  const std::lock_guard lock{mutex_};
  return closed_;
}

std::uint64_t DiskQueue::bytes() const {
  const std::lock_guard lock{mutex_};
  return waiting_.bytes + writing_.bytes;
}

}  // namespace cachearr::store
