// May this answer be stored, and for how long is it fresh (RFC 9111 3 and 4.2, RFC 5861, RFC 8246)? Pure; `now` is
// given.
#pragma once

#include <cstdint>
#include <string_view>

#include <cachearr/clock.hpp>

#include "caching/cache_control.hpp"
#include "caching/entry_meta.hpp"
#include "caching/policy.hpp"
#include "http/message.hpp"
#include "http/target.hpp"

namespace cachearr::caching {

/// Why an answer is or is not stored. The names are Cache-Status details and log words.
enum class Reason : std::uint8_t {
  storable,
  method,
  no_store,
  is_private,
  authorization,
  rule_never,
  vary_star,
  set_cookie,
  status,
  partial,
  no_lifetime,  // neither fresh nor able to be validated: useless
  too_large,
  refused,
  truncated,
  request_no_store
};
/// "no-store", "private", "authorization", "rule-never", "vary-star", "set-cookie", "too-large", "refused", …
std::string_view name_of(Reason reason) noexcept;
/// The same as a Cache-Status detail; empty where fwd and fwd-status say it all.
std::string_view detail_of(Reason reason) noexcept;

/// Where a freshness lifetime comes from; shown by explain.
enum class LifetimeSource : std::uint8_t {
  none,
  rule,
  rule_status,
  rule_body,  // what the rule says of this very body: set by whoever has read it
  s_maxage,
  max_age,
  expires,
  heuristic,
  cdn_cache_control,
  surrogate_control
};
std::string_view name_of(LifetimeSource source) noexcept;

struct Timing {
  TimePoint request_time;   // when the request was sent upstream
  TimePoint response_time;  // when its head arrived
  Duration ahead{};         // of our clock before the wall clock, which Date is compared with
};

struct StoreVerdict {
  Reason reason = Reason::storable;
  LifetimeSource source = LifetimeSource::none;
  Duration lifetime{};        // freshness lifetime from now on counted at age 0
  bool drop_cookies = false;  // Set-Cookie is taken off, since all of it is an edge's and the answer is for many
  EntryMeta meta;             // complete but for label and etag place; valid with Reason::storable
  bool storable() const noexcept { return reason == Reason::storable; }
};

/// Decides from head and request. `policy.ttl` may have been replaced by the caller (ttl_from).
StoreVerdict may_store(const http::RequestHead& request, const http::ResponseHead& response, const Policy& policy,
                       const Timing& timing);

/// The same for a stored answer to GET after a 304 or a HEAD's 200 freshened it: `merged` is its head as merged_head
/// made it (with the stored status), `update` the message that did so; only the latter's Age counts. `request` may be
/// GET or HEAD.
StoreVerdict may_freshen(const http::RequestHead& request, const http::ResponseHead& merged,
                         const http::ResponseHead& update, const Policy& policy, const Timing& timing);

/// Is this answer to a POST the representation of the POST's own target, so that it may answer later GETs
/// (RFC 9110 9.3.3)? Then ask may_store as if the request were that GET, and require a source other than none and
/// heuristic. `target` and `host` are what the origin was asked for, whatever the client calls it: Content-Location is
/// the origin's word.
bool answers_later_get(const http::RequestHead& post, const http::Target& target, std::string_view host,
                       const http::ResponseHead& response);

/// Corrected initial age of an arriving answer, in whole seconds (RFC 9111 4.2.3).
std::int64_t age_of(const http::ResponseHead& response, const Timing& timing);
/// Age at `now` in whole seconds, never negative (RFC 9111 4.2.3).
std::int64_t age_at(const EntryMeta& meta, TimePoint now) noexcept;
/// Remaining freshness in whole seconds, negative when stale.
std::int64_t ttl_at(const EntryMeta& meta, TimePoint now) noexcept;

}  // namespace cachearr::caching
