// Decides when a request may go to one upstream with one credential: rate, concurrency, quotas, cool-down, breaker and
// the order of those that wait. A pure state machine: time is passed in, wakes are handed out. One owner at a time;
// the registry puts a lock around it.
//
// A ticket's way: ask() grants, refuses or lets it wait; a waiting one is granted or refused by a Wake in the effects
// of a later call; a granted one is ended by done(). Nothing is ever granted that breaks a limit, so that the limits
// hold whatever the caller does; a ticket granted and never ended only keeps its place among the concurrent ones.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include <cachearr/clock.hpp>

#include "limit/cooldown.hpp"
#include "limit/health.hpp"
#include "limit/live_quota.hpp"
#include "limit/quota.hpp"
#include "limit/rate_config.hpp"
#include "limit/share.hpp"
#include "limit/snapshot.hpp"
#include "limit/token_bucket.hpp"
#include "limit/wait_queue.hpp"

namespace cachearr::limit {

struct Admission {
  enum class Kind : std::uint8_t { grant, wait, refuse } kind = Kind::grant;
  TimePoint at{};  // wait: when it is expected to go; refuse: the true Retry-After
  Why why = Why::nothing;
};

/// A waiting ticket may go, or it is certain that it cannot make it.
struct Wake {
  Ticket ticket = 0;
  bool granted = false;
  TimePoint retry_at{};  // not granted: the true Retry-After
  Why why = Why::nothing;
};

struct Effects {
  std::vector<Wake> wakes;
  std::optional<TimePoint> next;  // when to look again; none: nobody waits
  bool save_now = false;          // the state should be put on disk without delay
};

/// How a granted request ended.
enum class Outcome : std::uint8_t {
  answered,  // any answer that is none of the others
  limited,   // the upstream refused for a limit
  failed,    // time-out, a connection that ended, 502 to 504
  unsent,    // no connection: the upstream knows nothing of it, and counts nothing
  abandoned  // given up here before there was an answer
};

class Limiter {
 public:
  /// `health` is shared by all credentials of the upstream and outlives the limiter.
  Limiter(const RateConfig& config, Health& health, TimePoint now);

  /// Grants a ticket that may go this moment. False: nothing was done; ask() tells why, and lets it wait.
  bool try_take(TimePoint now, const Waiter& waiter);
  Admission ask(TimePoint now, Waiter waiter);
  /// A waiting ticket leaves the queue; a granted one ends as abandoned; any other is ignored.
  void cancel(TimePoint now, Ticket ticket);
  /// `took`: until the head of the answer; negative where there was none.
  void done(TimePoint now, Ticket ticket, Outcome outcome, Duration took);
  /// What an answer says of limits; call before done() of its ticket. A refusal pauses the kind of request that was
  /// refused, and the kind that it says is spent.
  void observe(TimePoint now, const content::LimitSignal& signal, bool grab = false);
  /// Lets those go that may, refuses those that cannot make it, and hands out all wakes since the last call.
  Effects effects(TimePoint now);

  // For limits that are shared with other instances (see share.hpp). Whose turn it is, is decided here first; a ticket
  // that is granted then draws from what is shared, and goes, or is given back.

  /// Nobody of this priority or a lower one goes before `until`.
  void hold(Priority priority, bool grab, TimePoint until, Why why) noexcept;
  /// A granted ticket goes: the others have let it.
  void confirm(Ticket ticket) noexcept;
  /// A granted ticket does not go: what was spent for it comes back, and it has its place in line again.
  void refund(TimePoint now, const Waiter& waiter);
  /// True where the ticket was granted within a share: it goes, and nobody has to be asked.
  bool is_within_share(Ticket ticket) const noexcept;
  /// So much is left of each quota for all together, as of now. It decides nothing here: a draw does.
  void note_left(TimePoint now, std::vector<std::uint64_t> left) noexcept {
    left_for_all_ = std::move(left);
    left_noted_ = now;
  }
  /// From now on this part alone is ours; none: all of it, once whoever knows has been asked.
  void set_share(TimePoint now, const std::optional<ShareConfig>& config);
  /// What was sent from here and still counts, for each quota; nothing of what is not confirmed.
  std::vector<std::vector<QuotaRun>> runs(TimePoint now) const;

