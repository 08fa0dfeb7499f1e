// The table of calls: which handler answers which method and path. Immutable once filled; read on any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/call.hpp"
#include "admin/call_doc.hpp"
#include "admin/guard.hpp"

namespace cachearr::admin {

using Handler = std::function<Answer(const Call&)>;

/// Where a handler runs. On the loop: it never waits for the disk, a worker or a long lock.
enum class Runs : std::uint8_t { in_pool, on_loop };

struct Route {
  http::Method method;
  std::string pattern;  // "/api/v1/keys/{}/ttl": each {} is one segment
  Needs needs;
  Handler handler;
  Runs runs = Runs::in_pool;
  CallDoc doc = {};
};

/// What the table says of a method and a path.
struct Match {
  const Route* route = nullptr;
  std::vector<std::string> captures;  // decoded
  std::string allow;                  // without a route: the methods that this path knows; empty: no such path
};

class Router {
 public:
  void add(Route route) { routes_.push_back(std::move(route)); }
  /// Literal segments win over captures. GET answers HEAD too. `path` as sent.
  Match find(http::Method method, std::string_view path) const;
  const std::vector<Route>& routes() const noexcept { return routes_; }

 private:
  std::vector<Route> routes_;
};

}  // namespace cachearr::admin
