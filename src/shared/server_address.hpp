// Where the shared tier's server is, as a user writes it in one URL. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace cachearr::shared {

struct ServerHost {
  std::string name;
  std::uint16_t port = 6379;
  friend bool operator==(const ServerHost&, const ServerHost&) = default;
};

struct ServerAddress {
  bool tls = false;
  std::string socket_path;        // unix://; else empty
  std::vector<ServerHost> hosts;  // tried in this order
  std::string user, password;
  std::uint32_t database = 0;
  std::string master;  // not empty: the hosts are Sentinels, and this is who they watch

  /// "redis://cache:6379/1": without user and password, for people.
  std::string shown() const;
  friend bool operator==(const ServerAddress&, const ServerAddress&) = default;
};

/// redis://[user[:password]@]host[:port][,host…][/database][?master=NAME], the same with rediss:// (TLS), or
/// unix://[user[:password]@]/path[?db=N].
Result<ServerAddress> parse_server_address(std::string_view url);

}  // namespace cachearr::shared
