// Bytes both ways between two connections until both sides have ended, without looking at them. Runs on one worker.
#pragma once

#include <cstdint>

#include "net/inbox.hpp"
#include "net/stream.hpp"
#include "net/worker.hpp"

namespace cachearr::client {

struct Relayed {
  std::uint64_t to_client = 0;
  std::uint64_t to_origin = 0;
};

/// Sends what is buffered first. An end of one side is passed on (half-close); `idle` without a byte in either
/// direction ends both.
net::Task<Relayed> relay(net::Worker& worker, net::Stream& client, net::Inbox& client_inbox, net::Stream& origin,
                         net::Inbox& origin_inbox, Duration idle);

}  // namespace cachearr::client
