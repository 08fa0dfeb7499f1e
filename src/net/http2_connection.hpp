// The server's side of one HTTP/2 connection (RFC 9113) as bytes: what has come in, what a client asks for out, and
// what is to be sent. No socket and no clock; libnghttp2 does the framing, the compression of heads and the windows.
//
// Belongs to one connection on its worker. A request's head comes out as lines of HTTP/1, and answers go in as such
// lines, so that the rest of the program reads and writes one form.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/framing.hpp"

namespace cachearr::net {

using Http2StreamId = std::int32_t;

struct Http2Limits {
  std::size_t head_bytes = 16 * 1024;  // as lines of HTTP/1
  std::uint32_t streams = 100;         // at one time
};

/// What follows an answer's head; asked whenever windows have room. Whoever lends one keeps it until `closed` was told.
class Http2Body {
 public:
  /// Bytes that are there.
  virtual std::size_t ready() const noexcept = 0;
  /// Nothing comes behind what is ready.
  virtual bool is_last() const noexcept = 0;
  /// Field lines behind the body. REQUIRES: is_last().
  virtual std::string_view trailers() const noexcept = 0;
  /// Moves the first `bytes` bytes of what is ready to the end of `out`.
  virtual void move_to(std::string& out, std::size_t bytes) = 0;

 protected:
  Http2Body() = default;
  Http2Body(const Http2Body&) = default;
  Http2Body& operator=(const Http2Body&) = default;
  ~Http2Body() = default;
};

struct Http2Event {
  enum class Kind : std::uint8_t {
    request,  // `text` is its head, unless it is to be refused
    data,     // `text` is the next piece of its body, until consumed() part of the window
    end,      // its body is complete
    closed    // the stream is over, however; nothing more is told of it
  } kind = Kind::closed;
  Http2StreamId stream = 0;
  std::string text;
  // Of a body: none, announced by Content-Length, or of a length that nobody knows ("Transfer-Encoding: chunked" in the
  // head, though the data comes without any such framing).
  http::Framing::Body body = http::Framing::Body::none;
  std::optional<http::Refusal> refusal;
};

class Http2Connection {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  enum class Reset : std::uint8_t { internal, refused, cancelled };

  explicit Http2Connection(const Http2Limits& limits);
  ~Http2Connection();
  Http2Connection(const Http2Connection&) = delete;
  Http2Connection& operator=(const Http2Connection&) = delete;

  /// What the client has sent. False where the connection is over; output() may still say why.
  bool feed(std::string_view bytes, TimePoint now);
  /// What has happened since the last call, in its order.
  std::vector<Http2Event> take_events() noexcept;

  /// The head of an answer, status line and field lines. Null: nothing follows it. Fields that are about a connection
  /// of HTTP/1 are left out.
  void answer(Http2StreamId stream, std::string_view head, Http2Body* body);
  /// An answer that is not the last one (1xx).
  void inform(Http2StreamId stream, std::string_view head);
  /// There is more of a body that had nothing ready, or it has ended.
  void resume(Http2StreamId stream) noexcept;
  /// Its body is not asked for any more.
  void reset(Http2StreamId stream, Reset why) noexcept;
  /// The client may send as much again.
  void consumed(Http2StreamId stream, std::size_t bytes) noexcept;
  /// Takes no further request, and lets those that are under way end.
  void go_away() noexcept;

  /// What is to be sent next, up to about kOutput bytes; empty: nothing now. Valid until the next call.
  std::string_view output();
  void sent(std::size_t bytes) noexcept;
  /// True where there is nothing left to do, and where nothing more can be done.
  bool is_over() const noexcept;
  /// The client broke the rules, or nothing can be made of what it sends.
  bool has_failed() const noexcept;
  /// The client lets nothing more of any body come, or nothing more of this one.
  bool is_blocked() const noexcept;
  bool is_blocked(Http2StreamId stream) const noexcept;
  /// A head has begun and is not complete.
  bool reads_head() const noexcept;
  /// Requests that are not over.
  std::size_t streams() const noexcept;

  static constexpr std::size_t kOutput = 32 * 1024;
  struct Impl;  // for the library's callbacks

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace cachearr::net
