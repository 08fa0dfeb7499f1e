// Sweeps invalidated entries out of the memory tier: at once for callers that want the count, soon for those that
// cannot wait. Thread-safe; owned by the store. Its thread starts with the first sweep_soon().
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>

#include "store/ban_list.hpp"
#include "store/memory_tier.hpp"

namespace cachearr::store {

class Sweeper {
 public:
  /// Both must outlive the sweeper.
  Sweeper(BanList& bans, MemoryTier& memory) : bans_{bans}, memory_{memory} {}
  ~Sweeper();

  /// Adds the ban and sweeps; calls `named` with each response that it hits and nothing before it had removed.
  Ban sweep_now(const Invalidation& what, const std::function<void(const Entry&)>& named);
  /// Adds the ban; the thread sweeps within a fraction of a second, many at a time.
  Ban sweep_soon(const Invalidation& what);

 private:
  void run(const std::stop_token& stopped);
  void sweep_open(const std::function<void(const Entry&)>& named);

  BanList& bans_;
  MemoryTier& memory_;
  std::mutex sweeping_;  // one sweep at a time, so that each entry is counted once
  std::mutex mutex_;     // guards the thread's start and `due_`
  std::condition_variable_any wake_;
  bool due_ = false;
  std::jthread thread_;
};

}  // namespace cachearr::store
