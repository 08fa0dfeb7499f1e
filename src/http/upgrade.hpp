// Leaving HTTP/1.1 for another protocol on the same connection (RFC 9110 7.8). Pure.
#pragma once

#include "http/message.hpp"

namespace cachearr::http {

/// The client asks to leave HTTP, in a way that is passed on. HTTP/2 without TLS is not for proxies (RFC 9113 3.1).
bool wants_upgrade(const RequestHead& request);

/// A 101 that names one of the protocols that `request` offers.
bool is_agreed_upgrade(const RequestHead& request, const ResponseHead& response);

}  // namespace cachearr::http
