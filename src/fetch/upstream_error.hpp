// Why there is no response of an upstream. The kind decides what the client is told, what the limiters learn, and
// whether the connection was at fault. Plain value.
#pragma once

#include <string>

#include "limit/limiter.hpp"
#include "net/stream.hpp"
#include "origin/connections.hpp"

namespace cachearr::fetch {

struct UpstreamError {
  enum class Kind : std::uint8_t {
    client_body,     // the client's own body was the reason: nothing is wrong with the upstream
    refused_target,  // the address may not be connected to
    loop,            // the address is this proxy
    connect,         // no name, no connection, or no way through the parent proxy
    timeout,         // no connection or no response in time
    malformed,       // something came, but no HTTP
    broken_off,      // the connection ended before the response did
    tls
  };
  Kind kind = Kind::connect;
  std::string what = {};                    // a sentence that names the host
  net::IoError cause = net::IoError::none;  // of the connection, where it was the reason
  bool retryable = false;                   // the connection died before anything came, and the request may be repeated
  bool asked = true;                        // false: there was no connection to send the request on
};

/// The status that tells the client.
int status_of(UpstreamError::Kind kind) noexcept;
int status_of(origin::DialFailure::Kind kind) noexcept;
/// What the limiters learn from it. Who was never asked, or is there but speaks no HTTP, has not failed.
limit::Outcome limit_outcome_of(const UpstreamError& error) noexcept;
/// Stored responses do not stand in for a fault of the client.
inline bool is_of_client(UpstreamError::Kind kind) noexcept { return kind == UpstreamError::Kind::client_body; }
/// It was asked, and no response came.
bool is_unreachable(UpstreamError::Kind kind) noexcept;

UpstreamError error_of(const origin::DialFailure& failure);

}  // namespace cachearr::fetch
