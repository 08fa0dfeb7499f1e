// How the limits of an upstream stand, for the admin API, the metrics and explain. Plain values, copied out.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

#include "base/hash.hpp"
#include "limit/breaker.hpp"
#include "limit/rate_config.hpp"

namespace cachearr::limit {

/// What holds a request back.
enum class Why : std::uint8_t { nothing, rate, concurrency, quota, cooldown, breaker, queue, away };

constexpr std::string_view to_words(Why why) noexcept {
  constexpr std::array<std::string_view, 8> kWords = {"nothing",  "rate",    "concurrency", "quota",
                                                      "cooldown", "breaker", "queue full",  "away"};
  return kWords[static_cast<std::size_t>(why)];
}

/// The moment from which a request may go, `now` or earlier if at once, and what decides it.
struct Availability {
  TimePoint at{};
  Why why = Why::nothing;
};

struct QuotaSnapshot {
  Duration per{};  // 0: not said
  std::uint64_t limit = 0;
  std::uint64_t remaining = 0;
  TimePoint reset{};
  bool told = false;   // the upstream's own count instead of a configured quota
  bool grabs = false;  // of downloads
};

/// One credential of an upstream.
struct KeyLimiterSnapshot {
  Hash128 credential;
  std::optional<std::uint64_t> tokens;  // none: no rate configured
  std::uint64_t burst = 0;
  std::size_t in_flight = 0;
  std::uint32_t concurrency = 0;  // 0: no cap
  std::array<std::size_t, kPriorities> waiting{};
  std::vector<QuotaSnapshot> quotas;
  /// The pause of calls and that of grabs.
  std::optional<TimePoint> cooldown_until, grab_cooldown_until;
  std::optional<TimePoint> cooldown_since;  // none: not known, or no pause
  std::string cooldown_why, grab_cooldown_why;
  std::array<Availability, kPriorities> earliest{};  // for one more request of each priority
};

struct UpstreamSnapshot {
  std::string name;
  BreakerState breaker = BreakerState::closed;
  std::optional<TimePoint> breaker_until;
  std::optional<TimePoint> breaker_since;  // none: not known, or it is closed
  std::uint32_t failures_in_a_row = 0;
  Duration latency{};
  std::uint64_t requests = 0;  // that told a latency since the start
  std::vector<KeyLimiterSnapshot> limiters;
};

}  // namespace cachearr::limit
