#include "net/tcp_stream.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <cerrno>
#include <sys/socket.h>

#include "net/socket_base.hpp"

namespace cachearr::net {

namespace {

class TcpStream final : public SocketBase {
 public:
  using SocketBase::SocketBase;

  Task<IoResult> read_some(std::span<char> into) override {
    auto reading = socket_.async_read_some(asio::buffer(into.data(), into.size()), asio::as_tuple(asio::deferred));
    const auto [error, bytes] = co_await std::move(reading);
    co_return IoResult{bytes, translate(error)};
  }

  IoResult try_write(std::span<const Slice> slices) noexcept override {
    msghdr message{};
    message.msg_iov = const_cast<Slice*>(slices.data());
    message.msg_iovlen = std::min<std::size_t>(slices.size(), kMaxSlices);
    for (;;) {
      const auto sent = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent >= 0) return {static_cast<std::size_t>(sent), IoError::none};
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return {0, IoError::none};
      return {0, from_errno(errno)};
    }
  }

  asio::ip::tcp::socket release() { return std::move(socket_); }

 private:
  static constexpr std::size_t kMaxSlices = 64;
};

}  // namespace

std::unique_ptr<Stream> make_tcp_stream(Worker& worker, asio::ip::tcp::socket socket) {
  return std::make_unique<TcpStream>(worker, std::move(socket));
}

asio::ip::tcp::socket release_socket(Stream& stream) { return static_cast<TcpStream&>(stream).release(); }

}  // namespace cachearr::net
