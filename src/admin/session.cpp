#include "admin/session.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "net/body_reader.hpp"
#include "net/head_parser.hpp"
#include "net/inbox.hpp"

namespace cachearr::admin {

using http::Framing;
using http::Method;
using net::IoError;

namespace {

constexpr std::size_t kHeadLimit = 16 * 1024;
constexpr std::size_t kMaxLinger = 256 * 1024;
constexpr Duration kHeadTime{10'000};
constexpr Duration kIdleTime{60'000};
constexpr Duration kBodyTime{10'000};
constexpr Duration kWriteTime{60'000};
constexpr Duration kLinger{1000};

}  // namespace

class Session {
 public:
  Session(Lobby& lobby, std::unique_ptr<net::Stream> stream)
      : lobby_{lobby}, stream_{std::move(stream)}, place_{lobby.sessions.insert(lobby.sessions.end(), this)} {}
  ~Session() { lobby_.sessions.erase(place_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  net::Task<> run();
  bool is_waiting() const noexcept { return waiting_; }
  void leave() noexcept {
    waiting_ = false;
    stream_->close();
  }

 private:
  enum class Next : std::uint8_t { go_on, close };

  net::Task<net::HeadParse> read_head();
  net::Task<Next> take_one();
  net::Task<Next> serve(const http::RequestHead& head, const Framing& framing);
  net::Task<Next> read_body(const Framing& framing, std::uint64_t limit);
  net::Task<Next> send(const Answer& answer, bool keep_alive, bool with_content);
  net::Task<> linger();

  Lobby& lobby_;
  std::unique_ptr<net::Stream> stream_;
  std::list<Session*>::iterator place_;
  net::Inbox inbox_;
  http::RequestHead parsed_;
  std::string body_;
  bool waiting_ = true;  // for a head
};

/// With need_more the connection is over: nothing is to be answered.
net::Task<net::HeadParse> Session::read_head() {
  using Kind = net::HeadParse::Kind;
  bool begun = false;
  waiting_ = true;
  for (;;) {
    auto parse = net::parse_request_head(inbox_.readable(), kHeadLimit, parsed_);
    if (parse.kind != Kind::need_more) {
      stream_->disarm();
      waiting_ = false;
      co_return parse;
    }
    if (inbox_.empty()) stream_->arm(kIdleTime);
    if (!inbox_.empty() && !begun) {
      begun = true;  // the time limit is for the whole head, not for each byte
      stream_->arm(kHeadTime);
    }
    const auto got = co_await inbox_.fill(*stream_, kHeadLimit + 2);
    if (got.error == IoError::timed_out && begun) {
      parse.kind = Kind::error;
      parse.status = 408;
      parse.problem = "the request did not arrive in time";
      waiting_ = false;
      co_return parse;
    }
    if (got.error != IoError::none) co_return parse;
  }
}

net::Task<Session::Next> Session::send(const Answer& answer, bool keep_alive, bool with_content) {
  const auto head = serialise_head(answer, keep_alive);
  std::array<net::Slice, 2> slices{net::slice(head), net::slice(with_content ? answer.content() : std::string_view{})};
  stream_->arm(kWriteTime);
  const auto error = co_await net::write_all(*stream_, slices);
  stream_->disarm();
  co_return keep_alive&& error == IoError::none ? Next::go_on : Next::close;
}

/// The body into body_; with Next::close the answer has been sent already, or nobody is left to send it to.
net::Task<Session::Next> Session::read_body(const Framing& framing, std::uint64_t limit) {
  using Kind = net::BodyReader::Piece::Kind;
  body_.clear();
  if (framing.expects_continue && framing.body != Framing::Body::none) {
    const auto error = co_await net::write_all(*stream_, "HTTP/1.1 100 Continue\r\n\r\n");
    if (error != IoError::none) co_return Next::close;
  }
  net::BodyReader reader{*stream_, inbox_, framing};
  for (;;) {
    const auto piece = co_await reader.next(kBodyTime);
    if (piece.kind == Kind::end) co_return Next::go_on;
    if (piece.kind == Kind::data && body_.size() + piece.data.size() <= limit) {
      body_.append(piece.data);
      continue;
    }
    if (piece.kind == Kind::failed && piece.problem.empty()) co_return Next::close;
    const auto refusal = piece.kind == Kind::failed ? problem(400, piece.problem)
                                                    : problem(413, "the body is larger than this call takes");
    const auto sent = co_await send(refusal, false, true);
    co_return sent;
  }
}

net::Task<Session::Next> Session::serve(const http::RequestHead& head, const Framing& framing) {
  const bool with_content = head.method != Method::head;
  auto admitted = lobby_.api.admit(head, framing, lobby_.local);
  if (!admitted) {
    // The body of a call that was refused is not read.
    const bool keep_alive = framing.keep_alive && framing.body == Framing::Body::none;
    const auto next = co_await send(admitted.error(), keep_alive, with_content);
    co_return next;
  }
  const auto read = co_await read_body(framing, admitted->body_limit);
  if (read == Next::close) co_return Next::close;
  const auto answer = lobby_.api.run(*admitted, body_);
  const auto next = co_await send(answer, framing.keep_alive, with_content);
  co_return next;
}

net::Task<Session::Next> Session::take_one() {
  using Kind = net::HeadParse::Kind;
  const auto parse = co_await read_head();
  if (parse.kind == Kind::need_more) {
    stream_->close();
    co_return Next::close;
  }
  if (parse.kind == Kind::error) {
    const auto refusal = problem(parse.status, parse.problem);
    const auto next = co_await send(refusal, false, true);
    co_return next;
  }
  const http::Owned<http::RequestHead> head{parsed_, inbox_.readable().substr(0, parse.consumed)};
  inbox_.consume(parse.consumed);
  const auto framing = http::frame_request(head.head);
  if (!framing) {
    const auto refusal = problem(framing.error().status, framing.error().what);
    const auto next = co_await send(refusal, false, true);
    co_return next;
  }
  const auto next = co_await serve(head.head, *framing);
  body_ = {};
  co_return next;
}

/// The client may still be sending: closing at once would reset the connection and take the answer away from it.
net::Task<> Session::linger() {
  stream_->shutdown_write();
  stream_->arm(kLinger);
  for (std::size_t dropped = 0; dropped <= kMaxLinger;) {
    inbox_.consume(inbox_.readable().size());
    const auto got = co_await inbox_.fill(*stream_, kHeadLimit);
    if (got.error != IoError::none) break;
    dropped += got.bytes;
  }
}

net::Task<> Session::run() {
  for (;;) {
    const auto next = co_await take_one();
    if (next == Next::close) break;
  }
  if (stream_->is_open()) {
    co_await linger();
  }
}

namespace {

net::Task<> live(std::unique_ptr<Session> session) { co_await session->run(); }

/// False where everybody is busy.
bool make_place(Lobby& lobby) {
  if (lobby.sessions.size() < Lobby::kMost) return true;
  const auto idle = std::find_if(lobby.sessions.begin(), lobby.sessions.end(),
                                 [](const Session* each) { return each->is_waiting(); });
  if (idle == lobby.sessions.end()) return false;
  (*idle)->leave();
  return true;
}

}  // namespace

void start_session(Lobby& lobby, std::unique_ptr<net::Stream> stream) {
  if (!make_place(lobby)) return;
  lobby.worker.spawn(live(std::make_unique<Session>(lobby, std::move(stream))), "admin session");
}

}  // namespace cachearr::admin
