// The local authority's certificate and the page about it, at the proxy's own address and at its own host name. Runs on
// the desk's worker.
#pragma once

#include "proxy/desk.hpp"

namespace cachearr::proxy {

/// Answers a request that no upstream is there for, where it asks for one of these files; false where it does not.
bool append_public_file(Desk& desk, const http::RequestHead& request, const Considered& known, bool keep_alive);

}  // namespace cachearr::proxy
