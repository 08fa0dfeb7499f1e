// The program's log: the only unit behind which spdlog stands. Thread-safe; never blocks the caller on a slow sink.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace cachearr::log {

enum class Level : std::uint8_t { trace, debug, info, warning, error, off };

/// Starts the log: to standard error, text or one JSON object a line. `level` as in the configuration.
void start(Level level, bool json);
void set_level(Level level) noexcept;
/// Writes out what is buffered; call before the process ends.
void stop();
Level level_of(std::string_view name) noexcept;  // an unknown name is info
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
/// Whole, already formatted lines (each ended by '\n') of the access log; handed to the writer thread in one piece.
/// Lines are dropped and counted when the writer is more than 8 MiB behind, so that a slow sink delays nobody.
void write_lines(std::string&& lines);
std::uint64_t dropped_lines() noexcept;

}  // namespace cachearr::log
