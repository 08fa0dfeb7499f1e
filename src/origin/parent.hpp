// Getting through a parent proxy to host:port: SOCKS5 (RFC 1928, 1929) and HTTP CONNECT. Runs on the connection's
// worker.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "net/inbox.hpp"
#include "net/stream.hpp"

namespace cachearr::origin {

struct Parent {
  bool socks5 = false;
  std::string host;
  std::uint16_t port = 0;
  std::string user, password;
};
std::optional<Parent> parse_parent(std::string_view url);
/// "Basic …" for Proxy-Authorization, or empty.
std::string basic_credentials(const Parent& parent);

/// Asks the parent for a tunnel. The error is a sentence. The armed deadline bounds it.
net::Task<Result<bool>> open_tunnel(net::Stream& stream, net::Inbox& inbox, Parent parent, std::string host,
                                    std::uint16_t port);

}  // namespace cachearr::origin
