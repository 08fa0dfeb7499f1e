#include "upkeep/jobs/prefetch_choice.hpp"

#include <algorithm>
#include <ctime>

#include "base/text.hpp"

namespace cachearr::upkeep {

namespace {

constexpr Duration kShortestLead{2'000};
constexpr Duration kLongestLead{60'000};

/// The end of a heap is the least used.
bool is_used_more(const PrefetchCandidate& a, const PrefetchCandidate& b) noexcept {
  return a.hits != b.hits ? a.hits > b.hits : a.key < b.key;
}

bool pays(const fetch::RememberedRequest& request, std::uint32_t hits, TimePoint now) noexcept {
  return request.expected_asks(hits, now) >= (request.has_validator ? kAsksForConfirmation : kAsksForAnswer);
}

}  // namespace

void PrefetchWorth::count(bool useful, TimePoint now) {
  ++(useful ? useful_ : useless_);
  ++(useful ? lately_useful_ : lately_useless_);
  const auto all = lately_useful_ + lately_useless_;
  if (all < kEnough) return;
  const bool is_fair = lately_useful_ * kFairShare >= all;
  if (!is_fair) ended_until_ = now + kPause;
  // The older half counts half: what was useful once need not be so now.
  lately_useful_ = is_fair && all >= 2 * kEnough ? lately_useful_ / 2 : (is_fair ? lately_useful_ : 0);
  lately_useless_ = is_fair && all >= 2 * kEnough ? lately_useless_ / 2 : (is_fair ? lately_useless_ : 0);
}

/// It ends within two intervals and lives for one at least: what lives for less would end between two rounds.
bool PrefetchPicker::is_meant(const store::KeyView& view) const {
  const auto at = [](std::int64_t ms) { return TimePoint{Duration{ms}}; };
  const auto end = at(view.meta.fresh_until_ms);
  if (end <= terms_.now || end - terms_.now > 2 * terms_.interval || view.hits == 0) return false;
  if (end - at(view.meta.stored_ms) < terms_.interval) return false;
  return std::any_of(terms_.patterns.begin(), terms_.patterns.end(),
                     [&](const auto& pattern) { return text::glob_match(pattern, view.key); });
}

void PrefetchPicker::offer(const store::KeyView& view) {
  if (!is_meant(view)) return;
  auto request = terms_.find(view.id);
  if (!request) return void(++choice_.unknown);
  if (!request->was_asked_lately(view.hits)) return void(++choice_.unasked);
  if (!pays(*request, view.hits, terms_.now)) return void(++choice_.seldom);
  const auto worth = terms_.worths.find({request->upstream, request->rule});
  if (worth != terms_.worths.end() && worth->second.is_ended(terms_.now)) return void(++choice_.not_worth);
  auto& heap = choice_.taken;
  const auto due = due_before(request->end, request->end - request->began);
  PrefetchCandidate candidate{view.id, std::string{view.key}, view.hits, std::move(request), due};
  if (heap.size() >= terms_.most) {
    ++choice_.beyond;
    if (heap.empty() || !is_used_more(candidate, heap.front())) return;
    std::pop_heap(heap.begin(), heap.end(), is_used_more);
    heap.pop_back();
  }
  heap.push_back(std::move(candidate));
  std::push_heap(heap.begin(), heap.end(), is_used_more);
}

PrefetchChoice PrefetchPicker::finish() {
  std::sort_heap(choice_.taken.begin(), choice_.taken.end(), is_used_more);
  return std::move(choice_);
}

TimePoint due_before(TimePoint end, Duration life) noexcept {
  return end - std::clamp(life / 20, kShortestLead, kLongestLead);
}

TimePoint next_daily(Duration after_midnight, TimePoint now) {
  const auto minutes = static_cast<int>(std::chrono::duration_cast<std::chrono::minutes>(after_midnight).count());
  const std::time_t today = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  std::tm local{};
  ::localtime_r(&today, &local);
  for (int days = 0;; ++days) {
    auto wanted = local;
    wanted.tm_mday += days;
    wanted.tm_hour = minutes / 60;
    wanted.tm_min = minutes % 60;
    wanted.tm_sec = 0;
    wanted.tm_isdst = -1;
    const TimePoint at{std::chrono::seconds{std::mktime(&wanted)}};
    if (at > now) return at;
  }
}

}  // namespace cachearr::upkeep
