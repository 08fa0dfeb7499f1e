// The last lines of the log, for who looks at it from afar. Process-wide; thread-safe; of bounded size. Access log
// lines are not among them: the journals of the workers keep requests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

#include "base/log.hpp"

namespace cachearr::log {

struct KeptLine {
  std::uint64_t number = 0;  // in the order of all lines, from 1
  TimePoint at;
  Level level = Level::info;
  std::string message;
};

inline constexpr std::size_t kMostKeptLines = 1000;
inline constexpr std::size_t kLongestKeptLine = 2000;

/// Called by write() alone.
void keep_line(TimePoint at, Level level, std::string_view message);
/// What is kept, the oldest first, of this level and above, behind line number `after`.
std::vector<KeptLine> kept_lines(Level least = Level::trace, std::uint64_t after = 0);

}  // namespace cachearr::log
