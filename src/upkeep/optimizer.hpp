// The optimizer: halves the TTL of rules whose keys are hardly ever hit, and undoes it where the rate recovers.
//
// Owned by the application; thread-safe. What is in force lasts until it is undone or the setting is turned off;
// reloads and restarts keep it. Whoever asks may wait for a pass over the store: never on an event loop.
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
  Optimizer(KeyWatch& watch, store::Store& store, std::function<pipeline::SnapshotPtr()> current, const Clock& clock)
      : watch_{watch}, store_{store}, current_{std::move(current)}, clock_{clock} {}

  /// Takes over what an earlier run had in force. Once, before all else.
  void restore();

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
  void keep_locked();

  KeyWatch& watch_;
  store::Store& store_;
  const std::function<pipeline::SnapshotPtr()> current_;
  const Clock& clock_;
  mutable std::mutex mutex_;  // guards all below
  HalvedRules in_force_;
  std::set<RuleName> suggested_;  // what the log was told already
};

}  // namespace cachearr::upkeep
