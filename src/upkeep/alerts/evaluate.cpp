#include "upkeep/alerts/evaluate.hpp"

namespace cachearr::upkeep {

namespace {

using State = Condition::State;
using Key = std::pair<std::string_view, std::string>;

constexpr Duration kQuiet{60'000};
constexpr Duration kSlack{1'000};  // whoever asks each minute is some milliseconds early at times
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
  auto& watched = all.try_emplace(key, WatchedCondition{now, false, {}, {}}).first->second;
  watched.message = condition.message;
  watched.quiet_since.reset();
  if (watched.firing || now - watched.since < hold_for - kSlack) return;
  watched.firing = true;
  into.changes.push_back({alert_of(key, watched), true});
}

/// True where nothing is left to watch.
bool quieten(const Key& key, WatchedCondition& watched, State state, TimePoint now, Evaluated& into) {
  if (!watched.firing) return true;
  if (!watched.quiet_since) watched.quiet_since = now;
  if (state != State::clear && now - *watched.quiet_since < kQuiet - kSlack) return false;
  resolve(key, watched, now, into);
  return true;
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
    seen.try_emplace(key, condition.state);
    if (condition.state == State::holds) hold(key, condition, hold_of(condition.id, thresholds), now, result);
  }
  auto& watched = result.state.watched;
  for (auto at = watched.begin(); at != watched.end();) {
    const auto found = seen.find(at->first);
    const auto state = found == seen.end() ? State::near : found->second;
    const bool over = state != State::holds && quieten(at->first, at->second, state, now, result);
    at = over ? watched.erase(at) : std::next(at);
  }
  return result;
}

}  // namespace cachearr::upkeep
