#include "base/dates.hpp"

#include <array>
#include <cmath>
#include <cstdint>
#include <string>

#include "base/text.hpp"

namespace cachearr::dates {
namespace {

/// Reads a text from left to right; a step that does not fit makes ok() false for good.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_{text} {}

  int digits(std::size_t least, std::size_t most) noexcept {
    int value = 0;
    std::size_t count = 0;
    while (count < most && !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9') {
      value = value * 10 + (rest_[0] - '0');
      rest_.remove_prefix(1);
      ++count;
    }
    ok_ = ok_ && count >= least;
    return value;
  }
  bool skip(char expected) noexcept {
    if (rest_.empty() || text::lower(rest_[0]) != text::lower(expected)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void need(char expected) noexcept { ok_ = skip(expected) && ok_; }
  void blanks() noexcept {
    while (skip(' ')) {}
  }
  std::string_view word() noexcept {
    std::size_t size = 0;
    while (size < rest_.size() && text::lower(rest_[size]) >= 'a' && text::lower(rest_[size]) <= 'z') ++size;
    const auto found = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return found;
  }
  bool ok() const noexcept { return ok_; }
  std::string_view rest() const noexcept { return rest_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

struct Civil {
  int year = 0;
  unsigned month = 0, day = 0;
  int hour = 0, minute = 0, second = 0;
};

std::optional<TimePoint> assemble(const Civil& at, int offset_minutes) noexcept {
  const std::chrono::year_month_day date{std::chrono::year{at.year}, std::chrono::month{at.month},
                                         std::chrono::day{at.day}};
  if (!date.ok() || at.hour > 23 || at.minute > 59 || at.second > 60) return std::nullopt;
  const auto time =
      std::chrono::hours{at.hour} + std::chrono::minutes{at.minute - offset_minutes} + std::chrono::seconds{at.second};
  return TimePoint{std::chrono::sys_days{date}} + time;
}

/// "Z", "GMT", "+0200", "+02:00" or nothing: minutes east of Greenwich.
std::optional<int> zone(Scanner& scan) noexcept {
  const auto name = scan.word();
  if (!name.empty()) {
    const bool zero = text::iequals(name, "z") || text::iequals(name, "gmt") || text::iequals(name, "utc");
    return zero ? std::optional{0} : std::nullopt;
  }
  const bool west = scan.skip('-');
  if (!west && !scan.skip('+')) return scan.rest().empty() ? std::optional{0} : std::nullopt;
  const int hours = scan.digits(2, 2);
  scan.skip(':');
  const int minutes = scan.digits(2, 2);
  if (!scan.ok()) return std::nullopt;
  const int offset = hours * 60 + minutes;
  return west ? -offset : offset;
}

unsigned month_of(std::string_view name) noexcept {
  static constexpr std::array<std::string_view, 12> kNames = {"jan", "feb", "mar", "apr", "may", "jun",
                                                              "jul", "aug", "sep", "oct", "nov", "dec"};
  for (unsigned i = 0; i < kNames.size(); ++i) {
    if (text::iequals(name.substr(0, 3), kNames[i])) return i + 1;
  }
  return 0;
}

void time_of_day(Scanner& scan, Civil& at) noexcept {
  at.hour = scan.digits(2, 2);
  scan.need(':');
  at.minute = scan.digits(2, 2);
  if (scan.skip(':')) at.second = scan.digits(2, 2);
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
  Civil at;
  at.year = scan.digits(4, 4);
  scan.need('-');
  at.month = static_cast<unsigned>(scan.digits(2, 2));
  scan.need('-');
  at.day = static_cast<unsigned>(scan.digits(2, 2));
  if (!scan.skip('T')) scan.need(' ');
  time_of_day(scan, at);
  if (scan.skip('.')) scan.digits(1, 9);
  const auto offset = zone(scan);
  if (!scan.ok() || !offset || !scan.rest().empty()) return std::nullopt;
  return assemble(at, *offset);
}

std::optional<TimePoint> parse_mail_date(std::string_view text) noexcept {
  Scanner scan{text::trim(text)};
  if (!scan.word().empty()) scan.need(',');
  scan.blanks();
  Civil at;
  at.day = static_cast<unsigned>(scan.digits(1, 2));
  scan.blanks();
  at.month = month_of(scan.word());
  scan.blanks();
  at.year = scan.digits(4, 4);
  scan.blanks();
  time_of_day(scan, at);
  scan.blanks();
  const auto offset = zone(scan);
  if (!scan.ok() || at.month == 0 || !offset || !scan.rest().empty()) return std::nullopt;
  return assemble(at, *offset);
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
