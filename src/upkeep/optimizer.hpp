// The optimizer: halves the TTL of rules whose keys are hardly ever hit, and undoes it where the rate recovers.
//
// Owned by the application; thread-safe. What is in force lasts until it is undone, the setting is turned off, or the
// program ends; reloads keep it. Whoever asks may wait for a pass over the store: never on an event loop.
#pragma once

#include <functional>
#include <mutex>
#include <set>

#include <cachearr/clock.hpp>
#include <cachearr/config.hpp>

#include "pipeline/config_snapshot.hpp"
#include "upkeep/key_watch.hpp"
#include "upkeep/optimizer_decision.hpp"

namespace cachearr::upkeep {

class Optimizer {
 public:
  static constexpr Duration kLookEvery{300'000};

  /// `current` gives the configuration in force. All of it outlives the optimizer.
  Optimizer(KeyWatch& watch, std::function<pipeline::SnapshotPtr()> current, const Clock& clock)
      : watch_{watch}, current_{std::move(current)}, clock_{clock} {}

  /// Does what the setting says: nothing, tells the log what it would do, or does it.
  void tick();
  /// What should change now. `apply`: and changes it.
  OptimizerDecision look(bool apply);
  HalvedRules in_force() const;
  /// Shortens what is in force in rules that are about to be, too.
  void carry_over(const pipeline::ConfigSnapshot& next) const;

 private:
  OptimizerDecision decision_locked(const pipeline::ConfigSnapshot& snapshot);
  void apply_locked(const pipeline::ConfigSnapshot& snapshot, const OptimizerDecision& decision);
  void suggest_locked(const OptimizerDecision& decision);
  void undo_all();

  KeyWatch& watch_;
  const std::function<pipeline::SnapshotPtr()> current_;
  const Clock& clock_;
  mutable std::mutex mutex_;  // guards all below
  HalvedRules in_force_;
  std::set<RuleName> suggested_;  // what the log was told already
};

}  // namespace cachearr::upkeep
