#include "upkeep/optimizer_decision.hpp"

#include "limit/ttl.hpp"

namespace cachearr::upkeep {
namespace {

constexpr double kRecoveredBy = 5;  // percent
constexpr Duration kAtLeast = std::chrono::hours{1};

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

}  // namespace cachearr::upkeep
