// The state of the alerts as bytes: a version, what is watched, what was resolved.
#include "limit/state_codec.hpp"
#include "upkeep/alerts/evaluate.hpp"

namespace cachearr::upkeep {

namespace {

using limit::StateReader;
using limit::StateWriter;

constexpr std::uint64_t kAlertFormat = 1;

void write_moment(StateWriter& to, const std::optional<TimePoint>& at) {
  to.number(at ? 1 : 0);
  if (at) to.time(*at);
}

std::optional<TimePoint> read_moment(StateReader& from) {
  if (from.number() == 0) return std::nullopt;
  return from.time();
}

void write_watched(StateWriter& to, std::string_view id, const std::string& subject, const WatchedCondition& watched) {
  to.text(id);
  to.text(subject);
  to.time(watched.since);
  to.number(watched.firing ? 1 : 0);
  write_moment(to, watched.quiet_since);
  to.text(watched.message);
}

/// An id that this version does not know is left out.
void read_watched(StateReader& from, AlertState& state) {
  const auto* const kind = find_alert_kind(from.text());
  std::string subject{from.text()};
  WatchedCondition watched;
  watched.since = from.time();
  watched.firing = from.number() != 0;
  watched.quiet_since = read_moment(from);
  watched.message = from.text();
  if (from.ok() && kind) state.watched.emplace(std::pair{kind->id, std::move(subject)}, std::move(watched));
}

void write_resolved(StateWriter& to, const Alert& alert) {
  to.text(alert.id);
  to.text(alert.subject);
  to.text(alert.message);
  to.time(alert.since);
  write_moment(to, alert.resolved);
}

void read_resolved(StateReader& from, AlertState& state) {
  const auto* const kind = find_alert_kind(from.text());
  Alert alert;
  alert.subject = from.text();
  alert.message = from.text();
  alert.since = from.time();
  alert.resolved = read_moment(from);
  if (!from.ok() || !kind) return;
  alert.id = kind->id;
  alert.severity = kind->severity;
  alert.advice = kind->advice;
  state.recent.push_back(std::move(alert));
}

}  // namespace

std::string encode_alerts(const AlertState& state) {
  StateWriter to;
  to.number(kAlertFormat);
  to.number(state.watched.size());
  for (const auto& [key, watched] : state.watched) write_watched(to, key.first, key.second, watched);
  to.number(state.recent.size());
  for (const auto& alert : state.recent) write_resolved(to, alert);
  return to.take();
}

std::optional<AlertState> decode_alerts(std::string_view bytes) {
  StateReader from{bytes};
  AlertState state;
  if (from.number() != kAlertFormat) return std::nullopt;
  const auto watched = from.number();
  for (std::uint64_t i = 0; i < watched && from.ok(); ++i) read_watched(from, state);
  const auto resolved = from.number();
  for (std::uint64_t i = 0; i < resolved && from.ok(); ++i) read_resolved(from, state);
  return from.ok() && from.at_end() ? std::optional{std::move(state)} : std::nullopt;
}

}  // namespace cachearr::upkeep
