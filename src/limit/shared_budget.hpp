// The limits that several instances share, as whoever is about to ask an upstream sees them. All calls are thread-safe
// and none waits.
#pragma once

#include <functional>
#include <string>

#include <cachearr/clock.hpp>

#include "limit/registry.hpp"

namespace cachearr::limit {

/// Whose limits: what the upstream counts by, and not what it is called here.
struct LaneName {
  std::string upstream;  // its name in the rules, for people
  std::string place;     // scheme, host and port
};

struct DrawResult {
  bool goes = false;
  TimePoint again_at{};  // does not go: not before
  Why why = Why::nothing;
};

class SharedBudget {
 public:
  virtual ~SharedBudget() = default;

  /// Whether this granted request may go, as far as the other instances are concerned. `done` is called once, on
  /// another thread; not any more once the program ends.
  virtual void draw(const KeyLimiterPtr& limiter, const LaneName& name, const Waiter& waiter,
                    std::function<void(DrawResult)> done) = 0;
  /// The upstream has refused for a limit. `told`: it said until when.
  virtual void pause(const KeyLimiterPtr& limiter, const LaneName& name, bool grabs, TimePoint until, bool told) = 0;
  /// An operator ends all pauses of this upstream.
  virtual void forgive(const std::string& upstream) = 0;
};

}  // namespace cachearr::limit
