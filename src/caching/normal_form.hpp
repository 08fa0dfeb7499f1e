// Normal forms of the request fields that select a variant: requests that mean the same get the same text. Pure;
// private to this folder. Nothing here allocates unless the output has to grow.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "http/fields.hpp"

namespace cachearr::caching {

/// More members than this are taken as they come: no browser or API client sends so many.
inline constexpr std::size_t kMaxSortedMembers = 24;

/// The members of a list-valued field, trimmed and not empty, in a form that does not depend on what has no meaning:
/// Accept-Encoding: the acceptable codings, sorted; which one is preferred does not matter, as all that remain are
/// accepted. Accept-Language and Accept: by weight, then by name, since the order among equals says nothing (RFC
/// 9110 12.4.2). Other fields, and members that cannot be read: as they are, in their order.
void append_normal(std::string& out, http::FieldId id, std::span<const std::string_view> members);

/// The name of the member with the greatest weight; empty where there are several, and where it is a wildcard, has
/// parameters or cannot be read.
std::string_view most_preferred(std::span<const std::string_view> members) noexcept;

}  // namespace cachearr::caching
