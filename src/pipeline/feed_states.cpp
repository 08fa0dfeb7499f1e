#include "pipeline/feed_states.hpp"

namespace cachearr::pipeline {

FeedStates::FeedStates(const rules::RuleSet& rules) {
  for (std::size_t i = 0; i < rules.upstreams().size(); ++i) states_.push_back(std::make_shared<FeedState>());
}

void FeedStates::carry_over(const rules::RuleSet& rules, const FeedStates& before, const rules::RuleSet& rules_before) {
  for (const auto& upstream : rules.upstreams()) {
    const auto* const known = rules_before.upstream_named(upstream->name);
    if (known) states_[upstream->index] = before.of(*known);
  }
}

}  // namespace cachearr::pipeline
