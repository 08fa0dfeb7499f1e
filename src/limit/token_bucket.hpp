// A token bucket in integers. A plain value: one owner at a time; time is passed in.
//
// Tokens are counted in millionths of a millionth, so that a millisecond of the slowest rate an operator can write (one
// a day) still adds whole units, and no rounding ever adds up to a token too many: what refills is rounded down.
#pragma once

#include <cstdint>

#include <cachearr/clock.hpp>

#include "limit/state_codec.hpp"

namespace cachearr::limit {

class TokenBucket {
 public:
  /// Without a rate: every request may go.
  TokenBucket() = default;
  /// Starts full. Rates above 1,000,000 a second and bursts above 1,000,000 are cut to that.
  TokenBucket(double per_second, std::uint32_t burst, TimePoint now);

  bool unlimited() const noexcept { return rate_ == 0; }
  /// Takes a token where `keep` more would stay behind. A `now` before the last one counts as the last one.
  bool take(TimePoint now, std::uint64_t keep = 0) noexcept;
  /// When `tokens` will be there if nobody takes any until then; `now` if they are.
  TimePoint ready_at(TimePoint now, std::uint64_t tokens) const noexcept;
  /// Whole tokens there.
  std::uint64_t tokens(TimePoint now) const noexcept;
  std::uint64_t burst() const noexcept;
  bool full(TimePoint now) const noexcept { return level_at(now) == capacity_; }
  /// New figures; what was spent stays spent.
  void reconfigure(double per_second, std::uint32_t burst, TimePoint now);
  /// Gives a token back that was taken for a request which did not go.
  void refund() noexcept;
  /// Takes tokens that were given away without a record; the level may fall below zero.
  void charge(std::uint64_t tokens) noexcept;

  void save(StateWriter& to) const;
  /// Takes level and time over, not the figures.
  void load(StateReader& from, TimePoint now) noexcept;

 private:
  std::int64_t level_at(TimePoint now) const noexcept;
  void refill(TimePoint now) noexcept;

  std::int64_t capacity_ = 0;
  std::int64_t rate_ = 0;  // units a millisecond; 0: unlimited
  std::int64_t level_ = 0;
  TimePoint updated_{};
};

}  // namespace cachearr::limit
