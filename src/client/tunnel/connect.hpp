// What stands before HTTP: CONNECT (a blind tunnel, HTTPS that is intercepted, or plain HTTP inside one) and
// the handshake of TLS listeners. Runs on the session's worker.
#pragma once

#include <string>

#include "client/session.hpp"

namespace cachearr::client {

/// The head of `context` stands in the session's inbox, `head_bytes` long. After Next::go_on, or Next::http2, requests
/// are read inside the tunnel.
net::Task<Next> connect(Session& session, pipeline::RequestContextPtr context, std::size_t head_bytes);

/// What a TLS listener does before it reads requests; Next::go_on, or Next::http2, where a handshake was
/// answered.
net::Task<Next> enter_by_tls(Session& session);

}  // namespace cachearr::client
