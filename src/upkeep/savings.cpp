#include "upkeep/savings.hpp"

#include <algorithm>

#include "base/iso_time.hpp"
#include "limit/state_codec.hpp"

namespace cachearr::upkeep {
namespace {

constexpr std::uint64_t kSavingsFormat = 1;
constexpr std::int64_t kLastDay = 2'932'896;  // 9999-12-31: no date says more
constexpr std::size_t kDateSize = 10;

using Sums = std::map<std::string, Saved>;

/// Most calls first, then by name.
std::vector<std::pair<std::string, Saved>> ranked(const Sums& sums) {
  std::vector<std::pair<std::string, Saved>> list{sums.begin(), sums.end()};
  std::stable_sort(list.begin(), list.end(),
                   [](const auto& a, const auto& b) { return a.second.calls > b.second.calls; });
  return list;
}

}  // namespace

Saved& Saved::operator+=(const Saved& more) noexcept {
  calls += more.calls;
  bytes += more.bytes;
  quota_units += more.quota_units;
  milliseconds += more.milliseconds;
  return *this;
}

Saved Saved::since(const Saved& before) const noexcept {
  return {calls - before.calls, bytes - before.bytes, quota_units - before.quota_units,
          milliseconds - before.milliseconds};
}

void SavingsDay::add(const SavedFor& whom, const Saved& saved) {
  const auto at = rows.find(whom);
  if (at == rows.end() && rows.size() >= kMostRows) {
    rows[{whom.first, std::string{kOthers}}] += saved;
  } else {
    rows[whom] += saved;
  }
}

std::int64_t day_of(TimePoint at) noexcept {
  return std::chrono::floor<std::chrono::days>(at).time_since_epoch().count();
}

std::string date_of(std::int64_t day) { return iso_time(TimePoint{std::chrono::days{day}}).substr(0, kDateSize); }

std::string encode(const SavingsDay& day) {
  limit::StateWriter to;
  to.number(kSavingsFormat);
  to.signed_number(day.day);
  to.number(day.rows.size());
  for (const auto& [whom, saved] : day.rows) {
    to.text(whom.first);
    to.text(whom.second);
    for (const auto value : {saved.calls, saved.bytes, saved.quota_units, saved.milliseconds}) to.number(value);
  }
  return to.take();
}

std::optional<SavingsDay> decode_savings_day(std::string_view bytes) {
  limit::StateReader from{bytes};
  SavingsDay day;
  if (from.number() != kSavingsFormat) return std::nullopt;
  day.day = from.signed_number();
  for (auto left = from.number(); left > 0 && from.ok(); --left) {
    const auto upstream = from.text(), client = from.text();
    Saved saved;
    for (auto* value : {&saved.calls, &saved.bytes, &saved.quota_units, &saved.milliseconds}) *value = from.number();
    day.rows[{std::string{upstream}, std::string{client}}] = saved;
  }
  if (!from.ok() || !from.at_end() || day.day < 0 || day.day > kLastDay) return std::nullopt;
  return day;
}

SavingsReport report_savings(const std::map<std::int64_t, SavingsDay>& days, std::int64_t today, std::int64_t count) {
  SavingsReport report;
  Sums upstreams, clients;
  for (auto day = today - count + 1; day <= today; ++day) {
    Saved sum;
    if (const auto at = days.find(day); at != days.end()) {
      for (const auto& [whom, saved] : at->second.rows) {
        sum += saved;
        upstreams[whom.first] += saved;
        clients[whom.second] += saved;
      }
    }
    report.days.emplace_back(day, sum);
    report.total += sum;
  }
  report.upstreams = ranked(upstreams);
  report.clients = ranked(clients);
  return report;
}

}  // namespace cachearr::upkeep
