#include "limit/token_bucket.hpp"

#include <algorithm>
#include <cmath>

namespace cachearr::limit {
namespace {

constexpr std::int64_t kToken = 1'000'000'000'000;
constexpr std::int64_t kMost = 1'000'000;  // tokens and tokens a second; kMost * kToken fits nine times into 63 bits

std::int64_t units(std::uint64_t tokens) noexcept {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(tokens, kMost)) * kToken;
}

}  // namespace

TokenBucket::TokenBucket(double per_second, std::uint32_t burst, TimePoint now) : updated_{now} {
  reconfigure(per_second, burst, now);
  level_ = capacity_;
}

void TokenBucket::reconfigure(double per_second, std::uint32_t burst, TimePoint now) {
  const bool was_unlimited = unlimited();
  refill(now);
  if (!(per_second > 0)) {
    rate_ = 0;
    return;
  }
  const double each_ms = std::floor(std::min(per_second, static_cast<double>(kMost)) * (kToken / 1000.0));
  rate_ = std::max<std::int64_t>(1, static_cast<std::int64_t>(each_ms));
  capacity_ = units(std::max<std::uint32_t>(burst, 1));
  level_ = was_unlimited ? capacity_ : std::min(level_, capacity_);
  updated_ = std::max(updated_, now);
}

std::int64_t TokenBucket::level_at(TimePoint now) const noexcept {
  if (now <= updated_) return level_;
  const auto missing = capacity_ - level_;
  const auto elapsed = (now - updated_).count();
  if (rate_ == 0 || elapsed > missing / rate_) return capacity_;
  return std::min(capacity_, level_ + elapsed * rate_);
}

void TokenBucket::refill(TimePoint now) noexcept {
  level_ = level_at(now);
  updated_ = std::max(updated_, now);
}

bool TokenBucket::take(TimePoint now, std::uint64_t keep) noexcept {
  if (unlimited()) return true;
  refill(now);
  if (level_ < units(keep) + kToken) return false;
  level_ -= kToken;
  return true;
}

TimePoint TokenBucket::ready_at(TimePoint now, std::uint64_t tokens) const noexcept {
  if (unlimited()) return now;
  const auto missing = units(tokens) - level_at(now);
  if (missing <= 0) return now;
  return std::max(now, updated_) + Duration{(missing - 1) / rate_ + 1};
}

std::uint64_t TokenBucket::tokens(TimePoint now) const noexcept {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, level_at(now)) / kToken);
}

std::uint64_t TokenBucket::burst() const noexcept { return static_cast<std::uint64_t>(capacity_ / kToken); }

void TokenBucket::refund() noexcept { level_ = std::min(capacity_, level_ + kToken); }

void TokenBucket::charge(std::uint64_t tokens) noexcept { level_ = std::max(level_ - units(tokens), -units(kMost)); }

void TokenBucket::save(StateWriter& to) const {
  to.signed_number(level_);
  to.time(updated_);
}

void TokenBucket::load(StateReader& from, TimePoint now) noexcept {
  const auto level = from.signed_number();
  const auto updated = from.time();
  if (!from.ok() || unlimited()) return;
  level_ = std::clamp(level, -units(kMost), capacity_);
  updated_ = std::min(updated, now);
}

}  // namespace cachearr::limit
