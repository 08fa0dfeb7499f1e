// Fields behind a chunked body (RFC 9110 6.5): who takes them, and which of them may cross the proxy. Pure.
#pragma once

#include <string>
#include <string_view>

#include "http/fields.hpp"

namespace cachearr::http {

/// The sender of this request says that it does not drop trailer fields (TE: trailers).
bool takes_trailers(const FieldList& request) noexcept;

/// False for a name whose field means something else, or too much, behind the body: how a message is framed, routed,
/// authenticated, cached or read, and whatever this program decides by.
bool may_be_trailer(std::string_view name) noexcept;

/// What of a trailer section may cross the proxy, as whole field lines, CRLF included. `section`: its lines as they
/// came, well-formed, with or without the empty one at its end. `connection`: the Connection field of the message's
/// head; what that names goes no further (RFC 9110 7.6.1).
std::string passable_trailers(std::string_view section, std::string_view connection);

}  // namespace cachearr::http
