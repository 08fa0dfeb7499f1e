// Cookies that a content network, a load balancer or a bot filter in front of an origin sets on whatever passes: they
// say nothing of the answer and nothing of a user's session at the origin. Pure.
#pragma once

#include <string_view>

#include "http/fields.hpp"

namespace cachearr::caching {

/// A cookie's name, in any case as the services spell them.
bool is_edge_cookie(std::string_view name) noexcept;

/// True where every Set-Cookie of the answer is one of these.
bool has_only_edge_cookies(const http::FieldList& fields) noexcept;

}  // namespace cachearr::caching
