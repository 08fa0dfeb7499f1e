// Time limits without timers: arming one is a store of a time point; one sweep per worker looks at all of them.
//
// A Deadline belongs to one worker and is touched only on its thread. Precision: one sweep interval (kSweep).
#pragma once

#include <chrono>

#include <cachearr/clock.hpp>

namespace cachearr::net {

class Deadlines;

/// Base of what can run out of time; expire() is called on the worker's thread, once for each arming.
class Deadline {
 public:
  explicit Deadline(Deadlines& owner) noexcept;
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  virtual ~Deadline();

  void arm(Duration limit) noexcept;
  void disarm() noexcept { at_ = kNever; }
  bool armed() const noexcept { return at_ != kNever; }

 protected:
  virtual void expire() noexcept = 0;

 private:
  friend class Deadlines;
  static constexpr std::chrono::steady_clock::time_point kNever = std::chrono::steady_clock::time_point::max();
  Deadlines& owner_;
  std::chrono::steady_clock::time_point at_ = kNever;
  Deadline* previous_ = nullptr;
  Deadline* next_ = nullptr;
};

class Deadlines {
 public:
  static constexpr std::chrono::milliseconds kSweep{100};
  /// A sweep that comes this much too late tells of a stand-still.
  static constexpr std::chrono::milliseconds kStandStill{1000};

  /// The worker's notion of now: taken once per wake-up of the sweep and refreshed by whoever reads the clock anyway.
  std::chrono::steady_clock::time_point now() const noexcept { return now_; }
  void set_now(std::chrono::steady_clock::time_point now) noexcept { now_ = now; }
  /// Ends what has run out. Time in which the loop did not run at all (a stopped process, a stalled machine) is
  /// nobody's fault: every limit is put off by it, since what peers have sent meanwhile still waits to be read.
  void sweep(std::chrono::steady_clock::time_point now) noexcept;

 private:
  friend class Deadline;
  void put_off(std::chrono::steady_clock::duration lost) noexcept;
  Deadline* first_ = nullptr;
  Deadline* cursor_ = nullptr;  // next to visit; moved on when its deadline is destroyed during a sweep
  std::chrono::steady_clock::time_point now_ = std::chrono::steady_clock::now();
};

}  // namespace cachearr::net
