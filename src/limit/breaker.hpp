// A circuit breaker: an upstream that keeps failing is left alone for a while. A plain value; time is passed in.
//
// Passive only: nothing is sent to find out. When the pause is over one request goes through as a probe; its answer
// closes the breaker, its failure opens it again for twice as long.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include <cachearr/clock.hpp>

#include "limit/rate_config.hpp"
#include "limit/state_codec.hpp"

namespace cachearr::limit {

enum class BreakerState : std::uint8_t { closed, open, half_open };

class Breaker {
 public:
  explicit Breaker(const BreakerConfig& config = {}) : config_{config} {}

  BreakerState state(TimePoint now) const noexcept;
  /// True where a request may go now: closed, or half open with no probe under way.
  bool allows(TimePoint now) const noexcept;
  /// Open until; meaningful while open.
  TimePoint until() const noexcept { return until_; }
  std::uint32_t failures_in_a_row() const noexcept { return in_a_row_; }
  /// When it opened first since it was last closed. None: it is closed, or an earlier run of the program has seen it.
  std::optional<TimePoint> open_since() const noexcept { return open_since_; }

  /// A request goes out. True where it is the probe: its end must be told with `probe`. REQUIRES: allows(now).
  bool begin(TimePoint now) noexcept;
  void succeeded(TimePoint now, bool probe) noexcept;
  void failed(TimePoint now, bool probe) noexcept;
  /// Ended without a judgement (given up, refused for a limit): another may be the probe.
  void abandoned(bool probe) noexcept;

  /// Closed, whatever was seen before.
  void reset() noexcept;
  void reconfigure(const BreakerConfig& config) noexcept { config_ = config; }
  void save(StateWriter& to) const;
  void load(StateReader& from) noexcept;

 private:
  struct Slice {
    std::int64_t number = 0;  // which ten seconds since the epoch
    std::uint32_t calls = 0;
    std::uint32_t failures = 0;
  };
  void count(TimePoint now, bool failure) noexcept;
  bool fails_too_often(TimePoint now) const noexcept;
  void open(TimePoint now) noexcept;

  BreakerConfig config_;
  std::array<Slice, 6> minute_{};
  std::uint32_t in_a_row_ = 0;
  std::uint32_t trips_ = 0;  // times opened since it was last closed by a success
  bool tripped_ = false;
  bool probing_ = false;
  TimePoint until_{};
  std::optional<TimePoint> open_since_;
};

}  // namespace cachearr::limit
