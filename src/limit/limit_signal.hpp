// What an upstream says of its limits, read from the head and the body of an answer. Pure, any thread.
//
// Times an upstream gives by its own clock are turned into ours with its Date. A pause longer than 7 days is taken for
// a mistake and becomes 24 h (one question a day finds out); a pause that is over or zero is none, and the back-off
// decides. Any other time is taken as it is, to the second.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

#include "http/message.hpp"

namespace cachearr::limit {

inline constexpr Duration kLongestPause = std::chrono::hours{7 * 24};
inline constexpr Duration kPauseInsteadOfAbsurd = std::chrono::hours{24};

/// A number of requests that are left, as the upstream counts them.
struct QuotaReading {
  std::uint64_t limit = 0;
  std::uint64_t remaining = 0;
  Duration per{};                  // 0: not said
  std::optional<TimePoint> reset;  // when (some of) them come back
  bool grabs = false;              // downloads (newznab:apilimits grabmax), not API calls
};

struct LimitSignal {
  bool limited = false;            // the upstream refuses: not one request more until `until`
  std::optional<TimePoint> until;  // the true time; none: not said, `pause` is where the back-off starts
  Duration pause{60'000};
  std::string why;  // "429", "Newznab error 500: Request limit reached (6/5)"
  std::vector<QuotaReading> readings;
};

/// False where read_head() has nothing to find: most answers, for little work.
bool may_tell_limits(const http::ResponseHead& head) noexcept;
/// 429 and 503, Retry-After (seconds, date, or seconds since 1970), X-RateLimit-*, RateLimit-* (drafts to 07),
/// RateLimit and RateLimit-Policy (drafts from 08), Trakt's X-Ratelimit. Readings that a cache in between repeats (Age)
/// are left out.
LimitSignal read_head(const http::ResponseHead& head, TimePoint now);

/// Limits told in the body, whatever the status: Newznab <error>, newznab:apilimits, AniDB, OMDb, OpenSubtitles, JSON
/// errors. `body` is decoded; its first 4 KiB are enough for a refusal, the apilimits stand in front of the items.
LimitSignal read_body(std::string_view content_type, int status, std::string_view body, TimePoint now);

/// Both in one: refused where either refuses, the body's time only where the head gives none.
LimitSignal merge(LimitSignal head, LimitSignal body);

}  // namespace cachearr::limit
