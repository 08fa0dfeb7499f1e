#include "upkeep/savings_ledger.hpp"

#include <string>
#include <string_view>

#include "base/log.hpp"

namespace cachearr::upkeep {
namespace {

/// States cannot be erased, so each day takes the place of the one that is too old by then.
std::string place_of(std::int64_t day) {
  constexpr auto places = SavingsLedger::kKeptDays;
  return "savings:" + std::to_string((day % places + places) % places);
}

SavedRows counted(const metrics::Metrics& metrics) {
  SavedRows rows;
  const auto names = metrics.upstream_names();
  for (const auto& worker : metrics.workers()) {
    worker->savings.for_each([&](std::string_view client, std::uint32_t upstream, const metrics::SavingsCells& cells) {
      // An upstream that was named after the list was taken is in the next fold.
      if (upstream >= names.size() || cells.calls.read() == 0) return;
      rows[{names[upstream], std::string{client}}] +=
          {cells.calls.read(), cells.bytes.read(), cells.quota_units.read(), cells.milliseconds.read()};
    });
  }
  return rows;
}

}  // namespace

SavingsLedger::SavingsLedger(const metrics::Metrics& metrics, store::Store& store, const Clock& clock)
    : metrics_{metrics}, store_{store}, clock_{clock} {}

std::vector<std::string> SavingsLedger::state_names() {
  std::vector<std::string> names;
  for (std::int64_t day = 0; day < kKeptDays; ++day) names.push_back(place_of(day));
  return names;
}

void SavingsLedger::restore() {
  const std::lock_guard lock{mutex_};
  const auto today = day_of(clock_.now());
  for (std::int64_t day = today - kKeptDays + 1; day <= today; ++day) {
    const auto bytes = store_.get_state(place_of(day));
    if (bytes.empty()) continue;
    auto kept = decode_savings_day(bytes);
    if (!kept) {
      log::warning("what was saved on a day, perhaps on " + date_of(day) + ", cannot be read; it is left out");
    } else if (kept->day == day) {
      days_.insert_or_assign(day, *std::move(kept));
    }
  }
}

/// False where there are none.
bool SavingsLedger::add_new_savings(SavingsDay& today) {
  auto now = counted(metrics_);
  bool any = false;
  for (const auto& [whom, saved] : now) {
    const auto before = folded_.find(whom);
    const auto more = before == folded_.end() ? saved : saved.since(before->second);
    if (more == Saved{}) continue;
    today.add(whom, more);
    any = true;
  }
  folded_ = std::move(now);
  return any;
}

void SavingsLedger::fold_locked(std::int64_t today) {
  auto& day = days_[today];
  day.day = today;
  if (add_new_savings(day)) store_.put_state(place_of(today), encode(day));
  days_.erase(days_.begin(), days_.upper_bound(today - kKeptDays));
}

void SavingsLedger::fold() {
  const std::lock_guard lock{mutex_};
  fold_locked(day_of(clock_.now()));
}

SavingsReport SavingsLedger::report(std::int64_t days) {
  const std::lock_guard lock{mutex_};
  const auto today = day_of(clock_.now());
  fold_locked(today);
  return report_savings(days_, today, days);
}

}  // namespace cachearr::upkeep
