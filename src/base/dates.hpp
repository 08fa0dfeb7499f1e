// Dates and lengths of time as upstreams write them in bodies, where HTTP's own form does not hold. Pure, any thread.
#pragma once

#include <optional>
#include <string_view>

#include <cachearr/clock.hpp>

namespace cachearr::dates {

/// "2021-01-05T04:15:00Z", with a fraction, with "+02:00". None: not such a date.
std::optional<TimePoint> parse_iso_date(std::string_view text) noexcept;
/// "Thu, 02 Jan 2025 03:04:05 +0200" (RFC 5322), with or without day of the week; GMT, UTC and Z for the zone as well.
std::optional<TimePoint> parse_mail_date(std::string_view text) noexcept;
/// "23 hours and 57 minutes". None: no number with a unit in it.
std::optional<Duration> parse_spoken_duration(std::string_view text) noexcept;
/// A number from an upstream as a moment: seconds since 1970, milliseconds since 1970, or seconds from `now`.
std::optional<TimePoint> moment_of(double number, TimePoint now) noexcept;

}  // namespace cachearr::dates
