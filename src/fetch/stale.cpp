#include "fetch/stale.hpp"

#include "caching/reuse.hpp"
#include "caching/storing.hpp"

namespace cachearr::fetch {

using metrics::StaleReason;

bool may_stand_in(StaleReason reason, const caching::EntryMeta& meta, const caching::RequestDirectives& directives,
                  bool set_offline, TimePoint now) noexcept {
  switch (reason) {
    case StaleReason::limited:
    case StaleReason::cooldown:
      if (caching::may_serve_when_limited(meta, now) ||
          (caching::ttl_at(meta, now) > 0 && caching::may_serve_offline(meta)))
        return true;
      break;
    case StaleReason::offline:
      if (set_offline) return caching::may_serve_offline(meta);
      break;
    default: break;
  }
  return caching::may_serve_on_error(meta, directives, now);
}

}  // namespace cachearr::fetch