  /// When one more request could go, with everyone in line before it.
  Availability earliest(TimePoint now, Priority priority, bool grab = false) const;
  /// True where a background request could go right now: refresh ahead asks this first.
  bool has_spare(TimePoint now) const { return earliest(now, Priority::background).why == Why::nothing; }
  std::optional<TimePoint> cooldown_until(TimePoint now, bool grab = false) const {
    const auto& pause = grab ? grab_cooldown_ : cooldown_;
    return pause.active(now) ? std::optional{pause.until()} : std::nullopt;
  }
  KeyLimiterSnapshot snapshot(TimePoint now) const;
  /// The operator has forgiven the upstream: its pauses end where `cooldown`, and the state is saved in any case. What
  /// was spent stays spent.
  void reset(bool cooldown);
  /// New figures; what was spent stays spent, who waits stays in line.
  void reconfigure(TimePoint now, const RateConfig& config);
  /// As good as a new one: may be forgotten.
  bool at_rest(TimePoint now) const;
  bool anyone_waits() const noexcept { return !queue_.empty(); }
  bool touched() const noexcept { return touched_; }

  /// `clean`: nothing will be granted after this. Otherwise the state claims a few requests more than were granted, as
  /// many as may go out before the next save, so that a crash forgives nothing either.
  void save(StateWriter& to, bool clean);
  void load(StateReader& from, TimePoint now);

 private:
  /// So many requests may go out before the next save; it claims them in advance.
  static constexpr std::uint64_t kLongestLease = 8;
  struct InFlight {
    TimePoint since;
    bool probe;  // of the breaker
    bool grab;
    bool within_share;
    bool confirmed;  // it surely goes; matters only where limits are shared
  };
  UnderWay others_under_way(bool grab) const noexcept;
  TimePoint settle_clock(TimePoint now) noexcept {
    last_ = std::max(last_, now);
    if (share_) share_->roll(last_);
    return last_;
  }
  void later_shared(Availability& result, TimePoint now, Priority priority, bool grab, std::uint64_t position) const;
  Availability availability(TimePoint now, Priority priority, bool grab, std::uint64_t position) const;
  Availability concurrency_availability(TimePoint now, Priority priority, std::uint64_t position) const;
  std::uint64_t kept_tokens(Priority priority) const noexcept;
  std::uint64_t reserve() const noexcept;
  TimePoint patience(TimePoint now, const Waiter& waiter) const noexcept;
  void spend(TimePoint now, const Waiter& waiter);
  void grant_due(TimePoint now);
  std::optional<TimePoint> refuse_hopeless(TimePoint now);
  bool is_counted() const noexcept;
  std::uint64_t lease() const noexcept;
  void charge(TimePoint now, std::uint64_t requests);
  void give_back_quota(TimePoint taken, bool grab) noexcept;
  QuotaSnapshot snapshot_of(std::size_t quota, TimePoint now) const;
  Quota* find_quota(const QuotaConfig& wanted) noexcept;

  RateConfig config_;
  Health& health_;
  TokenBucket bucket_;
  std::vector<Quota> quotas_;
  LiveQuota live_;
  std::vector<std::uint64_t> left_for_all_;  // of each quota; empty: they are ours alone
  TimePoint left_noted_{};
  std::unique_ptr<Share> share_;                                 // null but for who is cut off
  std::array<std::array<Availability, kPriorities>, 2> held_{};  // of calls and of downloads
  Cooldown cooldown_;                                            // of calls
  Cooldown grab_cooldown_;                                       // of downloads, which indexers count apart
  WaitQueue queue_;
  std::unordered_map<Ticket, InFlight> in_flight_;
  std::vector<Wake> wakes_;
  TimePoint last_{};
  // Granted since the last save. A new limiter begins so high that its first grant is saved at once.
  std::uint64_t unsaved_ = kLongestLease;
  bool save_now_ = false;
  bool touched_ = false;  // differs from what was saved
};

}  // namespace cachearr::limit
