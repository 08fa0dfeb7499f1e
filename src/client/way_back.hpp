// Where Location and Content-Location of an answer lead a client that did not name the origin itself: a redirect of an
// origin under a mount leads back into the mount (RFC 9110 10.2.2). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pipeline/route.hpp"

namespace cachearr::client {

/// The reference as this client can follow it; none: as the origin said it.
std::optional<std::string> lead_back(const pipeline::Route& route, std::string_view reference);

/// The lines of a head, each ended by CRLF, with both fields as this client can follow them.
void append_led_back(std::string& out, const pipeline::Route& route, std::string_view head);

}  // namespace cachearr::client
