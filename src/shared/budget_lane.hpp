// What the shared limits know of one lane and of one call; for the files of Budget alone, on the tier's thread.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "shared/budget.hpp"

namespace cachearr::shared {

struct Budget::Lane {
  std::string id;
  limit::LaneName name;
  limit::KeyLimiterPtr limiter;
  LaneLimits limits{};
  LaneMember member{};
  bool merging = false;
  TimePoint merge_until{};  // while it does; by steady_now()
  std::vector<AskedPtr> behind_merge{};
  std::optional<limit::ShareConfig> share{};
  TimePoint drawn{};                        // the last one; by steady_now(), as the next
  TimePoint called{};                       // the last call of any kind
  std::optional<ServerTime> server_time{};  // of the node that has it
  std::uint64_t draws = 0;
};

/// One call without an answer; `done` is null for a beat.
struct Budget::Asked {
  LanePtr lane;
  limit::Waiter waiter{};
  std::function<void(limit::DrawResult)> done{};
  Draw::What what = Draw::What::draw;
  std::uint64_t number = 0;
  TimePoint deadline{};
  bool over = false;
  int attempts = 0;
};

inline bool is_empty(const std::vector<std::vector<limit::QuotaRun>>& runs) {
  return std::all_of(runs.begin(), runs.end(), [](const auto& quota) { return quota.empty(); });
}

}  // namespace cachearr::shared
