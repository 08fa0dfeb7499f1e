// How old a response is and how long the origin calls it fresh (RFC 9111 4.2). Pure; private to this folder.
#pragma once

#include <optional>

#include <cachearr/clock.hpp>

#include "caching/cache_control.hpp"
#include "caching/storing.hpp"
#include "http/message.hpp"

namespace cachearr::caching {

/// Dates and ages that a response head states, read once.
struct Stated {
  std::optional<TimePoint> date;
  std::optional<TimePoint> last_modified;
  bool has_etag = false;
  bool has_validator() const noexcept { return has_etag || last_modified.has_value(); }
};
Stated stated(const http::ResponseHead& response, TimePoint response_time);

/// Corrected initial age (RFC 9111 4.2.3) in whole seconds.
Duration initial_age(const http::ResponseHead& response, const Stated& dates, const Timing& timing);

struct Lifetime {
  Duration length{};
  LifetimeSource source = LifetimeSource::none;
};
/// What the origin says in so many words: s-maxage, max-age, Expires, in that order. Source none: nothing.
Lifetime explicit_lifetime(const http::ResponseHead& response, const ResponseDirectives& directives,
                           const Stated& dates, TimePoint response_time);
/// A tenth of the time since the last change, at most a day.
Lifetime heuristic_lifetime(const Stated& dates, TimePoint response_time);

/// RFC 9110 15.1: cacheable without an explicit lifetime.
bool heuristically_cacheable(int status) noexcept;
/// Final status codes whose meaning for a cache this program knows (must-understand, RFC 9111 5.2.2.3).
bool understood(int status) noexcept;

}  // namespace cachearr::caching
