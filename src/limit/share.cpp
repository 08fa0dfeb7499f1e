#include "limit/share.hpp"

#include <algorithm>

namespace cachearr::limit {
namespace {

constexpr Duration kNeverComes = std::chrono::hours{1};

/// When no request of before `now` counts any more: for a fixed window at its end, for a rolling one after its length.
TimePoint first_window_end(const Quota& quota, TimePoint now) {
  const auto& config = quota.config();
  return config.fixed ? quota.reset_at(now) : now + config.per + std::min<Duration>(config.per / 60, Duration{2'000});
}

}  // namespace

Share::Share(const ShareConfig& config, const RateConfig& whole, TimePoint now) : closed_{config.nothing} {
  if (whole.per_second > 0) {
    closed_ = closed_ || config.burst == 0 || !(config.per_second > 0);
    bucket_ = TokenBucket{config.per_second, config.burst, now};
    bucket_.charge(config.burst);
  }
  for (std::size_t i = 0; i < whole.quotas.size(); ++i) {
    const auto part = i < config.quotas.size() ? config.quotas[i] : ShareConfig::Part{};
    auto limited = whole.quotas[i];
    limited.limit = part.first;
    limited.reserve = 0;
    const Quota quota{limited, now};
    parts_.push_back({quota, first_window_end(quota, now), part.later});
  }
}

Availability Share::ready_at(TimePoint now, bool grab, std::uint64_t position, std::uint64_t keep) const {
  Availability result{now, Why::nothing};
  if (closed_) return {now + kNeverComes, Why::away};
  const auto token = bucket_.ready_at(now, position + keep);
  if (token > now) result = {token, Why::rate};
  for (const auto& part : parts_) {
    if (!counts(part.quota.config().scope, grab)) continue;
    const auto place = part.quota.ready_at(now, Priority::interactive, position);
    if (place > result.at) result = {place, Why::quota};
  }
  return result;
}

void Share::take(TimePoint now, bool grab) {
  bucket_.take(now);
  for (auto& part : parts_) {
    if (counts(part.quota.config().scope, grab)) part.quota.take(now, Priority::interactive);
  }
}

void Share::refund(bool grab) noexcept {
  bucket_.refund();
  for (auto& part : parts_) {
    if (counts(part.quota.config().scope, grab)) part.quota.refund();
  }
}

void Share::roll(TimePoint now) {
  for (auto& part : parts_) {
    if (now < part.renewed_at) continue;
    auto renewed = part.quota.config();
    renewed.limit = part.later;
    part.quota.reconfigure(renewed);
  }
}

}  // namespace cachearr::limit
