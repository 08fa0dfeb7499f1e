// The local authority's certificate and the page about it, at the proxy's own address and at its own host name. Runs on
// the desk's worker.
#pragma once

#include "client/client_context.hpp"

namespace cachearr::client {

/// Answers a request that no upstream is there for, where it asks for one of these files; false where it does not.
bool append_public_file(ClientContext& worker, const http::RequestHead& request,
                        const pipeline::RequestContext& context, bool keep_alive);

}  // namespace cachearr::client
