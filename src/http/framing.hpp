// How long a message is and whether its connection lives on (RFC 9112 6 and 9), every smuggling shape refused. Pure.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.hpp"
#include "http/message.hpp"

namespace cachearr::http {

struct Framing {
  enum class Body : std::uint8_t { none, length, chunked, until_close } body = Body::none;
  std::uint64_t length = 0;       // with Body::length
  bool keep_alive = false;        // the sender lets the connection live on
  bool expects_continue = false;  // request: Expect: 100-continue on HTTP/1.1
};

struct Refusal {
  int status = 400;  // request: 400, 413, 417, 501; response: 502
  std::string_view what;
};

/// A request's framing, or why it is refused; after a refusal the connection must close.
Result<Framing, Refusal> frame_request(const RequestHead& head);

/// A response's framing, as the answer to a request with `method`. A refusal means: the answer cannot be trusted (502).
Result<Framing, Refusal> frame_response(const ResponseHead& head, Method method);

/// True for fields that must not cross the proxy: the fixed hop-by-hop ones and those that Connection nominates.
/// End-to-end fields that Connection names (Host, Content-Length, Cache-Control, Authorization…) stay protected.
bool is_hop_by_hop(const Field& field, const FieldList& message) noexcept;

/// How much one header section may hold besides the byte limit.
inline constexpr std::size_t kMaxFields = 100;

}  // namespace cachearr::http
