#include "bench/shared_sim/redis.hpp"

#include <arpa/inet.h>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace cachearr::sim {

void fail(const std::string& why) {
  std::fprintf(stderr, "shared_sim: %s\n", why.c_str());
  std::exit(2);
}

Redis::Redis(std::uint16_t port) : socket_{::socket(AF_INET, SOCK_STREAM, 0)} {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) fail("no server there");
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

Redis::~Redis() { ::close(socket_); }

void Redis::send(const shared::Words& words) {
  const std::vector<std::string_view> views(words.begin(), words.end());
  shared::append_command(out_, views);
  ++commands_;
}

void Redis::flush() {
  for (std::string_view left = out_; !left.empty();) {
    const auto sent = ::send(socket_, left.data(), left.size(), MSG_NOSIGNAL);
    if (sent <= 0) fail("the server is gone");
    left.remove_prefix(static_cast<std::size_t>(sent));
  }
  out_.clear();
}

shared::Reply Redis::read() {
  flush();
  for (;;) {
    const auto status = reader_.feed(rest_);
    if (status == shared::ReplyReader::Status::ready) return reader_.take();
    if (status == shared::ReplyReader::Status::broken) fail("the server speaks no protocol");
    unread_.resize(64 * 1024);
    const auto got = ::recv(socket_, unread_.data(), unread_.size(), 0);
    if (got <= 0) fail("the server is gone");
    rest_ = std::string_view{unread_}.substr(0, static_cast<std::size_t>(got));
  }
}

}  // namespace cachearr::sim
