// The body of a request on one stream of HTTP/2 as a connection that can be read, so that it goes upstream the way a
// body of HTTP/1 does: where its length is not known, in chunks. What nobody has read keeps the client's window closed.
//
// Belongs to its exchange, and holds at most a window of data. Nothing is written here: replies have a sink.
#pragma once

#include <string>
#include <string_view>

#include "http/framing.hpp"
#include "net/event.hpp"
#include "net/http2_connection.hpp"
#include "net/stream.hpp"
#include "net/worker.hpp"

namespace cachearr::client {

class Http2Session;

class Http2RequestStream final : public net::Stream {
 public:
  Http2RequestStream(Http2Session& session, net::Http2StreamId stream, http::Framing::Body body);

  void append(std::string_view data);
  /// All of it has come.
  void end();
  /// The stream is over.
  void break_off() noexcept;

  net::Task<net::IoResult> read_some(std::span<char> into) override;
  net::IoResult try_write(std::span<const net::Slice>) noexcept override { return {0, net::IoError::other}; }
  net::Task<net::IoError> wait_writable() override { co_return net::IoError::other; }
  void shutdown_write() noexcept override {}
  void close() noexcept override;
  bool is_stale() noexcept override { return gone_ || !open_; }
  bool is_open() const noexcept override { return open_; }
  int native_handle() noexcept override { return -1; }
  bool is_secure() const noexcept override { return true; }

 private:
  void expire() noexcept override;
  bool begin_chunk();
  std::size_t fill(std::span<char> into);
  void take(std::size_t bytes) noexcept;
  std::size_t drop() noexcept;

  Http2Session& session_;
  net::Http2StreamId stream_;
  net::Event changed_;
  std::string unread_;    // data alone: as much more the client may send only once it was read
  std::size_t at_ = 0;    // in unread_
  std::size_t left_ = 0;  // of the chunk that is being read
  std::string framing_;   // to be read before that
  bool chunked_;
  bool told_end_ = false;  // the last chunk stood in framing_
  bool ended_ = false;
  bool open_ = true;
  bool gone_ = false;  // the client does not listen any more
  bool timed_out_ = false;
};

}  // namespace cachearr::client
