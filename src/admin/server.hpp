// The admin listener: its own loop, and threads for calls that block, so that nothing here delays a proxied request,
// and no call another one.
//
// Owned by the application: made after the proxy, stopped before it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "admin/instance.hpp"
#include "base/result.hpp"

namespace cachearr::admin {

class Server {
 public:
  explicit Server(Instance& instance);
  ~Server();

  /// Binds `address` (empty: no TCP listener) and the Unix socket, which speaks the same API without a key: who may
  /// open it is decided by its folder's mode. A socket file that nobody listens on is replaced. Errors name the address
  /// or file.
  Result<bool> listen(const std::string& address, const std::string& socket_path, int inherited = -1);
  /// The address with its real port; empty: none.
  std::string address() const;
  void start();
  /// Waits for calls that run; those that have not begun are answered 503. False: one still runs after that time, and
  /// nothing has been torn down.
  bool stop(std::optional<Duration> longest = std::nullopt);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cachearr::admin
