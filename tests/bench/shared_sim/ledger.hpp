// What an upstream counts: every request that reaches it, against a bucket that was full at the start and exact
// windows.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <vector>

#include <cachearr/clock.hpp>

#include "shared/draw.hpp"

namespace cachearr::sim {

class Ledger {
 public:
  Ledger(shared::LaneLimits limits, TimePoint start)
      : limits_{std::move(limits)}, level_{full()}, at_{start}, sent_(limits_.quotas.size()) {}

  void take(TimePoint now) {
    bool over = false;
    if (limits_.nano_tokens > 0) {
      level_ = std::min(full(), level_ + (now - at_).count() * nano());
      level_ -= kToken;
      over = level_ < 0;
    }
    at_ = now;
    for (std::size_t i = 0; i < sent_.size(); ++i) {
      const auto& quota = limits_.quotas[i];
      while (!sent_[i].empty() && sent_[i].front() <= now - quota.per) sent_[i].pop_front();
      sent_[i].push_back(now);
      over = over || sent_[i].size() > quota.limit;
    }
    ++calls_;
    over_ += over ? 1 : 0;
  }
  std::uint64_t calls() const noexcept { return calls_; }
  std::uint64_t over() const noexcept { return over_; }
  /// The most that may go out within this time.
  std::uint64_t bound(Duration time) const {
    auto most = ~std::uint64_t{0};
    if (limits_.nano_tokens > 0) most = limits_.burst + static_cast<std::uint64_t>(time.count() * nano() / kToken);
    for (const auto& quota : limits_.quotas)
      most = std::min(most, quota.limit * static_cast<std::uint64_t>(time / quota.per + 1));
    return most;
  }

 private:
  static constexpr std::int64_t kToken = 1'000'000'000'000;  // a nano-token a second, for a millisecond
  std::int64_t nano() const { return static_cast<std::int64_t>(limits_.nano_tokens); }
  std::int64_t full() const { return kToken * limits_.burst; }

  shared::LaneLimits limits_;
  std::int64_t level_;
  TimePoint at_;
  std::vector<std::deque<TimePoint>> sent_;
  std::uint64_t calls_ = 0, over_ = 0;
};

}  // namespace cachearr::sim
