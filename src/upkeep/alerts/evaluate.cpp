#include "upkeep/alerts/evaluate.hpp"

#include <algorithm>
#include <utility>

namespace cachearr::upkeep {

namespace {

using State = Condition::State;
using Key = std::pair<std::string_view, std::string>;

constexpr Duration kSlack{1'000};  // whoever asks every so often is some milliseconds early at times
constexpr Duration kComesBack{600'000};
constexpr std::size_t kMostWatched = 256, kMostRecent = 50;

Alert alert_of(const Key& key, const WatchedCondition& watched) {
  const auto* const kind = find_alert_kind(key.first);
  return {kind->id, key.second, kind->severity, watched.message, kind->advice, watched.since, std::nullopt};
}

void resolve(const Key& key, const WatchedCondition& watched, TimePoint now, Evaluated& into) {
  auto alert = alert_of(key, watched);
  alert.resolved = now;
  auto& recent = into.state.recent;
  recent.insert(recent.begin(), alert);
  if (recent.size() > kMostRecent) recent.pop_back();
  into.changes.push_back({std::move(alert), false});
}

void hold(const Key& key, const Condition& condition, Duration hold_for, TimePoint now, Evaluated& into) {
  auto& all = into.state.watched;
  if (!all.contains(key) && all.size() >= kMostWatched) return;
  const auto since = std::min(condition.since.value_or(now), now);
  auto& watched = all.try_emplace(key, WatchedCondition{since, false, {}, {}}).first->second;
  watched.message = condition.message;
  watched.quiet_since.reset();
  if (watched.firing || now - watched.since < hold_for - kSlack) return;
  watched.firing = true;
  into.changes.push_back({alert_of(key, watched), true});
}

bool has_come_back(const Key& key, const WatchedCondition& watched, const AlertState& state) {
  return std::any_of(state.recent.begin(), state.recent.end(), [&](const Alert& before) {
    return before.id == key.first && before.subject == key.second && before.resolved &&
           *before.resolved + kComesBack > watched.since;
  });
}

/// True where nothing is left to watch.
bool quieten(const Key& key, WatchedCondition& watched, Duration quiet, TimePoint now, Evaluated& into) {
  if (!watched.firing) return true;
  if (!watched.quiet_since) watched.quiet_since = now;
  if (now - *watched.quiet_since < quiet - kSlack) return false;
  resolve(key, watched, now, into);
  return true;
}

/// Nobody is told that little is left while it is told that nothing was.
bool is_told_graver(const Key& key, const AlertState& state) {
  if (key.first != "quota-low") return false;
  const auto graver = state.watched.find({"quota-spent", key.second});
  return graver != state.watched.end() && graver->second.firing;
}

Duration quiet_time(const std::pair<const Key, WatchedCondition>& watched, State state, const AlertState& all) {
  const auto& [key, condition] = watched;
  if (is_told_graver(key, all)) return Duration{0};
  return quiet_of(key.first, state, has_come_back(key, condition, all));
}

}  // namespace

std::vector<Alert> AlertState::firing() const {
  std::vector<Alert> alerts;
  for (const auto& [key, condition] : watched)
    if (condition.firing) alerts.push_back(alert_of(key, condition));
  return alerts;
}

Evaluated evaluate_alerts(const AlertInputs& inputs, const AlertThresholds& thresholds, AlertState before,
                          TimePoint now) {
  Evaluated result{std::move(before), {}};
  std::map<Key, State> seen;
  for (const auto& condition : conditions(inputs, thresholds)) {
    const Key key{condition.id, condition.subject};
    const bool is_told = is_told_graver(key, result.state);
    seen.try_emplace(key, is_told ? State::clear : condition.state);
    if (condition.state == State::holds && !is_told)
      hold(key, condition, hold_of(condition.id, thresholds), now, result);
  }
  auto& watched = result.state.watched;
  for (auto at = watched.begin(); at != watched.end();) {
    const auto found = seen.find(at->first);
    const auto state = found == seen.end() ? State::near : found->second;
    const bool over =
        state != State::holds && quieten(at->first, at->second, quiet_time(*at, state, result.state), now, result);
    at = over ? watched.erase(at) : std::next(at);
  }
  return result;
}

}  // namespace cachearr::upkeep
