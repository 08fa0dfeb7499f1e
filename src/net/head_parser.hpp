// Bytes to message heads: Beast's parser for the syntax, our own checks for what it lets through.
//
// Stateless functions; the heads are views into the given bytes. Used by one thread at a time.
#pragma once

#include <string_view>

#include "http/message.hpp"

namespace cachearr::net {

struct HeadParse {
  enum class Kind { complete, need_more, error } kind = Kind::need_more;
  std::size_t consumed = 0;  // with complete: length of the head; views stay valid until the bytes move
  int status = 400;          // with error: the answer (400, 414, 431, 501, 505)
  std::string_view problem;  // with error
};

/// One request head from the front of `bytes`; skips one empty line before it (RFC 9112 2.2). `limit`: most bytes a
/// head may have.
HeadParse parse_request_head(std::string_view bytes, std::size_t limit, http::RequestHead& into);
/// One response head. A status line without reason phrase is accepted (RFC 9112 4).
HeadParse parse_response_head(std::string_view bytes, std::size_t limit, http::ResponseHead& into);

}  // namespace cachearr::net
