#include "proxy/turn.hpp"

#include <algorithm>

namespace cachearr::proxy {

namespace {

constexpr Duration kShort{1000};

/// Downloads count apart at indexers. Their rules keep the cache out of them.
bool is_grab(const Considered& known) noexcept {
  const auto& [upstream, rule] = known.verdict;
  return upstream && rule && upstream->errors == rules::ErrorStyle::newznab &&
         rule->policy.mode == caching::Mode::never;
}

/// A lane for each credential, by the hash of it that the name of the stored answer begins with; that hash is keyed.
Hash128 credential_of(const Considered& known) {
  const std::string_view identity = known.key.identity;
  const auto partition = identity.substr(0, identity.find('\n'));
  return partition == "-" ? Hash128{} : hash128(partition);
}

}  // namespace

LaneName lane_of(const Considered& known) {
  const auto* const upstream = known.verdict.upstream;
  if (upstream) {
    const auto& rate = upstream->rate;
    const auto credential = rate.for_address ? Hash128{} : credential_of(known);
    if (rate.each.empty() || !known.captures.has(rate.each)) return {upstream->name, credential};
    return {upstream->name, hash128(to_hex(credential).append(known.captures.find(rate.each)))};
  }
  const auto& route = known.route;
  return {route.connect_host + ":" + std::to_string(route.connect_port), credential_of(known)};
}

limit::Priority priority_of(const Considered& known, bool background) noexcept {
  if (background) return limit::Priority::background;
  return known.verdict.rule ? static_cast<limit::Priority>(known.verdict.rule->priority) : limit::Priority::interactive;
}

Turn::~Turn() {
  if (waiting_) turnstile_->forget(ticket_);
  if (waiting_ && !granted_) turnstile_->act(lane_->cancel(turnstile_->now(), ticket_));
  end(limit::Outcome::abandoned, Duration{-1});
}

limit::Waiter Turn::waiter(const FetchJob& job) const {
  const auto* const upstream = job.known.verdict.upstream;
  const auto patience = upstream ? upstream->rate.max_wait : limit::RateConfig{}.max_wait;
  return {ticket_, priority_of(job.known, job.background), job.client, turnstile_->now() + patience,
          is_grab(job.known)};
}

bool Turn::take(const FetchJob& job) {
  if (!turnstile_) return granted_ = true;
  const auto now = turnstile_->now();
  const auto name = lane_of(job.known);
  lane_ = turnstile_->registry().lane(name.upstream, name.credential, now);
  ticket_ = turnstile_->registry().new_ticket();
  limit::Effects effects;
  granted_ = lane_->try_take(now, waiter(job), effects);
  turnstile_->act(std::move(effects));
  if (granted_) turnstile_->spent();
  return granted_;
}

/// A pause that the upstream has asked for, and a breaker that stays open, are not waited for.
std::optional<Denial> Turn::deny_at_once(const FetchJob& job) const {
  const auto now = turnstile_->now();
  if (const auto until = lane_->cooldown_until(now)) return Denial{limit::Why::cooldown, *until, false};
  const auto gate = lane_->earliest(now, priority_of(job.known, job.background));
  if (gate.why == limit::Why::breaker && gate.at - now > kShort) return Denial{gate.why, gate.at, false};
  return std::nullopt;
}

net::Task<std::optional<Denial>> Turn::wait(std::shared_ptr<FetchJob> job) {
  using Kind = limit::Admission::Kind;
  if (const auto denial = deny_at_once(*job)) co_return denial;
  auto place = std::make_shared<WaitingPlace>(worker_);
  turnstile_->expect(ticket_, place);
  waiting_ = true;
  limit::Effects effects;
  const auto admission = lane_->ask(turnstile_->now(), waiter(*job), effects);
  turnstile_->act(std::move(effects));
  if (admission.kind == Kind::refuse) {
    waiting_ = false;
    turnstile_->forget(ticket_);
    co_return Denial{admission.why, admission.at, false};
  }
  granted_ = admission.kind == Kind::grant;
  while (!granted_) {
    job->flight->on_abandoned([place] {
      place->nobody_listens = true;
      place->bell.set();
    });
    co_await place->bell.wait();
    if (place->wake) {
      if (!place->wake->granted) {
        waiting_ = false;
        turnstile_->forget(ticket_);
        co_return Denial{place->wake->why, place->wake->retry_at, false};
      }
      granted_ = true;
    } else if (place->nobody_listens && !job->background && !job->flight->has_readers()) {
      waiting_ = false;
      turnstile_->forget(ticket_);
      turnstile_->act(lane_->cancel(turnstile_->now(), ticket_));
      co_return Denial{limit::Why::nothing, turnstile_->now(), true};
    }
    place->nobody_listens = false;
  }
  turnstile_->forget(ticket_);
  waiting_ = false;
  turnstile_->spent();
  co_return std::nullopt;
}

void Turn::observe(const limit::LimitSignal& signal) {
  if (!turnstile_ || (!signal.limited && signal.readings.empty())) return;
  turnstile_->act(lane_->observe(turnstile_->now(), signal));
  turnstile_->spent();
}

void Turn::end(limit::Outcome outcome, Duration took) {
  if (!turnstile_ || !granted_) return;
  granted_ = false;
  turnstile_->act(lane_->done(turnstile_->now(), ticket_, outcome, took));
  turnstile_->spent();
}

std::optional<TimePoint> Turn::paused_until() const {
  return lane_ ? lane_->cooldown_until(turnstile_->now()) : std::nullopt;
}

}  // namespace cachearr::proxy
