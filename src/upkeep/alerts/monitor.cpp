#include "upkeep/alerts/monitor.hpp"

#include "base/log.hpp"

namespace cachearr::upkeep {

namespace {

constexpr std::string_view kStateName = "alerts";

log::Level level_of(const AlertChange& change) noexcept {
  if (!change.fired || change.alert.severity == HealthNote::Severity::notice) return log::Level::info;
  return change.alert.severity == HealthNote::Severity::warning ? log::Level::warning : log::Level::error;
}

std::string line_of(const AlertChange& change) {
  const auto& alert = change.alert;
  auto line = std::string{change.fired ? "alert " : "alert resolved: "}.append(alert.id);
  if (!alert.subject.empty()) line += " (" + alert.subject + ")";
  if (!change.fired) return line;
  return line.append(": ").append(alert.message).append(". ").append(alert.advice);
}

}  // namespace

void Monitor::restore() {
  const std::lock_guard one_at_a_time{running_};
  kept_ = store_.get_state(kStateName);
  if (kept_.empty()) return;
  auto state = decode_alerts(kept_);
  if (!state) return log::warning("the state of the alerts cannot be read; it starts anew");
  const std::lock_guard lock{mutex_};
  state_ = *std::move(state);
}

void Monitor::run(const AlertInputs& inputs, const AlertThresholds& thresholds, TimePoint now) {
  const std::lock_guard one_at_a_time{running_};
  auto result = evaluate_alerts(inputs, thresholds, state_, now);
  if (auto bytes = encode_alerts(result.state); bytes != kept_) {
    store_.put_state(kStateName, bytes);
    kept_ = std::move(bytes);
  }
  {
    const std::lock_guard lock{mutex_};
    state_ = std::move(result.state);
  }
  for (const auto& change : result.changes) {
    log::write(level_of(change), line_of(change));
    for (const auto& observer : observers_) observer(change);
  }
}

std::vector<Alert> Monitor::firing() const {
  const std::lock_guard lock{mutex_};
  return state_.firing();
}

std::vector<Alert> Monitor::recent() const {
  const std::lock_guard lock{mutex_};
  return state_.recent;
}

}  // namespace cachearr::upkeep
