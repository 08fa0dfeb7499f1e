// Accepting connections on a Unix socket: a file that only its owner may open.
//
// Belongs to one worker. The file goes away with the listener, unless another process has put its own there meanwhile.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "net/stream.hpp"
#include "net/worker.hpp"

namespace cachearr::net {

using LocalAcceptHandler = std::function<void(std::unique_ptr<Stream>)>;

class LocalListener {
 public:
  /// Binds `path` with mode 0600. A socket file that nobody listens on is replaced; anything else there is an error,
  /// which names the path.
  static Result<std::unique_ptr<LocalListener>> open(Worker& worker, const std::string& path,
                                                     LocalAcceptHandler handler);
  ~LocalListener();
  LocalListener(const LocalListener&) = delete;
  LocalListener& operator=(const LocalListener&) = delete;
  void start();           // the worker's thread, or before it runs
  void close() noexcept;  // the worker's thread, or after it has ended

 private:
  struct Impl;
  explicit LocalListener(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace cachearr::net
