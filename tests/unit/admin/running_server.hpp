// A running admin server, and clients that speak to it through real sockets. A client waits at most kPatience for an
// answer, so that a server that hangs fails a test instead of stopping it.
#pragma once

#include <array>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "admin/server.hpp"
#include "base/text.hpp"
#include "support/scratch.hpp"
#include "unit/admin/called.hpp"

namespace cachearr::admin::test {

/// Longer than any answer takes that does not wait for another call.
inline constexpr timeval kPatience{5, 0};

class Client {
 public:
  explicit Client(std::string_view address) : socket_{::socket(AF_INET, SOCK_STREAM, 0)} {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const auto port = text::parse_unsigned(address.substr(address.rfind(':') + 1));
    to.sin_port = htons(static_cast<std::uint16_t>(port.value_or(0)));
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to), 0);
  }
  ~Client() {
    if (socket_ >= 0) ::close(socket_);
  }
  Client(Client&& other) noexcept : socket_{std::exchange(other.socket_, -1)}, unread_{std::move(other.unread_)} {}

  void send(std::string_view bytes) const {
    EXPECT_EQ(::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  void ask(std::string_view start, std::string_view lines = "") const {
    send(std::string{start} + " HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: " + std::string{kKey} + "\r\n" +
         std::string{lines} + "\r\n");
  }
  /// The status of the next answer; 0: none came in time, or the connection ended.
  int status() {
    const auto head = read_head();
    if (head.empty()) return 0;
    const auto at = head.find("Content-Length: ");
    const auto length = text::parse_unsigned(head.substr(at + 16, head.find("\r\n", at) - at - 16)).value_or(0);
    while (unread_.size() < length)
      if (!receive()) return 0;
    head_ = head;
    body_ = unread_.substr(0, length);
    unread_.erase(0, length);
    return static_cast<int>(text::parse_unsigned(std::string_view{head}.substr(9, 3)).value_or(0));
  }
  const std::string& head() const { return head_; }  // of the last answer
  const std::string& body() const { return body_; }
  /// True where the server ends the connection.
  int handle() const { return socket_; }
  bool is_closed() { return unread_.empty() && !receive(); }
  /// Reads on until `text` has come, and drops it with all before it; false: it did not come in time.
  bool receive_until(std::string_view text) {
    std::size_t at = 0;
    while ((at = unread_.find(text)) == std::string::npos)
      if (!receive()) return false;
    unread_.erase(0, at + text.size());
    return true;
  }

 private:
  std::string read_head() {
    std::size_t end = 0;
    while ((end = unread_.find("\r\n\r\n")) == std::string::npos)
      if (!receive()) return {};
    auto head = unread_.substr(0, end + 4);
    unread_.erase(0, end + 4);
    return head;
  }
  bool receive() {
    std::array<char, 4096> buffer{};
    const auto got = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (got <= 0) return false;
    unread_.append(buffer.data(), static_cast<std::size_t>(got));
    return true;
  }

  int socket_;
  std::string unread_, head_, body_;
};

/// The first that has something to read; null: none in time.
inline Client* first_answered(std::vector<Client>& clients) {
  std::vector<pollfd> polled;
  for (const auto& client : clients) polled.push_back({client.handle(), POLLIN, 0});
  ::poll(polled.data(), polled.size(), static_cast<int>(kPatience.tv_sec) * 1000);
  for (std::size_t i = 0; i < polled.size(); ++i)
    if (polled[i].revents != 0) return &clients[i];
  return nullptr;
}

/// Its reload blocks until released: the call that takes long.
class RunningServer : public ::testing::Test {
 protected:
  RunningServer() {
    instance_.during_reload = [this] {
      entered_.fetch_add(1);
      entered_.notify_all();
      released_.wait(false);
    };
    const auto listening = server_.listen("127.0.0.1:0", scratch_ / "socket");
    EXPECT_TRUE(listening) << listening.error().what;
    server_.start();
  }
  ~RunningServer() override {
    release();
    server_.stop();
  }

  Client client() const { return Client{server_.address()}; }
  /// A client whose call blocks in the instance.
  Client blocking_client() {
    auto caller = client();
    const auto before = entered_.load();
    caller.ask("POST /api/v1/reload");
    entered_.wait(before);
    return caller;
  }
  void release() {
    released_ = true;
    released_.notify_all();
  }

  cachearr::test::Scratch scratch_;
  QuietInstance instance_;
  Server server_{instance_};
  std::atomic<int> entered_{0};
  std::atomic<bool> released_{false};
};

}  // namespace cachearr::admin::test
