// TCP connections to the first of several addresses that answers (happy eyeballs, RFC 8305).
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <optional>
#include <vector>

#include <cachearr/clock.hpp>

#include "base/ip_address.hpp"
#include "base/result.hpp"
#include "net/task.hpp"
#include "net/worker.hpp"

namespace cachearr::net {

struct ConnectFailure {
  bool timed_out = false;
  std::string what;
};

/// Tries the addresses in order, each 250 ms after the one before or as soon as that failed; the first to answer wins,
/// the others are closed. All within `limit`.
Task<Result<boost::asio::ip::tcp::socket, ConnectFailure>> connect_any(Worker& worker,
                                                                       std::vector<ip::Address> addresses,
                                                                       std::uint16_t port, Duration limit);

}  // namespace cachearr::net
