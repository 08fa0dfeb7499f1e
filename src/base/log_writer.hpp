// The thread that writes the log to standard error, in order of time. Private to base/log.
//
// Lines arrive in batches, each in order of time; a source says until when it has handed over everything, and what is
// later than the slowest source's word is held back for a moment. Bounded: what does not fit is dropped and counted.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/log_sink.hpp"

namespace cachearr::log {

/// From `offset` on, lines are of this time.
struct TimeMark {
  std::int64_t at_ms = 0;
  std::size_t offset = 0;
};

/// Whole lines in order of time; the first mark stands at offset 0.
struct TimedLines {
  std::string text;
  std::vector<TimeMark> marks;
};

/// A thread that hands over lines in batches. Any thread may read it.
struct Source {
  std::atomic<std::int64_t> complete_until_ms{0};  // everything before was handed over
};

/// Until when every registered source has handed over its lines; INT64_MAX where there is none.
std::int64_t complete_until_ms();
void add_source(const std::shared_ptr<Source>& source);

/// How long it is worth to wait for a slow reader: for ever, until somebody says when.
class Patience {
 public:
  void end_soon() noexcept;
  /// For poll: never long, and nothing after the end.
  int milliseconds_left() const noexcept;
  bool ended() const noexcept;

 private:
  std::atomic<std::int64_t> deadline_ms_{INT64_MAX};  // steady
};

/// Writes to standard error while there is patience; gives what could not be written.
std::string_view write_all(std::string_view bytes, const Patience& patience) noexcept;
std::uint64_t count_lines(std::string_view text) noexcept;

class Writer {
 public:
  static constexpr std::size_t kMaxPending = 8U * 1024U * 1024U;

  Writer();
  ~Writer();  // writes what is left, for as long as the reader takes it without delay
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  /// Never waits for the reader. Lines that do not fit are dropped and counted.
  void push(TimedLines lines);
  static std::uint64_t dropped() noexcept;
  static void count_dropped(std::uint64_t lines) noexcept;

 private:
  struct Batch {
    TimedLines lines;
    std::int64_t arrived_ms = 0;  // steady
  };
  /// The lines of one batch that share a time.
  struct Piece {
    std::int64_t at_ms = 0, arrived_ms = 0;
    std::shared_ptr<const std::string> text;
    std::size_t offset = 0, length = 0;
    std::string_view view() const noexcept { return std::string_view{*text}.substr(offset, length); }
  };
  using Pieces = std::vector<Piece>;
  void run();
  bool wait_for_work(std::vector<Batch>& arrived, bool& stopping);
  void hold(Batch batch);
  Pieces take_due(std::int64_t complete_until);
  void write_out(const Pieces& due);
  void tell_dropped();

  Patience patience_;
  LineSink sink_{patience_};        // the thread's own
  Pieces held_;                     // the thread's own, sorted by time
  std::uint64_t dropped_told_ = 0;  // the thread's own
  std::mutex mutex_;                // guards what follows
  std::condition_variable wake_;
  std::vector<Batch> arrived_;
  std::size_t pending_bytes_ = 0;  // arrived, held or being written
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace cachearr::log
