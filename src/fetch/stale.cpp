#include "fetch/stale.hpp"

#include "caching/reuse.hpp"
#include "caching/storing.hpp"

namespace cachearr::fetch {

using metrics::StaleReason;

bool may_stand_in(const Trouble& trouble, const caching::EntryMeta& meta, const caching::RequestDirectives& directives,
                  TimePoint now) noexcept {
  switch (trouble.reason) {
    case StaleReason::limited:
    case StaleReason::cooldown:
      if (caching::may_serve_when_limited(meta, now) ||
          (caching::ttl_at(meta, now) > 0 && caching::may_serve_offline(meta)))
        return true;
      break;
    case StaleReason::offline:
      if (trouble.set_offline) return caching::may_serve_offline(meta);
      break;
    default: break;
  }
  return caching::may_serve_on_error(meta, directives, now) ||
         (trouble.unreachable && caching::may_serve_unreachable(meta, directives, now));
}

}  // namespace cachearr::fetch
