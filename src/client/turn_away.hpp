// What becomes of clients beyond limits.max_connections. Runs on the worker that accepted them.
#pragma once

#include <memory>

#include "client/client_context.hpp"
#include "net/stream.hpp"
#include "pipeline/route.hpp"

namespace cachearr::client {

/// Ends sessions of this worker that wait for a request, who has waited longest first, until there is a place. False
/// where all that it has are at work.
bool find_place(ClientContext& worker);

/// Tells a client for whom there is no place when to come again, as soon as it has asked for something.
void turn_away(ClientContext& worker, const pipeline::ListenerInfo& listener, std::unique_ptr<net::Stream> stream);

}  // namespace cachearr::client
