// Authentication that holds for a connection instead of a request (RFC 4559 6). Pure.
#pragma once

#include "http/message.hpp"

namespace cachearr::origin {

/// Request or response speaks of NTLM or Negotiate: from here on the connection may act for the user who is named
/// there, whatever later requests on it say.
bool authenticates_connection(const http::RequestHead& request, const http::ResponseHead& response);

}  // namespace cachearr::origin
