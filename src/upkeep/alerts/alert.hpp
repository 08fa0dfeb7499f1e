// What an operator is called for: one table of all alerts with how bad they are and what to do. Plain values.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <cachearr/clock.hpp>

#include "upkeep/health.hpp"

namespace cachearr::upkeep {

/// A row of the table. Names are what users and notifications filter by.
struct AlertKind {
  std::string_view id;
  HealthNote::Severity severity;
  std::string_view advice;
};
std::span<const AlertKind> alert_kinds() noexcept;
/// Null: there is no such alert.
const AlertKind* find_alert_kind(std::string_view id) noexcept;

struct Alert {
  std::string_view id;  // of the table, which outlives everything
  std::string subject;  // the upstream; empty: all of it
  HealthNote::Severity severity = HealthNote::Severity::notice;
  std::string message;
  std::string_view advice;
  TimePoint since{};
  std::optional<TimePoint> resolved;  // none: it is firing
  friend bool operator==(const Alert&, const Alert&) = default;
};

struct AlertChange {
  Alert alert;
  bool fired = false;  // else it was resolved
};
using AlertObserver = std::function<void(const AlertChange&)>;

}  // namespace cachearr::upkeep
