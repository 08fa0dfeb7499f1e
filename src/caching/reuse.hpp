// May this stored response answer this request now (RFC 9111 4, RFC 5861)? Pure; allocates nothing.
#pragma once

#include <cstdint>

#include <cachearr/clock.hpp>

#include "caching/cache_control.hpp"
#include "caching/entry_meta.hpp"

namespace cachearr::caching {

enum class Reuse : std::uint8_t {
  fresh,                   // serve
  stale_allowed,           // the client said max-stale: serve
  stale_while_revalidate,  // serve, and refresh in the background
  validate,                // ask the origin first (stale, no-cache, or the client insists)
};

struct ReuseVerdict {
  Reuse reuse = Reuse::validate;
  bool by_request = false;  // with validate: the request demanded it (fwd=request), not staleness (fwd=stale)
};

ReuseVerdict judge(const EntryMeta& meta, const RequestDirectives& request, TimePoint now) noexcept;

/// May it be served although the origin failed (error: connection, timeout, 500, 502, 503, 504)?
bool may_serve_on_error(const EntryMeta& meta, const RequestDirectives& request, TimePoint now) noexcept;
/// May it be served for a day because the origin cannot be reached and nobody said what then (RFC 9111 4.2.4)?
bool may_serve_unreachable(const EntryMeta& meta, const RequestDirectives& request, TimePoint now) noexcept;
/// May it be served although nobody asks the origin, however old it is?
bool may_serve_offline(const EntryMeta& meta) noexcept;
/// May it be served because tokens or quota are short?
bool may_serve_when_limited(const EntryMeta& meta, TimePoint now) noexcept;

}  // namespace cachearr::caching
