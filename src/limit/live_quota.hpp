// What is left of an upstream's own quotas, as its answers tell. A plain value: one owner; time is passed in.
//
// Between two answers each request that goes out is counted down, and what was still under way when an answer was read
// is taken off its number, so that the figure never runs ahead of the truth. A figure lives until its reset.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <cachearr/clock.hpp>

#include "content/limit_signal.hpp"
#include "limit/rate_config.hpp"
#include "limit/state_codec.hpp"

namespace cachearr::limit {

/// Requests sent whose answers have not been read yet.
struct UnderWay {
  std::uint64_t calls = 0, grabs = 0;
  std::uint64_t counted_by(std::optional<LimitScope> scope) const noexcept {
    return (counts(scope, false) ? calls : 0) + (counts(scope, true) ? grabs : 0);
  }
};

class LiveQuota {
 public:
  /// `under_way`: the one that told this is not among them.
  void observe(TimePoint now, const std::vector<content::QuotaReading>& readings, const UnderWay& under_way);
  /// When a request may go; `now` while something is left. All but interactive requests leave `reserve` behind.
  TimePoint ready_at(TimePoint now, Priority priority, std::uint64_t reserve, bool grab) const noexcept;
  void take(TimePoint now, bool grab) noexcept;
  /// A request that was counted did not go.
  void refund(bool grab) noexcept;
  void charge(std::uint64_t requests) noexcept;
  bool empty() const noexcept { return figures_.empty(); }

  struct Figure {
    content::QuotaReading reading;  // remaining: what is left now
    TimePoint ends{};
    std::uint64_t overdrawn = 0;  // requests under way beyond what the upstream said was left
  };
  /// Figures that still hold.
  std::vector<Figure> figures(TimePoint now) const;

  void save(StateWriter& to) const;
  void load(StateReader& from);

 private:
  std::vector<Figure> figures_;  // at most kMostFigures, one for each (per, grabs)
};

}  // namespace cachearr::limit
