#include "admin/upstream_words.hpp"

#include <algorithm>
#include <ctime>
#include <nlohmann/json.hpp>

#include "admin/counts.hpp"
#include "fetch/admission_controller.hpp"

namespace cachearr::admin {

namespace {

using Json = nlohmann::ordered_json;
using limit::BreakerState;
using limit::LaneSnapshot;
using limit::Priority;
using limit::QuotaSnapshot;

std::string_view name_of(rules::UpstreamMode mode) noexcept {
  switch (mode) {
    case rules::UpstreamMode::live: return "live";
    case rules::UpstreamMode::prefer_cache: return "prefer-cache";
    case rules::UpstreamMode::offline: break;
  }
  return "offline";
}

std::string_view name_of(BreakerState state) noexcept {
  switch (state) {
    case BreakerState::closed: return "closed";
    case BreakerState::open: return "open";
    case BreakerState::half_open: break;
  }
  return "half-open";
}

Json quota_json(const QuotaSnapshot& quota, TimePoint now) {
  return {{"per", period_name(quota.per)},
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

Json cooldown_json(const LaneSnapshot* lane, TimePoint now) {
  if (!lane || !lane->cooldown_until) return nullptr;
  return {{"until", iso_time(*lane->cooldown_until)},
          {"seconds", seconds_until(*lane->cooldown_until, now)},
          {"why", lane->cooldown_why}};
}

Json waiting_json(const std::array<std::size_t, limit::kPriorities>& waiting) {
  return {{"interactive", waiting[0]}, {"feed", waiting[1]}, {"background", waiting[2]}};
}

/// A credential is shown by some digits of its keyed hash.
Json lane_json(const LaneSnapshot& lane, TimePoint now) {
  const auto& next = lane.earliest[static_cast<std::size_t>(Priority::interactive)];
  return {{"credential", lane.credential.empty() ? Json(nullptr) : Json(to_hex(lane.credential).substr(0, 8))},
          {"tokens", lane.tokens ? Json(*lane.tokens) : Json(nullptr)},
          {"inFlight", lane.in_flight},
          {"waiting", waiting_json(lane.waiting)},
          {"quota", quotas_json(lane.quotas, now)},
          {"cooldown", cooldown_json(&lane, now)},
          {"wait", seconds_until(next.at, now)},
          {"why", next.why == limit::Why::nothing ? Json(nullptr) : Json(to_words(next.why))}};
}

template <class Get>
std::size_t sum(const std::vector<LaneSnapshot>& lanes, Get get) {
  std::size_t total = 0;
  for (const auto& lane : lanes) total += get(lane);
  return total;
}

}  // namespace

std::optional<std::uint64_t> Standing::tokens() const {
  std::optional<std::uint64_t> least;
  for (const auto& lane : limits.lanes)
    if (lane.tokens) least = std::min(least.value_or(*lane.tokens), *lane.tokens);
  return least;
}

std::size_t Standing::waiting() const {
  return sum(limits.lanes, [](const auto& lane) { return lane.waiting[0] + lane.waiting[1] + lane.waiting[2]; });
}

std::size_t Standing::in_flight() const {
  return sum(limits.lanes, [](const auto& lane) { return lane.in_flight; });
}

const LaneSnapshot* Standing::paused() const {
  const LaneSnapshot* last = nullptr;
  for (const auto& lane : limits.lanes)
    if (lane.cooldown_until && (!last || *lane.cooldown_until > *last->cooldown_until)) last = &lane;
  return last;
}

std::vector<QuotaSnapshot> Standing::quotas() const {
  std::vector<QuotaSnapshot> least;
  for (const auto& lane : limits.lanes) {
    for (const auto& quota : lane.quotas) {
      const auto same = std::find_if(least.begin(), least.end(), [&](const QuotaSnapshot& each) {
        return each.per == quota.per && each.told == quota.told && each.grabs == quota.grabs;
      });
      if (same == least.end()) {
        least.push_back(quota);
      } else if (quota.remaining < same->remaining) {
        *same = quota;
      }
    }
  }
  return least;
}

std::vector<Standing> standings(Instance& instance) {
  std::vector<Standing> list;
  auto* const admission = instance.proxy().admission();
  if (!admission) return list;
  auto snapshots = admission->registry().snapshot(instance.clock().now());
  const auto take = [&](const std::string& name, std::string_view mode) {
    const auto found =
        std::find_if(snapshots.begin(), snapshots.end(), [&](const auto& each) { return each.name == name; });
    if (found == snapshots.end()) return;
    list.push_back({name, std::string{mode}, std::move(*found), 0});
    snapshots.erase(found);
  };
  const auto snapshot = instance.snapshot();
  const auto idle = count(instance.proxy().metrics()).idle_connections;
  const auto idle_to = [&](const std::string& host) {
    const auto found = idle.find(host);
    return found == idle.end() ? std::size_t{0} : found->second;
  };
  for (const auto& upstream : snapshot->rules->upstreams()) {
    const auto before = list.size();
    take(upstream->name, name_of(upstream->mode));
    if (list.size() == before) continue;
    list.back().idle_connections = idle_to(upstream->origin_host);
    for (const auto& host : upstream->hosts)
      if (host != upstream->origin_host) list.back().idle_connections += idle_to(host);
  }
  while (!snapshots.empty()) {
    const auto name = snapshots.front().name;
    if (snapshots.front().lanes.empty()) {
      snapshots.erase(snapshots.begin());
    } else {
      take(name, name_of(rules::UpstreamMode::live));
    }
  }
  return list;
}

std::string period_name(Duration per) {
  if (per == Duration{0}) return "unknown";
  if (per == std::chrono::minutes{1}) return "minute";
  if (per == std::chrono::hours{1}) return "hour";
  if (per == std::chrono::hours{24}) return "day";
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(per).count()) + "s";
}

std::string iso_time(TimePoint at) {
  const auto seconds = static_cast<std::time_t>(at.time_since_epoch().count() / 1000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::string text(20, '\0');
  text.resize(std::strftime(text.data(), text.size() + 1, "%Y-%m-%dT%H:%M:%SZ", &parts));
  return text;
}

std::int64_t seconds_until(TimePoint at, TimePoint now) {
  return std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::seconds>(at - now).count());
}

Json standing_json(const Standing& standing, TimePoint now) {
  const auto& limits = standing.limits;
  const auto tokens = standing.tokens();
  const auto* const paused = standing.paused();
  Json lanes = Json::array();
  for (const auto& lane : limits.lanes) lanes.push_back(lane_json(lane, now));
  return {{"name", standing.name},
          {"mode", standing.mode},
          {"tokens", tokens ? Json(*tokens) : Json(nullptr)},
          {"waiting", standing.waiting()},
          {"inFlight", standing.in_flight()},
          {"quota", quotas_json(standing.quotas(), now)},
          {"cooldownUntil", paused ? Json(iso_time(*paused->cooldown_until)) : Json(nullptr)},
          {"cooldownSeconds", paused ? seconds_until(*paused->cooldown_until, now) : 0},
          {"cooldownWhy", paused ? Json(paused->cooldown_why) : Json(nullptr)},
          {"breaker",
           {{"state", name_of(limits.breaker)},
            {"until", limits.breaker_until ? Json(iso_time(*limits.breaker_until)) : Json(nullptr)},
            {"failuresInARow", limits.failures_in_a_row}}},
          {"latencyMs", limits.latency.count()},
          {"requests", limits.requests},
          {"pool", {{"inUse", standing.in_flight()}, {"idle", standing.idle_connections}}},
          {"lanes", std::move(lanes)}};
}

std::vector<HealthNote> limit_notes(const std::vector<Standing>& standings, TimePoint now) {
  using Type = HealthNote::Type;
  std::vector<HealthNote> notes;
  for (const auto& standing : standings) {
    if (const auto* const paused = standing.paused())
      notes.push_back({Type::notice, "Upstreams",
                       standing.name + " has asked for a pause (" + paused->cooldown_why +
                           "): nothing is sent there until " + iso_time(*paused->cooldown_until)});
    if (standing.limits.breaker == BreakerState::open && standing.limits.breaker_until)
      notes.push_back({Type::warning, "Upstreams",
                       standing.name + " has failed " + std::to_string(standing.limits.failures_in_a_row) +
                           " times in a row: nothing is sent there until " + iso_time(*standing.limits.breaker_until)});
    for (const auto& quota : standing.quotas())
      if (quota.remaining == 0 && quota.reset > now)
        notes.push_back({Type::notice, "Upstreams",
                         "the quota of " + standing.name + " (" + std::to_string(quota.limit) + " a " +
                             period_name(quota.per) + ") is used up; more from " + iso_time(quota.reset)});
  }
  return notes;
}

}  // namespace cachearr::admin
