// Accepting connections: one acceptor per worker on the same address (SO_REUSEPORT), so that a connection never changes
// threads.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <string>

#include "base/ip_address.hpp"
#include "base/result.hpp"
#include "net/worker.hpp"

namespace cachearr::net {

struct Peer {
  ip::Address address;
  std::uint16_t port = 0;
};

using AcceptHandler = std::function<void(boost::asio::ip::tcp::socket, const Peer&)>;

class Listener {
 public:
  /// "127.0.0.1:9797", "[::1]:0", ":9797" (every address). Port 0: the kernel chooses; ask port(). Errors name the
  /// address.
  static Result<std::unique_ptr<Listener>> open(Worker& worker, const std::string& address, AcceptHandler handler);
  /// Accepts from a duplicate of `socket`, a listening TCP socket that somebody else opened and shares.
  static Result<std::unique_ptr<Listener>> adopt(Worker& worker, int socket, AcceptHandler handler);
  /// Fails where somebody else already listens there: SO_REUSEPORT alone would silently share the port with another
  /// process.
  static Result<bool> probe(const std::string& address);
  ~Listener();
  void start();  // the worker's thread, or before it runs
  /// The worker's thread. Whoever has connected already is still accepted, unless others listen at the same socket.
  void close();
  std::uint16_t port() const noexcept;
  std::string address() const;  // with the real port

 private:
  struct Impl;
  void accept_waiting();
  explicit Listener(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace cachearr::net
