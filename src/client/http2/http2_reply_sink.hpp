// Replies as an HTTP/2 message on one stream (RFC 9113 8.1): the head as fields, and a body that waits here until the
// client's windows have room for it.
//
// Owned by its exchange, which lives until the connection has told that the stream is over.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "client/reply_sink.hpp"
#include "net/event.hpp"
#include "net/http2_connection.hpp"

namespace cachearr::client {

class Http2ReplySink final : public ReplySink, private net::Http2Body {
 public:
  Http2ReplySink(net::Worker& worker, net::Http2Connection& connection, net::Http2StreamId stream)
      : worker_{worker}, connection_{connection}, stream_{stream} {}

  std::string& begin_head(const store::EntryPtr& stored) override;
  bool end_head(Body body, Connection connection) override;
  void body(const store::EntryPtr& owner, std::string_view bytes) override;
  void body(std::shared_ptr<const std::string> piece) override;
  void body(std::string_view text) override;
  void end() override { end_with({}); }
  void end_with(std::string_view trailers) override;
  void reset() override { reset(net::Http2Connection::Reset::internal); }
  /// The client takes nothing of it.
  void give_up() { reset(net::Http2Connection::Reset::cancelled); }

  void inform(std::string_view head) { connection_.inform(stream_, head); }
  /// Waits until the client has taken what is here; false where the stream was over before. One waiter at a time.
  net::Task<bool> drain();
  /// Bytes wait for room.
  bool is_waiting() const noexcept { return waiting_ > 0 && !closed_; }
  /// The reply is here from its head to its end.
  bool is_complete() const noexcept { return begun_ && ended_; }
  /// Bytes of its body that clients had room for.
  std::uint64_t moved() const noexcept { return moved_; }
  /// Likewise, of all streams.
  void count_in(std::uint64_t& taken) noexcept { taken_ = &taken; }
  /// The stream is over; nothing is sent any more.
  void close() noexcept;

 private:
  struct Piece {
    store::EntryPtr entry;  // of these two one keeps the bytes
    std::shared_ptr<const std::string> owner;
    std::string_view rest;
  };

  void add(Piece piece);
  void reset(net::Http2Connection::Reset why);
  void wake() noexcept;
  std::size_t ready() const noexcept override { return waiting_; }
  bool is_last() const noexcept override { return ended_; }
  std::string_view trailers() const noexcept override { return trailers_; }
  void move_to(std::string& out, std::size_t bytes) override;

  net::Worker& worker_;
  net::Http2Connection& connection_;
  net::Http2StreamId stream_;
  std::string head_;
  std::string trailers_;
  std::deque<Piece> pieces_;
  std::size_t waiting_ = 0;  // bytes in them
  std::uint64_t moved_ = 0;
  std::uint64_t* taken_ = nullptr;
  std::unique_ptr<net::Event> drained_;  // while somebody waits
  bool begun_ = false;                   // the head has gone
  bool ended_ = false;
  bool closed_ = false;
  bool lost_ = false;  // something of the reply never reached the client
};

}  // namespace cachearr::client
