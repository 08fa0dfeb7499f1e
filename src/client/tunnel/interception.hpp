// The server's side of TLS towards clients that asked for somebody else: who gets a leaf of the local authority, and
// who is left alone. Runs on the session's worker.
#pragma once

#include <string>

#include "client/session.hpp"

namespace cachearr::client {

/// How an attempt to intercept ended.
struct Intercepted {
  enum class Way : std::uint8_t {
    inside,  // the session's stream speaks TLS, and the first bytes of a request are in its inbox
    tunnel,  // pass everything on untouched; what was read is in the inbox
    close,
  } way = Way::close;
  metrics::Interception outcome = metrics::Interception::failed;
};

/// True where the rules want the HTTPS of this host and port looked at, and clients can believe a leaf for it.
bool is_intercepted(const pipeline::ConfigSnapshot& snapshot, const rules::Upstream* upstream, const std::string& host,
                    std::uint16_t port);

/// Looks at the first bytes inside a tunnel to `host`, for which is_intercepted() holds, and answers the handshake
/// unless there is a reason not to. `user_agent`: of the CONNECT.
net::Task<Intercepted> intercept(Session& session, std::string host, std::string user_agent);

/// The same at a listener that speaks TLS: the host is the one that the client names. `host` is set where a hello was
/// read that names one.
net::Task<Intercepted> intercept_at_listener(Session& session, std::string& host);

}  // namespace cachearr::client
