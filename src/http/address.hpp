// Addresses written as text, only as far as reading a target needs them. Pure.
#pragma once

#include <string>
#include <string_view>

namespace cachearr::http {

/// Writes the canonical form (RFC 5952) of an IPv6 address without brackets; false where it is none or has a zone.
/// One address has one spelling behind this, so that access rules and keys cannot be got around by another one.
bool canonical_ipv6(std::string_view text, std::string& into);

}  // namespace cachearr::http
