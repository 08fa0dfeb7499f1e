// What an operator allows towards one upstream: rate, concurrency, quotas, patience. Plain values, any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include <cachearr/clock.hpp>

#include "content/limit_words.hpp"

namespace cachearr::limit {

/// Order in the token queue; a lower value goes first.
enum class Priority : std::uint8_t { interactive, feed, background };
inline constexpr std::size_t kPriorities = 3;

using content::LimitScope;

/// Whether a request is one of those that a quota counts.
constexpr bool counts(const std::optional<LimitScope>& scope, bool grab) noexcept {
  return !scope || (*scope == LimitScope::grab) == grab;
}
/// How the scope of a quota is written into the state.
constexpr std::uint64_t scope_number(const std::optional<LimitScope>& scope) noexcept {
  if (!scope) return 0;
  return *scope == LimitScope::grab ? 1 : 2;
}
constexpr std::optional<LimitScope> scope_of(std::uint64_t number) noexcept {
  if (number == 1) return LimitScope::grab;
  return number == 2 ? std::optional{LimitScope::call} : std::nullopt;
}

struct QuotaConfig {
  std::uint64_t limit = 0;
  Duration per{};      // any length; a minute, an hour or a day in practice
  bool fixed = false;  // resets at multiples of `per` since the epoch (midnight UTC for a day) instead of rolling
  std::uint64_t reserve = 0;          // kept back for interactive requests
  std::optional<LimitScope> scope{};  // what is counted; none: every request
  friend bool operator==(const QuotaConfig&, const QuotaConfig&) = default;
};

struct BreakerConfig {
  std::uint32_t failures = 10;      // this many in a row open it
  std::uint32_t failed_share = 50;  // or this many percent of
  std::uint32_t calls = 20;         // at least so many calls in the last minute
  Duration open{5'000};             // first time it stays open; doubles up to
  Duration open_at_most{300'000};
};

struct RateConfig {
  double per_second = 0;  // 0: no bucket
  std::uint32_t burst = 1;
  std::uint32_t concurrency = 0;  // 0: no cap
  Duration max_wait{5'000};       // longest wait of an interactive or feed request
  std::vector<QuotaConfig> quotas;
  std::size_t max_waiting = 512;
  BreakerConfig breaker;
};

}  // namespace cachearr::limit
