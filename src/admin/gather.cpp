#include "admin/gather.hpp"

#include <algorithm>

#include "authority/leaf_cache.hpp"
#include "base/log.hpp"
#include "fetch/admission_controller.hpp"
#include "http/cache_status.hpp"
#include "upkeep/history/take_sample.hpp"
#include "upkeep/interception_health.hpp"

namespace cachearr::admin {

namespace {

constexpr std::size_t kNamedKeys = 5;

std::array<std::string_view, metrics::kForwards> miss_reasons() {
  std::array<std::string_view, metrics::kForwards> names;
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = http::name_of(static_cast<http::Forward>(i));
  return names;
}

metrics::TierReading tier_reading(std::string name, const store::TierStats& tier) {
  return {std::move(name), tier.bytes, tier.max_bytes, tier.entries, tier.evictions, tier.expired, tier.errors};
}

metrics::LimitReading limit_reading(const upkeep::UpstreamStatus& upstream, TimePoint now) {
  metrics::LimitReading reading;
  reading.upstream = upstream.name;
  reading.tokens = upstream.tokens();
  reading.waiting = upstream.waiting();
  if (const auto* const paused = upstream.paused())
    reading.cooldown_seconds = upkeep::seconds_until(*paused->cooldown_until, now);
  for (const auto& quota : upstream.quotas()) {
    const auto per = upkeep::period_name(quota.per) + (quota.grabs ? "-grabs" : "");
    const auto [at, added] = reading.quota_remaining.try_emplace(per, quota.remaining);
    if (!added) at->second = std::min(at->second, quota.remaining);
  }
  return reading;
}

int mode_of(const shared::LaneStatus& lane) noexcept {
  if (lane.standing == shared::Standing::connected) return lane.is_alone ? 0 : 1;
  return lane.standing == shared::Standing::away ? 3 : 2;
}

/// Of several credentials that which is furthest from the others.
void add_limiter_modes(std::vector<metrics::LimitReading>& limits, const shared::Budget* budget) {
  if (!budget) return;
  for (const auto& lane : budget->status())
    for (auto& limit : limits)
      if (limit.upstream == lane.upstream) limit.mode = std::max(limit.mode, mode_of(lane));
}

metrics::SharedReading shared_reading(const shared::TierStatus& tier, const shared::CommandTimes& times) {
  metrics::SharedReading reading;
  const auto& counts = tier.counts;
  reading.up = tier.ready;
  reading.breakers_open = {{"read", tier.breaker_open}, {"write", tier.writes_paused}};
  for (std::size_t i = 0; i < times.size(); ++i)
    reading.commands[std::string{to_words(static_cast<shared::Command>(i))}].add(times[i]);
  reading.timeouts = counts.timeouts;
  reading.waits = counts.waited;
  reading.swept = tier.sweep.removed;
  reading.look_ups = {
      {"hit", counts.hits}, {"miss", counts.misses}, {"timeout", counts.timeouts}, {"late", counts.late}};
  reading.rejected = counts.rejected;
  reading.dropped = counts.dropped;
  reading.written = counts.written;
  reading.sent = counts.sent;
  reading.received = counts.received;
  reading.gaps = counts.gaps;
  reading.lag_seconds = static_cast<double>(tier.lag.count()) / 1000;
  reading.members = tier.members.size();
  if (tier.max_bytes > 0)
    reading.memory_ratio = static_cast<double>(tier.used_bytes) / static_cast<double>(tier.max_bytes);
  return reading;
}

upkeep::LookUps look_ups_of(const upkeep::Figures& figures) {
  return {figures[upkeep::Figure::hits], figures[upkeep::Figure::misses]};
}

upkeep::Answers answers_of(const upkeep::Figures& figures) {
  return {figures[upkeep::Figure::upstream_calls], figures[upkeep::Figure::upstream_refused]};
}

/// The last ten minutes beside the day before them.
std::map<std::string, upkeep::Drift> drifts(const upkeep::Sample& recently, const upkeep::Sample& today) {
  std::map<std::string, upkeep::Drift> all;
  for (const auto& [name, figures] : recently.upstreams) {
    auto& drift = all[name];
    drift.now = answers_of(figures);
    const auto day = today.upstreams.find(name);
    if (day == today.upstreams.end()) continue;
    const auto whole = answers_of(day->second);
    drift.before = {whole.all - std::min(whole.all, drift.now.all),
                    whole.refused - std::min(whole.refused, drift.now.refused)};
  }
  return all;
}

}  // namespace

std::vector<upkeep::UpstreamStatus> upstream_statuses(Instance& instance) {
  auto* const admission = instance.proxy().admission();
  if (!admission) return {};
  const auto snapshot = instance.snapshot();
  auto statuses = upkeep::upstream_statuses(admission->registry().snapshot(instance.clock().now()), *snapshot->rules,
                                            *snapshot->modes, metrics::idle_connections(instance.proxy().metrics()));
  upkeep::add_feeds(statuses, *snapshot->rules, instance.event_feeds().status());
  return statuses;
}

upkeep::HealthInputs health_inputs(Instance& instance) {
  upkeep::HealthInputs inputs;
  auto& proxy = instance.proxy();
  inputs.now = instance.clock().now();
  inputs.store = instance.store().stats();
  for (const auto& worker : proxy.workers()) inputs.worker_lags_ms.push_back(worker->lag_ms());
  inputs.upstreams = upstream_statuses(instance);
  inputs.interception_problems = instance.interception_problems();
  for (auto& bypassed : proxy.intercept_bypass().list(inputs.now))
    inputs.bypassed.push_back({std::move(bypassed.client), std::move(bypassed.host), bypassed.until});
  if (const auto* const tier = instance.shared_tier()) inputs.shared = tier->status();
  inputs.shared_problem = instance.shared_problem();
  if (const auto last = instance.last_reload(); !last.taken) {
    inputs.refused_reload = last.problems.empty() ? std::string{} : to_string(last.problems.front());
    inputs.reload_refused_at = last.at;
  }
  return inputs;
}

upkeep::Sample totals_since_start(Instance& instance) {
  return upkeep::take_sample(instance.proxy().metrics(), instance.store().stats(), upstream_statuses(instance));
}

upkeep::AlertInputs quick_alert_inputs(Instance& instance) {
  upkeep::AlertInputs inputs;
  inputs.health = health_inputs(instance);
  const auto now = inputs.health.now;
  const auto snapshot = instance.snapshot();
  inputs.last_minute = look_ups_of(instance.history().last(60, totals_since_start(instance), now).whole);
  for (const auto& job : instance.warm_ups().last_failed())
    inputs.failed_warm_ups.push_back(
        {job.wish.type, job.problem.empty() ? std::string{"the upstreams did not answer"} : job.problem, job.ended});
  if (snapshot->leaves) {
    inputs.authority_expiring = upkeep::expiry_problem(snapshot->leaves->authority(), now);
    inputs.authority_renew = upkeep::coverage_problem(snapshot->leaves->authority(), *snapshot->rules);
  }
  return inputs;
}

upkeep::SlowAlertInputs slow_alert_inputs(Instance& instance) {
  upkeep::SlowAlertInputs inputs;
  const auto snapshot = instance.snapshot();
  const auto& cache = snapshot->settings->config.cache;
  const auto totals = totals_since_start(instance);
  const auto last = [&, now = instance.clock().now()](Duration time) {
    return instance.history().last(std::chrono::ceil<std::chrono::seconds>(time).count(), totals, now);
  };
  inputs.last_while = look_ups_of(last(cache.alert_after).whole);
  inputs.answers = drifts(last(std::chrono::minutes{10}), last(std::chrono::hours{24}));
  const auto keys = instance.key_watch().lists();
  inputs.poor_keys = {keys->below(cache.alert_key_hit_rate_below),
                      keys->names_below(cache.alert_key_hit_rate_below, kNamedKeys)};
  return inputs;
}

upkeep::AlertThresholds alert_thresholds(const CacheConfig& config) {
  return {config.alert_hit_rate_below, config.alert_after, config.alert_key_hit_rate_below, config.alert_memory_above,
          config.max_keys};
}

metrics::Readings metrics_readings(Instance& instance) {
  metrics::Readings readings{instance.proxy().metrics()};
  readings.miss_reasons = miss_reasons();
  const auto now = instance.clock().now();
  for (const auto& upstream : upstream_statuses(instance))
    if (!upstream.limits.limiters.empty()) readings.limits.push_back(limit_reading(upstream, now));
  add_limiter_modes(readings.limits, instance.shared_budget());
  for (auto& feed : instance.event_feeds().status())
    readings.feeds.push_back({feed.upstream, upkeep::is_up(feed.phase), std::move(feed.by_event), feed.invalidations});
  if (const auto* const tier = instance.shared_tier())
    readings.shared = shared_reading(tier->status(), tier->command_times());
  const auto store = instance.store().stats();
  readings.tiers.push_back(tier_reading("memory", store.memory));
  if (store.disk_enabled) readings.tiers.push_back(tier_reading("disk", store.disk));
  const auto firing = instance.monitor().firing();
  for (const auto& kind : upkeep::alert_kinds()) {
    const bool fires =
        std::any_of(firing.begin(), firing.end(), [&](const auto& alert) { return alert.id == kind.id; });
    readings.alerts.push_back({kind.id, upkeep::name_of(kind.severity), fires});
  }
  readings.dropped_log_lines = log::dropped_lines();
  readings.last_reload_taken = instance.last_reload().taken;
  readings.process = metrics::process_stats();
  return readings;
}

}  // namespace cachearr::admin
