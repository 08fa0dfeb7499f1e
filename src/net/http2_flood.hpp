// How many frames that cost more than they weigh a client of HTTP/2 may send: resets of what it has just asked for, and
// frames that are answered or kept without being a request. Pure; belongs to one connection.
#pragma once

#include <algorithm>
#include <chrono>

namespace cachearr::net {

/// A bucket that is full at first; each frame takes one token out of it.
class FrameBudget {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  FrameBudget(double burst, double per_second) noexcept : burst_{burst}, per_second_{per_second}, left_{burst} {}

  /// False where there are more than the budget allows.
  bool take(TimePoint now) noexcept {
    const std::chrono::duration<double> passed = now - last_;
    if (last_ != TimePoint{} && passed.count() > 0) left_ = std::min(burst_, left_ + passed.count() * per_second_);
    last_ = now;
    left_ -= 1;
    return left_ >= 0;
  }

 private:
  double burst_, per_second_, left_;
  TimePoint last_{};
};

struct FrameBudgets {
  // A page that is scrolled past gives up its pictures; nobody does so for long (CVE-2023-44487).
  FrameBudget resets{500, 50};
  // PING, SETTINGS, PRIORITY and empty DATA (CVE-2019-9512 to 9518).
  FrameBudget control{1000, 100};
};

}  // namespace cachearr::net
