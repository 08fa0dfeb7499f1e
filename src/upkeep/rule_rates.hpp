// How the keys of each rule are hit: what the optimizer judges. Pure; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <cachearr/clock.hpp>

#include "rules/rule_set.hpp"
#include "store/store.hpp"

namespace cachearr::upkeep {

/// The keys of one rule, those of too few requests left out.
struct RuleRate {
  std::string upstream, rule;
  std::string pattern;  // of its keys
  Duration ttl{};       // as the rule says it
  std::uint64_t keys = 0, hits = 0, requests = 0;
  /// Percent.
  double hit_rate() const noexcept {
    return requests == 0 ? 0 : 100.0 * static_cast<double>(hits) / static_cast<double>(requests);
  }
};

/// "series:{id}" is "series:*": what is appended to a key stands behind it, too. An empty template is any key.
std::string key_pattern(std::string_view key_template);

/// Tells by a stored response's key, type and upstream which rule has stored it: the first whose keys look so. Rules
/// without a TTL are left out. The rule set must outlive it.
class RuleRates {
 public:
  explicit RuleRates(const rules::RuleSet& rules);
  void add(const store::KeyView& view);
  /// Of the rules that have any keys, in their order.
  std::vector<RuleRate> finish();

 private:
  struct Counted {
    std::string type;
    RuleRate rate;
  };
  std::map<std::string, std::vector<Counted>, std::less<>> by_upstream_;
};

}  // namespace cachearr::upkeep
