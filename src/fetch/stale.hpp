// Whether a stored response may stand in for one that is not to be had (RFC 5861 4, RFC 9111 4.2.4, and what rules
// add). Pure.
#pragma once

#include <cachearr/clock.hpp>

#include "caching/cache_control.hpp"
#include "caching/entry_meta.hpp"
#include "metrics/metrics.hpp"

namespace cachearr::fetch {

/// `set_offline`: the operator has set the upstream so; then age is no obstacle.
bool may_stand_in(metrics::StaleReason reason, const caching::EntryMeta& meta,
                  const caching::RequestDirectives& directives, bool set_offline, TimePoint now) noexcept;

}  // namespace cachearr::fetch
