#include "app/cli/admin_client.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

#include "base/text.hpp"

namespace cachearr::app {
namespace {

constexpr std::size_t largest_answer = 256 * 1024 * 1024;

/// Closes the socket when the request is over.
class Socket {
 public:
  Socket() : handle_{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)} {}
  ~Socket() {
    if (handle_ >= 0) close(handle_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int handle() const noexcept { return handle_; }

 private:
  int handle_;
};

Error failed(const std::string& what) { return Error{what + ": " + std::generic_category().message(errno)}; }

void limit_waiting(int socket, Duration timeout) {
  const timeval limit{timeout.count() / 1000, (timeout.count() % 1000) * 1000};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

std::optional<Error> connect_to(int socket, const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return Error{"the path of the socket is too long: " + path};
  path.copy(address.sun_path, path.size());
  if (connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return std::nullopt;
  if (errno == ENOENT || errno == ECONNREFUSED) {
    return Error{"no instance is running with this configuration (nothing answers at " + path +
                 "); start one with `cachearr serve`"};
  }
  return failed("cannot reach the running instance at " + path);
}

std::optional<Error> send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    // It may have refused the request before it took all of it: its answer says why.
    if (sent < 0 && errno == EPIPE) return std::nullopt;
    if (sent < 0) return failed("cannot send to the running instance");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return std::nullopt;
}

Result<std::string> receive_all(int socket) {
  std::string all;
  std::array<char, 16 * 1024> buffer{};
  for (;;) {
    const auto got = recv(socket, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
      return Error{"the running instance does not answer in time"};
    if (got < 0) return failed("cannot read from the running instance");
    if (got == 0) return all;
    all.append(buffer.data(), static_cast<std::size_t>(got));
    if (all.size() > largest_answer) return Error{"the answer of the running instance is too large"};
  }
}

std::string serialise(const AdminRequest& request) {
  auto text = request.method + " " + request.target + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
  if (request.method != "GET") {
    text +=
        "Content-Type: " + request.content_type + "\r\nContent-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  return text + "\r\n" + (request.method == "GET" ? "" : request.body);
}

std::optional<std::size_t> parse_hex(std::string_view digits) {
  std::size_t value = 0;
  const auto end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, value, 16);
  if (error != std::errc{} || stopped != end) return std::nullopt;
  return value;
}

/// None where the end is missing: the answer was cut off.
std::optional<std::string> join_chunks(std::string_view bytes) {
  std::string body;
  for (;;) {
    const auto line_end = bytes.find("\r\n");
    if (line_end == std::string_view::npos) return std::nullopt;
    const auto size = parse_hex(bytes.substr(0, std::min(line_end, bytes.find(';'))));
    bytes.remove_prefix(line_end + 2);
    if (!size) return std::nullopt;
    if (*size == 0) return body;
    if (bytes.size() < 2 || *size > bytes.size() - 2) return std::nullopt;
    body += bytes.substr(0, *size);
    bytes.remove_prefix(*size + 2);
  }
}

std::string_view field(std::string_view head, std::string_view name) {
  for (const auto line : text::split(head, '\n')) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !text::iequals(line.substr(0, colon), name)) continue;
    auto value = line.substr(colon + 1);
    if (value.ends_with('\r')) value.remove_suffix(1);
    return text::trim(value);
  }
  return {};
}

}  // namespace

Result<AdminAnswer> parse_answer(std::string_view bytes) {
  const auto head_end = bytes.find("\r\n\r\n");
  constexpr std::size_t status_at = 9;  // behind "HTTP/1.1 "
  if (head_end == std::string_view::npos || !bytes.starts_with("HTTP/1.") || head_end < status_at + 3) {
    return Error{"the answer is not HTTP; is this the socket of another program?"};
  }
  const auto head = bytes.substr(0, head_end);
  const auto rest = bytes.substr(head_end + 4);
  AdminAnswer answer;
  answer.status = static_cast<int>(text::parse_unsigned(head.substr(status_at, 3)).value_or(0));
  if (answer.status >= 100 && answer.status < 200) return parse_answer(rest);  // an interim one: the answer follows
  answer.content_type = field(head, "content-type");
  if (text::iequals(field(head, "transfer-encoding"), "chunked")) {
    auto body = join_chunks(rest);
    if (!body) return Error{"the answer of the running instance was cut off"};
    answer.body = *std::move(body);
    return answer;
  }
  const auto length = text::parse_unsigned(field(head, "content-length"));
  if (length && *length > rest.size()) return Error{"the answer of the running instance was cut off"};
  answer.body = rest.substr(0, length.value_or(rest.size()));
  return answer;
}

Result<AdminAnswer> ask(const std::string& socket_path, const AdminRequest& request) {
  const Socket socket;
  if (socket.handle() < 0) return failed("cannot open a socket");
  limit_waiting(socket.handle(), request.timeout);
  if (auto error = connect_to(socket.handle(), socket_path)) return *std::move(error);
  if (auto error = send_all(socket.handle(), serialise(request))) return *std::move(error);
  const auto bytes = receive_all(socket.handle());
  if (!bytes.ok()) return bytes.error();
  return parse_answer(*bytes);
}

}  // namespace cachearr::app
