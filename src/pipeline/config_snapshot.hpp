// The part of the configuration that requests look at, compiled; replaced as a whole by a reload.
//
// Immutable; shared by all workers, each of which holds its own pointer and swaps it on its own thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <cachearr/config.hpp>

#include "base/ip_address.hpp"
#include "base/position.hpp"
#include "metrics/metrics.hpp"
#include "pipeline/feed_states.hpp"
#include "pipeline/shortened_ttls.hpp"
#include "pipeline/upstream_modes.hpp"
#include "rules/rule_set.hpp"

namespace cachearr::authority {
class LeafCache;
}

namespace cachearr::pipeline {

struct Settings {
  Config config;
  std::vector<ip::Range> clients;
  std::string proxy_credentials;  // "user:password"; empty: no authentication

  bool may_use(const ip::Address& client) const noexcept;
  bool may_connect_to_port(std::uint16_t port) const noexcept;
  /// An upstream, by whether the rules name it, may have a private address.
  bool may_be_private(bool named) const noexcept;
  /// What an invalidating rule names is invalidated; AUTO_INVALIDATE_ON_... may turn it off.
  bool invalidates(const rules::Rule& rule) const;
  /// The value of a Proxy-Authorization field is right. Takes the same time for every wrong one.
  bool is_authorised(std::string_view proxy_authorization) const;
};

/// Null where the access section cannot be used; every problem is appended.
std::shared_ptr<const Settings> compile_settings(const Config& config, Problems& problems);

/// The metrics labels of a rule set's rules and upstreams, and the upstreams' numbers, looked up once each. Any thread.
class LabelCache {
 public:
  explicit LabelCache(const rules::RuleSet& rules);
  /// The label of (type, upstream). REQUIRES: `verdict` is of the rule set that this was made for.
  std::uint32_t index_of(const rules::Verdict& verdict, metrics::Metrics& metrics) noexcept;
  /// Metrics::upstream_number() of its upstream. REQUIRES: as above.
  std::uint32_t upstream_number_of(const rules::Verdict& verdict, metrics::Metrics& metrics) noexcept;
  /// Metrics::rule_number() of the rule. REQUIRES: it is of that rule set.
  std::uint32_t rule_number_of(const rules::Rule& rule, metrics::Metrics& metrics) noexcept;

 private:
  using Slots = std::unique_ptr<std::atomic<std::uint32_t>[]>;
  // Of the label, the upstream or the rule, plus 1; 0: not looked up yet.
  Slots of_rules_, of_upstreams_, numbers_, rule_numbers_;
};

/// Everything that requests are decided by at one moment. A request keeps the one that it began with, so that whatever
/// it points to in the rules lives as long as the request.
struct ConfigSnapshot {
  std::shared_ptr<const Settings> settings;
  std::shared_ptr<const rules::RuleSet> rules;
  std::shared_ptr<authority::LeafCache> leaves = nullptr;   // null: nothing is intercepted
  std::shared_ptr<LabelCache> labels = nullptr;             // set by make_snapshot()
  std::shared_ptr<UpstreamModes> modes = nullptr;           // set by make_snapshot(); the operator may change them
  std::shared_ptr<ShortenedTtls> shortened_ttls = nullptr;  // the same
  std::shared_ptr<FeedStates> feeds = nullptr;              // the same
};
using SnapshotPtr = std::shared_ptr<const ConfigSnapshot>;
SnapshotPtr make_snapshot(ConfigSnapshot parts);

}  // namespace cachearr::pipeline
