// Whether a client can use an answer in the content coding in which it came, and the head of what is made of it
// otherwise (RFC 9110 8.4 and 12.5.3). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "content/coding.hpp"
#include "http/message.hpp"

namespace cachearr::client {

/// How an answer reaches a client.
enum class Delivered : std::uint8_t {
  as_it_is,
  decoded,
  anew  // nothing here is for this client: it is fetched once more, in codings of the client's own choice
};
Delivered judge_coding(const http::ResponseHead& head, const http::RequestHead& request);

bool says_no_transform(const http::FieldList& fields);

/// A serialised head without Content-Length.
struct RecodedHead {
  std::string text;
  std::size_t etag_at = 0;  // of the ETag's value in `text`
  std::size_t etag_size = 0;
};
/// The head of the same answer in another coding. That is another representation: its ETag is weak (RFC 9110 8.8.1),
/// and Vary says that there are others. Empty where `head` is none.
RecodedHead recode_head(std::string_view head, content::Coding to);

}  // namespace cachearr::client
