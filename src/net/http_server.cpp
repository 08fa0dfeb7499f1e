#include "net/http_server.hpp"

#include <array>

namespace cachearr::net {

namespace {

constexpr Duration kLinger{1000};
constexpr std::size_t kMaxLinger = 256 * 1024;
constexpr std::size_t kLingerRead = 16 * 1024;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kNoBody;

}  // namespace

void HeadWait::before_read(Stream& stream, const Inbox& inbox, Duration idle, Duration head) noexcept {
  if (inbox.empty()) {
    begun_ = false;
    stream.arm(idle);
  } else if (!begun_) {
    begun_ = true;
    stream.arm(head);
  }
}

Task<> linger(Stream& stream, Inbox& inbox) {
  stream.shutdown_write();
  stream.arm(kLinger);
  for (std::size_t dropped = 0; dropped <= kMaxLinger;) {
    inbox.consume(inbox.readable().size());
    const auto got = co_await inbox.fill(stream, kLingerRead);
    if (got.error != IoError::none) break;
    dropped += got.bytes;
  }
}

Task<HttpServer::Outcome> HttpServer::read_head(Request& into) {
  using Parsed = HeadParse::Kind;
  Outcome outcome;
  order_.enter(*this);
  auto parse = parse_request_head(inbox_.readable(), limits_.head_bytes, parsed_);
  while (parse.kind == Parsed::need_more) {
    wait_.before_read(*stream_, inbox_, limits_.idle, limits_.head);
    const auto got = co_await inbox_.fill(*stream_, limits_.head_bytes + 2);
    if (got.error != IoError::none) {
      leave_idle();
      if (HeadWait::ran_out(got, inbox_)) outcome = {Outcome::Kind::refused, kHeadTooLate};
      co_return outcome;
    }
    parse = parse_request_head(inbox_.readable(), limits_.head_bytes, parsed_);
  }
  wait_.head_is_there(*stream_);
  leave_idle();
  if (parse.kind == Parsed::error) {
    outcome = {Outcome::Kind::refused, {parse.status, parse.problem}};
    co_return outcome;
  }
  into.head = http::Owned<http::RequestHead>{parsed_, inbox_.readable().substr(0, parse.consumed)};
  inbox_.consume(parse.consumed);
  const auto framing = http::frame_request(into.head.head);
  if (!framing) {
    outcome = {Outcome::Kind::refused, framing.error()};
    co_return outcome;
  }
  into.framing = *framing;
  outcome.kind = Outcome::Kind::complete;
  co_return outcome;
}

Task<HttpServer::Outcome> HttpServer::read_body(Request& into, std::uint64_t limit) {
  using Kind = BodyReader::Piece::Kind;
  Outcome outcome;
  into.body.clear();
  if (into.framing.expects_continue && into.framing.body != http::Framing::Body::none) {
    const auto sent = co_await write(kContinue, kNoBody);
    if (!sent) co_return outcome;
  }
  BodyReader reader{*stream_, inbox_, into.framing};
  for (;;) {
    const auto piece = co_await reader.next(limits_.body);
    if (piece.kind == Kind::data && into.body.size() + piece.data.size() <= limit) {
      into.body.append(piece.data);
      continue;
    }
    if (piece.kind == Kind::end) outcome.kind = Outcome::Kind::complete;
    if (piece.kind == Kind::data) outcome = {Outcome::Kind::refused, {413, "the body is larger than this call takes"}};
    if (piece.kind == Kind::failed && !piece.problem.empty()) outcome = {Outcome::Kind::refused, {400, piece.problem}};
    co_return outcome;
  }
}

Task<bool> HttpServer::write(std::string_view head, std::string_view body) {
  std::array<Slice, 2> slices{slice(head), slice(body)};
  stream_->arm(limits_.write);
  const auto error = co_await write_all(*stream_, slices);
  stream_->disarm();
  co_return error == IoError::none;
}

Task<> HttpServer::finish() {
  order_.enter(*this);  // whoever needs the place may have it
  if (stream_->is_open()) co_await linger(*stream_, inbox_);
}

bool HttpServer::give_way() noexcept {
  if (has_unread(*stream_)) return false;
  close();
  return true;
}

void HttpServer::close() noexcept {
  leave_idle();
  stream_->close();
}

}  // namespace cachearr::net
