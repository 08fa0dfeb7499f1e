#include "limit/breaker.hpp"

#include <algorithm>

namespace cachearr::limit {
namespace {

constexpr std::int64_t kSliceMs = 10'000;

}  // namespace

BreakerState Breaker::state(TimePoint now) const noexcept {
  if (!tripped_) return BreakerState::closed;
  return now < until_ ? BreakerState::open : BreakerState::half_open;
}

bool Breaker::allows(TimePoint now) const noexcept {
  const auto current = state(now);
  return current == BreakerState::closed || (current == BreakerState::half_open && !probing_);
}

bool Breaker::begin(TimePoint now) noexcept {
  if (state(now) != BreakerState::half_open) return false;
  probing_ = true;
  return true;
}

void Breaker::succeeded(TimePoint now, bool probe) noexcept {
  in_a_row_ = 0;
  count(now, false);
  if (probe) {
    probing_ = false;
    tripped_ = false;
    open_since_.reset();
    trips_ = 0;
    minute_ = {};
  }
}

void Breaker::failed(TimePoint now, bool probe) noexcept {
  if (in_a_row_ < UINT32_MAX) ++in_a_row_;
  count(now, true);
  if (probe) {
    probing_ = false;
    open(now);
  } else if (!tripped_ && (in_a_row_ >= config_.failures || fails_too_often(now))) {
    open(now);
  }
}

void Breaker::abandoned(bool probe) noexcept {
  if (probe) probing_ = false;
}

void Breaker::reset() noexcept { *this = Breaker{config_}; }

void Breaker::open(TimePoint now) noexcept {
  auto length = config_.open;
  for (std::uint32_t i = 0; i < trips_ && length < config_.open_at_most; ++i) length *= 2;
  until_ = now + std::min(length, std::max(config_.open, config_.open_at_most));
  if (!tripped_) open_since_ = now;
  tripped_ = true;
  trips_ = std::min(trips_ + 1, 32U);
}

void Breaker::count(TimePoint now, bool failure) noexcept {
  const auto number = now.time_since_epoch().count() / kSliceMs;
  auto& slice = minute_[static_cast<std::size_t>(std::max<std::int64_t>(0, number)) % minute_.size()];
  if (slice.number != number) slice = {number, 0, 0};
  ++slice.calls;
  slice.failures += failure ? 1 : 0;
}

bool Breaker::fails_too_often(TimePoint now) const noexcept {
  const auto oldest = now.time_since_epoch().count() / kSliceMs - static_cast<std::int64_t>(minute_.size());
  std::uint64_t calls = 0;
  std::uint64_t failures = 0;
  for (const auto& slice : minute_) {
    if (slice.number <= oldest) continue;
    calls += slice.calls;
    failures += slice.failures;
  }
  return calls >= config_.calls && failures * 100 >= calls * config_.failed_share;
}

void Breaker::save(StateWriter& to) const {
  to.number(tripped_ ? 1 : 0);
  to.number(trips_);
  to.number(in_a_row_);
  to.time(until_);
}

void Breaker::load(StateReader& from) noexcept {
  tripped_ = from.number() != 0;
  trips_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(from.number(), 32));
  in_a_row_ = static_cast<std::uint32_t>(std::min<std::uint64_t>(from.number(), UINT32_MAX));
  until_ = from.time();
  probing_ = false;
  open_since_.reset();
}

}  // namespace cachearr::limit
