// From how things stand to what fires and what is resolved: pure, with the state before and the time passed in, so that
// a day can be played through in a test.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cachearr/clock.hpp>

#include "upkeep/alerts/alert.hpp"
#include "upkeep/alerts/conditions.hpp"

namespace cachearr::upkeep {

/// A condition that holds, or whose alert has not been resolved yet.
struct WatchedCondition {
  TimePoint since{};                     // it holds
  bool firing = false;                   // it has held for long enough
  std::optional<TimePoint> quiet_since;  // it does not hold any more
  std::string message;                   // as of when it held last
  friend bool operator==(const WatchedCondition&, const WatchedCondition&) = default;
};

struct AlertState {
  std::map<std::pair<std::string_view, std::string>, WatchedCondition> watched;  // by id and subject
  std::vector<Alert> recent;                                                     // resolved ones, the newest first
  std::vector<Alert> firing() const;
  friend bool operator==(const AlertState&, const AlertState&) = default;
};

struct Evaluated {
  AlertState state;
  std::vector<AlertChange> changes;
};

/// An alert fires once its condition has held for its time. It is resolved where the condition is clear by a margin, or
/// has not held for a while: see quiet_of().
Evaluated evaluate_alerts(const AlertInputs& inputs, const AlertThresholds& thresholds, AlertState before,
                          TimePoint now);

/// The state as bytes for the store, and back; none where these are not its bytes.
std::string encode_alerts(const AlertState& state);
std::optional<AlertState> decode_alerts(std::string_view bytes);

}  // namespace cachearr::upkeep
