// A part of an upstream's limits, which one of several instances may use while it cannot ask the others. A plain value:
// one owner; time is passed in.
//
// The bucket begins empty, and only what goes out from here on is counted, so that all parts together never make more
// than the whole. A part of a quota is what was left of it at the start; once a whole window has passed it is a part of
// the limit.
#pragma once

#include <cstdint>
#include <vector>

#include <cachearr/clock.hpp>

#include "limit/quota.hpp"
#include "limit/rate_config.hpp"
#include "limit/snapshot.hpp"
#include "limit/token_bucket.hpp"

namespace cachearr::limit {

/// A part of the limits, for who cannot ask those with whom it shares them.
struct ShareConfig {
  double per_second = 0;  // from an empty bucket; without effect where the limiter has no rate
  std::uint32_t burst = 0;
  struct Part {
    std::uint64_t first = 0;  // requests of the first window
    std::uint64_t later = 0;  // of each one that begins after it
    friend bool operator==(const Part&, const Part&) = default;
  };
  std::vector<Part> quotas = {};  // in the order of RateConfig::quotas
  bool nothing = false;           // goes, whatever the limits are
  friend bool operator==(const ShareConfig&, const ShareConfig&) = default;
};

class Share {
 public:
  Share(const ShareConfig& config, const RateConfig& whole, TimePoint now);

  /// When the `position`th request could go. Nobody waits for those that are away: then it is an hour from now.
  Availability ready_at(TimePoint now, bool grab, std::uint64_t position, std::uint64_t keep) const;
  void take(TimePoint now, bool grab);
  void refund(bool grab) noexcept;
  /// The first windows are over, one by one.
  void roll(TimePoint now);

 private:
  struct Part {
    Quota quota;
    TimePoint renewed_at;
    std::uint64_t later;
  };
  bool closed_ = false;  // no part of the rate, though there is one
  TokenBucket bucket_;
  std::vector<Part> parts_;
};

}  // namespace cachearr::limit
