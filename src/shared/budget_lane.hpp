// What the shared limits know of one lane and of one call; for the files of Budget alone, on the tier's thread.
#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "shared/budget.hpp"

namespace cachearr::shared {

/// A pause as this instance knows it; times by the server's clock.
struct KnownPause {
  TimePoint since{};  // 0: from an earlier process
  TimePoint until{};
  bool told = true;    // by the upstream; one from an earlier process is taken for it
  std::string lane{};  // id of the one that knows of it
};

struct Budget::Lane {
  std::string id;
  limit::LaneName name;
  limit::KeyLimiterPtr limiter;
  LaneLimits limits{};
  LaneMember member{};
  bool merging = false;
  bool probing = false;     // while it alone is cut off
  TimePoint probe_at{};     // then not before; by steady_now()
  TimePoint merge_until{};  // while it does; by steady_now()
  std::vector<AskedPtr> behind_merge{};
  std::deque<AskedPtr> line{};  // draws that wait for the answers of earlier ones
  std::size_t drawing = 0;      // without an answer
  bool held_long = false;       // was told to wait for longer than until the next beat
  std::size_t at_once = 1;      // may be so: as many as there was left for at the last answer
  bool advancing = false;
  std::optional<limit::ShareConfig> share{};
  TimePoint drawn{};                        // the last one; by steady_now(), as the next
  TimePoint called{};                       // the last call of any kind
  std::optional<ServerTime> server_time{};  // of the node that has it
  std::array<KnownPause, 2> pauses{};       // of calls, of downloads
  bool forgives = false;                    // the lane has not heard yet that its pauses are over
  std::uint64_t draws = 0;
  std::uint64_t tokens = 0;  // at the last answer, as the next
  std::vector<std::uint64_t> left{};
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
  bool counted = false;  // as one of those that draw
  int attempts = 0;
};

inline bool is_empty(const std::vector<std::vector<limit::QuotaRun>>& runs) {
  return std::all_of(runs.begin(), runs.end(), [](const auto& quota) { return quota.empty(); });
}

}  // namespace cachearr::shared
