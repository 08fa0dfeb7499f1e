// An origin that the test plays by itself, on a real loopback socket: nothing happens there but what the test says.
#pragma once

#include <arpa/inet.h>
#include <cerrno>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

namespace cachearr::test {

class ScriptedOrigin {
 public:
  ScriptedOrigin() : listener_{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)} {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 16), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~ScriptedOrigin() {
    close();
    ::close(listener_);
  }
  ScriptedOrigin(const ScriptedOrigin&) = delete;
  ScriptedOrigin& operator=(const ScriptedOrigin&) = delete;

  const std::string& address() const { return address_; }
  /// Takes the next connection that waits; true where there is one, now or from before.
  bool is_connected() {
    if (connection_ < 0) {
      connection_ = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
      if (connection_ >= 0) ++connections_;
    }
    return connection_ >= 0;
  }
  /// A whole request head has come; what stands behind it stays for the next one.
  bool has_request() {
    if (!is_connected()) return false;
    char buffer[4096];
    for (;;) {
      const auto got = ::recv(connection_, buffer, sizeof buffer, 0);
      if (got <= 0) break;
      received_.append(buffer, static_cast<std::size_t>(got));
      if (received_.find("\r\n\r\n") != std::string::npos) break;
    }
    return received_.find("\r\n\r\n") != std::string::npos;
  }
  std::string take_request() {
    const auto end = received_.find("\r\n\r\n") + 4;
    auto request = received_.substr(0, end);
    received_.erase(0, end);
    return request;
  }
  void send(std::string_view bytes) const {
    EXPECT_EQ(::send(connection_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  /// The other side has closed the connection.
  bool sees_end() const {
    char byte = 0;
    return ::recv(connection_, &byte, 1, MSG_PEEK) == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
  }
  void close() {
    if (connection_ >= 0) ::close(connection_);
    connection_ = -1;
    received_.clear();
  }
  int connections() const { return connections_; }

 private:
  int listener_ = -1;
  int connection_ = -1;
  int connections_ = 0;
  std::string address_, received_;
};

}  // namespace cachearr::test
