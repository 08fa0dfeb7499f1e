// The pause after an upstream has said "no more". A plain value: one owner; time is passed in.
//
// A time the upstream gives is kept to the millisecond. Without one the pause starts where the signal says and doubles
// with each refusal that follows, up to six hours or the signal's own pause if that is longer, lengthened by up to a
// quarter, so that several caches do not come back in step.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <cachearr/clock.hpp>

#include "content/limit_signal.hpp"
#include "limit/state_codec.hpp"

namespace cachearr::limit {

class Cooldown {
 public:
  bool active(TimePoint now) const noexcept { return now < until_; }
  TimePoint until() const noexcept { return until_; }
  /// None: an earlier run of the program has seen it begin.
  std::optional<TimePoint> since() const noexcept { return since_; }
  const std::string& why() const noexcept { return why_; }
  std::uint32_t strikes() const noexcept { return strikes_; }

  /// REQUIRES: signal.limited. Refusals that arrive during the pause were sent before it and do not double it; a true
  /// time takes the place of a guessed one, and the later of two true ones holds.
  void enter(TimePoint now, const content::LimitSignal& signal);
  /// An answer came: the next back-off starts one step lower.
  void answered(TimePoint now) noexcept;

  void save(StateWriter& to) const;
  void load(StateReader& from);

 private:
  Duration back_off(TimePoint now, Duration first) const noexcept;

  TimePoint until_{};
  std::optional<TimePoint> since_;
  bool told_ = false;  // until_ is the upstream's word
  std::uint32_t strikes_ = 0;
  std::string why_;
};

}  // namespace cachearr::limit
