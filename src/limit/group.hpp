// One upstream in the registry: what its credentials share, and the lock for all of it. Owned by the registry and by
// its limiters; any thread, under the lock.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

#include "limit/registry.hpp"

namespace cachearr::limit::detail {

struct Group {
  explicit Group(std::string upstream) : name{std::move(upstream)} {}

  const std::string name;
  std::mutex mutex;  // guards all below, and the governors of the limiters
  RateConfig config;
  bool configured = false;
  Health health;
  bool saved = false;  // there is a state that a later one has to replace
  std::unordered_map<Hash128, KeyLimiterPtr> limiters;

  // All REQUIRE that the lock is held.
  bool is_new(TimePoint now) const;
  void forget_resting_limiters(TimePoint now);
  const KeyLimiterPtr& limiter(const std::shared_ptr<Group>& self, const Hash128& credential, std::size_t most,
                               TimePoint now);
};

}  // namespace cachearr::limit::detail
