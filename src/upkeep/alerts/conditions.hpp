// What alerts are judged from, and which of their conditions hold at one moment. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

#include "upkeep/health.hpp"

namespace cachearr::upkeep {

struct AlertThresholds {
  std::uint32_t hit_rate_below = 50;  // percent
  Duration hit_rate_for{300'000};
  std::uint32_t key_hit_rate_below = 30;
  std::uint32_t memory_above = 75;  // of the disk's budget, too
  std::uint64_t max_keys = 10'000;
};

struct LookUps {
  std::uint64_t hits = 0, misses = 0;
  std::uint64_t all() const noexcept { return hits + misses; }
};

/// Answers of an upstream, and those that were not what their rule expects.
struct Answers {
  std::uint64_t all = 0, refused = 0;
};
struct Drift {
  Answers now, before;  // of the last minutes, and of the day before these
};

/// Keys whose hit rate is poor, with at least twenty requests each.
struct PoorKeys {
  std::uint64_t count = 0;
  std::vector<std::string> first;  // some of them, as they may be shown
};

/// The last warm-up of a type that has failed.
struct FailedWarmUp {
  std::string type, problem;
  std::optional<TimePoint> at = {};
};

/// What costs more to read, of a day of history and of all keys, and changes slowly.
struct SlowAlertInputs {
  LookUps last_while;                    // as long as the rate has to be poor
  std::map<std::string, Drift> answers;  // by upstream
  PoorKeys poor_keys;
};

struct AlertInputs {
  HealthInputs health;
  LookUps last_minute;
  SlowAlertInputs slow;
  std::vector<FailedWarmUp> failed_warm_ups;
  std::optional<std::string> authority_expiring, authority_renew;  // a sentence
};

/// How far a condition is from the alert: what is neither, is near.
struct Condition {
  enum class State : std::uint8_t { holds, near, clear };
  std::string_view id;
  std::string subject;
  State state = State::holds;
  std::string message;
  std::optional<TimePoint> since = {};  // none: nobody knows
};

/// What is not in the list does not hold; nobody knows by how much.
std::vector<Condition> conditions(const AlertInputs& inputs, const AlertThresholds& thresholds);

/// For how long the condition has to hold before the alert fires.
Duration hold_of(std::string_view id, const AlertThresholds& thresholds) noexcept;
/// For how long it must not hold, but be in this state, before the alert is resolved. `has_come_back`: not long after
/// it was resolved.
Duration quiet_of(std::string_view id, Condition::State state, bool has_come_back) noexcept;

}  // namespace cachearr::upkeep
