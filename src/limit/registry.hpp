// All limiters of the program: one for each upstream and credential. Thread-safe.
//
// A lock for each upstream and no call out of any lock: who may go is handed out as Effects, and the caller resumes it
// on the worker where it belongs. Take the ticket first and register whoever waits under it, then ask: a wake may be
// handed to another thread before ask() has returned.
//
// The number of limiters is bounded. Those at rest are forgotten when it is reached; where none is, new credentials of
// an upstream share one limiter (and new upstreams one upstream), so that inventing credentials never buys requests.
#pragma once

#include <atomic>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <cachearr/clock.hpp>

#include "base/hash.hpp"
#include "limit/limiter.hpp"

namespace cachearr::limit {

namespace detail {
struct Group;
}

/// The limiter of one key, behind the lock of its upstream. Calls as in Limiter; each hands out the effects it has, on
/// this limiter alone.
class KeyLimiter {
 public:
  KeyLimiter(std::shared_ptr<detail::Group> group, const Hash128& credential, TimePoint now);
  const Hash128& credential() const noexcept { return credential_; }

  /// The quick way for what may go at once: nobody has to be registered for it.
  bool try_take(TimePoint now, const Waiter& waiter, Effects& effects);
  Admission ask(TimePoint now, const Waiter& waiter, Effects& effects);
  Effects cancel(TimePoint now, Ticket ticket);
  Effects done(TimePoint now, Ticket ticket, Outcome outcome, Duration took);
  Effects observe(TimePoint now, const content::LimitSignal& signal, bool grab = false);
  Availability earliest(TimePoint now, Priority priority, bool grab = false) const;
  bool has_spare(TimePoint now) const;
  // Limits that several instances share; see Limiter.

  /// A granted ticket does not go, and nobody of its priority or a lower one does before `until`.
  Effects give_back(TimePoint now, const Waiter& waiter, TimePoint until, Why why);
  /// It goes.
  void confirm(Ticket ticket);
  void note_left(TimePoint now, std::vector<std::uint64_t> left);
  bool is_within_share(Ticket ticket) const;
  Effects set_share(TimePoint now, const std::optional<ShareConfig>& config);
  std::vector<std::vector<QuotaRun>> runs(TimePoint now) const;
  RateConfig config() const;
  /// The others have been told that the pauses of this one are over.
  Effects end_pauses(TimePoint now);

  /// The true time of the cool-down that is on; none: no cool-down.
  std::optional<TimePoint> cooldown_until(TimePoint now, bool grab = false) const;

 private:
  friend class Registry;
  friend struct detail::Group;
  Effects take_effects(TimePoint now);
  bool at_rest(TimePoint now) const { return limiter_.at_rest(now); }

  std::shared_ptr<detail::Group> group_;
  Hash128 credential_;
  Limiter limiter_;                      // guarded by the group's lock
  std::atomic<bool> waited_for_{false};  // a hint for due(): somebody waits here
};

using KeyLimiterPtr = std::shared_ptr<KeyLimiter>;

class Registry {
 public:
  struct Bounds {
    std::size_t upstreams = 1024;
    std::size_t credentials = 64;  // of one upstream
  };
  Registry();
  explicit Registry(Bounds bounds);
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  Ticket new_ticket() noexcept { return ++tickets_; }
  /// Sets or changes an upstream's figures; nothing that was spent is forgiven. Unnamed upstreams have no limits but
  /// still obey cool-down and breaker.
  void configure(std::string_view upstream, const RateConfig& config, TimePoint now);
  KeyLimiterPtr limiter(std::string_view upstream, const Hash128& credential, TimePoint now);
  /// Closes the breaker, ends the pauses of all credentials; who waits may go. None: nothing is known of the upstream.
  std::optional<Effects> reset(std::string_view upstream, bool breaker, bool cooldown, TimePoint now);
  /// Everyone who may go now or who cannot make it any more, in all limiters.
  Effects due(TimePoint now);
  std::vector<UpstreamSnapshot> snapshot(TimePoint now) const;

  /// State of each upstream that changed since the last call: name and bytes, for the store. Call it every second, and
  /// at once when effects say save_now. `clean`: the last call before the end, every upstream, nothing is granted
  /// after.
  std::vector<std::pair<std::string, std::string>> take_changes(TimePoint now, bool clean = false);
  /// What take_changes() gave before the restart. REQUIRES: configure() came first for a configured upstream. False:
  /// not such bytes, nothing was changed.
  bool restore(std::string_view upstream, std::string_view bytes, TimePoint now);

 private:
  using Groups = std::map<std::string, std::shared_ptr<detail::Group>, std::less<>>;
  std::shared_ptr<detail::Group> group(std::string_view upstream, TimePoint now, bool bounded);
  void forget_resting_groups(TimePoint now);
  std::vector<std::shared_ptr<detail::Group>> groups() const;

  const Bounds bounds_;
  std::atomic<Ticket> tickets_{0};
  mutable std::mutex mutex_;  // guards groups_; taken before a group's lock, never after
  Groups groups_;
};

}  // namespace cachearr::limit
