// The clock of the cache: wall time that never runs backwards within a process.
//
// Freshness needs wall time (Date, Expires, restarts), and time that passed while the machine slept counts, which
// steady time does not see. So steady time is added to a reading of the wall clock, and where the wall clock has got
// ahead of that, the wall clock is right. One that was set back makes nothing younger. Thread-safe; owned by the
// application.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>

namespace cachearr {

using Duration = std::chrono::milliseconds;
/// Milliseconds since the Unix epoch.
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;

/// Wall time out of readings of both clocks, in milliseconds. Thread-safe.
class ForwardTime {
 public:
  ForwardTime(std::int64_t wall, std::int64_t steady) noexcept : ahead_{wall - steady} {}
  std::int64_t at(std::int64_t wall, std::int64_t steady) noexcept {
    auto ahead = ahead_.load(std::memory_order_relaxed);
    while (wall - steady > ahead && !ahead_.compare_exchange_weak(ahead, wall - steady, std::memory_order_relaxed)) {}
    return steady + std::max(ahead, wall - steady);
  }

 private:
  std::atomic<std::int64_t> ahead_;  // of steady time; only ever grows
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const noexcept = 0;
  /// How far now() is ahead of the wall clock, since that was set back.
  virtual Duration ahead() const noexcept { return Duration{0}; }
};

class SystemClock final : public Clock {
 public:
  TimePoint now() const noexcept override { return TimePoint{Duration{time_.at(wall(), steady())}}; }
  Duration ahead() const noexcept override { return Duration{time_.at(wall(), steady()) - wall()}; }

 private:
  template <class T>
  static std::int64_t milliseconds(T at) noexcept {
    return std::chrono::duration_cast<Duration>(at.time_since_epoch()).count();
  }
  static std::int64_t wall() noexcept { return milliseconds(std::chrono::system_clock::now()); }
  static std::int64_t steady() noexcept { return milliseconds(std::chrono::steady_clock::now()); }
  mutable ForwardTime time_{wall(), steady()};
};

/// For tests: stands still until told otherwise.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(TimePoint start = TimePoint{std::chrono::seconds{1'700'000'000}})
      : now_{start.time_since_epoch().count()} {}
  TimePoint now() const noexcept override { return TimePoint{Duration{now_.load()}}; }
  void advance(Duration by) noexcept { now_ += by.count(); }

 private:
  std::atomic<Duration::rep> now_;
};

}  // namespace cachearr
