// One connection to the admin listener: HTTP/1.1 requests in turn, each answered whole.
//
// Lives in its own coroutine on the admin worker. The lobby outlives every session.
#pragma once

#include <cstddef>
#include <list>
#include <memory>

#include "admin/api.hpp"
#include "net/stream.hpp"
#include "net/worker.hpp"

namespace cachearr::admin {

class Session;

/// The connections of one way in, and what they share. At most kMost: a newcomer takes the place of whoever has waited
/// longest without a request, so that idle and slow clients lock nobody out.
struct Lobby {
  static constexpr std::size_t kMost = 100;

  net::Worker& worker;
  const Api& api;
  bool local = false;                 // a Unix socket
  std::list<Session*> sessions = {};  // the oldest first
};

void start_session(Lobby& lobby, std::unique_ptr<net::Stream> stream);

}  // namespace cachearr::admin
