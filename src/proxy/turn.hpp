// One request's turn at an upstream: asked for, perhaps waited for, used, given back. Lives in the frame of whoever
// asks the upstream, on its worker; what is left of it at the end is given back by the destructor.
#pragma once

#include <optional>
#include <string>

#include "limit/registry.hpp"
#include "proxy/fetch.hpp"
#include "proxy/turnstile.hpp"

namespace cachearr::proxy {

/// Which lane of the limiters a request belongs to.
struct LaneName {
  std::string upstream;
  Hash128 credential;
};
LaneName lane_of(const Considered& known);
limit::Priority priority_of(const Considered& known, bool background) noexcept;

/// Why a request may not go to its upstream now, and from when it may.
struct Denial {
  limit::Why why = limit::Why::nothing;
  TimePoint retry_at{};
  bool abandoned = false;  // nobody waits for the answer any more
};

class Turn {
 public:
  /// Null: nothing is limited.
  Turn(Turnstile* turnstile, net::Worker& worker) noexcept : turnstile_{turnstile}, worker_{worker} {}
  ~Turn();
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  /// True where the request may go at once. False: wait() decides.
  bool take(const FetchJob& job);
  /// Waits in line, unless that is hopeless. None: it may go. REQUIRES: take() gave false.
  net::Task<std::optional<Denial>> wait(std::shared_ptr<FetchJob> job);
  /// What an answer says of limits. Before end().
  void observe(const limit::LimitSignal& signal);
  /// `took`: until the head of the answer; negative where there was none. Later calls have no effect.
  void end(limit::Outcome outcome, Duration took);
  /// When the pause that the upstream has asked for is over; none: there is none.
  std::optional<TimePoint> paused_until() const;

 private:
  limit::Waiter waiter(const FetchJob& job) const;
  std::optional<Denial> deny_at_once(const FetchJob& job) const;

  Turnstile* turnstile_;
  net::Worker& worker_;
  limit::LanePtr lane_;
  limit::Ticket ticket_ = 0;
  bool granted_ = false;
  bool waiting_ = false;
};

}  // namespace cachearr::proxy
