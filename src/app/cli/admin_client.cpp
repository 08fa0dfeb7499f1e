#include "app/cli/admin_client.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <sys/un.h>
#include <utility>

namespace cachearr::app {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace beast_http = boost::beast::http;
using asio::local::stream_protocol;
using beast::error_code;

constexpr std::uint64_t largest_answer = 256ULL * 1024 * 1024;
constexpr std::uint32_t largest_head = 64 * 1024;

/// One connection; each call waits until it is done, at most `timeout` without any progress.
class Connection {
 public:
  explicit Connection(Duration timeout) : timeout_{timeout} {}

  error_code connect(const std::string& path) {
    return wait([&](auto done) { stream_.async_connect(stream_protocol::endpoint{path}, std::move(done)); });
  }
  error_code send(const beast_http::request<beast_http::string_body>& request) {
    return wait([&](auto done) {
      beast_http::async_write(stream_, request, [done](error_code error, std::size_t) mutable { done(error); });
    });
  }
  /// Reads one message to its end.
  error_code receive(beast_http::response_parser<beast_http::string_body>& parser) {
    parser.body_limit(largest_answer);
    parser.header_limit(largest_head);
    parser.eager(true);
    error_code failed;
    while (!failed && !parser.is_done()) {
      failed = wait([&](auto done) {
        beast_http::async_read_some(stream_, buffer_, parser,
                                    [done](error_code error, std::size_t) mutable { done(error); });
      });
    }
    return failed;
  }

 private:
  template <class Start>
  error_code wait(const Start& start) {
    error_code result;
    stream_.expires_after(timeout_);
    start([&result](error_code error) { result = error; });
    context_.restart();
    context_.run();
    return result;
  }

  Duration timeout_;
  asio::io_context context_{1};
  beast::basic_stream<stream_protocol> stream_{context_};
  beast::flat_buffer buffer_;
};

beast_http::request<beast_http::string_body> message_of(const AdminRequest& request) {
  constexpr unsigned http_1_1 = 11;
  beast_http::request<beast_http::string_body> message;
  message.method_string(request.method);
  message.target(request.target);
  message.version(http_1_1);
  message.set(beast_http::field::host, "localhost");
  message.set(beast_http::field::connection, "close");
  for (const auto& [name, value] : request.fields) message.set(name, value);
  if (request.method != "GET") {
    message.set(beast_http::field::content_type, request.content_type);
    message.body() = request.body;
    message.content_length(request.body.size());
  }
  return message;
}

Error not_reached(const error_code& error, const std::string& path) {
  using boost::system::errc::errc_t;
  if (error == errc_t::no_such_file_or_directory || error == errc_t::connection_refused) {
    return Error{"no instance is running with this configuration (nothing answers at " + path +
                 "); start one with `cachearr serve`"};
  }
  return Error{"cannot reach the running instance at " + path + ": " + error.message()};
}

Error not_answered(const error_code& error) {
  if (error == beast::error::timeout) return Error{"the running instance does not answer in time"};
  if (error == beast_http::error::body_limit) return Error{"the answer of the running instance is too large"};
  if (error == beast_http::error::partial_message) return Error{"the answer of the running instance was cut off"};
  if (error == beast_http::error::end_of_stream)
    return Error{"the running instance ended the connection without an answer"};
  if (error.category() == make_error_code(beast_http::error::bad_version).category())
    return Error{"the answer is not HTTP; is this the socket of another program?"};
  return Error{"cannot read from the running instance: " + error.message()};
}

}  // namespace

Result<AdminAnswer> ask(const std::string& socket_path, const AdminRequest& request) {
  if (socket_path.size() >= sizeof(sockaddr_un::sun_path))
    return Error{"the path of the socket is too long: " + socket_path};
  Connection connection{request.timeout};
  if (const auto error = connection.connect(socket_path)) return not_reached(error, socket_path);
  // One that refuses a request before it took all of it ends the connection: its answer says why.
  const auto sent = connection.send(message_of(request));
  if (sent && sent != asio::error::broken_pipe && sent != asio::error::connection_reset)
    return Error{"cannot send to the running instance: " + sent.message()};
  for (;;) {
    beast_http::response_parser<beast_http::string_body> parser;
    if (const auto error = connection.receive(parser)) return not_answered(error);
    auto message = parser.release();
    const bool interim = message.result_int() < 200;
    if (interim) continue;
    return AdminAnswer{static_cast<int>(message.result_int()), std::string{message[beast_http::field::content_type]},
                       std::move(message.body())};
  }
}

}  // namespace cachearr::app
