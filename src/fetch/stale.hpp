// Whether a stored response may stand in for one that is not to be had (RFC 5861 4, RFC 9111 4.2.4, and what rules
// add). Pure.
#pragma once

#include <cachearr/clock.hpp>

#include "caching/cache_control.hpp"
#include "caching/entry_meta.hpp"
#include "metrics/metrics.hpp"

namespace cachearr::fetch {

/// What is wrong, as far as it decides about a stored response.
struct Trouble {
  metrics::StaleReason reason = metrics::StaleReason::if_error;
  bool set_offline = false;  // by the operator: then age is no obstacle
  bool unreachable = false;  // no response came, and no rule says what then
};

bool may_stand_in(const Trouble& trouble, const caching::EntryMeta& meta, const caching::RequestDirectives& directives,
                  TimePoint now) noexcept;

}  // namespace cachearr::fetch
