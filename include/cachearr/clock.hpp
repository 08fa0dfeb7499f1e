// The clock of the cache: wall time that never runs backwards within a process.
//
// Freshness needs wall time (Date, Expires, restarts), but an operator or NTP may move the wall clock. So the wall
// clock is read once at construction and steady time is added from then on. Thread-safe; owned by the application.
#pragma once

#include <atomic>
#include <chrono>

namespace cachearr {

using Duration = std::chrono::milliseconds;
/// Milliseconds since the Unix epoch.
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;

class Clock {
 public:
  virtual ~Clock() = default;
  virtual TimePoint now() const noexcept = 0;
};

class SystemClock final : public Clock {
 public:
  TimePoint now() const noexcept override {
    const auto elapsed = std::chrono::steady_clock::now() - started_;
    return wall_ + std::chrono::duration_cast<Duration>(elapsed);
  }

 private:
  TimePoint wall_ = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
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
