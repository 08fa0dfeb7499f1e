// What the head of an answer says of its upstream's limits. Pure, any thread.
#pragma once

#include <cachearr/clock.hpp>

#include "content/limit_signal.hpp"
#include "http/message.hpp"

namespace cachearr::limit {

/// False where read_head() has nothing to find: most answers, for little work.
bool may_tell_limits(const http::ResponseHead& head) noexcept;
/// 429 and 503, Retry-After (seconds, date, or seconds since 1970), X-RateLimit-*, RateLimit-* (drafts to 07),
/// RateLimit and RateLimit-Policy (drafts from 08), Trakt's X-Ratelimit. Readings that a cache in between repeats (Age)
/// are left out.
content::LimitSignal read_head(const http::ResponseHead& head, TimePoint now);

}  // namespace cachearr::limit
