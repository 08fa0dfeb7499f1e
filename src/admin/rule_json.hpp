// Parts of a rule as the API's answers write them. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>

#include "base/position.hpp"
#include "caching/policy.hpp"

namespace cachearr::admin {

/// As rules files spell it.
std::string_view policy_name(caching::Mode mode) noexcept;
/// Whole seconds; null where nothing is said.
nlohmann::ordered_json seconds_or_null(const std::optional<Duration>& duration);
nlohmann::ordered_json stale_windows(const caching::Policy& policy);
/// With their places.
nlohmann::ordered_json problems_json(const Problems& problems);

}  // namespace cachearr::admin
