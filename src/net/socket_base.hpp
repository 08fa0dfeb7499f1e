// What plain and TLS streams share: the socket, its readiness, its end. Private to the stream implementations.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <sys/socket.h>

#include "net/stream.hpp"
#include "net/worker.hpp"

namespace cachearr::net {

namespace asio = boost::asio;

class SocketBase : public Stream {
 public:
  SocketBase(Worker& worker, asio::ip::tcp::socket socket) : Stream{worker.deadlines()}, socket_{std::move(socket)} {
    boost::system::error_code ignored;
    socket_.native_non_blocking(true, ignored);
    socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
  }

  Task<IoError> wait_writable() override { return wait(asio::ip::tcp::socket::wait_write); }

  void shutdown_write() noexcept override {
    boost::system::error_code ignored;
    socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  }

  void close() noexcept override {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }

  bool is_stale() noexcept override {
    if (!socket_.is_open()) return true;
    char byte = 0;
    const auto got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
  }

  bool is_open() const noexcept override { return socket_.is_open(); }
  int native_handle() noexcept override { return socket_.native_handle(); }

 protected:
  void expire() noexcept override {
    timed_out_ = true;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
  }

  Task<IoError> wait(asio::ip::tcp::socket::wait_type what) {
    auto waiting = socket_.async_wait(what, asio::as_tuple(asio::deferred));
    const auto [error] = co_await std::move(waiting);
    co_return translate(error);
  }

  IoError translate(const boost::system::error_code& error) noexcept {
    if (!error) return IoError::none;
    if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor)
      return std::exchange(timed_out_, false) ? IoError::timed_out : IoError::cancelled;
    if (error == asio::error::eof) return IoError::closed;
    return from_errno(error.value());
  }

  static IoError from_errno(int error) noexcept {
    return IoError{error == EPIPE || error == ECONNRESET ? IoError::Kind::reset : IoError::Kind::other, error};
  }

  asio::ip::tcp::socket socket_;
  bool timed_out_ = false;
};

}  // namespace cachearr::net
