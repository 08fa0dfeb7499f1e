// Whether Redis is worth asking: opens after few failures, so that a slow server costs few requests a wait. A plain
// value; time is passed in.
//
// Nobody's request is the probe: the pulse's PINGs close it again.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace cachearr::shared {

class Breaker {
 public:
  using Time = std::chrono::steady_clock::time_point;
  static constexpr std::uint32_t kInARow = 5, kLast = 20, kOfLast = 10, kGoodPulses = 2;
  static constexpr std::chrono::seconds kWithin{1};

  bool is_open() const noexcept { return open_; }
  void succeeded(Time now) noexcept { count(now, false); }
  /// Five running, or half of the last twenty within a second, open it.
  void failed(Time now) noexcept {
    count(now, true);
    if (++running_ >= kInARow || crowd(now) >= kOfLast) open_ = true;
  }
  /// A PING was answered in time, or not.
  void pulse(bool in_time) noexcept {
    good_pulses_ = in_time ? good_pulses_ + 1 : 0;
    if (open_ && good_pulses_ >= kGoodPulses) *this = Breaker{};
  }
  /// A new connection: what was is over.
  void reset() noexcept { *this = Breaker{}; }

 private:
  struct Call {
    Time at{};
    bool failed = false;
  };
  void count(Time now, bool failed) noexcept {
    last_[next_++ % kLast] = {now, failed};
    if (!failed) running_ = 0;
    if (!open_) good_pulses_ = 0;
  }
  std::uint32_t crowd(Time now) const noexcept {
    std::uint32_t failures = 0;
    if (next_ < kLast) return 0;
    for (const auto& call : last_) failures += call.failed && now - call.at <= kWithin ? 1U : 0U;
    return failures;
  }

  std::array<Call, kLast> last_{};
  std::uint64_t next_ = 0;
  std::uint32_t running_ = 0;
  std::uint32_t good_pulses_ = 0;
  bool open_ = false;
};

}  // namespace cachearr::shared
