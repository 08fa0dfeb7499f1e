// One request and its answer, or one after the other, on whatever carries them: a connection of HTTP/1 (client/session)
// or one stream of HTTP/2 (client/http2). Here is what both do the same way: answer from memory, refuse, count, log.
//
// Belongs to a worker, and is touched only on its thread. What is known of the client belongs to the connection.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "client/client_context.hpp"
#include "client/replies.hpp"
#include "fetch/fetch_job.hpp"
#include "net/inbox.hpp"
#include "net/stream.hpp"
#include "pipeline/access.hpp"

namespace cachearr::client {

/// How a connection goes on after a request. `http2`: as one of HTTP/2, whose first bytes are in its inbox.
enum class Next : std::uint8_t { go_on, close, http2 };

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

/// What is known of a client as long as its connection lives.
struct ClientState {
  pipeline::ConnectionInfo info;
  metrics::ClientSavings* savings = nullptr;  // of this client; null: not looked up yet
  ClientTable::Place place;                   // in the journal
  bool leaving = false;                       // no request is taken after the one that is answered
  bool http2 = false;
};

class Exchange {
 public:
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // For the steps of answering, in delivery.cpp and connect.cpp.
  ClientContext& worker() noexcept { return worker_; }
  const pipeline::ConnectionInfo& connection() const noexcept { return client_.info; }
  const std::string& peer() const noexcept { return client_.info.peer; }
  /// Where replies go; flush() sends them.
  ReplySink& sink() noexcept { return *replies_; }
  /// What the client sends, and what of it was read already. Only its body in HTTP/2.
  virtual net::Stream& stream() noexcept = 0;
  virtual net::Inbox& inbox() noexcept = 0;
  /// Sends what stands in the sink.
  virtual net::Task<Next> flush() = 0;
  /// Sends the head of an answer that is not the last one; false where the client is gone.
  virtual net::Task<bool> send_interim(const std::string& head) = 0;

  /// access.clients lets this client in, by the configuration that the next request is decided by.
  bool is_allowed() noexcept;
  /// Puts an error into the sink; an error always ends a request.
  ReplySize append_refusal(const pipeline::RequestContext& context, const pipeline::Refusal& refusal, bool keep_alive);
  void record(const RequestRecord& record);

 protected:
  enum class FastPath : std::uint8_t { answered, answered_last, async, connect };

  /// `client` lives as long as this, or longer; nothing of it is touched yet. reply_to() comes next.
  Exchange(ClientContext& worker, ClientState& client) noexcept : worker_{worker}, client_{client} {}
  ~Exchange() = default;
  void reply_to(ReplySink& replies) noexcept { replies_ = &replies; }

  /// Answers what begins `input` where the same was asked in the same words before. Gives the size of its head.
  std::optional<FastPath> recall(std::string_view input, std::size_t& head_bytes);
  /// What memory alone can answer, refusals included. `head` is all of it, and stays where it is meanwhile.
  FastPath answer_here(pipeline::RequestContext& context, std::string_view head);
  /// What is asked of the upstream for this request.
  std::shared_ptr<fetch::FetchJob> make_job(pipeline::RequestContextPtr context, std::string_view head) const;
  Next refuse_unread(int status, std::string detail);

  ClientContext& worker_;
  ClientState& client_;

 private:
  bool may_keep_alive() const noexcept;
  FastPath answer_from_memory(pipeline::RequestContext& context, std::string_view head);
  void count_saving(const pipeline::RequestContext& context, const caching::FetchCost& saved);
  FastPath serve(pipeline::RequestContext& context, const Fitting& fitting, std::string_view head,
                 const RequestText* text);
  void memoize(pipeline::RequestContext& context, std::string_view head);
  std::uint64_t remember(const RequestRecord& record, const RequestText& text);
  void count(const RequestRecord& record, std::uint64_t took);
  FastPath refuse_fast(const pipeline::RequestContext& context);
  bool answer_for_itself(pipeline::RequestContext& context);

  ReplySink* replies_ = nullptr;
  http::Framing framing_;  // of the request being answered
};

}  // namespace cachearr::client
