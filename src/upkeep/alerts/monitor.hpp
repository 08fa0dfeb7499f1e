// Keeps watch: holds the state of the alerts over restarts, logs what fires and what is resolved, and tells observers.
//
// Owned by the application. run() may be called from any thread; observers are called on that thread, one change after
// another, and must not block.
#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "store/store.hpp"
#include "upkeep/alerts/evaluate.hpp"

namespace cachearr::upkeep {

class Monitor {
 public:
  explicit Monitor(store::Store& store) : store_{store} {}
  Monitor(const Monitor&) = delete;
  Monitor& operator=(const Monitor&) = delete;

  /// Takes over what the store has kept. Once, before all else.
  void restore();
  /// REQUIRES: before the first run().
  void observe(AlertObserver observer) { observers_.push_back(std::move(observer)); }
  void run(const AlertInputs& inputs, const AlertThresholds& thresholds, TimePoint now);

  std::vector<Alert> firing() const;
  std::vector<Alert> recent() const;  // resolved ones, the newest first

 private:
  store::Store& store_;
  std::vector<AlertObserver> observers_;
  std::mutex running_;        // one evaluation at a time
  std::string kept_;          // what the store has; guarded by running_
  mutable std::mutex mutex_;  // guards state_; held for a copy
  AlertState state_;
};

}  // namespace cachearr::upkeep
