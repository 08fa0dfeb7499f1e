#include "fetch/tier_look_up.hpp"

#include <utility>

#include "pipeline/look_up.hpp"

namespace cachearr::fetch {

net::Task<> look_up_in_tier(FetchContext& worker, pipeline::RequestContext& context, FindInTier find) {
  const bool varies = !context.variant.varies_by.empty();
  auto found = co_await find(worker, context.variant);
  if (!varies && caching::marker_of(found)) {
    pipeline::take_found(context, std::move(found));
    found = worker.shared.store.find(context.variant.id, context.variant.identity);
    if (!found) found = co_await find(worker, context.variant);
  }
  pipeline::take_variant(context, std::move(found));
  if (context.entry) pipeline::decide_by_entry(context);
}

}  // namespace cachearr::fetch
