// The limiter of one key, each call under the lock of its upstream.
#include "limit/group.hpp"
#include "limit/registry.hpp"

namespace cachearr::limit {

using detail::Group;

namespace {

using GroupLock = std::lock_guard<std::mutex>;

}  // namespace

KeyLimiter::KeyLimiter(std::shared_ptr<Group> group, const Hash128& credential, TimePoint now)
    : group_{std::move(group)}, credential_{credential}, limiter_{group_->config, group_->health, now} {}

Effects KeyLimiter::take_effects(TimePoint now) {
  auto effects = limiter_.effects(now);
  waited_for_ = limiter_.anyone_waits();
  return effects;
}

bool KeyLimiter::try_take(TimePoint now, const Waiter& waiter, Effects& effects) {
  const GroupLock lock{group_->mutex};
  const bool taken = limiter_.try_take(now, waiter);
  effects = take_effects(now);
  return taken;
}

Admission KeyLimiter::ask(TimePoint now, const Waiter& waiter, Effects& effects) {
  const GroupLock lock{group_->mutex};
  const auto admission = limiter_.ask(now, waiter);
  effects = take_effects(now);
  return admission;
}

Effects KeyLimiter::cancel(TimePoint now, Ticket ticket) {
  const GroupLock lock{group_->mutex};
  limiter_.cancel(now, ticket);
  return take_effects(now);
}

Effects KeyLimiter::done(TimePoint now, Ticket ticket, Outcome outcome, Duration took) {
  const GroupLock lock{group_->mutex};
  limiter_.done(now, ticket, outcome, took);
  return take_effects(now);
}

Effects KeyLimiter::observe(TimePoint now, const content::LimitSignal& signal, bool grab) {
  const GroupLock lock{group_->mutex};
  limiter_.observe(now, signal, grab);
  return take_effects(now);
}

Availability KeyLimiter::earliest(TimePoint now, Priority priority, bool grab) const {
  const GroupLock lock{group_->mutex};
  return limiter_.earliest(now, priority, grab);
}

bool KeyLimiter::has_spare(TimePoint now) const {
  const GroupLock lock{group_->mutex};
  return limiter_.has_spare(now);
}

std::optional<TimePoint> KeyLimiter::cooldown_until(TimePoint now, bool grab) const {
  const GroupLock lock{group_->mutex};
  return limiter_.cooldown_until(now, grab);
}

Effects KeyLimiter::give_back(TimePoint now, const Waiter& waiter, TimePoint until, Why why) {
  const GroupLock lock{group_->mutex};
  limiter_.hold(waiter.priority, waiter.grab, until, why);
  limiter_.refund(now, waiter);
  return take_effects(now);
}

void KeyLimiter::confirm(Ticket ticket) {
  const GroupLock lock{group_->mutex};
  limiter_.confirm(ticket);
}

void KeyLimiter::note_left(TimePoint now, std::vector<std::uint64_t> left) {
  const GroupLock lock{group_->mutex};
  limiter_.note_left(now, std::move(left));
}

bool KeyLimiter::is_within_share(Ticket ticket) const {
  const GroupLock lock{group_->mutex};
  return limiter_.is_within_share(ticket);
}

Effects KeyLimiter::set_share(TimePoint now, const std::optional<ShareConfig>& config) {
  const GroupLock lock{group_->mutex};
  limiter_.set_share(now, config);
  return take_effects(now);
}

std::vector<std::vector<QuotaRun>> KeyLimiter::runs(TimePoint now) const {
  const GroupLock lock{group_->mutex};
  return limiter_.runs(now);
}

Effects KeyLimiter::end_pauses(TimePoint now) {
  const GroupLock lock{group_->mutex};
  limiter_.reset(true);
  return take_effects(now);
}

RateConfig KeyLimiter::config() const {
  const GroupLock lock{group_->mutex};
  return group_->config;
}

}  // namespace cachearr::limit
