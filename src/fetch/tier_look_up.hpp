// Looking for a request's answer in a tier that takes its time. Runs on the worker of the request.
#pragma once

#include "caching/variant.hpp"
#include "fetch/fetch_context.hpp"

namespace cachearr::fetch {

/// What a tier has under this name; null: nothing. The name outlives the look-up.
using FindInTier = net::Task<store::EntryPtr> (*)(FetchContext&, const caching::VariantName&);

/// As pipeline::look_up() does in memory: what is found decides the request anew, and the fields that select it among
/// its variants may be found first. The context outlives the look-up.
net::Task<> look_up_in_tier(FetchContext& worker, pipeline::RequestContext& context, FindInTier find);

}  // namespace cachearr::fetch
