#include "limit/limiter.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace cachearr::limit {
namespace {

/// Where nothing tells how long the requests under way will take.
constexpr Duration kUnknownLatency{50};
constexpr Duration kBackSoon{5'000};

void later(Availability& availability, TimePoint at, Why why) noexcept {
  if (at > availability.at) availability = {at, why};
}

std::vector<Quota> make_quotas(const RateConfig& config, TimePoint now) {
  std::vector<Quota> quotas;
  for (const auto& each : config.quotas) quotas.emplace_back(each, now);
  return quotas;
}

/// Those that are away may be back at any time.
TimePoint retry_at(const Availability& way, TimePoint now) noexcept {
  return way.why == Why::away ? now + kBackSoon : way.at;
}

bool is_over(const Cooldown& pause, TimePoint now) noexcept { return !pause.active(now) && pause.strikes() == 0; }

}  // namespace

Limiter::Limiter(const RateConfig& config, Health& health, TimePoint now)
    : config_{config},
      health_{health},
      bucket_{config.per_second, config.burst, now},
      quotas_{make_quotas(config, now)},
      queue_{config.max_waiting},
      last_{now} {}

std::uint64_t Limiter::kept_tokens(Priority priority) const noexcept {
  return priority == Priority::background ? bucket_.burst() / 4 : 0;
}

/// The upstream's own figure is about the longest window; so is the reserve that is kept of it.
std::uint64_t Limiter::reserve() const noexcept {
  const auto longest = std::max_element(config_.quotas.begin(), config_.quotas.end(),
                                        [](const auto& a, const auto& b) { return a.per < b.per; });
  return longest == config_.quotas.end() ? 0 : longest->reserve;
}

Availability Limiter::concurrency_availability(TimePoint now, Priority priority, std::uint64_t position) const {
  if (config_.concurrency == 0) return {now, Why::nothing};
  const std::uint64_t kept = priority == Priority::background && config_.concurrency > 1 ? 1 : 0;
  const auto wanted = in_flight_.size() + position + kept;
  if (wanted <= config_.concurrency) return {now, Why::nothing};
  const auto rounds = static_cast<std::int64_t>(wanted - config_.concurrency);
  const auto wait = health_.latency.average() * rounds / static_cast<std::int64_t>(config_.concurrency);
  return {now + std::max(wait, Duration{1}), Why::concurrency};
}

Availability Limiter::availability(TimePoint now, Priority priority, bool grab, std::uint64_t position) const {
  auto result = concurrency_availability(now, priority, position);
  later(result, bucket_.ready_at(now, position + kept_tokens(priority)), Why::rate);
  for (const auto& quota : quotas_) {
    if (counts(quota.config().scope, grab)) later(result, quota.ready_at(now, priority, position), Why::quota);
  }
  later(result, live_.ready_at(now, priority, reserve(), grab), Why::quota);
  if (!health_.breaker.allows(now)) {
    const auto probe_ends = now + std::max(health_.latency.average(), kUnknownLatency);
    const bool open = health_.breaker.state(now) == BreakerState::open;
    later(result, open ? health_.breaker.until() : probe_ends, Why::breaker);
  }
  later(result, (grab ? grab_cooldown_ : cooldown_).until(), Why::cooldown);
  later_shared(result, now, priority, grab, position);
  return result;
}

Availability Limiter::earliest(TimePoint now, Priority priority, bool grab) const {
  now = std::max(now, last_);
  auto way = availability(now, priority, grab, queue_.ahead_of(priority, 0) + 1);
  way.at = retry_at(way, now);
  return way;
}

TimePoint Limiter::patience(TimePoint now, const Waiter& waiter) const noexcept {
  if (waiter.priority == Priority::background) return waiter.deadline;
  return std::min(waiter.deadline, now + config_.max_wait);
}

void Limiter::spend(TimePoint now, const Waiter& waiter) {
  bucket_.take(now, kept_tokens(waiter.priority));
  for (auto& quota : quotas_) {
    if (counts(quota.config().scope, waiter.grab)) quota.take(now, waiter.priority);
  }
  live_.take(now, waiter.grab);
  if (share_) share_->take(now, waiter.grab);
  in_flight_.emplace(waiter.ticket,
                     InFlight{now, health_.breaker.begin(now), waiter.grab, share_ != nullptr, share_ != nullptr});
  touched_ = true;
  if (++unsaved_ >= lease() && is_counted()) save_now_ = true;
}

bool Limiter::try_take(TimePoint now, const Waiter& waiter) {
  now = settle_clock(now);
  grant_due(now);
  if (queue_.ahead_of(waiter.priority, waiter.client) > 0 ||
      availability(now, waiter.priority, waiter.grab, 1).at > now)
    return false;
  spend(now, waiter);
  return true;
}

Admission Limiter::ask(TimePoint now, Waiter waiter) {
  now = settle_clock(now);
  grant_due(now);
  waiter.deadline = patience(now, waiter);
  const auto ahead = queue_.ahead_of(waiter.priority, waiter.client);
  const auto way = availability(now, waiter.priority, waiter.grab, ahead + 1);
  if (way.at <= now && ahead == 0) {
    spend(now, waiter);
    return {Admission::Kind::grant, now, Why::nothing};
  }
  if (way.at > waiter.deadline) return {Admission::Kind::refuse, retry_at(way, now), way.why};
  const auto leaving = queue_.push(waiter);
  if (leaving && leaving->ticket == waiter.ticket) return {Admission::Kind::refuse, way.at, Why::queue};
  if (leaving) wakes_.push_back({leaving->ticket, false, way.at, Why::queue});
  return {Admission::Kind::wait, way.at, way.why};
}

void Limiter::grant_due(TimePoint now) {
  while (!queue_.empty()) {
    const auto& first = queue_.front();
    if (availability(now, first.priority, first.grab, 1).at > now) return;
    const auto waiter = queue_.pop_front();
    spend(now, waiter);
    wakes_.push_back({waiter.ticket, true, now, Why::nothing});
  }
}

/// Refuses whoever cannot make it any more. The next moment at which one of the others would be too late.
std::optional<TimePoint> Limiter::refuse_hopeless(TimePoint now) {
  std::optional<TimePoint> nearest;
  queue_.remove_if([&](const Waiter& waiter, std::uint64_t position) {
    const auto way = availability(now, waiter.priority, waiter.grab, position);
    if (way.at > waiter.deadline || waiter.deadline < now) {
      wakes_.push_back({waiter.ticket, false, retry_at(way, now), way.why});
      return true;
    }
    nearest = std::min(nearest.value_or(waiter.deadline), waiter.deadline);
    return false;
  });
  return nearest;
}

Effects Limiter::effects(TimePoint now) {
  now = settle_clock(now);
  grant_due(now);
  Effects out;
  if (const auto nearest = refuse_hopeless(now)) {
    const auto& first = queue_.front();
    const auto soonest = availability(now, first.priority, first.grab, 1).at;
    out.next = std::min(soonest, *nearest + Duration{1});
  }
  out.wakes = std::exchange(wakes_, {});
  out.save_now = std::exchange(save_now_, false);
  return out;
}

void Limiter::cancel(TimePoint now, Ticket ticket) {
  if (!queue_.remove(ticket)) done(now, ticket, Outcome::abandoned, Duration{-1});
}

/// The bucket keeps its token: how often somebody tries is bounded as well.
void Limiter::give_back_quota(TimePoint taken, bool grab) noexcept {
  for (auto& quota : quotas_) {
    if (counts(quota.config().scope, grab)) quota.refund(taken);
  }
  live_.refund(grab);
}

void Limiter::done(TimePoint now, Ticket ticket, Outcome outcome, Duration took) {
  now = settle_clock(now);
  const auto found = in_flight_.find(ticket);
  if (found == in_flight_.end()) return;
  const auto [since, probe, grab, within_share, confirmed] = found->second;
  in_flight_.erase(found);
  touched_ = true;
  if (outcome == Outcome::abandoned) return health_.breaker.abandoned(probe);
  // What others were told of stays spent: they cannot be told otherwise.
  if (outcome == Outcome::unsent && !confirmed) give_back_quota(since, grab);
  if (outcome == Outcome::failed || outcome == Outcome::unsent) return health_.breaker.failed(now, probe);
  health_.breaker.succeeded(now, probe);
  health_.latency.add(took);
  if (outcome == Outcome::answered) (grab ? grab_cooldown_ : cooldown_).answered(now);
}

/// All in flight but the one of this kind whose answer is being read.
UnderWay Limiter::others_under_way(bool grab) const noexcept {
  UnderWay found;
  for (const auto& [ticket, each] : in_flight_) ++(each.grab ? found.grabs : found.calls);
  auto& own = grab ? found.grabs : found.calls;
  if (own > 0) --own;
  return found;
}

void Limiter::observe(TimePoint now, const content::LimitSignal& signal, bool grab) {
  now = settle_clock(now);
  if (!signal.readings.empty()) live_.observe(now, signal.readings, others_under_way(grab));
  touched_ = touched_ || !signal.readings.empty() || signal.limited;
  if (!signal.limited) return;
  const bool grabs = grab || signal.scope == LimitScope::grab;
  const bool calls = !grab || signal.scope == LimitScope::call;
  if (grabs) grab_cooldown_.enter(now, signal);
  if (calls) cooldown_.enter(now, signal);
  save_now_ = true;
}

void Limiter::reset(bool cooldown) {
  touched_ = true;
  save_now_ = true;
  if (cooldown) cooldown_ = grab_cooldown_ = Cooldown{};
  held_ = {};
}

void Limiter::reconfigure(TimePoint now, const RateConfig& config) {
  now = settle_clock(now);
  // What others have said was about the old limits.
  if (std::tie(config_.per_second, config_.burst, config_.quotas) !=
      std::tie(config.per_second, config.burst, config.quotas))
    held_ = {};
  config_ = config;
  bucket_.reconfigure(config.per_second, config.burst, now);
  queue_.set_longest(config.max_waiting);
  auto fresh = make_quotas(config, now);
  for (auto& quota : fresh) {
    const auto wanted = quota.config();
    if (const auto* old = find_quota(wanted)) {
      quota = *old;
      quota.reconfigure(wanted);
    }
  }
  quotas_ = std::move(fresh);
  left_for_all_.clear();
}

bool Limiter::at_rest(TimePoint now) const {
  now = std::max(now, last_);
  return queue_.empty() && in_flight_.empty() && wakes_.empty() && (bucket_.unlimited() || bucket_.full(now)) &&
         std::all_of(quotas_.begin(), quotas_.end(), [&](const Quota& quota) { return quota.untouched(now); }) &&
         live_.figures(now).empty() && is_over(cooldown_, now) && is_over(grab_cooldown_, now);
}

KeyLimiterSnapshot Limiter::snapshot(TimePoint now) const {
  now = std::max(now, last_);
  KeyLimiterSnapshot out;
  if (!bucket_.unlimited()) out.tokens = bucket_.tokens(now), out.burst = bucket_.burst();
  out.in_flight = in_flight_.size();
  out.concurrency = config_.concurrency;
  for (std::size_t i = 0; i < quotas_.size(); ++i) out.quotas.push_back(snapshot_of(i, now));
  for (const auto& figure : live_.figures(now)) {
    const auto& reading = figure.reading;
    out.quotas.push_back(
        {reading.per, reading.limit, reading.remaining, figure.ends, true, reading.scope == LimitScope::grab});
  }
  if (cooldown_.active(now)) {
    out.cooldown_until = cooldown_.until();
    out.cooldown_since = cooldown_.since();
    out.cooldown_why = cooldown_.why();
  }
  if (grab_cooldown_.active(now)) {
    out.grab_cooldown_until = grab_cooldown_.until();
    out.grab_cooldown_why = grab_cooldown_.why();
  }
  for (std::size_t i = 0; i < kPriorities; ++i) {
    const auto priority = static_cast<Priority>(i);
    out.waiting[i] = queue_.size(priority);
    out.earliest[i] = earliest(now, priority);
  }
  return out;
}

}  // namespace cachearr::limit
