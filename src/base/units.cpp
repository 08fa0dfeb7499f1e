#include "base/units.hpp"

#include <array>
#include <limits>

#include "base/text.hpp"

namespace cachearr {

namespace {

struct Unit {
  std::string_view suffix;
  std::uint64_t factor;
};

constexpr std::array<Unit, 6> kTimes{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}, {"", 1'000}}};
constexpr std::array<Unit, 10> kSizes{{{"TiB", 1ULL << 40U},
                                       {"GiB", 1ULL << 30U},
                                       {"MiB", 1ULL << 20U},
                                       {"KiB", 1ULL << 10U},
                                       {"TB", 1'000'000'000'000},
                                       {"GB", 1'000'000'000},
                                       {"MB", 1'000'000},
                                       {"KB", 1'000},
                                       {"B", 1},
                                       {"", 1}}};
constexpr std::uint64_t kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

/// Digits followed by one of `units` (in any case), as a multiple of the smallest unit.
template <std::size_t N>
std::optional<std::uint64_t> parse(std::string_view text, const std::array<Unit, N>& units) noexcept {
  const auto digits = text.find_first_not_of("0123456789");
  const auto number = text::parse_unsigned(text.substr(0, digits));
  if (!number) return std::nullopt;
  const auto suffix = digits == std::string_view::npos ? std::string_view{} : text.substr(digits);
  for (const auto& unit : units) {
    if (!text::iequals(suffix, unit.suffix)) continue;
    if (*number > kLargest / unit.factor) return std::nullopt;
    return *number * unit.factor;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Duration> parse_duration(std::string_view text) noexcept {
  const auto milliseconds = parse(text, kTimes);
  if (!milliseconds) return std::nullopt;
  return Duration{static_cast<Duration::rep>(*milliseconds)};
}

std::string format_duration(Duration duration) {
  const auto count = duration.count();
  if (count == 0) return "0s";
  std::string result;
  for (const auto& unit : kTimes) {
    const auto factor = static_cast<std::int64_t>(unit.factor);
    // One day is written as its hours, as everybody writes it in a configuration.
    if (count % factor != 0 || (unit.suffix == "d" && count / factor == 1)) continue;
    text::append_number(result, count / factor);
    result += unit.suffix;
    break;
  }
  return result;
}

std::optional<std::uint64_t> parse_size(std::string_view text) noexcept { return parse(text, kSizes); }

std::string format_size(std::uint64_t bytes) {
  std::string result;
  for (const auto& unit : kSizes) {
    const bool binary = unit.suffix.size() == 3;
    if (!binary || bytes < unit.factor) continue;
    const auto whole = bytes / unit.factor;
    const auto tenths = bytes % unit.factor * 10 / unit.factor;
    text::append_number(result, static_cast<std::int64_t>(whole));
    if (tenths != 0) {
      result += '.';
      text::append_number(result, static_cast<std::int64_t>(tenths));
    }
    result += unit.suffix;
    return result;
  }
  text::append_number(result, static_cast<std::int64_t>(bytes));
  result += 'B';
  return result;
}

}  // namespace cachearr
