// HTTP dates (RFC 9110 5.6.7) and delta-seconds (RFC 9111 1.2.2). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <cachearr/clock.hpp>

namespace cachearr::http {

/// IMF-fixdate, RFC 850 (two-digit years up to 50 ahead of `now`) and asctime. None: not a date.
std::optional<TimePoint> parse_date(std::string_view text, TimePoint now = {}) noexcept;
/// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string format_date(TimePoint at);
/// Digits only; overflow gives 2^31. None: not a number.
std::optional<std::uint32_t> parse_delta_seconds(std::string_view text) noexcept;

}  // namespace cachearr::http
