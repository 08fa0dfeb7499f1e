// The ledger of what the cache has saved: takes over what the workers have counted, day by day, and keeps it in the
// store for 90 days.
//
// Owned by the application; thread-safe. Everything it is given outlives it.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include <cachearr/clock.hpp>

#include "metrics/metrics.hpp"
#include "store/store.hpp"
#include "upkeep/savings.hpp"

namespace cachearr::upkeep {

class SavingsLedger {
 public:
  static constexpr std::int64_t kKeptDays = 90;
  static constexpr Duration kFoldEvery{10'000};

  /// Under which names the store keeps it.
  static std::vector<std::string> state_names();

  SavingsLedger(const metrics::Metrics& metrics, store::Store& store, const Clock& clock);
  /// Reads what earlier runs have left. Once, before anything is folded; waits for the disk.
  void restore();
  /// Adds to the day of this moment what was counted since the last time, and has it written.
  void fold();
  /// Of the last days, today included, up to this moment. `days`: 1 to kKeptDays.
  SavingsReport report(std::int64_t days);

 private:
  bool add_new_savings(SavingsDay& today);
  void fold_locked(std::int64_t today);

  const metrics::Metrics& metrics_;
  store::Store& store_;
  const Clock& clock_;
  std::mutex mutex_;  // guards all below
  SavedRows folded_;  // what the workers had counted at the last fold
  std::map<std::int64_t, SavingsDay> days_;
};

}  // namespace cachearr::upkeep
