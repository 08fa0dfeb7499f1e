#include "upkeep/optimizer_decision.hpp"

#include <algorithm>

#include "limit/state_codec.hpp"
#include "limit/ttl.hpp"

namespace cachearr::upkeep {
namespace {

constexpr double kRecoveredBy = 5;  // percent
constexpr Duration kAtLeast = std::chrono::hours{1};
constexpr std::uint64_t kHalvedFormat = 1;
constexpr std::uint64_t kMostHalved = 100'000;

}  // namespace

OptimizerDecision decide(const std::vector<RuleRate>& rates, const HalvedRules& in_force, std::uint32_t below_percent,
                         TimePoint now) {
  OptimizerDecision decision;
  const double below = below_percent;
  for (const auto& rate : rates) {
    const auto halved = in_force.find({rate.upstream, rate.rule});
    if (halved == in_force.end()) {
      const bool shortens = limit::halved_ttl(rate.ttl) < rate.ttl;
      if (shortens && rate.keys > 0 && rate.hit_rate() < below) decision.halve.push_back(rate);
    } else if (rate.hit_rate() >= below + kRecoveredBy && now >= halved->second.since + kAtLeast) {
      decision.undo.push_back(rate);
    }
  }
  return decision;
}

std::string encode_halved(const HalvedRules& rules) {
  limit::StateWriter to;
  to.number(kHalvedFormat);
  to.number(rules.size());
  for (const auto& [name, halved] : rules) {
    to.text(name.first);
    to.text(name.second);
    to.time(halved.since);
    to.text(halved.at.pattern);
    to.duration(halved.at.ttl);
    for (const auto count : {halved.at.keys, halved.at.hits, halved.at.requests}) to.number(count);
  }
  return to.take();
}

std::optional<HalvedRules> decode_halved(std::string_view bytes) {
  limit::StateReader from{bytes};
  if (from.number() != kHalvedFormat) return std::nullopt;
  const auto count = std::min(from.number(), kMostHalved);
  HalvedRules rules;
  for (std::uint64_t i = 0; i < count && from.ok(); ++i) {
    Halved halved;
    halved.at.upstream = from.text();
    halved.at.rule = from.text();
    halved.since = from.time();
    halved.at.pattern = from.text();
    halved.at.ttl = from.duration();
    for (auto* const number : {&halved.at.keys, &halved.at.hits, &halved.at.requests}) *number = from.number();
    RuleName name{halved.at.upstream, halved.at.rule};
    rules.insert_or_assign(std::move(name), std::move(halved));
  }
  if (!from.ok() || !from.at_end()) return std::nullopt;
  return rules;
}

}  // namespace cachearr::upkeep
