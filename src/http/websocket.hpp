// The WebSocket protocol as a client speaks it (RFC 6455): the opening handshake's proof, frames out, frames in. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace cachearr::http {

enum class WebSocketOpcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// What a server answers in Sec-WebSocket-Accept to this Sec-WebSocket-Key.
std::string websocket_accept(std::string_view key);

/// One whole frame, masked as every frame of a client is.
std::string websocket_frame(WebSocketOpcode opcode, std::string_view payload, std::array<unsigned char, 4> mask);

/// A server's frames, as its bytes come in; messages in parts are joined. Bounded by `most` bytes a message.
class WebSocketReader {
 public:
  explicit WebSocketReader(std::size_t most) : most_{most} {}

  struct Item {
    enum class Kind : std::uint8_t { need_more, message, ping, pong, close, error } kind = Kind::need_more;
    std::string payload;            // of close: its reason
    std::string_view problem = {};  // with error, after which nothing more can be read
  };
  void append(std::string_view bytes) { unread_ += bytes; }
  Item next();

 private:
  struct Header {
    bool final = false;
    WebSocketOpcode opcode{};
    std::size_t size = 0, payload = 0;  // of itself and of what follows
  };
  Item read_frame(const Header& header);
  Item read_control(const Header& header, std::string payload);
  /// False where it is not here as a whole. Its `problem` is empty where it is well-formed.
  bool read_header(Header& into, std::string_view& problem) const;
  std::string_view problem_of(const Header& header, unsigned first, unsigned second) const;

  std::size_t most_;
  std::string unread_;
  std::string joined_;  // the parts of a message so far
  bool in_parts_ = false;
};

}  // namespace cachearr::http
