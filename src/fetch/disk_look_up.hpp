// Looking into the slow tier for what memory does not have. Runs on the worker of the request.
#pragma once

#include "fetch/fetch_context.hpp"

namespace cachearr::fetch {

/// What memory does not have may be on disk, the list of selecting fields as well; what is found decides the request
/// anew. The context outlives the look-up.
net::Task<> look_on_disk(FetchContext& worker, pipeline::RequestContext& context);
/// The same as far as nothing has to be waited for.
void look_on_disk_here(FetchContext& worker, pipeline::RequestContext& context);

}  // namespace cachearr::fetch
