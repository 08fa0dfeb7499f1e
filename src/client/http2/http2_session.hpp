// One client connection of HTTP/2: what comes in becomes exchanges, and what they answer goes out as far as the client
// takes it.
//
// Shared by its own coroutine, by that which waits to write, and by those of its exchanges, all on one worker; it owns
// the connection that it began as. Bounds: streams at one time, those that a client has given up included; floods
// (net/http2_flood.hpp); time for a head, between requests, and without the client taking what it asked for: a stream
// that is held by its own window ends alone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>

#include "client/http2/http2_exchange.hpp"
#include "client/session.hpp"
#include "net/http2_connection.hpp"

namespace cachearr::client {

class Http2Session final : public std::enable_shared_from_this<Http2Session> {
 public:
  explicit Http2Session(std::unique_ptr<Session> connection);
  ~Http2Session();
  Http2Session(const Http2Session&) = delete;
  Http2Session& operator=(const Http2Session&) = delete;

  net::Task<> run();
  /// Takes no further request, and closes when those that are under way have been answered.
  void leave() noexcept;

  // For its exchanges.
  ClientContext& worker() noexcept { return connection_->worker(); }
  net::Worker& loop() noexcept { return worker().loop; }
  ClientState& client() noexcept { return connection_->client(); }
  net::Http2Connection& http2() noexcept { return http2_; }
  std::uint64_t& taken_by_clients() noexcept { return taken_; }
  /// Sends what can be sent, and hears what comes of it; where that is under way already, it goes on for longer.
  void go_on();
  /// A piece of a request's body was read: the client may send as much again.
  void taken(net::Http2StreamId stream, std::size_t bytes);
  void begin_work() noexcept { ++at_work_; }
  void end_work() noexcept;

 private:
  enum class Wait : std::uint8_t { none, request, head, client, end };

  net::Task<bool> read();
  net::Task<> write_rest(std::shared_ptr<Http2Session> self);
  void hear(std::string_view bytes);
  bool is_listening() noexcept;
  void hear_and_send();
  void send();
  void handle(net::Http2Event event);
  void watch() noexcept;
  Wait waits_for() const noexcept;
  void end() noexcept;

  std::unique_ptr<Session> connection_;
  net::Http2Connection http2_;
  std::unordered_map<net::Http2StreamId, std::shared_ptr<Http2Exchange>> exchanges_;
  std::array<char, net::Inbox::kInline> small_;  // to read into
  std::unique_ptr<char[]> large_;                // likewise, while much comes
  std::size_t at_work_ = 0;                      // coroutines of exchanges
  std::uint64_t taken_ = 0;                      // bytes of bodies
  std::uint64_t taken_before_ = 0;               // when the deadline was armed
  Wait wait_ = Wait::none;                       // what the deadline is armed for
  bool asked_ = false;                           // a request has come since
  bool hears_ = true;                            // the client may have something to say
  bool going_ = false;                           // events are being handled
  bool again_ = false;                           // and something has come of it
  bool writing_ = false;                         // a coroutine waits until more can be written
  bool over_ = false;                            // nothing is sent any more
  bool told_end_ = false;                        // our side of the connection has ended
};

}  // namespace cachearr::client
