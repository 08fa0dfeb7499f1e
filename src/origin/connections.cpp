#include "origin/connections.hpp"

#include <algorithm>

#include "http/target.hpp"
#include "net/connect.hpp"
#include "net/local_addresses.hpp"
#include "net/tcp_stream.hpp"
#include "net/tls_connect.hpp"
#include "origin/parent.hpp"

namespace cachearr::origin {

namespace asio = boost::asio;
using Kind = DialFailure::Kind;

namespace {

/// A connection to this address would reach a listener of our own.
bool leads_back(const DialSettings& settings, const ip::Address& address, std::uint16_t port) {
  return std::any_of(settings.own.begin(), settings.own.end(), [&](const auto& listener) {
    return listener.second == port && net::reaches(address, listener.first);
  });
}

}  // namespace

std::string pool_name(const Endpoint& endpoint) {
  std::string name = endpoint.scheme;
  for (const std::string_view part : {std::string_view{endpoint.host}, std::string_view{endpoint.server_name},
                                      std::string_view{endpoint.ca_file}, std::string_view{endpoint.parent}})
    name.append("|").append(part);
  name += '|';
  name += std::to_string(endpoint.port);
  if (!endpoint.verify) name += "|unverified";
  if (!endpoint.allow_private) name += "|public";
  return name;
}

Connections::Connections(net::Worker& worker, const DialSettings& settings)
    : worker_{worker}, settings_{settings}, resolver_{worker} {}
Connections::~Connections() = default;

ConnectionPtr Connections::take_idle(const std::string& pool) noexcept {
  const auto found = idle_.find(pool);
  if (found == idle_.end()) return nullptr;
  auto& kept = found->second;
  while (!kept.empty()) {
    auto connection = std::move(kept.back().connection);
    kept.pop_back();
    --idle_count_;
    if (connection->stream->is_stale()) continue;
    connection->reused = true;
    return connection;
  }
  return nullptr;
}

std::map<std::string, std::size_t> Connections::idle_by_host() const {
  std::map<std::string, std::size_t> hosts;
  for (const auto& [pool, kept] : idle_) {
    const auto start = pool.find('|') + 1;
    if (!kept.empty()) hosts[pool.substr(start, pool.find('|', start) - start)] += kept.size();
  }
  return hosts;
}

void Connections::keep(ConnectionPtr connection, std::size_t most) {
  if (connection->authenticated) return;
  auto& kept = idle_[connection->pool];
  if (kept.size() >= std::min(most, settings_.idle_per_endpoint) || !connection->inbox.empty()) return;
  connection->stream->disarm();
  kept.push_back(Idle{std::move(connection), std::chrono::steady_clock::now()});
  ++idle_count_;
}

void Connections::close_idle() noexcept {
  idle_.clear();
  idle_count_ = 0;
}

void Connections::sweep() {
  const auto oldest = std::chrono::steady_clock::now() - settings_.idle_limit;
  for (auto at = idle_.begin(); at != idle_.end();) {
    auto& kept = at->second;
    const auto before = kept.size();
    std::erase_if(kept, [&](const Idle& idle) { return idle.since < oldest || idle.connection->stream->is_stale(); });
    idle_count_ -= before - kept.size();
    at = kept.empty() ? idle_.erase(at) : std::next(at);
  }
}

std::string private_address_refused(const std::string& host, const ip::Address& address) {
  return host + " is a private address (" + to_string(address) +
         "), which access.private_upstreams does not permit here";
}

net::Task<Result<std::vector<ip::Address>, DialFailure>> Connections::addresses_of(std::string host,
                                                                                   std::uint16_t& port,
                                                                                   bool allow_private, Duration limit) {
  const auto overridden = settings_.resolve.find(host + ":" + std::to_string(port));
  if (overridden != settings_.resolve.end()) {
    const auto to = http::parse_host_port(overridden->second);
    const auto address = to ? ip::parse_address(to->host) : std::nullopt;
    if (!address)
      co_return DialFailure{Kind::dns, "the address set for " + host + " is not one: " + overridden->second};
    if (to->port) port = to->port;
    co_return std::vector<ip::Address>{*address};  // the operator's word: not subject to the private-address guard
  }
  auto resolved = co_await resolver_.resolve(host, limit);
  if (!resolved) co_return DialFailure{Kind::dns, resolved.error().what};
  // Every address is judged: a name that resolves to one public and one private address must not get through by luck.
  for (const auto& address : *resolved) {
    if (leads_back(settings_, address, port)) co_return DialFailure{Kind::loop, host + " is this proxy itself"};
    if (!allow_private && ip::is_private(address))
      co_return DialFailure{Kind::forbidden, private_address_refused(host, address)};
  }
  co_return std::move(*resolved);
}

net::Task<Result<ConnectionPtr, DialFailure>> Connections::dial(Endpoint endpoint, Duration limit) {
  const auto parent = parse_parent(endpoint.parent);
  std::string host = parent ? parent->host : endpoint.host;
  std::uint16_t port = parent ? parent->port : endpoint.port;
  const bool allow_private = parent.has_value() || endpoint.allow_private;
  auto addresses = co_await addresses_of(host, port, allow_private, limit);
  if (!addresses) co_return addresses.error();
  auto connected = co_await net::connect_any(worker_, std::move(*addresses), port, limit);
  if (!connected)
    co_return DialFailure{connected.error().timed_out ? Kind::timed_out : Kind::connect,
                          "cannot connect to " + std::string{parent ? "the parent proxy " : ""} + host + ":" +
                              std::to_string(port) + ": " + connected.error().what};
  auto connection = std::make_shared<Connection>();
  connection->pool = pool_name(endpoint);
  const bool secure = endpoint.scheme == "https" && !endpoint.tunnel;
  if (parent && (parent->socks5 || secure || endpoint.tunnel)) {
    // The tunnel is opened on a plain stream that gives its socket back for TLS.
    auto plain = net::make_tcp_stream(worker_, std::move(*connected));
    plain->arm(limit);
    net::Inbox answered;  // by the parent, in the clear: nothing of it may pass for what the origin says
    const auto opened = co_await open_tunnel(*plain, answered, *parent, endpoint.host, endpoint.port);
    plain->disarm();
    if (!opened) co_return DialFailure{Kind::parent, opened.error().what};
    // A server may speak first only where the client sees the tunnel itself.
    if (!endpoint.tunnel && !answered.empty())
      co_return DialFailure{Kind::parent, "the parent proxy sent bytes into the tunnel to " + endpoint.host +
                                              " before anything was asked there"};
    connection->inbox.prepend(answered.readable());
    if (!secure) {
      connection->stream = std::move(plain);
      co_return std::move(connection);
    }
    connected = net::release_socket(*plain);
  } else if (!secure) {
    connection->through_http_parent = parent.has_value();
    connection->stream = net::make_tcp_stream(worker_, std::move(*connected));
    co_return std::move(connection);
  }
  const net::TlsTrust trust{*settings_.contexts, endpoint.verify, endpoint.ca_file};
  std::string name = endpoint.server_name.empty() ? endpoint.host : endpoint.server_name;
  auto stream = co_await net::connect_tls(worker_, std::move(*connected), trust, std::move(name), limit);
  if (!stream)
    co_return DialFailure{stream.error().timed_out ? Kind::timed_out : Kind::tls,
                          endpoint.host + ": " + stream.error().what};
  connection->tls = (*stream)->version();
  connection->stream = std::move(*stream);
  co_return std::move(connection);
}

}  // namespace cachearr::origin
