// The seam between a reply and the connection that carries it: whoever answers says what, the sink how that is framed.
//
// One for each connection (HTTP/1) or stream (HTTP/2), touched only on its worker. A reply is begin_head(), end_head(),
// and, where it has a body, any number of body pieces and end() or end_with(). Nothing is sent here: the connection's
// owner flushes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "store/entry.hpp"

namespace cachearr::client {

class ReplySink {
 public:
  /// What follows a head. `counted`: the head says Content-Length.
  enum class Body : std::uint8_t { none, counted, uncounted };
  /// How the client's connection goes on, as far as HTTP/1 has to say so.
  struct Connection {
    bool keep_alive = true;
    bool http10 = false;
  };

  /// Begins a head with that of `stored`, by reference, or with nothing where that is null. The caller appends to the
  /// text until end_head(): the status line first where nothing is stored, then whole field lines, CRLF included, but
  /// none that is about one connection (Connection, Transfer-Encoding). HTTP/2 takes the status out of the first line
  /// and encodes each other line as a field.
  virtual std::string& begin_head(const store::EntryPtr& stored) = 0;
  /// Returns whether the client sees the body's end without the connection's. After Body::none the reply is complete
  /// (END_STREAM in HTTP/2).
  virtual bool end_head(Body body, Connection connection) = 0;
  /// Bytes of `owner`, which is kept until they are sent.
  virtual void body(const store::EntryPtr& owner, std::string_view bytes) = 0;
  /// The whole of `piece`, which is kept until it is sent.
  virtual void body(std::shared_ptr<const std::string> piece) = 0;
  /// Short bytes that the sink copies.
  virtual void body(std::string_view text) = 0;
  /// The body is complete.
  virtual void end() = 0;
  /// The body is complete, and these field lines, CRLF included, follow it where its framing has a place for them.
  virtual void end_with(std::string_view trailers) = 0;
  /// The body will never be complete, and the client is to know: HTTP/1 resets the connection, HTTP/2 the stream. What
  /// is not sent yet is dropped.
  virtual void reset() = 0;

 protected:
  ReplySink() = default;
  ReplySink(const ReplySink&) = default;
  ReplySink& operator=(const ReplySink&) = default;
  ~ReplySink() = default;
};

}  // namespace cachearr::client
