// Cookies that a content network, a load balancer or a bot filter in front of an origin sets on whatever passes: they
// say nothing of the answer and nothing of a user's session at the origin. Pure.
#pragma once

#include <string>
#include <string_view>

#include "http/message.hpp"

namespace cachearr::caching {

/// A cookie's name, in any case as the services spell them.
bool is_edge_cookie(std::string_view name) noexcept;

/// True where every Set-Cookie of the answer is one of these.
bool has_only_edge_cookies(const http::FieldList& fields) noexcept;

/// True where a Set-Cookie of the answer begins a session at the origin, as its name, its value or its attributes tell:
/// whoever got it from a cache would be whoever it was made for.
bool begins_session(const http::FieldList& fields);

/// A stored head without its Set-Cookie lines, serialised again.
std::string without_cookies(const http::ResponseHead& head);

}  // namespace cachearr::caching
