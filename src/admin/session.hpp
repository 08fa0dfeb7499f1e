// One connection to the admin listener: HTTP/1.1 requests in turn, each answered whole or by a stream that ends
// with the connection.
//
// Lives in its own coroutine on the admin worker, which only reads and writes: calls that may block run in the pool.
// The list outlives every session.
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>

#include "admin/api.hpp"
#include "admin/call_pool.hpp"
#include "net/idle_order.hpp"
#include "net/stream.hpp"
#include "net/worker.hpp"

namespace cachearr::admin {

class Session;

/// The connections of one way in, and what they share. At most kMost: a newcomer takes the place of whoever has waited
/// longest without a request, so that idle and slow clients lock nobody out.
struct SessionList {
  static constexpr std::size_t kMost = 100;

  net::Worker& worker;
  const Api& api;
  CallPool& pool;
  bool local = false;              // a Unix socket
  net::IdleOrder idle_order = {};  // outlives the sessions
  std::list<Session*> sessions = {};
  bool ending = false;                    // sessions end after the request that they answer
  std::function<void()> when_empty = {};  // called as soon as no session is left; only with `ending`
};

void start_session(SessionList& list, std::unique_ptr<net::Stream> stream, const ip::Address& peer = {});
/// Ends idle sessions and streams at once and the others after their answer; then calls `when_empty`. The worker's
/// thread.
void end_sessions(SessionList& list, std::function<void()> when_empty);

}  // namespace cachearr::admin
