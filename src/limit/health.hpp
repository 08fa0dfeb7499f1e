// How an upstream is doing, for all credentials together: its breaker and how long it takes. A plain value.
#pragma once

#include <cstdint>

#include <cachearr/clock.hpp>

#include "limit/breaker.hpp"

namespace cachearr::limit {

/// Moving average of what requests took, in milliseconds; each new one weighs an eighth.
class Latency {
 public:
  void add(Duration took) noexcept {
    if (took < Duration{}) return;
    eighths_ = count_ == 0 ? took.count() * 8 : eighths_ + took.count() - eighths_ / 8;
    ++count_;
  }
  Duration average() const noexcept { return Duration{eighths_ / 8}; }
  std::uint64_t count() const noexcept { return count_; }

 private:
  std::int64_t eighths_ = 0;
  std::uint64_t count_ = 0;
};

struct Health {
  Breaker breaker;
  Latency latency;
};

}  // namespace cachearr::limit
