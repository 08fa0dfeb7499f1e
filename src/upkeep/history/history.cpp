#include "upkeep/history/history.hpp"

#include <algorithm>
#include <map>

#include "base/log.hpp"

namespace cachearr::upkeep {

namespace {

constexpr std::size_t kFinest = 0;

std::string state_name(std::size_t level, std::int64_t slot) {
  return "history:" + std::to_string(kHistoryLevels[level].step) + ":" + std::to_string(slot);
}

SegmentName segment_at(std::size_t level, std::int64_t at) {
  return {kHistoryLevels[level].step, at / kHistoryLevels[level].span()};
}

std::int64_t slot_of(std::size_t level, const SegmentName& name) {
  return name.number % kHistoryLevels[level].segments;
}

struct SegmentFacts {
  std::optional<SegmentName> name;
  std::int64_t last = -1;  // place of the last row
  bool sound = false;
};

SegmentFacts facts_of(std::size_t level, std::string_view bytes) {
  SegmentFacts facts;
  bool ordered = true;
  const auto check = [&](std::uint64_t place, std::string_view row) {
    const auto at = static_cast<std::int64_t>(place);
    ordered = ordered && at > facts.last && at < kHistoryLevels[level].rows && decode_row(row);
    facts.last = at;
  };
  facts.sound = read_segment(bytes, facts.name, check) == SegmentState::sound && ordered &&
                facts.name->step == kHistoryLevels[level].step && facts.name->number >= 0;
  return facts;
}

}  // namespace

std::int64_t seconds_of(TimePoint at) noexcept {
  return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
}

std::vector<std::string> History::state_names() {
  std::vector<std::string> names;
  for (std::size_t level = 0; level < kHistoryLevels.size(); ++level)
    for (std::int64_t slot = 0; slot < kHistoryLevels[level].segments; ++slot) names.push_back(state_name(level, slot));
  return names;
}

void History::restore(TimePoint now) {
  const auto seconds = seconds_of(now);
  std::size_t dropped = 0;
  for (std::size_t level = 0; level < kHistoryLevels.size(); ++level) take_over(level, seconds, dropped);
  if (dropped > 0)
    log::warning("the history has " + std::to_string(dropped) + (dropped == 1 ? " piece" : " pieces") +
                 " that cannot be read; dropped");
  begin_ = begin_of(seconds, kHistoryLevels[kFinest].step);
}

/// finish() may have begun the segment after the one of now; one of a later future was written while the clock was
/// wrong.
void History::take_over(std::size_t level, std::int64_t now, std::size_t& dropped) {
  const auto newest = segment_at(level, now).number + (level == kFinest ? 1 : 0);
  for (std::int64_t slot = 0; slot < kHistoryLevels[level].segments; ++slot) {
    const auto bytes = store_.get_state(state_name(level, slot));
    if (bytes.empty()) continue;
    const auto facts = facts_of(level, bytes);
    if (!facts.sound || facts.name->number > newest || slot_of(level, *facts.name) != slot) {
      ++dropped;
      store_.put_state(state_name(level, slot), {});
      continue;
    }
    auto& open = open_[level];
    if (open.name && open.name->number > facts.name->number) continue;
    open = {facts.name, bytes, facts.last};
  }
  const auto& open = open_[level];
  if (!open.name) return;
  const auto& [step, rows, segments] = kHistoryLevels[level];
  rolled_[level] = (open.name->number * rows + open.last + 1) * step;
}

bool History::is_due(TimePoint now) const {
  const std::lock_guard lock{mutex_};
  return seconds_of(now) >= begin_ + kHistoryLevels[kFinest].step;
}

History::UnderWay History::under_way(const Sample& totals) const {
  const std::lock_guard lock{mutex_};
  return {begin_, difference(before_, totals)};
}

void History::record(const Sample& totals, TimePoint now) {
  const auto seconds = seconds_of(now);
  const auto [begin, row] = under_way(totals);
  const bool kept = append(kFinest, begin, row);
  {
    const std::lock_guard lock{mutex_};
    if (kept) before_ = totals;
    begin_ = std::max(begin_, begin_of(seconds, kHistoryLevels[kFinest].step));
  }
  for (std::size_t level = kFinest + 1; level < kHistoryLevels.size(); ++level) roll_up(level, seconds);
}

/// Of several processes within the time of one row, each later one takes the next that is free.
void History::finish(const Sample& totals, TimePoint now) {
  record(totals, now);
  const auto [begin, rest] = under_way(totals);
  if (rest.whole.requests() == 0 && rest.whole[Figure::upstream_calls] == 0) return;
  const auto& [step, rows, segments] = kHistoryLevels[kFinest];
  for (std::int64_t at = begin; at < begin + step * rows && !append(kFinest, at, rest);) at += step;
}

/// False where there is a row of this time, or of a later one: what was counted goes into the next.
bool History::append(std::size_t level, std::int64_t begin, const Sample& row) {
  const auto name = segment_at(level, begin);
  const auto place = begin / kHistoryLevels[level].step % kHistoryLevels[level].rows;
  const auto bytes = encode_row(row);
  const std::lock_guard lock{mutex_};
  auto& open = open_[level];
  if (open.name && open.name->number > name.number) return false;
  if (open.name != name) open = {name, begin_segment(name), -1};
  if (place <= open.last) return false;
  append_row(open.bytes, static_cast<std::uint64_t>(place), bytes);
  open.last = place;
  store_.put_state(state_name(level, slot_of(level, name)), open.bytes);
  return true;
}

/// Makes the rows of a level whose time is over out of those of the level below.
void History::roll_up(std::size_t level, std::int64_t now) {
  const auto step = kHistoryLevels[level].step;
  const auto end = begin_of(now, step);
  const auto from = rolled_until(level);
  if (from >= end) return;
  std::map<std::int64_t, Sample> rows;
  visit_rows(level - 1, from, end,
             [&](std::int64_t begin, const Sample& row) { add(rows[begin_of(begin, step)], row); });
  for (const auto& [begin, row] : rows) append(level, begin, row);
  const std::lock_guard lock{mutex_};
  rolled_[level] = end;
}

std::int64_t History::rolled_until(std::size_t level) const {
  const std::lock_guard lock{mutex_};
  return rolled_[level];
}

void History::visit_rows(std::size_t level, std::int64_t from, std::int64_t to, const Visit& visit) const {
  const auto& [step, rows, segments] = kHistoryLevels[level];
  if (to <= from) return;
  std::map<std::int64_t, std::string> found;  // by number
  for (std::int64_t slot = 0; slot < segments; ++slot) {
    auto bytes = store_.get_state(state_name(level, slot));
    const auto span = step * rows;
    std::optional<SegmentName> name;
    read_segment(bytes, name, [](std::uint64_t, std::string_view) {});
    if (name && name->number * span < to && (name->number + 1) * span > from)
      found.emplace(name->number, std::move(bytes));
  }
  for (const auto& [number, bytes] : found) {
    std::optional<SegmentName> name;
    const auto first = number * rows;
    read_segment(bytes, name, [&, level_step = step](std::uint64_t place, std::string_view row) {
      const auto begin = (first + static_cast<std::int64_t>(place)) * level_step;
      if (begin < from || begin >= to) return;
      if (const auto sample = decode_row(row)) visit(begin, *sample);
    });
  }
}

void History::visit(std::size_t level, std::int64_t from, std::int64_t to, const Visit& visit_row) const {
  if (level == kFinest) return visit_rows(level, from, to, visit_row);
  const auto rolled = rolled_until(level);
  visit_rows(level, from, std::min(to, rolled), visit_row);
  visit(level - 1, std::max(from, rolled), to, visit_row);
}

Sample History::last(std::int64_t seconds, const Sample& totals, TimePoint now) const {
  std::size_t level = kFinest;
  while (level + 1 < kHistoryLevels.size() && kHistoryLevels[level].kept() < seconds) ++level;
  const auto [begin, since] = under_way(totals);
  Sample sum;
  const auto from = begin_of(seconds_of(now) - seconds, kHistoryLevels[level].step);
  // A process that ended lately may have written rows of the time under way, and of the next (finish()).
  const auto to = begin + kHistoryLevels[kFinest].span();
  visit(level, from, to, [&](std::int64_t, const Sample& row) { add(sum, row); });
  add(sum, since);
  return sum;
}

}  // namespace cachearr::upkeep
