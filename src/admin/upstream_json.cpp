#include "admin/upstream_json.hpp"

#include <nlohmann/json.hpp>

#include "base/iso_time.hpp"

namespace cachearr::admin {

namespace {

using Json = nlohmann::ordered_json;
using limit::BreakerState;
using limit::KeyLimiterSnapshot;
using limit::Priority;
using limit::QuotaSnapshot;
using upkeep::seconds_until;

std::string_view name_of(BreakerState state) noexcept {
  switch (state) {
    case BreakerState::closed: return "closed";
    case BreakerState::open: return "open";
    case BreakerState::half_open: break;
  }
  return "half-open";
}

Json quota_json(const QuotaSnapshot& quota, TimePoint now) {
  return {{"per", upkeep::period_name(quota.per)},
          {"limit", quota.limit},
          {"remaining", quota.remaining},
          {"reset", iso_time(quota.reset)},
          {"resetSeconds", seconds_until(quota.reset, now)},
          {"of", quota.grabs ? "grabs" : "calls"},
          {"source", quota.told ? "upstream" : "rules"}};
}

Json quotas_json(const std::vector<QuotaSnapshot>& quotas, TimePoint now) {
  Json list = Json::array();
  for (const auto& quota : quotas) list.push_back(quota_json(quota, now));
  return list;
}

Json cooldown_json(const std::optional<TimePoint>& until, const std::string& why, TimePoint now) {
  if (!until) return nullptr;
  return {{"until", iso_time(*until)}, {"seconds", seconds_until(*until, now)}, {"why", why}};
}

Json waiting_json(const std::array<std::size_t, limit::kPriorities>& waiting) {
  return {{"interactive", waiting[0]}, {"feed", waiting[1]}, {"background", waiting[2]}};
}

/// A credential is shown by some digits of its keyed hash.
Json limiter_json(const KeyLimiterSnapshot& limiter, TimePoint now) {
  const auto& next = limiter.earliest[static_cast<std::size_t>(Priority::interactive)];
  return {{"credential", limiter.credential.empty() ? Json(nullptr) : Json(to_hex(limiter.credential).substr(0, 8))},
          {"tokens", limiter.tokens ? Json(*limiter.tokens) : Json(nullptr)},
          {"inFlight", limiter.in_flight},
          {"waiting", waiting_json(limiter.waiting)},
          {"quota", quotas_json(limiter.quotas, now)},
          {"cooldown", cooldown_json(limiter.cooldown_until, limiter.cooldown_why, now)},
          {"grabCooldown", cooldown_json(limiter.grab_cooldown_until, limiter.grab_cooldown_why, now)},
          {"wait", seconds_until(next.at, now)},
          {"why", next.why == limit::Why::nothing ? Json(nullptr) : Json(to_words(next.why))}};
}

Json feed_json(const std::optional<upkeep::FeedStatus>& feed) {
  if (!feed) return nullptr;
  return {{"state", name_of(feed->phase)},
          {"since", feed->since == TimePoint{} ? Json(nullptr) : Json(iso_time(feed->since))},
          {"messages", feed->messages},
          {"invalidations", feed->invalidations},
          {"lastError", feed->last_error.empty() ? Json(nullptr) : Json(feed->last_error)}};
}

}  // namespace

Json upstream_json(const upkeep::UpstreamStatus& upstream, TimePoint now) {
  const auto& limits = upstream.limits;
  const auto tokens = upstream.tokens();
  const auto* const paused = upstream.paused();
  Json limiters = Json::array();
  for (const auto& limiter : limits.limiters) limiters.push_back(limiter_json(limiter, now));
  return {{"name", upstream.name},
          {"mode", upstream.mode},
          {"modeOfRules", upstream.mode_of_rules.empty() ? upstream.mode : upstream.mode_of_rules},
          {"paused", upstream.paused_by_operator},
          {"tokens", tokens ? Json(*tokens) : Json(nullptr)},
          {"waiting", upstream.waiting()},
          {"inFlight", upstream.in_flight()},
          {"quota", quotas_json(upstream.quotas(), now)},
          {"cooldownUntil", paused ? Json(iso_time(*paused->cooldown_until)) : Json(nullptr)},
          {"cooldownSeconds", paused ? seconds_until(*paused->cooldown_until, now) : 0},
          {"cooldownWhy", paused ? Json(paused->cooldown_why) : Json(nullptr)},
          {"breaker",
           {{"state", name_of(limits.breaker)},
            {"until", limits.breaker_until ? Json(iso_time(*limits.breaker_until)) : Json(nullptr)},
            {"failuresInARow", limits.failures_in_a_row}}},
          {"latencyMs", limits.latency.count()},
          {"requests", limits.requests},
          {"pool", {{"inUse", upstream.in_flight()}, {"idle", upstream.idle_connections}}},
          {"events", feed_json(upstream.events)},
          {"lanes", std::move(limiters)}};
}

}  // namespace cachearr::admin
