// One client connection: read, decide, answer, stay or go.
//
// Owned by its own coroutine on its worker. What is found in memory is answered without a suspension; several such
// requests in one read leave in one write.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "net/inbox.hpp"
#include "net/listener.hpp"
#include "net/stream.hpp"
#include "net/worker.hpp"
#include "proxy/desk.hpp"
#include "proxy/fetch.hpp"
#include "proxy/replies.hpp"

namespace cachearr::proxy {

/// How a connection goes on after a request.
enum class Next : std::uint8_t { go_on, close };

/// What is logged and counted of one request.
struct Done {
  const http::RequestHead& request;
  const Considered& known;
  Sent sent;
  http::CacheStatus cache;
  std::chrono::steady_clock::time_point started;
  std::string_view error = {};
  bool from_disk = false;
  std::string_view tls = {};        // spoken with the origin
  const LogWords* words = nullptr;  // where they are known already
};

class Session final : public net::Guest {
 public:
  Session(Desk& desk, std::shared_ptr<const Door> door, std::unique_ptr<net::Stream> stream, const net::Peer& peer);
  ~Session() override;
  net::Task<> run();
  void leave(bool firmly) noexcept override;

  // For the steps of answering, in delivery.cpp and connect.cpp.
  Desk& desk() noexcept { return desk_; }
  net::Stream& stream() noexcept { return *stream_; }
  net::Inbox& inbox() noexcept { return inbox_; }
  const Door& door() const noexcept { return *door_; }
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
  Sent append_refusal(const http::RequestHead& request, const Considered& known, const Refused& refused,
                      bool keep_alive,
                      std::chrono::steady_clock::time_point started = std::chrono::steady_clock::now());
  void record(const Done& done);
  /// From here on the connection speaks to `inside` without naming it.
  void enter(Inside inside) { inside_ = std::move(inside); }

 private:
  enum class Quick : std::uint8_t { answered, answered_last, slow, connect };
  /// What the kernel did not take at once.
  struct Unsent {
    std::unique_ptr<Output> output;
    std::size_t sent = 0;
  };

  bool try_flush(Unsent& unsent);
  net::Task<Next> send_rest(Unsent unsent);
  void limit_wait();
  net::Task<> linger();
  bool is_authorised(const http::RequestHead& request, const Considered& known) const;
  std::optional<Quick> answer_recalled();
  Quick answer_quickly(std::size_t head_bytes);
  Quick answer_from_memory(std::size_t head_bytes);
  Quick serve(const http::RequestHead& request, std::string_view head, Considered& known,
              std::chrono::steady_clock::time_point started, const LogWords* words);
  void remember(std::string_view head);
  Quick refuse_quickly(const Refused& refused);
  bool answer_for_itself();
  net::Task<Next> answer_slowly(std::size_t head_bytes);
  Next refuse_unread(int status, std::string detail);

  Desk& desk_;
  std::shared_ptr<const Door> door_;
  std::unique_ptr<net::Stream> stream_;
  std::string peer_;
  net::Inbox inbox_;
  std::optional<Inside> inside_;
  http::Framing framing_;  // of the request being answered
  bool allowed_ = false;
  bool waits_for_head_ = false;
  bool busy_ = false;
  bool leaving_ = false;
};

/// Serves a connection that was just accepted on the desk's worker.
void start_session(Desk& desk, std::shared_ptr<const Door> door, std::unique_ptr<net::Stream> stream,
                   const net::Peer& peer);

}  // namespace cachearr::proxy
