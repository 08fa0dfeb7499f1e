// The program's log: lines on standard error, in order of time whichever thread they come from. Thread-safe; never
// blocks the caller on a slow sink.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

#include "base/log_writer.hpp"

namespace cachearr::log {

enum class Level : std::uint8_t { trace, debug, info, warning, error, off };

/// Starts the log: to standard error, text or one JSON object a line. `level` as in the configuration.
void start(Level level, bool json);
void set_level(Level level) noexcept;
/// Writes out what is buffered; call before the process ends.
void stop();
Level level_of(std::string_view name) noexcept;  // an unknown name is info
std::string_view name_of(Level level) noexcept;  // as the configuration spells it
bool enabled(Level level) noexcept;

/// One event. `message` must already be free of secrets (base/redact).
void write(Level level, std::string_view message);
inline void info(std::string_view message) { write(Level::info, message); }
inline void warning(std::string_view message) { write(Level::warning, message); }
inline void error(std::string_view message) { write(Level::error, message); }
inline void debug(std::string_view message) {
  if (enabled(Level::debug)) write(Level::debug, message);
}

bool json() noexcept;
/// Lines that were dropped because their reader was more than 8 MiB behind or gone. The log tells it as well.
std::uint64_t dropped_lines() noexcept;
/// `message` as a line of this moment, not written.
std::string line_of(Level level, std::string_view message);

/// Lines that one thread formats itself and hands over many at once. The log holds back lines of others until every
/// batch was flushed, so flush() must be called several times a second, empty or not.
class LineBatch {
 public:
  LineBatch();
  ~LineBatch();
  LineBatch(const LineBatch&) = delete;
  LineBatch& operator=(const LineBatch&) = delete;

  /// Where a line of the time `at`, '\n' included, is to be appended.
  std::string& line(TimePoint at) {
    const auto at_ms = at.time_since_epoch().count();
    if (at_ms > last_ms_ || marks_.empty()) {
      last_ms_ = at_ms > last_ms_ ? at_ms : last_ms_;
      marks_.push_back({last_ms_, text_.size()});
    }
    return text_;
  }
  std::size_t size() const noexcept { return text_.size(); }
  void flush();

 private:
  std::string text_;
  std::vector<TimeMark> marks_;
  std::int64_t last_ms_ = 0;
  std::shared_ptr<Source> source_;
};

}  // namespace cachearr::log
