// The permit of one request to go to an upstream: acquired, perhaps waited for, used, given back. Lives in the frame of
// whoever asks the upstream, on its worker; what is left of it at the end is given back by the destructor.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "fetch/admission_controller.hpp"
#include "fetch/fetch_job.hpp"
#include "limit/registry.hpp"

namespace cachearr::fetch {

/// Which of the limiters a request belongs to.
struct LimiterKey {
  std::string upstream;
  Hash128 credential;
};
LimiterKey limiter_key_of(const pipeline::RequestContext& context);
limit::Priority priority_of(const pipeline::RequestContext& context, bool background) noexcept;

/// Why a request may not go to its upstream now, and from when it may.
struct Rejection {
  limit::Why why = limit::Why::nothing;
  TimePoint retry_at{};
  bool abandoned = false;  // nobody waits for the answer any more
};

class AdmissionPermit {
 public:
  /// Null: nothing is limited.
  AdmissionPermit(AdmissionController* admission, net::Worker& worker) noexcept
      : admission_{admission}, worker_{worker} {}
  ~AdmissionPermit();
  AdmissionPermit(const AdmissionPermit&) = delete;
  AdmissionPermit& operator=(const AdmissionPermit&) = delete;

  /// True where the request may go at once; never where limits are shared. False: wait() decides.
  bool try_acquire(const FetchJob& job);
  /// Others have a say, so that try_acquire() never grants. REQUIRES: try_acquire() was called.
  bool is_shared() const noexcept { return lane_.has_value(); }
  /// Waits in line, unless that is hopeless. None: it may go. REQUIRES: try_acquire() gave false.
  net::Task<std::optional<Rejection>> wait(std::shared_ptr<FetchJob> job);
  /// What a response says of limits. Before end().
  void observe(const content::LimitSignal& signal);
  /// `took`: until the head of the response; negative where there was none. Later calls have no effect.
  void end(limit::Outcome outcome, Duration took);
  /// When the pause that the upstream has asked for is over; none: there is none.
  std::optional<TimePoint> paused_until() const;

 private:
  enum class State : std::uint8_t {
    none,     // not asked for, refused, or given back
    waiting,  // in line at the limiter
    granted   // the request may go, and the limiter counts it as under way
  };
  using WaiterPtr = std::shared_ptr<AdmissionWaiter>;
  void begin_waiting(const WaiterPtr& waiter);
  net::Task<std::optional<Rejection>> wait_in_line(std::shared_ptr<FetchJob> job, WaiterPtr waiting);
  std::optional<Rejection> line_up(const WaiterPtr& waiting);
  net::Task<limit::DrawResult> draw(WaiterPtr waiting);
  void give_back(const WaiterPtr& waiting, const limit::DrawResult& result);
  void tell_others(const content::LimitSignal& signal);
  /// REQUIRES: waiting.
  void stop_waiting(State next);
  limit::Waiter waiter(const FetchJob& job) const;
  std::optional<Rejection> reject_at_once(const FetchJob& job) const;

  AdmissionController* admission_;
  net::Worker& worker_;
  limit::KeyLimiterPtr limiter_;
  limit::Ticket ticket_ = 0;
  limit::Waiter waiter_;
  std::optional<limit::LaneName> lane_;  // none: its limits are this instance's own
  bool grab_ = false;
  State state_ = State::none;
};

}  // namespace cachearr::fetch
