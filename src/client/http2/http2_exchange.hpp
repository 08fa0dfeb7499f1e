// One request of HTTP/2 and its answer, on one stream.
//
// Owned by its session until the stream is over, and by its own coroutine while it is answered by one. Touched only on
// the session's worker.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "client/exchange.hpp"
#include "client/http2/http2_reply_sink.hpp"
#include "client/http2/request_stream.hpp"
#include "net/deadlines.hpp"
#include "net/http2_connection.hpp"

namespace cachearr::client {

class Http2Session;

/// Bytes of what waits for a client that it takes within timeouts.client_idle, or is given up.
inline constexpr std::uint64_t kLeastTaken = 4096;

class Http2Exchange final : public Exchange, public std::enable_shared_from_this<Http2Exchange>, private net::Deadline {
 public:
  Http2Exchange(Http2Session& session, net::Http2StreamId stream);

  net::Stream& stream() noexcept override { return *request_; }
  net::Inbox& inbox() noexcept override { return inbox_; }
  net::Task<Next> flush() override;
  net::Task<bool> send_interim(const std::string& head) override;

  /// Answers at once, or begins to.
  void begin(net::Http2Event request);
  /// What comes of the request's body, and that the stream is over.
  void hear(const net::Http2Event& event);
  /// It was answered: what is not complete by now never will be.
  void finish();
  /// Bytes of the answer wait for the client.
  bool is_waiting() const noexcept { return sink_.is_waiting(); }

 private:
  pipeline::RequestContextPtr answer_at_once();
  void expire() noexcept override;
  void give_time() noexcept;
  void answer_slowly(pipeline::RequestContextPtr context, http::Framing::Body body);

  Http2Session& session_;
  net::Http2StreamId stream_;
  Http2ReplySink sink_;
  std::uint64_t moved_before_ = 0;  // of the body, when the client was given time
  std::string head_;                // of the request, as HTTP/1
  net::Inbox inbox_;
  std::optional<Http2RequestStream> request_;  // where it is not answered at once
};

}  // namespace cachearr::client
