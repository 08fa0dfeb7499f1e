// What an upstream says of its limits, read from the head or the body of an answer. Plain values.
//
// Times an upstream gives by its own clock are turned into ours with its Date. A pause longer than 7 days is taken for
// a mistake and becomes 24 h (one question a day finds out); a pause that is over or zero is none, and the back-off
// decides. Any other time is taken as it is, to the second.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <cachearr/clock.hpp>

#include "content/limit_words.hpp"

namespace cachearr::content {

inline constexpr Duration kLongestPause = std::chrono::hours{7 * 24};
inline constexpr Duration kPauseInsteadOfAbsurd = std::chrono::hours{24};

/// A number of requests that are left, as the upstream counts them.
struct QuotaReading {
  std::uint64_t limit = 0;
  std::uint64_t remaining = 0;
  Duration per{};                     // 0: not said
  std::optional<TimePoint> reset;     // when (some of) them come back
  std::optional<LimitScope> scope{};  // what is counted (newznab:apilimits tells); none: every request
};

struct LimitSignal {
  bool limited = false;            // the upstream refuses: not one request more until `until`
  std::optional<TimePoint> until;  // the true time; none: not said, `pause` is where the back-off starts
  Duration pause{60'000};
  std::string why;  // "429", "Newznab error 500: Request limit reached (6/5)"
  std::vector<QuotaReading> readings;
  /// Which kind of request is spent, beside the one that was refused; none: not said.
  std::optional<LimitScope> scope{};
};

}  // namespace cachearr::content
