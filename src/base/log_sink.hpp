// Where the log's bytes leave the process: a spdlog logger whose sink writes to standard error while there is patience
// for a slow reader. The only unit that sees spdlog. One for each Writer, used by its thread alone.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace cachearr::log {

class Patience;

class LineSink {
 public:
  /// `patience` outlives the sink.
  explicit LineSink(const Patience& patience);
  ~LineSink();
  LineSink(const LineSink&) = delete;
  LineSink& operator=(const LineSink&) = delete;

  /// Writes whole lines. Returns how many of them could not be written.
  std::uint64_t write(std::string_view lines);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cachearr::log
