#include "upkeep/rule_rates.hpp"

#include <utility>

#include "base/text.hpp"

namespace cachearr::upkeep {

std::string key_pattern(std::string_view key_template) {
  std::string pattern;
  bool inside = false;
  for (const char c : key_template) {
    if (c == '{') pattern += '*';
    inside = c == '{' || (inside && c != '}');
    if (!inside && c != '}') pattern += c;
  }
  if (!pattern.ends_with('*')) pattern += '*';
  return pattern;
}

RuleRates::RuleRates(const rules::RuleSet& rules) {
  for (const auto& rule : rules.rules()) {
    if (!rule->policy.ttl || rule->policy.mode == caching::Mode::never || !rule->upstream) continue;
    RuleRate rate{rule->upstream->name, rule->name, key_pattern(rule->key_template), *rule->policy.ttl};
    by_upstream_[rule->upstream->name].push_back({rule->type, std::move(rate)});
  }
}

void RuleRates::add(const store::KeyView& view) {
  const auto of_upstream = by_upstream_.find(view.upstream);
  if (of_upstream == by_upstream_.end()) return;
  for (auto& [type, rate] : of_upstream->second) {
    if (type != view.type || !text::glob_match(rate.pattern, view.key)) continue;
    ++rate.keys;
    rate.hits += view.hits;
    rate.requests += std::uint64_t{view.hits} + view.fetches;
    return;
  }
}

std::vector<RuleRate> RuleRates::finish() {
  std::vector<RuleRate> rates;
  for (auto& [upstream, all] : by_upstream_)
    for (auto& each : all)
      if (each.rate.keys > 0) rates.push_back(std::move(each.rate));
  return rates;
}

}  // namespace cachearr::upkeep
