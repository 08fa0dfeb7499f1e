// Is a text one whole JSON value? A scan without a document: no memory but a stack of brackets. Pure, any thread.
//
// Laxer than RFC 8259 in two points, because real services are and a client that copes must get its answer: a comma
// before a closing bracket (thexem.info), and any escape inside a string.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace cachearr::content {

enum class JsonShape : std::uint8_t { whole, cut_off, broken };

/// `members`, where wanted, gets the names of the outermost object's members as they are written.
JsonShape scan_json(std::string_view text, std::vector<std::string_view>* members = nullptr);

}  // namespace cachearr::content
