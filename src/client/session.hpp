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

#include "client/client_context.hpp"
#include "client/http1_reply_sink.hpp"
#include "client/replies.hpp"
#include "fetch/fetch_job.hpp"
#include "net/http_server.hpp"
#include "net/idle_order.hpp"
#include "net/inbox.hpp"
#include "net/listener.hpp"
#include "net/stream.hpp"
#include "net/worker.hpp"
#include "pipeline/access.hpp"

namespace cachearr::client {

/// How a connection goes on after a request.
enum class Next : std::uint8_t { go_on, close };

/// How a request ended, as whoever answered it knows: the log line and the metrics are made of it.
struct RequestRecord {
  const pipeline::RequestContext& context;
  metrics::RequestResult result = metrics::RequestResult::error;
  ReplySize sent;
  http::CacheStatus cache;
  std::string_view error = {};        // a sentence, free of secrets
  std::string_view tls = {};          // spoken with the origin
  const RequestText* text = nullptr;  // where it is known already
  // How long it took to answer; none: until now. A tunnel has answered when it stands, however long it lives.
  std::optional<std::chrono::steady_clock::time_point> answered = {};
  std::optional<std::chrono::steady_clock::time_point> first_byte = {};  // of an answer that goes out piece by piece
  const caching::FetchCost* saved = nullptr;  // what asking the upstream would have cost; null: it was asked
  Duration waited{};                          // in line at the limiter, before the upstream was asked
};

/// How a request is counted that a stored answer serves.
metrics::RequestResult result_of(const pipeline::RequestContext& context) noexcept;
/// What Cache-Status says of it. REQUIRES: `context` has an entry.
http::CacheStatus cache_status_of(const pipeline::RequestContext& context) noexcept;

class Session final : public net::Closable, private net::IdleOrder::Member {
 public:
  Session(ClientContext& worker, std::shared_ptr<const pipeline::ListenerInfo> listener,
          std::unique_ptr<net::Stream> stream, const net::Peer& peer);
  ~Session() override;
  net::Task<> run();
  void ask_to_close(bool at_once) noexcept override;
  void policy_changed() noexcept override;

  // For the steps of answering, in delivery.cpp and connect.cpp.
  ClientContext& worker() noexcept { return worker_; }
  net::Stream& stream() noexcept { return *stream_; }
  net::Inbox& inbox() noexcept { return inbox_; }
  const pipeline::ConnectionInfo& connection() const noexcept { return connection_; }
  const std::string& peer() const noexcept { return connection_.peer; }
  /// access.clients lets this client in, by the configuration that the next request is decided by.
  bool is_allowed() noexcept;
  /// Where replies go; flush() sends them.
  ReplySink& sink() noexcept { return sink_; }
  /// One read into the inbox, up to `size` unread bytes in all, within `limit`. A client that has sent nothing may be
  /// asked to leave meanwhile, and may lose its place to another one.
  net::Task<net::IoResult> read_more(std::size_t size, Duration limit);
  /// From here on the connection is read and written through `next`.
  void change_stream(std::unique_ptr<net::Stream> next) {
    stream_ = std::move(next);
    sink_.change_stream(*stream_);
  }
  /// Sends what stands in the sink.
  net::Task<Next> flush();
  /// Puts an error into the sink; an error always ends a request.
  ReplySize append_refusal(const pipeline::RequestContext& context, const pipeline::Refusal& refusal, bool keep_alive);
  void record(const RequestRecord& record);
  /// From here on the connection speaks to `target` without naming it.
  void enter(pipeline::TunnelTarget target) { connection_.tunnel = std::move(target); }

 private:
  enum class FastPath : std::uint8_t { answered, answered_last, async, connect };
  /// What the kernel did not take at once.
  struct Unsent {
    std::unique_ptr<Output> output;
    std::size_t sent = 0;
  };

  bool try_flush(Unsent& unsent);
  net::Task<Next> send_rest(Unsent unsent);
  void begin_wait() noexcept {
    if (inbox_.empty()) worker_.idle_order.enter(*this);
  }
  bool give_way() noexcept override;
  void give_place_back() noexcept;
  bool may_keep_alive() const noexcept;
  std::optional<FastPath> answer_memoized();
  FastPath answer_fast(pipeline::RequestContext& context, std::size_t head_bytes);
  FastPath answer_from_memory(pipeline::RequestContext& context, std::size_t head_bytes);
  void count_saving(const pipeline::RequestContext& context, const caching::FetchCost& saved);
  FastPath serve(pipeline::RequestContext& context, const Fitting& fitting, std::string_view head,
                 const RequestText* text);
  void memoize(pipeline::RequestContext& context, std::string_view head);
  std::uint64_t remember(const RequestRecord& record, const RequestText& text);
  void count(const RequestRecord& record, std::uint64_t took);
  FastPath refuse_fast(const pipeline::RequestContext& context);
  bool answer_for_itself(pipeline::RequestContext& context);
  net::Task<Next> serve_async(pipeline::RequestContextPtr context, std::size_t head_bytes);
  Next refuse_unread(int status, std::string detail);

  ClientContext& worker_;
  pipeline::ConnectionInfo connection_;
  std::unique_ptr<net::Stream> stream_;
  net::Inbox inbox_;
  Http1ReplySink sink_;
  http::Framing framing_;  // of the request being answered
  net::HeadWait head_wait_;
  metrics::ClientSavings* savings_ = nullptr;  // of this client; null: not looked up yet
  ClientTable::Place place_;                   // of its client in the journal
  bool leaving_ = false;
  bool has_place_ = true;  // one of limits.max_connections
};

/// Serves a connection that was just accepted on this worker.
void start_session(ClientContext& worker, std::shared_ptr<const pipeline::ListenerInfo> listener,
                   std::unique_ptr<net::Stream> stream, const net::Peer& peer);

}  // namespace cachearr::client
