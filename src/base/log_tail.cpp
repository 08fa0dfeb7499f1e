#include "base/log_tail.hpp"

#include <deque>
#include <mutex>
#include <utility>

namespace cachearr::log {

namespace {

struct Tail {
  std::mutex mutex;  // guards all below
  std::deque<KeptLine> lines;
  std::uint64_t last = 0;
};

Tail& tail() {
  static Tail all;
  return all;
}

}  // namespace

void keep_line(TimePoint at, Level level, std::string_view message) {
  auto text = std::string{message.substr(0, kLongestKeptLine)};
  auto& kept = tail();
  const std::lock_guard lock{kept.mutex};
  kept.lines.push_back({++kept.last, at, level, std::move(text)});
  if (kept.lines.size() > kMostKeptLines) kept.lines.pop_front();
}

std::vector<KeptLine> kept_lines(Level least, std::uint64_t after) {
  auto& kept = tail();
  const std::lock_guard lock{kept.mutex};
  std::vector<KeptLine> found;
  for (const auto& line : kept.lines)
    if (line.level >= least && line.number > after) found.push_back(line);
  return found;
}

}  // namespace cachearr::log
