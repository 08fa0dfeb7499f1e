// One client connection: read, decide, answer, stay or go.
//
// Owned by its own coroutine on its worker. What is found in memory is answered without a suspension; several such
// requests in one read leave in one write.
//
// It loops by itself over the parts of net/http_server.hpp instead of using HttpServer, since a hit parses into a
// recycled context, or is known by its bytes unparsed, and waits only once nothing more is buffered. HttpServer copies
// each head and runs a coroutine for it, which is right for the admin listener and would cost every hit.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "client/exchange.hpp"
#include "client/http1_reply_sink.hpp"
#include "net/http_server.hpp"
#include "net/idle_order.hpp"
#include "net/inbox.hpp"
#include "net/listener.hpp"
#include "net/stream.hpp"
#include "net/worker.hpp"

namespace cachearr::client {

class Http2Session;

class Session final : public Exchange, public net::Closable, private net::IdleOrder::Member {
 public:
  Session(ClientContext& worker, std::shared_ptr<const pipeline::ListenerInfo> listener,
          std::unique_ptr<net::Stream> stream, const net::Peer& peer);
  ~Session() override;
  /// Next::http2: the connection goes on as one of HTTP/2, with what stands in the inbox.
  net::Task<Next> run();
  void ask_to_close(bool at_once) noexcept override;
  void policy_changed() noexcept override;

  // For the steps of answering, in delivery.cpp and connect.cpp.
  net::Stream& stream() noexcept override { return *stream_; }
  net::Inbox& inbox() noexcept override { return inbox_; }
  net::Task<Next> flush() override;
  net::Task<bool> send_interim(const std::string& head) override;
  /// One read into the inbox, up to `size` unread bytes in all, within `limit`. A client that has sent nothing may be
  /// asked to leave meanwhile, and may lose its place to another one.
  net::Task<net::IoResult> read_more(std::size_t size, Duration limit);
  /// From here on the connection is read and written through `next`.
  void change_stream(std::unique_ptr<net::Stream> next) {
    stream_ = std::move(next);
    sink_.change_stream(*stream_);
  }
  /// The client was told that it may begin: its first request is still to come.
  void expect_first() noexcept { expects_first_ = true; }
  /// From here on the connection speaks to `target` without naming it.
  void enter(pipeline::TunnelTarget target) { client_.info.tunnel = std::move(target); }

  // For what goes on as HTTP/2.
  ClientState& client() noexcept { return client_; }
  /// Asked to leave in place of this; null: not any more.
  void hand_over(Http2Session* http2) noexcept { http2_ = http2; }
  /// No request is under way: whoever needs its place may have it.
  void begin_wait() noexcept {
    if (inbox_.empty()) worker_.idle_order.enter(*this);
  }
  void end_wait() noexcept { leave_idle(); }

 private:
  /// What the kernel did not take at once.
  struct Unsent {
    std::unique_ptr<Output> output;
    std::size_t sent = 0;
  };

  /// It was asked to leave, and nothing is left to be answered.
  bool is_done() const noexcept { return client_.leaving && !expects_first_ && inbox_.empty(); }
  bool try_flush(Unsent& unsent);
  net::Task<Next> send_rest(Unsent unsent);
  bool give_way() noexcept override;
  void give_place_back() noexcept;
  std::optional<FastPath> answer_memoized();
  FastPath answer_fast(pipeline::RequestContext& context, std::size_t head_bytes);
  net::Task<Next> serve_async(pipeline::RequestContextPtr context, std::size_t head_bytes);

  ClientState client_state_;
  std::unique_ptr<net::Stream> stream_;
  net::Inbox inbox_;
  Http1ReplySink sink_;
  net::HeadWait head_wait_;
  Http2Session* http2_ = nullptr;  // owns this
  bool has_place_ = true;          // one of limits.max_connections
  bool expects_first_ = true;      // no request has come yet, and there was no time for one to come
};

/// Serves a connection that was just accepted on this worker.
void start_session(ClientContext& worker, std::shared_ptr<const pipeline::ListenerInfo> listener,
                   std::unique_ptr<net::Stream> stream, const net::Peer& peer);

}  // namespace cachearr::client
