// The part of the configuration that requests look at, compiled; replaced as a whole by a reload.
//
// Immutable; shared by all workers, each of which holds its own pointer and swaps it on its own thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <cachearr/config.hpp>

#include "base/position.hpp"
#include "net/address.hpp"
#include "rules/rule_set.hpp"

namespace cachearr::authority {
class LeafCache;
}

namespace cachearr::proxy {

struct Settings {
  Config config;
  std::vector<net::AddressRange> clients;
  std::string proxy_credentials;  // "user:password"; empty: no authentication

  bool may_use(const net::Address& client) const noexcept;
  bool may_connect_to_port(std::uint16_t port) const noexcept;
  /// The value of a Proxy-Authorization field is right. Takes the same time for every wrong one.
  bool is_authorised(std::string_view proxy_authorization) const;
};

/// Null where the access section cannot be used; every problem is appended.
std::shared_ptr<const Settings> compile_settings(const Config& config, Problems& problems);

/// What a worker serves by at one moment.
struct Regime {
  std::shared_ptr<const Settings> settings;
  std::shared_ptr<const rules::RuleSet> rules;
  std::shared_ptr<authority::LeafCache> leaves = nullptr;  // null: nothing is intercepted
};

}  // namespace cachearr::proxy
