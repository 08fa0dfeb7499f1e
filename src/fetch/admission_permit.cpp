#include "fetch/admission_permit.hpp"

#include <algorithm>

#include "pipeline/sharing.hpp"

namespace cachearr::fetch {

namespace {

constexpr Duration kShort{1000};

/// None where the limits are this instance's own.
std::optional<limit::LaneName> lane_of(const pipeline::RequestContext& context) {
  const auto* const upstream = context.verdict.upstream;
  if (!upstream || !pipeline::is_shared(context)) return std::nullopt;
  const auto& route = context.route;
  return limit::LaneName{upstream->name,
                         route.connect_scheme + "://" + route.connect_host + ":" + std::to_string(route.connect_port)};
}

/// A limiter for each credential, by the hash of it that the name of the stored answer begins with; that hash is keyed.
Hash128 credential_of(const pipeline::RequestContext& context) {
  const std::string_view identity = context.key.identity;
  const auto partition = identity.substr(0, identity.find('\n'));
  return partition == "-" ? Hash128{} : hash128(partition);
}

bool is_abandoned(const FetchJob& job) { return !job.is_background() && !job.shared_fetch->has_readers(); }

}  // namespace

LimiterKey limiter_key_of(const pipeline::RequestContext& context) {
  const auto* const upstream = context.verdict.upstream;
  if (upstream) {
    const auto& rate = upstream->rate;
    const auto credential = rate.for_address ? Hash128{} : credential_of(context);
    if (rate.each.empty() || !context.captures.has(rate.each)) return {upstream->name, credential};
    return {upstream->name, hash128(to_hex(credential).append(context.captures.real(rate.each)))};
  }
  const auto& route = context.route;
  return {route.connect_host + ":" + std::to_string(route.connect_port), credential_of(context)};
}

limit::Priority priority_of(const pipeline::RequestContext& context, bool background) noexcept {
  if (background) return limit::Priority::background;
  return context.verdict.rule ? static_cast<limit::Priority>(context.verdict.rule->priority)
                              : limit::Priority::interactive;
}

AdmissionPermit::~AdmissionPermit() {
  if (state_ == State::waiting) {
    stop_waiting(State::none);
    admission_->apply(limiter_->cancel(admission_->now(), ticket_));
  }
  end(limit::Outcome::abandoned, Duration{-1});
}

void AdmissionPermit::begin_waiting(const std::shared_ptr<AdmissionWaiter>& waiter) {
  admission_->add_waiter(ticket_, waiter);
  state_ = State::waiting;
}

void AdmissionPermit::stop_waiting(State next) {
  admission_->remove_waiter(ticket_);
  state_ = next;
}

limit::Waiter AdmissionPermit::waiter(const FetchJob& job) const {
  const auto* const upstream = job.context->verdict.upstream;
  const auto patience = upstream ? upstream->rate.max_wait : limit::RateConfig{}.max_wait;
  return {ticket_, priority_of(*job.context, job.is_background()), job.client, admission_->now() + patience, grab_};
}

bool AdmissionPermit::try_acquire(const FetchJob& job) {
  if (!admission_) return true;
  const auto now = admission_->now();
  const auto name = limiter_key_of(*job.context);
  grab_ = job.context->verdict.counts_as_grab();
  limiter_ = admission_->registry().limiter(name.upstream, name.credential, now);
  ticket_ = admission_->registry().new_ticket();
  if (admission_->budget()) lane_ = lane_of(*job.context);
  if (lane_) return false;
  limit::Effects effects;
  const bool granted = limiter_->try_take(now, waiter(job), effects);
  admission_->apply(std::move(effects));
  if (!granted) return false;
  state_ = State::granted;
  admission_->save_soon();
  return true;
}

/// A pause that the upstream has asked for, and a breaker that stays open, are not waited for.
std::optional<Rejection> AdmissionPermit::reject_at_once(const FetchJob& job) const {
  const auto now = admission_->now();
  if (const auto until = limiter_->cooldown_until(now, grab_)) return Rejection{limit::Why::cooldown, *until, false};
  const auto availability = limiter_->earliest(now, priority_of(*job.context, job.is_background()), grab_);
  if (availability.why == limit::Why::breaker && availability.at - now > kShort)
    return Rejection{availability.why, availability.at, false};
  return std::nullopt;
}

/// Asks this instance's own limiter. REQUIRES: begin_waiting().
std::optional<Rejection> AdmissionPermit::line_up(const WaiterPtr& waiting) {
  using Kind = limit::Admission::Kind;
  begin_waiting(waiting);
  limit::Effects effects;
  const auto admission = limiter_->ask(admission_->now(), waiter_, effects);
  admission_->apply(std::move(effects));
  if (admission.kind == Kind::refuse) {
    stop_waiting(State::none);
    return Rejection{admission.why, admission.at, false};
  }
  if (admission.kind == Kind::grant) stop_waiting(State::granted);
  return std::nullopt;
}

net::Task<std::optional<Rejection>> AdmissionPermit::wait(std::shared_ptr<FetchJob> job) {
  if (const auto rejection = reject_at_once(*job)) co_return rejection;
  auto waiting = std::make_shared<AdmissionWaiter>(worker_);
  waiter_ = waiter(*job);
  auto rejection = line_up(waiting);
  while (!rejection) {
    rejection = co_await wait_in_line(job, waiting);
    if (rejection || !lane_ || limiter_->is_within_share(ticket_)) break;
    const auto drawn = co_await draw(waiting);
    if (drawn.goes) break;
    give_back(waiting, drawn);
  }
  if (!rejection) admission_->save_soon();
  co_return rejection;
}

/// Until this instance's own limiter has decided.
net::Task<std::optional<Rejection>> AdmissionPermit::wait_in_line(std::shared_ptr<FetchJob> job, WaiterPtr waiting) {
  while (state_ == State::waiting) {
    job->shared_fetch->on_abandoned([waiting] {
      waiting->abandoned = true;
      waiting->event.set();
    });
    // Who has left before, while it was drawn or looked for elsewhere, says so no more.
    if (!is_abandoned(*job)) co_await waiting->event.wait();
    if (waiting->wake) {
      stop_waiting(waiting->wake->granted ? State::granted : State::none);
      if (state_ == State::none) co_return Rejection{waiting->wake->why, waiting->wake->retry_at, false};
    } else if (is_abandoned(*job)) {
      stop_waiting(State::none);
      admission_->apply(limiter_->cancel(admission_->now(), ticket_));
      co_return Rejection{limit::Why::nothing, admission_->now(), true};
    }
    waiting->abandoned = false;
  }
  co_return std::nullopt;
}

/// Asks for all instances together.
net::Task<limit::DrawResult> AdmissionPermit::draw(WaiterPtr waiting) {
  waiting->drawn.reset();
  auto done = [waiting](const limit::DrawResult& result) {
    waiting->worker.post([waiting, result] {
      waiting->drawn = result;
      waiting->event.set();
    });
  };
  admission_->budget()->draw(limiter_, *lane_, waiter_, std::move(done));
  while (!waiting->drawn) co_await waiting->event.wait();
  co_return *waiting->drawn;
}

void AdmissionPermit::give_back(const WaiterPtr& waiting, const limit::DrawResult& result) {
  waiting->wake.reset();
  begin_waiting(waiting);
  admission_->apply(limiter_->give_back(admission_->now(), waiter_, result.again_at, result.why));
}

void AdmissionPermit::observe(const content::LimitSignal& signal) {
  if (!admission_ || (!signal.limited && signal.readings.empty())) return;
  admission_->apply(limiter_->observe(admission_->now(), signal, grab_));
  admission_->save_soon();
  if (lane_ && signal.limited) tell_others(signal);
}

/// As the limiter has understood it: the pause of what was refused, and of what is spent.
void AdmissionPermit::tell_others(const content::LimitSignal& signal) {
  const auto now = admission_->now();
  for (const bool grabs : {false, true}) {
    const auto until = limiter_->cooldown_until(now, grabs);
    const bool concerned =
        grabs == grab_ || signal.scope == (grabs ? limit::LimitScope::grab : limit::LimitScope::call);
    if (until && concerned) admission_->budget()->pause(limiter_, *lane_, grabs, *until, signal.until.has_value());
  }
}

void AdmissionPermit::end(limit::Outcome outcome, Duration took) {
  if (state_ != State::granted) return;
  state_ = State::none;
  admission_->apply(limiter_->done(admission_->now(), ticket_, outcome, took));
  admission_->save_soon();
}

std::optional<TimePoint> AdmissionPermit::paused_until() const {
  return limiter_ ? limiter_->cooldown_until(admission_->now(), grab_) : std::nullopt;
}

}  // namespace cachearr::fetch
