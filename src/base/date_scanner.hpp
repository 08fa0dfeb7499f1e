// The steps that every form of a date is read with, HTTP's and those of bodies. Plain values, any thread.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include <cachearr/clock.hpp>

namespace cachearr::dates {

inline constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct CivilTime {
  int year = 0;
  unsigned month = 0;  // 1 to 12
  unsigned day = 0;
  int hour = 0, minute = 0, second = 0;
};

/// None: no such day or time. Second 60 is a leap second.
std::optional<TimePoint> to_time(const CivilTime& at, int minutes_east = 0) noexcept;

/// Reads a text from left to right; once a step did not fit, ok() stays false. Case does not matter (RFC 9111 4.2).
class Scanner {
 public:
  explicit Scanner(std::string_view text) noexcept : rest_{text} {}

  /// True where it stood here, and is read; it need not.
  bool skip(std::string_view text) noexcept;
  void need(std::string_view text) noexcept { ok_ = skip(text) && ok_; }
  void skip_blanks() noexcept {
    while (skip(" ")) {}
  }
  int digits(std::size_t least, std::size_t most) noexcept;
  int digits(std::size_t count) noexcept { return digits(count, count); }
  /// Letters; empty where there are none.
  std::string_view word() noexcept;
  /// The index of the name that stands here.
  unsigned one_of(std::span<const std::string_view> names) noexcept;
  /// "15:04:05", the seconds only where `seconds` says so or they are there.
  void time_of_day(CivilTime& at, bool seconds) noexcept;

  bool ok() const noexcept { return ok_; }
  bool finished() const noexcept { return ok_ && rest_.empty(); }
  std::string_view rest() const noexcept { return rest_; }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace cachearr::dates
