// One configured quota: so many requests in a minute, an hour or a day. A plain value: one owner; time is passed in.
//
// Rolling: an exact log of the requests where the quota is at most 1,024; above that, requests of one 1,024th of the
// window are kept as one run that ends all at once when its last one ends, so that memory is bounded and the quota is
// never exceeded, at the price of giving a place back up to window/1,024 (84 s of a day) late.
//
// The upstream counts when a request arrives, and by its own clock. So each window is taken a little longer than it is
// (a 60th, at most 2 s), and around a fixed reset a request counts for both windows.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include <cachearr/clock.hpp>

#include "limit/rate_config.hpp"
#include "limit/state_codec.hpp"

namespace cachearr::limit {

/// Requests that count until the window behind the last one is over.
struct QuotaRun {
  TimePoint last{};
  std::uint64_t count = 0;
  friend bool operator==(const QuotaRun&, const QuotaRun&) = default;
};

class Quota {
 public:
  Quota(const QuotaConfig& config, TimePoint now);

  const QuotaConfig& config() const noexcept { return config_; }
  /// When the `position`th request from now could go (1: the next one). Interactive requests may use the reserve;
  /// background ones are spread over what is left until the reset.
  TimePoint ready_at(TimePoint now, Priority priority, std::uint64_t position = 1) const;
  /// Counts one request. REQUIRES: ready_at(now, priority) <= now.
  void take(TimePoint now, Priority priority);
  /// The newest request that was counted did not go.
  void refund() noexcept;
  /// One that was counted at that time did not go.
  void refund(TimePoint taken) noexcept;
  std::uint64_t remaining(TimePoint now) const;
  /// Fixed: when all come back. Rolling: when the next place comes back, `now` if all are there.
  TimePoint reset_at(TimePoint now) const;
  /// Nothing counts any more: as good as new.
  bool untouched(TimePoint now) const { return remaining(now) == config_.limit; }
  /// New figures for the same kind of window.
  void reconfigure(const QuotaConfig& config) noexcept { config_ = config; }
  /// Counts requests that went out without a record, at `now`.
  void charge(TimePoint now, std::uint64_t requests);

  /// What still counts, oldest first, so that whoever counts by the same rules comes to the same: for a fixed window
  /// its requests stand at its begin, and those that the next one counts, too, right before its end.
  std::vector<QuotaRun> runs(TimePoint now) const;

  void save(StateWriter& to) const;
  void load(StateReader& from);

 private:
  struct Run {
    TimePoint first, last;
    std::uint64_t count;
  };
  Duration slack() const noexcept;
  void roll(TimePoint now);
  void add(TimePoint now, std::uint64_t requests);
  void add_rolling(TimePoint now, std::uint64_t requests);
  TimePoint frees_at(const Run& run) const noexcept { return run.last + config_.per + slack(); }
  TimePoint window_end(TimePoint now) const noexcept;
  std::uint64_t used(TimePoint now) const;
  TimePoint place_at(TimePoint now, std::uint64_t limit, std::uint64_t position) const;
  TimePoint fixed_place_at(TimePoint now, std::uint64_t limit, std::uint64_t wanted) const;
  TimePoint rolling_place_at(TimePoint now, std::uint64_t wanted) const;
  TimePoint paced_at(TimePoint now, std::uint64_t limit) const;

  QuotaConfig config_;
  std::deque<Run> runs_;    // rolling
  TimePoint ends_{};        // fixed: end of the current window, slack included
  std::uint64_t used_ = 0;  // fixed: in the current window
  std::uint64_t late_ = 0;  // fixed: of these, so near to the reset that the next window may count them
  TimePoint last_background_{};
};

}  // namespace cachearr::limit
