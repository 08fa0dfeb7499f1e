// One client connection: read, decide, answer, stay or go.
//
// Owned by its own coroutine on its worker. What is found in memory is answered without a suspension; several such
// requests in one read leave in one write.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "client/client_context.hpp"
#include "client/replies.hpp"
#include "fetch/fetch_job.hpp"
#include "net/inbox.hpp"
#include "net/listener.hpp"
#include "net/stream.hpp"
#include "net/worker.hpp"

namespace cachearr::client {

/// How a connection goes on after a request.
enum class Next : std::uint8_t { go_on, close };

/// What is logged and counted of one request.
struct RequestRecord {
  const http::RequestHead& request;
  const pipeline::RequestContext& context;
  ReplySize sent;
  http::CacheStatus cache;
  std::chrono::steady_clock::time_point started;
  std::string_view error = {};
  bool from_disk = false;
  std::string_view tls = {};       // spoken with the origin
  const LogText* words = nullptr;  // where they are known already
};

class Session final : public net::Guest {
 public:
  Session(ClientContext& worker, std::shared_ptr<const pipeline::ListenerInfo> listener,
          std::unique_ptr<net::Stream> stream, const net::Peer& peer);
  ~Session() override;
  net::Task<> run();
  void leave(bool firmly) noexcept override;

  // For the steps of answering, in delivery.cpp and connect.cpp.
  ClientContext& worker() noexcept { return worker_; }
  net::Stream& stream() noexcept { return *stream_; }
  net::Inbox& inbox() noexcept { return inbox_; }
  const pipeline::ListenerInfo& listener() const noexcept { return *listener_; }
  const std::string& peer() const noexcept { return peer_; }
  /// access.clients lets this client in.
  bool is_allowed() const noexcept { return allowed_; }
  /// One read into the inbox, up to `size` unread bytes in all, within `limit`. A client that has sent nothing may be
  /// asked to leave meanwhile.
  net::Task<net::IoResult> read_more(std::size_t size, Duration limit);
  /// From here on the connection is read and written through `next`.
  void change_stream(std::unique_ptr<net::Stream> next) { stream_ = std::move(next); }
  /// Sends what stands in the desk's output.
  net::Task<Next> flush();
  /// Puts an error into the output; an error always ends a request.
  ReplySize append_refusal(const http::RequestHead& request, const pipeline::RequestContext& context,
                           const pipeline::Refusal& refused, bool keep_alive,
                           std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now());
  void record(const RequestRecord& done);
  /// From here on the connection speaks to `inside` without naming it.
  void enter(pipeline::TunnelTarget tunnel) { tunnel_ = std::move(tunnel); }

 private:
  enum class FastPath : std::uint8_t { answered, answered_last, slow, connect };
  /// What the kernel did not take at once.
  struct Unsent {
    std::unique_ptr<Output> output;
    std::size_t sent = 0;
  };

  bool try_flush(Unsent& unsent);
  net::Task<Next> send_rest(Unsent unsent);
  void limit_wait();
  net::Task<> linger();
  bool is_authorised(const http::RequestHead& request, const pipeline::RequestContext& context) const;
  std::optional<FastPath> answer_memoized();
  FastPath answer_fast(std::size_t head_bytes);
  FastPath answer_from_memory(std::size_t head_bytes);
  FastPath serve(const http::RequestHead& request, std::string_view head, pipeline::RequestContext& context,
                 std::chrono::steady_clock::time_point started, const LogText* words);
  void remember(std::string_view head);
  FastPath refuse_fast(const pipeline::Refusal& refused);
  bool answer_for_itself();
  net::Task<Next> serve_async(std::size_t head_bytes);
  Next refuse_unread(int status, std::string detail);

  ClientContext& worker_;
  std::shared_ptr<const pipeline::ListenerInfo> listener_;
  std::unique_ptr<net::Stream> stream_;
  std::string peer_;
  net::Inbox inbox_;
  std::optional<pipeline::TunnelTarget> tunnel_;
  http::Framing framing_;  // of the request being answered
  bool allowed_ = false;
  bool waits_for_head_ = false;
  bool busy_ = false;
  bool leaving_ = false;
};

/// Serves a connection that was just accepted on the desk's worker.
void start_session(ClientContext& worker, std::shared_ptr<const pipeline::ListenerInfo> listener,
                   std::unique_ptr<net::Stream> stream, const net::Peer& peer);

}  // namespace cachearr::client
