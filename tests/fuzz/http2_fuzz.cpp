// The bytes of a client of HTTP/2 behind its greeting, cut in two pieces at most: whatever it says, each head that
// comes out is one head of HTTP/1 within the limit, each body keeps its place, and what is answered goes out.
#include <algorithm>
#include <map>

#include "fuzz/input.hpp"
#include "net/head_parser.hpp"
#include "net/http2_connection.hpp"

using namespace cachearr;

namespace {

using Kind = net::Http2Event::Kind;

constexpr std::size_t kLimit = 1024;

class Body final : public net::Http2Body {
 public:
  std::size_t ready() const noexcept override { return left_; }
  bool is_last() const noexcept override { return true; }
  std::string_view trailers() const noexcept override { return "X-End: 1\r\n"; }
  void move_to(std::string& out, std::size_t bytes) override {
    fuzz::require(bytes <= left_);
    out.append(bytes, 'x');
    left_ -= bytes;
  }

 private:
  std::size_t left_ = 70'000;  // more than a window
};

class Server {
 public:
  bool feed(std::string_view bytes) {
    const bool goes_on = connection_.feed(bytes, {});
    for (const auto& event : connection_.take_events()) take(event);
    for (auto out = connection_.output(); !out.empty(); out = connection_.output()) connection_.sent(out.size());
    for (const auto& event : connection_.take_events()) take(event);
    return goes_on;
  }

 private:
  void take(const net::Http2Event& event) {
    if (event.kind == Kind::request) {
      fuzz::require(bodies_.try_emplace(event.stream).second);
      if (!event.refusal) check(event.text);
      connection_.answer(event.stream, "HTTP/1.1 200 OK\r\nAge: 1\r\n", &bodies_[event.stream]);
      return;
    }
    fuzz::require(bodies_.count(event.stream) == 1);
    if (event.kind == Kind::data) connection_.consumed(event.stream, event.text.size());
    if (event.kind == Kind::closed) bodies_.erase(event.stream);
  }
  static void check(const std::string& head) {
    http::RequestHead parsed;
    const auto read = net::parse_request_head(head, kLimit + 256, parsed);
    fuzz::require(read.kind != net::HeadParse::Kind::need_more);
    if (read.kind == net::HeadParse::Kind::complete) fuzz::require(read.consumed == head.size());
  }

  net::Http2Connection connection_{net::Http2Limits{kLimit, 10}};
  std::map<net::Http2StreamId, Body> bodies_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::text_of(data, size);
  Server server;
  server.feed("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  const auto cut = bytes.empty() ? 0 : static_cast<unsigned char>(bytes.back()) % bytes.size();
  if (server.feed(bytes.substr(0, cut))) server.feed(bytes.substr(cut));
  return 0;
}
