// CONNECT: a blind tunnel, or plain HTTP inside one to port 80. Runs on the session's worker.
#pragma once

#include <string>

#include "proxy/session.hpp"

namespace cachearr::proxy {

/// `request` looks into the session's inbox, where its `head_bytes` still stand. After Next::go_on the session reads
/// requests inside the tunnel.
net::Task<Next> connect(Session& session, const http::RequestHead& request, std::size_t head_bytes);

}  // namespace cachearr::proxy
