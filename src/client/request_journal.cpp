#include "client/request_journal.hpp"

#include <algorithm>

namespace cachearr::client {

namespace {

constexpr std::size_t kReadAtOnce = 32;
constexpr std::size_t kFewestRequests = 2'000;  // what /api/v1/requests tells, though all may come to one worker
constexpr std::size_t kFewestBytes = 512 * 1024;

std::int64_t microseconds(auto since) noexcept {
  return std::chrono::duration_cast<std::chrono::microseconds>(since).count();
}

/// Of the wall clock before steady time, read once: ids of one process never run backwards.
std::int64_t ahead_of_steady() noexcept {
  static const auto ahead = microseconds(std::chrono::system_clock::now().time_since_epoch()) -
                            microseconds(std::chrono::steady_clock::now().time_since_epoch());
  return ahead;
}

}  // namespace

RequestJournal::Space RequestJournal::share_of(std::size_t workers) noexcept {
  workers = std::max<std::size_t>(workers, 1);
  return {std::max(kMostRequests / workers, kFewestRequests), std::max(kMostBytes / workers, kFewestBytes)};
}

RequestJournal::RequestJournal(std::uint32_t worker, const Space& space)
    : worker_{worker}, ahead_of_steady_{ahead_of_steady()}, ring_{space.requests, space.bytes} {}

std::uint64_t RequestJournal::id_at(SteadyTime at) noexcept {
  const auto since_1970 = ahead_of_steady() + microseconds(at.time_since_epoch());
  constexpr std::uint64_t last_worker = (std::uint64_t{1} << kWorkerBits) - 1;
  return static_cast<std::uint64_t>(since_1970) << kWorkerBits | last_worker;
}

void RequestJournal::Writing::add(RequestNote& note, SteadyTime ended, ClientTable::Place& place) {
  auto& journal = journal_;
  const auto moment = static_cast<std::uint64_t>(journal.ahead_of_steady_ + microseconds(ended.time_since_epoch()));
  const auto after_last = (journal.last_id_ >> kWorkerBits) + 1;
  note.facts.id = journal.last_id_ = std::max(moment, after_last) << kWorkerBits | journal.worker_;
  journal.ring_.append(note);
  journal.table_.saw(place, note);
}

std::uint64_t RequestJournal::read(std::uint64_t& position, std::uint64_t up_to, std::vector<RecordedRequest>& out,
                                   std::size_t most) const {
  std::uint64_t lost = 0;
  for (bool more = true; more;) {
    const std::lock_guard lock{mutex_};
    const auto begin = std::max(ring_.first(), ring_.end() - std::min<std::uint64_t>(ring_.end(), most));
    if (position < begin) {
      lost += begin - position;
      position = begin;
    }
    std::size_t taken = 0;
    const auto is_due = [&] { return position < ring_.end() && ring_.facts(position).id <= up_to; };
    for (; taken < kReadAtOnce && is_due(); ++taken) out.push_back(ring_.copy(position++));
    more = taken == kReadAtOnce;
  }
  return lost;
}

std::vector<SeenClient> RequestJournal::clients() const {
  const std::lock_guard lock{mutex_};
  return {table_.clients().begin(), table_.clients().end()};
}

}  // namespace cachearr::client
