// Connections to origins: dialled, verified, kept alive and used again. One instance for each worker, touched only on
// its thread.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <cachearr/clock.hpp>

#include "base/ip_address.hpp"
#include "base/result.hpp"
#include "net/inbox.hpp"
#include "net/resolver.hpp"
#include "net/stream.hpp"

namespace cachearr::authority {
class ClientContexts;
}

namespace cachearr::origin {

/// Where to connect and what to believe there.
struct Endpoint {
  std::string scheme;  // "http" or "https"
  std::string host;    // lower case, no brackets
  std::uint16_t port = 0;
  bool verify = true;
  std::string ca_file;
  std::string server_name;     // empty: host
  std::string parent;          // "http://proxy:3128", "socks5://user:pw@proxy:1080"; empty: direct
  bool allow_private = false;  // may be a loopback, private or link-local address
  bool tunnel = false;         // plain bytes to host:port even through an HTTP parent (CONNECT)
};

/// Connections to endpoints of equal names may stand in for each other.
std::string pool_name(const Endpoint& endpoint);

/// Why an address is not dialled: it is private, and access.private_upstreams does not permit that.
std::string private_address_refused(const std::string& host, const ip::Address& address);

struct DialFailure {
  enum class Kind : std::uint8_t { dns, forbidden, loop, connect, timed_out, tls, parent } kind = Kind::connect;
  std::string what;  // a sentence that names the host
};

struct Connection {
  std::unique_ptr<net::Stream> stream;
  net::Inbox inbox;
  std::string pool;
  bool reused = false;
  std::string_view tls = {};         // the version that was agreed upon, "TLSv1.3"; empty: plain
  bool through_http_parent = false;  // requests go in absolute form
  bool authenticated = false;        // acts for one user from now on: nobody else's requests may go over it
};
using ConnectionPtr = std::shared_ptr<Connection>;

/// What all workers' Connections have in common; outlives them, constant.
struct DialSettings {
  authority::ClientContexts* contexts = nullptr;
  std::unordered_map<std::string, std::string> resolve;    // "host:port" -> "address:port"
  std::vector<std::pair<ip::Address, std::uint16_t>> own;  // our own listeners: never dialled
  std::size_t idle_per_endpoint = 128;
  Duration idle_limit{30'000};
};

class Connections {
 public:
  Connections(net::Worker& worker, const DialSettings& settings);
  ~Connections();

  /// A kept connection that is still alive, or null. Never waits.
  ConnectionPtr take_idle(const std::string& pool) noexcept;
  /// A new connection, ready for requests, within `limit`.
  net::Task<Result<ConnectionPtr, DialFailure>> dial(Endpoint endpoint, Duration limit);
  /// Keeps it for the next request, where fewer than `most` are kept to the same place and it is nobody's own.
  /// REQUIRES: a whole exchange was done on it and nothing is buffered.
  void keep(ConnectionPtr connection, std::size_t most = SIZE_MAX);
  /// How many are kept to each host.
  std::map<std::string, std::size_t> idle_by_host() const;
  std::size_t idle() const noexcept { return idle_count_; }
  /// Closes what has been idle for too long; every few seconds.
  void sweep();
  /// Closes all idle connections.
  void close_idle() noexcept;

 private:
  struct Idle {
    ConnectionPtr connection;
    std::chrono::steady_clock::time_point since;
  };
  net::Task<Result<std::vector<ip::Address>, DialFailure>> addresses_of(std::string host, std::uint16_t& port,
                                                                        bool allow_private, Duration limit);
  net::Worker& worker_;
  const DialSettings& settings_;
  net::Resolver resolver_;
  std::unordered_map<std::string, std::vector<Idle>> idle_;
  std::size_t idle_count_ = 0;
};

}  // namespace cachearr::origin
