// Heads as nearly all are, read in one pass. What is unusual in any way is left to the parser in net/head_parser.cpp,
// which also says what is wrong with it: what is read here, it reads in the same way.
//
// Stateless; the heads are views into the given bytes.
#pragma once

#include <cstddef>
#include <string_view>

#include "http/message.hpp"

namespace cachearr::http {

/// The length of the head that `bytes` begin with; 0 where it is not whole or not usual, and `into` then holds
/// anything.
std::size_t scan_head(std::string_view bytes, RequestHead& into);
std::size_t scan_head(std::string_view bytes, ResponseHead& into);

}  // namespace cachearr::http
