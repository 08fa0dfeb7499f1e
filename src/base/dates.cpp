#include "base/dates.hpp"

#include <cmath>
#include <cstdint>
#include <string>

#include "base/date_scanner.hpp"
#include "base/text.hpp"

namespace cachearr::dates {
namespace {

/// "Z", "GMT", "+0200", "+02:00" or nothing: minutes east of Greenwich.
std::optional<int> zone(Scanner& scan) noexcept {
  const auto name = scan.word();
  if (!name.empty()) {
    const bool zero = text::iequals(name, "z") || text::iequals(name, "gmt") || text::iequals(name, "utc");
    return zero ? std::optional{0} : std::nullopt;
  }
  const bool west = scan.skip("-");
  if (!west && !scan.skip("+")) return scan.rest().empty() ? std::optional{0} : std::nullopt;
  const int hours = scan.digits(2, 2);
  scan.skip(":");
  const int minutes = scan.digits(2, 2);
  if (!scan.ok()) return std::nullopt;
  const int offset = hours * 60 + minutes;
  return west ? -offset : offset;
}

std::int64_t seconds_of_unit(std::string_view unit) noexcept {
  const auto starts = [&](std::string_view with) { return text::iequals(unit.substr(0, with.size()), with); };
  if (starts("day")) return 86'400;
  if (starts("hour")) return 3'600;
  if (starts("min")) return 60;
  return starts("sec") ? 1 : 0;
}

}  // namespace

std::optional<TimePoint> parse_iso_date(std::string_view text) noexcept {
  Scanner scan{text::trim(text)};
  CivilTime at;
  at.year = scan.digits(4);
  scan.need("-");
  at.month = static_cast<unsigned>(scan.digits(2));
  scan.need("-");
  at.day = static_cast<unsigned>(scan.digits(2));
  if (!scan.skip("T")) scan.need(" ");
  scan.time_of_day(at, false);
  if (scan.skip(".")) scan.digits(1, 9);
  const auto offset = zone(scan);
  return offset && scan.finished() ? to_time(at, *offset) : std::nullopt;
}

std::optional<TimePoint> parse_mail_date(std::string_view text) noexcept {
  Scanner scan{text::trim(text)};
  if (!scan.word().empty()) scan.need(",");
  scan.skip_blanks();
  CivilTime at;
  at.day = static_cast<unsigned>(scan.digits(1, 2));
  scan.skip_blanks();
  at.month = scan.one_of(kMonths) + 1;
  scan.word();  // the rest of a month that is written out
  scan.skip_blanks();
  at.year = scan.digits(4);
  scan.skip_blanks();
  scan.time_of_day(at, false);
  scan.skip_blanks();
  const auto offset = zone(scan);
  return offset && scan.finished() ? to_time(at, *offset) : std::nullopt;
}

std::optional<Duration> parse_spoken_duration(std::string_view text) noexcept {
  std::int64_t seconds = 0;
  std::optional<std::uint64_t> number;
  for (const auto word : text::split(text, ' ')) {
    if (const auto digits = text::parse_unsigned(word)) {
      number = digits;
    } else if (const auto unit = seconds_of_unit(word); unit > 0 && number && *number < 1'000'000) {
      seconds += static_cast<std::int64_t>(*number) * unit;
      number.reset();
    }
  }
  return seconds > 0 ? std::optional<Duration>{std::chrono::seconds{seconds}} : std::nullopt;
}

std::optional<TimePoint> moment_of(double number, TimePoint now) noexcept {
  if (!(number >= 0) || number > 1e14) return std::nullopt;
  if (number > 1e11) return TimePoint{Duration{static_cast<std::int64_t>(number)}};
  if (number > 1e9) return TimePoint{Duration{static_cast<std::int64_t>(std::ceil(number * 1000))}};
  return now + Duration{static_cast<std::int64_t>(std::ceil(number * 1000))};
}

}  // namespace cachearr::dates
