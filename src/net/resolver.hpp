// Host names to addresses, with a cache of its own. One for each worker, touched only on its thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <cachearr/clock.hpp>

#include "base/ip_address.hpp"
#include "base/result.hpp"
#include "net/task.hpp"
#include "net/worker.hpp"

namespace cachearr::net {

class Resolver {
 public:
  explicit Resolver(Worker& worker);
  ~Resolver();

  /// Addresses in the order to try them: families alternate, IPv6 first (RFC 8305 4). An address in text is itself.
  /// Good answers are kept for 60 s, failures for 5 s. Waits at most `limit`.
  Task<Result<std::vector<ip::Address>>> resolve(std::string host, Duration limit);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cachearr::net
