#include "limit/live_quota.hpp"

#include <algorithm>

namespace cachearr::limit {
namespace {

constexpr std::size_t kMostFigures = 8;
/// How long a figure holds of which neither reset nor window is known.
constexpr Duration kUnsaid{60'000};
/// Two resets nearer than this are one and the same, told by two answers.
constexpr Duration kSameReset{2'000};

TimePoint end_of(const content::QuotaReading& reading, TimePoint now) noexcept {
  if (reading.reset) return *reading.reset;
  return now + (reading.per > Duration{} ? std::min(reading.per, content::kLongestPause) : kUnsaid);
}

/// A reset that was told and is the same as before: the window goes on, and answers may have overtaken each other.
bool same_window(const LiveQuota::Figure& known, const content::QuotaReading& reading, TimePoint now) noexcept {
  if (!reading.reset || now >= known.ends) return false;
  const auto apart = *reading.reset - known.ends;
  return apart <= kSameReset && apart >= -kSameReset;
}

}  // namespace

void LiveQuota::observe(TimePoint now, const std::vector<content::QuotaReading>& readings, const UnderWay& under_way) {
  for (const auto& reading : readings) {
    auto known = std::find_if(figures_.begin(), figures_.end(), [&](const Figure& figure) {
      return figure.reading.per == reading.per && figure.reading.scope == reading.scope;
    });
    const auto others = under_way.counted_by(reading.scope);
    auto left = reading.remaining - std::min(reading.remaining, others);
    if (known == figures_.end()) {
      if (figures_.size() >= kMostFigures) continue;
      known = figures_.insert(figures_.end(), Figure{});
    } else if (same_window(*known, reading, now)) {
      left = std::min(left, known->reading.remaining);
    }
    *known = {reading, end_of(reading, now), others - std::min(others, reading.remaining)};
    known->reading.remaining = left;
  }
}

TimePoint LiveQuota::ready_at(TimePoint now, Priority priority, std::uint64_t reserve, bool grab) const noexcept {
  auto at = now;
  for (const auto& figure : figures_) {
    if (figure.ends <= now || !counts(figure.reading.scope, grab)) continue;
    const bool reserved =
        priority != Priority::interactive && figure.reading.scope != LimitScope::grab && reserve < figure.reading.limit;
    const auto keep = reserved ? reserve : 0;
    if (figure.reading.remaining <= keep) at = std::max(at, figure.ends);
  }
  return at;
}

void LiveQuota::take(TimePoint now, bool grab) noexcept {
  std::erase_if(figures_, [&](const Figure& figure) { return figure.ends <= now; });
  for (auto& figure : figures_) {
    if (counts(figure.reading.scope, grab) && figure.reading.remaining > 0) --figure.reading.remaining;
  }
}

void LiveQuota::refund(bool grab) noexcept {
  for (auto& figure : figures_) {
    if (!counts(figure.reading.scope, grab)) continue;
    if (figure.overdrawn > 0)
      --figure.overdrawn;
    else if (figure.reading.remaining < figure.reading.limit)
      ++figure.reading.remaining;
  }
}

void LiveQuota::charge(std::uint64_t requests) noexcept {
  for (auto& figure : figures_) figure.reading.remaining -= std::min(figure.reading.remaining, requests);
}

std::vector<LiveQuota::Figure> LiveQuota::figures(TimePoint now) const {
  auto holding = figures_;
  std::erase_if(holding, [&](const Figure& figure) { return figure.ends <= now; });
  return holding;
}

void LiveQuota::save(StateWriter& to) const {
  to.number(figures_.size());
  for (const auto& figure : figures_) {
    to.number(figure.reading.limit);
    to.number(figure.reading.remaining);
    to.duration(figure.reading.per);
    to.number(scope_number(figure.reading.scope));
    to.time(figure.ends);
  }
}

void LiveQuota::load(StateReader& from) {
  figures_.clear();
  const auto count = std::min<std::uint64_t>(from.number(), kMostFigures);
  for (std::uint64_t i = 0; i < count && from.ok(); ++i) {
    Figure figure;
    figure.reading.limit = from.number();
    figure.reading.remaining = from.number();
    figure.reading.per = from.duration();
    figure.reading.scope = scope_of(from.number());
    figure.ends = from.time();
    figure.reading.reset = figure.ends;
    if (from.ok()) figures_.push_back(figure);
  }
}

}  // namespace cachearr::limit
