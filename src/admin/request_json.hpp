// Reading the JSON of a call's body. Pure.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>

#include <cachearr/clock.hpp>

#include "admin/call.hpp"
#include "base/result.hpp"

namespace cachearr::admin {

/// The body as an object; else the answer that says what is wrong with it. An empty body is an empty object.
Result<nlohmann::json, Answer> read_object(const Call& call);

/// A number of seconds, or text such as "15m". None: neither, or beyond all reason.
std::optional<Duration> duration_of(const nlohmann::json& value);
/// True for a duration from 0 to a hundred years.
bool is_time_to_live(const std::optional<Duration>& duration) noexcept;

}  // namespace cachearr::admin
