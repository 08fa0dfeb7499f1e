// The local authority's certificate and the page about it, at the proxy's own address and at its own host name. Pure
// but for the sink.
#pragma once

#include "client/reply_sink.hpp"
#include "pipeline/request_context.hpp"

namespace cachearr::client {

/// Answers a request that no upstream is there for, where it asks for one of these files; false where it does not.
bool append_public_file(ReplySink& sink, const pipeline::RequestContext& context, bool keep_alive);

}  // namespace cachearr::client
