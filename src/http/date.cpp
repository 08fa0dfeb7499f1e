#include "http/date.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "base/text.hpp"

namespace cachearr::http {

namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> kLongDays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                    "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/// Reads from the front of a text; once something did not fit, it stays failed.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_{text} {}

  void literal(std::string_view expected) noexcept {
    if (ok_ && text::iequals(rest_.substr(0, expected.size()), expected)) {
      rest_.remove_prefix(expected.size());
    } else {
      ok_ = false;
    }
  }
  int digits(std::size_t count) noexcept {
    int value = 0;
    ok_ = ok_ && rest_.size() >= count;
    for (std::size_t i = 0; ok_ && i < count; ++i) {
      ok_ = rest_[i] >= '0' && rest_[i] <= '9';
      value = value * 10 + (rest_[i] - '0');
    }
    if (ok_) rest_.remove_prefix(count);
    return value;
  }
  /// The index of the name that stands here. Case does not matter to a cache (RFC 9111 4.2).
  unsigned one_of(std::span<const std::string_view> names) noexcept {
    const auto found = std::find_if(names.begin(), names.end(), [this](std::string_view name) {
      return text::iequals(rest_.substr(0, name.size()), name);
    });
    if (!ok_ || found == names.end()) {
      ok_ = false;
      return 0;
    }
    rest_.remove_prefix(found->size());
    return static_cast<unsigned>(found - names.begin());
  }
  bool next_is(char c) const noexcept { return ok_ && !rest_.empty() && rest_.front() == c; }
  bool finished() const noexcept { return ok_ && rest_.empty(); }
  bool ok() const noexcept { return ok_; }
  std::string_view rest() const noexcept { return rest_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

struct Parts {
  int year = 0;
  unsigned month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

void read_time(Scanner& in, Parts& parts) noexcept {
  parts.hour = in.digits(2);
  in.literal(":");
  parts.minute = in.digits(2);
  in.literal(":");
  parts.second = in.digits(2);
}

/// Any other zone makes the date invalid (RFC 9111 4.2).
bool ends_in_gmt(Scanner& in) noexcept {
  in.literal(text::iequals(in.rest(), " UTC") ? " UTC" : " GMT");
  return in.finished();
}

std::optional<TimePoint> to_time(const Parts& parts) noexcept {
  const year_month_day date{year{parts.year}, month{parts.month + 1}, day{static_cast<unsigned>(parts.day)}};
  // Second 60 is a leap second.
  if (!date.ok() || parts.hour > 23 || parts.minute > 59 || parts.second > 60) return std::nullopt;
  return TimePoint{sys_days{date}} + hours{parts.hour} + minutes{parts.minute} + seconds{parts.second};
}

bool read_fixdate(std::string_view text, Parts& parts) noexcept {
  Scanner in{text};
  in.one_of(kDays);
  in.literal(", ");
  parts.day = in.digits(2);
  in.literal(" ");
  parts.month = in.one_of(kMonths);
  in.literal(" ");
  parts.year = in.digits(4);
  in.literal(" ");
  read_time(in, parts);
  return ends_in_gmt(in);
}

bool read_rfc850(std::string_view text, Parts& parts) noexcept {
  Scanner in{text};
  in.one_of(kLongDays);
  in.literal(", ");
  parts.day = in.digits(2);
  in.literal("-");
  parts.month = in.one_of(kMonths);
  in.literal("-");
  parts.year = in.digits(2);
  in.literal(" ");
  read_time(in, parts);
  return ends_in_gmt(in);
}

bool read_asctime(std::string_view text, Parts& parts) noexcept {
  Scanner in{text};
  in.one_of(kDays);
  in.literal(" ");
  parts.month = in.one_of(kMonths);
  in.literal(" ");
  const bool padded = in.next_is(' ');
  if (padded) in.literal(" ");
  parts.day = in.digits(padded ? 1 : 2);
  in.literal(" ");
  read_time(in, parts);
  in.literal(" ");
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
  Parts parts;
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
  text += kMonths[static_cast<unsigned>(date.month()) - 1];
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
