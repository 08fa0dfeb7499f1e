// A running instance that answers one request with given bytes, at a Unix socket in a state directory of its own.
// Owned by a test; the answering happens in a thread that the destructor waits for.
#pragma once

#include <array>
#include <filesystem>
#include <stdlib.h>
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "app/state_files.hpp"

namespace cachearr::app {

class FakeInstance {
 public:
  /// What it does once it has sent the answer.
  enum class Then { close, keep_open };

  explicit FakeInstance(std::string answer, Then then = Then::close) : answer_{std::move(answer)}, then_{then} {
    auto pattern = (std::filesystem::temp_directory_path() / "cachearr-socket-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    listener_ = socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    socket_path().copy(address.sun_path, sizeof address.sun_path - 1);
    bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
    listen(listener_, 1);
    thread_ = std::thread{[this] { answer_one(); }};
  }
  ~FakeInstance() {
    finish();
    std::filesystem::remove_all(folder_);
  }
  FakeInstance(const FakeInstance&) = delete;
  FakeInstance& operator=(const FakeInstance&) = delete;

  const std::string& state_dir() const { return folder_; }
  std::string socket_path() const { return admin_socket_path(folder_); }
  /// The bytes of the request; call when the answer is there.
  const std::string& request() {
    finish();
    return request_;
  }

 private:
  void finish() {
    shutdown(listener_, SHUT_RDWR);  // wakes an accept() to which nobody came
    if (thread_.joinable()) thread_.join();
    if (listener_ >= 0) close(std::exchange(listener_, -1));
  }
  void answer_one() {
    const int client = accept(listener_, nullptr, nullptr);
    if (client < 0) return;
    std::array<char, 4096> buffer{};
    while (!whole()) {
      const auto got = recv(client, buffer.data(), buffer.size(), 0);
      if (got <= 0) break;
      request_.append(buffer.data(), static_cast<std::size_t>(got));
    }
    send(client, answer_.data(), answer_.size(), MSG_NOSIGNAL);
    if (then_ == Then::keep_open) recv(client, buffer.data(), buffer.size(), 0);  // until the other side has gone
    close(client);
  }
  bool whole() const {
    const auto end = request_.find("\r\n\r\n");
    const auto length = request_.find("Content-Length: ");
    if (end == std::string::npos) return false;
    const auto body = length == std::string::npos ? 0 : std::stoul(request_.substr(length + 16));
    return request_.size() >= end + 4 + body;
  }

  std::string answer_, folder_, request_;
  Then then_;
  int listener_ = -1;
  std::thread thread_;
};

}  // namespace cachearr::app
