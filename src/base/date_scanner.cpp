#include "base/date_scanner.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace cachearr::dates {

std::optional<TimePoint> to_time(const CivilTime& at, int minutes_east) noexcept {
  using namespace std::chrono;
  const year_month_day date{year{at.year}, month{at.month}, day{at.day}};
  if (!date.ok() || at.hour > 23 || at.minute > 59 || at.second > 60) return std::nullopt;
  return TimePoint{sys_days{date}} + hours{at.hour} + minutes{at.minute - minutes_east} + seconds{at.second};
}

bool Scanner::skip(std::string_view text) noexcept {
  // Of a list of names most differ in the first character.
  if (rest_.empty() || text::lower(rest_.front()) != text::lower(text.front())) return false;
  if (!text::iequals(rest_.substr(0, text.size()), text)) return false;
  rest_.remove_prefix(text.size());
  return true;
}

int Scanner::digits(std::size_t least, std::size_t most) noexcept {
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

std::string_view Scanner::word() noexcept {
  std::size_t size = 0;
  while (size < rest_.size() && text::lower(rest_[size]) >= 'a' && text::lower(rest_[size]) <= 'z') ++size;
  const auto found = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return found;
}

unsigned Scanner::one_of(std::span<const std::string_view> names) noexcept {
  const auto found = std::find_if(names.begin(), names.end(), [this](auto name) { return skip(name); });
  ok_ = ok_ && found != names.end();
  return static_cast<unsigned>(found - names.begin());
}

void Scanner::time_of_day(CivilTime& at, bool seconds) noexcept {
  at.hour = digits(2);
  need(":");
  at.minute = digits(2);
  if (seconds) {
    need(":");
  } else if (!skip(":")) {
    return;
  }
  at.second = digits(2);
}

}  // namespace cachearr::dates
