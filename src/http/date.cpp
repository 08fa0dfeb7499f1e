#include "http/date.hpp"

#include <algorithm>
#include <array>

#include "base/date_scanner.hpp"
#include "base/text.hpp"

namespace cachearr::http {

namespace {

using namespace std::chrono;
using dates::CivilTime;
using dates::Scanner;
using dates::to_time;

constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> kLongDays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                    "Thursday", "Friday", "Saturday"};

/// Any other zone makes the date invalid (RFC 9111 4.2).
bool ends_in_gmt(Scanner& in) noexcept {
  in.need(" GMT");
  return in.finished();
}

bool read_fixdate(std::string_view text, CivilTime& parts) noexcept {
  Scanner in{text};
  in.one_of(kDays);
  in.need(", ");
  parts.day = static_cast<unsigned>(in.digits(2));
  in.need(" ");
  parts.month = in.one_of(dates::kMonths) + 1;
  in.need(" ");
  parts.year = in.digits(4);
  in.need(" ");
  in.time_of_day(parts, true);
  return ends_in_gmt(in);
}

bool read_rfc850(std::string_view text, CivilTime& parts) noexcept {
  Scanner in{text};
  in.one_of(kLongDays);
  in.need(", ");
  parts.day = static_cast<unsigned>(in.digits(2));
  in.need("-");
  parts.month = in.one_of(dates::kMonths) + 1;
  in.need("-");
  parts.year = in.digits(2);
  in.need(" ");
  in.time_of_day(parts, true);
  return ends_in_gmt(in);
}

bool read_asctime(std::string_view text, CivilTime& parts) noexcept {
  Scanner in{text};
  in.one_of(kDays);
  in.need(" ");
  parts.month = in.one_of(dates::kMonths) + 1;
  in.need(" ");
  const bool padded = in.skip(" ");
  parts.day = static_cast<unsigned>(in.digits(padded ? 1 : 2));
  in.need(" ");
  in.time_of_day(parts, true);
  in.need(" ");
  parts.year = in.digits(4);
  return in.finished();
}

int year_of(TimePoint at) noexcept { return static_cast<int>(year_month_day{floor<days>(at)}.year()); }

/// More than 50 years ahead means the same digits in the past (RFC 9110 5.6.7). Without a clock: as seen from 2000.
int full_year(int two_digits, TimePoint now) noexcept {
  const int current = now == TimePoint{} ? 2000 : year_of(now);
  const int latest = current + 50;
  return latest - (latest - two_digits) % 100;
}

void append_padded(std::string& out, unsigned value, unsigned width) {
  for (unsigned divisor = width == 4 ? 1000 : 10; divisor != 0; divisor /= 10) {
    out += static_cast<char>('0' + value / divisor % 10);
  }
}

}  // namespace

std::optional<TimePoint> parse_date(std::string_view text, TimePoint now) noexcept {
  // "Sun, 06 Nov 1994 08:49:37 GMT" is 29 long; nothing near that size is worth reading further.
  if (text.size() < 24 || text.size() > 33) return std::nullopt;
  CivilTime parts;
  if (read_fixdate(text, parts) || read_asctime(text, parts)) return to_time(parts);
  if (!read_rfc850(text, parts)) return std::nullopt;
  parts.year = full_year(parts.year, now);
  return to_time(parts);
}

std::string format_date(TimePoint at) {
  const auto day = floor<days>(at);
  const year_month_day date{day};
  const hh_mm_ss time{floor<seconds>(at) - day};
  const auto year = static_cast<unsigned>(std::clamp(static_cast<int>(date.year()), 0, 9999));
  std::string text;
  text.reserve(29);
  text += kDays[weekday{day}.c_encoding()];
  text += ", ";
  append_padded(text, static_cast<unsigned>(date.day()), 2);
  text += ' ';
  text += dates::kMonths[static_cast<unsigned>(date.month()) - 1];
  text += ' ';
  append_padded(text, year, 4);
  text += ' ';
  append_padded(text, static_cast<unsigned>(time.hours().count()), 2);
  text += ':';
  append_padded(text, static_cast<unsigned>(time.minutes().count()), 2);
  text += ':';
  append_padded(text, static_cast<unsigned>(time.seconds().count()), 2);
  text += " GMT";
  return text;
}

std::optional<std::uint32_t> parse_delta_seconds(std::string_view text) noexcept {
  constexpr std::uint32_t largest = std::uint32_t{1} << 31U;
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  const auto value = text::parse_unsigned(text);
  return value && *value < largest ? static_cast<std::uint32_t>(*value) : largest;
}

}  // namespace cachearr::http
