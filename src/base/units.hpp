// Durations and sizes as configuration and rules write them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <cachearr/clock.hpp>

namespace cachearr {

/// "1500ms", "10s", "15m", "24h", "7d", "30" (seconds). None: not a duration.
std::optional<Duration> parse_duration(std::string_view text) noexcept;
std::string format_duration(Duration duration);  // shortest exact form: "24h", "90s", "1500ms"
/// "256MiB", "4GB", "64KiB", "1024" (bytes). None: not a size or over 2^63.
std::optional<std::uint64_t> parse_size(std::string_view text) noexcept;
std::string format_size(std::uint64_t bytes);

}  // namespace cachearr
