// Since when the feed of events of each upstream is up. Looked at when an answer is stored, and never by a hit.
//
// Made with each snapshot of the configuration; the state of an upstream goes on in the next one. The feed writes it,
// any thread reads it; a look is one atomic load.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include <cachearr/clock.hpp>

#include "rules/rule_set.hpp"

namespace cachearr::pipeline {

class FeedState {
 public:
  void set_up(TimePoint since) noexcept { up_since_ms_.store(since.time_since_epoch().count()); }
  void set_down() noexcept { up_since_ms_.store(kDown); }
  bool is_up() const noexcept { return up_since_ms_.load() != kDown; }
  /// The feed tells of every change since the origin was asked at that time.
  bool covers(TimePoint asked) const noexcept { return asked.time_since_epoch().count() > up_since_ms_.load(); }

 private:
  static constexpr std::int64_t kDown = INT64_MAX;
  std::atomic<std::int64_t> up_since_ms_{kDown};
};
using FeedStatePtr = std::shared_ptr<FeedState>;

class FeedStates {
 public:
  explicit FeedStates(const rules::RuleSet& rules);
  /// The states of upstreams that were there before. REQUIRES: nobody else knows this object yet.
  void carry_over(const rules::RuleSet& rules, const FeedStates& before, const rules::RuleSet& rules_before);

  /// REQUIRES: of the rule set that this was made for.
  const FeedStatePtr& of(const rules::Upstream& upstream) const noexcept { return states_[upstream.index]; }

 private:
  std::vector<FeedStatePtr> states_;  // by the upstream's index
};

}  // namespace cachearr::pipeline
