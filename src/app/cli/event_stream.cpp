#include "app/cli/event_stream.hpp"

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <csignal>
#include <sys/un.h>

#include "app/cli/command.hpp"

namespace cachearr::app {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;
using asio::local::stream_protocol;
using boost::system::error_code;

struct EventStream::Impl {
  using Parser = beast_http::response_parser<beast_http::buffer_body>;

  explicit Impl(std::string path) : socket_path{std::move(path)} {
    signals.async_wait([this](error_code error, int) { stopped = !error; });
  }
  /// Runs what was started until it is done, or a signal comes.
  template <class Start>
  error_code wait_for(const Start& start) {
    error_code result;
    bool done = false;
    start([&](error_code error) {
      result = error;
      done = true;
    });
    while (!done && !stopped) context.run_one();
    return stopped ? asio::error::operation_aborted : result;
  }
  error_code connect(stream_protocol::socket& socket) {
    return wait_for([&](auto done) { socket.async_connect(stream_protocol::endpoint{socket_path}, std::move(done)); });
  }
  error_code read(stream_protocol::socket& socket, Parser& parser, bool head_only) {
    return wait_for([&](auto done) {
      auto report = [done](error_code error, std::size_t) { done(error); };
      if (head_only) return void(beast_http::async_read_header(socket, buffer, parser, std::move(report)));
      beast_http::async_read_some(socket, buffer, parser, std::move(report));
    });
  }
  error_code read_pieces(stream_protocol::socket& socket, Parser& parser,
                         const std::function<void(std::string_view)>& piece);

  std::string socket_path;
  asio::io_context context{1};
  asio::signal_set signals{context, SIGINT, SIGTERM};
  boost::beast::flat_buffer buffer;
  bool stopped = false;
};

EventStream::EventStream(std::string socket_path) : impl_{std::make_unique<Impl>(std::move(socket_path))} {}
EventStream::~EventStream() = default;

error_code EventStream::Impl::read_pieces(stream_protocol::socket& socket, Parser& parser,
                                          const std::function<void(std::string_view)>& piece) {
  std::array<char, 16 * 1024> bytes{};
  error_code failed;
  while (!failed && !parser.is_done()) {
    auto& body = parser.get().body();
    body.data = bytes.data();
    body.size = bytes.size();
    failed = read(socket, parser, false);
    if (failed == beast_http::error::need_buffer) failed = {};
    piece({bytes.data(), bytes.size() - body.size});
  }
  return failed;
}

EventStream::Outcome EventStream::follow(const std::string& target,
                                         const std::function<void(std::string_view)>& piece) {
  auto& impl = *impl_;
  if (impl.socket_path.size() >= sizeof(sockaddr_un::sun_path))
    return {End::refused, "the path of the socket is too long: " + impl.socket_path};
  stream_protocol::socket socket{impl.context};
  impl.buffer.clear();
  error_code failed = impl.connect(socket);
  if (failed) return {impl.stopped ? End::stopped : End::not_there, failed.message()};
  const std::string request = "GET " + target + " HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n";
  asio::write(socket, asio::buffer(request), failed);
  Impl::Parser parser;
  parser.body_limit(boost::none);
  if (!failed) failed = impl.read(socket, parser, true);
  const auto status = static_cast<int>(parser.get().result_int());
  std::string refusal;
  if (!failed) {
    failed = impl.read_pieces(socket, parser, [&](std::string_view bytes) {
      if (status == 200) return piece(bytes);
      refusal += bytes;
    });
  }
  if (impl.stopped) return {End::stopped, {}};
  if (status != 200 && !refusal.empty()) return {End::refused, reason_of({status, {}, refusal})};
  return {End::broke_off, failed.message()};
}

void EventStream::stop() noexcept { impl_->stopped = true; }

bool EventStream::wait(Duration pause) {
  asio::steady_timer timer{impl_->context, pause};
  impl_->wait_for([&](auto done) { timer.async_wait(std::move(done)); });
  return !impl_->stopped;
}

}  // namespace cachearr::app
