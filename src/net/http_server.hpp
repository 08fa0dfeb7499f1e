// The server side of an HTTP/1.1 connection: how a request is read, within limits, and how the connection ends.
//
// HttpServer is the whole of it for callers that handle one request at a time. HeadWait and linger() are its parts, for
// callers with a read loop of their own. Belongs to one coroutine on its stream's worker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/framing.hpp"
#include "http/message.hpp"
#include "net/body_reader.hpp"
#include "net/head_parser.hpp"
#include "net/idle_order.hpp"
#include "net/inbox.hpp"
#include "net/stream.hpp"

namespace cachearr::net {

struct HttpLimits {
  std::size_t head_bytes = 16 * 1024;
  Duration idle{60'000};   // between two requests
  Duration head{10'000};   // from the first byte of a head to its last
  Duration body{10'000};   // for each read of a body
  Duration write{60'000};  // for a whole reply
};

/// Arms the deadline for each read of a head: `idle` before its first byte, then `head` once for all of it.
class HeadWait {
 public:
  void before_read(Stream& stream, const Inbox& inbox, Duration idle, Duration head) noexcept;
  void head_is_there(Stream& stream) noexcept {
    begun_ = false;
    stream.disarm();
  }
  /// After a read that failed: a request that has begun is answered 408; everything else ends without an answer.
  static bool ran_out(const IoResult& got, const Inbox& inbox) noexcept {
    return got.error == IoError::timed_out && !inbox.empty();
  }

 private:
  bool begun_ = false;
};
inline constexpr http::Refusal kHeadTooLate{408, "the request did not arrive in time"};

/// Ends our side and drops what the client still sends, for a while: closing at once would reset the connection and
/// take the answer away from it.
Task<> linger(Stream& stream, Inbox& inbox);

class HttpServer final : public IdleOrder::Member {
 public:
  /// `order` has it while no request is read or answered: a head that is not complete is none yet.
  HttpServer(std::unique_ptr<Stream> stream, const HttpLimits& limits, IdleOrder& order)
      : stream_{std::move(stream)}, limits_{limits}, order_{order} {
    order_.enter(*this);
  }

  struct Request {
    http::Owned<http::RequestHead> head;
    http::Framing framing;
    std::string body;
  };
  struct Outcome {
    enum class Kind : std::uint8_t {
      complete,
      refused,  // `refusal` is to be answered, then the connection ends
      ended     // nobody is left to answer
    } kind = Kind::ended;
    http::Refusal refusal;
  };
  /// Head and framing of the next request.
  Task<Outcome> read_head(Request& into);
  /// Its body, at most `limit` bytes. Sends the interim answer that the client waits for.
  Task<Outcome> read_body(Request& into, std::uint64_t limit);
  /// True where everything was sent.
  Task<bool> write(std::string_view head, std::string_view body);
  /// True where nobody is left to write to: the client has ended its side, or sends what nobody asked for.
  bool is_abandoned() noexcept { return !stream_->is_open() || stream_->is_stale(); }
  /// The connection's end after the last reply.
  Task<> finish();

  /// Ends the connection at once; what is under way fails.
  void close() noexcept;

 private:
  bool give_way() noexcept override;

  std::unique_ptr<Stream> stream_;
  HttpLimits limits_;
  IdleOrder& order_;
  Inbox inbox_;
  http::RequestHead parsed_;
  HeadWait wait_;
};

}  // namespace cachearr::net
