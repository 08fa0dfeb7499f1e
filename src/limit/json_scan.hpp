// Is a text one whole JSON value? A scan without a document: no memory but a stack of brackets. Pure, any thread.
//
// Laxer than RFC 8259 in two points, because real services are and a client that copes must get its answer: a comma
// before a closing bracket (thexem.info), and any escape inside a string.
#pragma once

#include <cstdint>
#include <string_view>

namespace cachearr::limit {

enum class JsonShape : std::uint8_t { whole, cut_off, broken };

JsonShape scan_json(std::string_view text);

}  // namespace cachearr::limit
