// Sweeps invalidated entries out of the memory tier: at once for callers that want the count, soon for those that
// cannot wait. Thread-safe; owned by the store. Its thread starts with the first invalidation that nobody waits for.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

#include "store/invalidations.hpp"
#include "store/memory_tier.hpp"

namespace cachearr::store {

class Sweeper {
 public:
  /// Both must outlive the sweeper.
  Sweeper(Invalidations& invalidations, MemoryTier& memory) : invalidations_{invalidations}, memory_{memory} {}
  ~Sweeper();

  /// Adds the rule and sweeps; calls `named` with each response that it hits and nothing before it had removed.
  Invalidation sweep_now(const Selector& selector, const std::function<void(const Entry&)>& named);
  /// Adds the rule; the thread sweeps within a fraction of a second, many at a time.
  Invalidation sweep_soon(const Selector& selector);

 private:
  void run(const std::stop_token& stopped);
  void sweep_open(const std::function<void(const Entry&)>& named);

  Invalidations& invalidations_;
  MemoryTier& memory_;
  std::mutex sweeping_;  // one sweep at a time, so that each entry is counted once
  std::mutex mutex_;     // guards the thread's start and `due_`
  std::condition_variable_any wake_;
  bool due_ = false;
  std::jthread thread_;
};

}  // namespace cachearr::store
