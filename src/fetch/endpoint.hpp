// Where a request connects to, and whether it may: for fetches and for CONNECT. Pure.
#pragma once

#include "origin/connections.hpp"
#include "pipeline/request_context.hpp"

namespace cachearr::fetch {

/// The origin that answers this request.
origin::Endpoint endpoint_of(const pipeline::RequestContext& context);
/// The other end of the tunnel that this CONNECT asks for: plain bytes, whatever the parent proxy is.
origin::Endpoint tunnel_endpoint_of(const pipeline::RequestContext& context);

}  // namespace cachearr::fetch
