// One request of HTTP/2 put together from its fields (RFC 9113 8.2, 8.3) as the head of HTTP/1 that says the same.
// Pure; the framing library has judged names, bytes and the order of fields before.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "net/http2_connection.hpp"

namespace cachearr::net {

class Http2Request {
 public:
  /// `limit`: bytes of the head; of what goes beyond nothing is kept.
  explicit Http2Request(std::size_t limit) noexcept : limit_{limit} {}

  void add(std::string_view name, std::string_view value);
  /// A method without content, and no word of any: what has come is the whole request unless data follows, even where
  /// the stream ends by a frame of its own.
  bool may_be_all() const noexcept;
  /// Makes the event of the whole head. False where the request is malformed: its stream is to be reset.
  bool finish(bool has_body, Http2Event& into);

 private:
  bool names_one_host() const noexcept;
  void add_pseudo(std::string_view name, std::string_view value);

  std::size_t limit_;
  std::size_t bytes_ = 0;
  bool counted_ = false;  // Content-Length is there
  std::string method_, scheme_, authority_, path_, host_, cookie_;
  std::string fields_;  // whole lines
};

}  // namespace cachearr::net
