#include "app/doctor/ports.hpp"

#include <cerrno>
#include <memory>
#include <netdb.h>
#include <string>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "http/target.hpp"

namespace cachearr::app::doctor {
namespace {

using AddressPtr = std::unique_ptr<addrinfo, void (*)(addrinfo*)>;

/// Closes what it holds.
class Socket {
 public:
  explicit Socket(int family) noexcept : handle_{::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
    constexpr timeval patience{2, 0};
    ::setsockopt(handle_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  }
  ~Socket() {
    if (handle_ >= 0) ::close(handle_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int get() const noexcept { return handle_; }

 private:
  int handle_;
};

/// None where it is no address with a port.
AddressPtr look_up(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const bool known = port != 0 && ::getaddrinfo(host.empty() ? nullptr : host.c_str(), std::to_string(port).c_str(),
                                                &hints, &found) == 0;
  return {known ? found : nullptr, ::freeaddrinfo};
}

}  // namespace

bool is_loopback(const std::string& address) {
  const auto parts = http::parse_host_port(address);
  if (!parts) return false;
  return parts->host.starts_with("127.") || parts->host == "::1" || parts->host == "localhost";
}

bool is_taken(const std::string& address) {
  const auto parts = http::parse_host_port(address);
  if (!parts) return false;
  auto host = parts->host;
  if (host.empty() || host == "0.0.0.0" || host == "*") host = "127.0.0.1";
  if (host == "::") host = "::1";
  const auto at = look_up(host, parts->port);
  if (!at) return false;
  const Socket socket{at->ai_family};
  return ::connect(socket.get(), at->ai_addr, at->ai_addrlen) == 0;
}

int bind_error(const std::string& address) {
  const auto parts = http::parse_host_port(address);
  const auto at = parts ? look_up(parts->host == "*" ? "" : parts->host, parts->port) : look_up({}, 0);
  if (!at) return 0;
  const Socket socket{at->ai_family};
  constexpr int yes = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  return ::bind(socket.get(), at->ai_addr, at->ai_addrlen) == 0 ? 0 : errno;
}

bool is_open(const std::string& socket_path) {
  sockaddr_un at{};
  if (socket_path.size() >= sizeof at.sun_path) return false;
  at.sun_family = AF_UNIX;
  socket_path.copy(static_cast<char*>(at.sun_path), socket_path.size());
  const Socket socket{AF_UNIX};
  return ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
}

}  // namespace cachearr::app::doctor
