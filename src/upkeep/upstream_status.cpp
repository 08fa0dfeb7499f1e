#include "upkeep/upstream_status.hpp"

#include <algorithm>
#include <utility>

namespace cachearr::upkeep {

namespace {

using limit::KeyLimiterSnapshot;
using limit::QuotaSnapshot;

template <class Get>
std::size_t sum(const std::vector<KeyLimiterSnapshot>& limiters, Get get) {
  std::size_t total = 0;
  for (const auto& limiter : limiters) total += get(limiter);
  return total;
}

std::size_t idle_of(const rules::Upstream& upstream, const std::map<std::string, std::size_t>& by_host) {
  const auto to = [&](const std::string& host) {
    const auto found = by_host.find(host);
    return found == by_host.end() ? std::size_t{0} : found->second;
  };
  auto total = to(upstream.origin_host);
  for (const auto& host : upstream.hosts)
    if (host != upstream.origin_host) total += to(host);
  return total;
}

}  // namespace

std::string_view name_of(rules::UpstreamMode mode) noexcept {
  switch (mode) {
    case rules::UpstreamMode::live: return "live";
    case rules::UpstreamMode::prefer_cache: return "prefer-cache";
    case rules::UpstreamMode::offline: break;
  }
  return "offline";
}

std::optional<std::uint64_t> UpstreamStatus::tokens() const {
  std::optional<std::uint64_t> least;
  for (const auto& limiter : limits.limiters)
    if (limiter.tokens) least = std::min(least.value_or(*limiter.tokens), *limiter.tokens);
  return least;
}

std::size_t UpstreamStatus::waiting() const {
  return sum(limits.limiters,
             [](const auto& limiter) { return limiter.waiting[0] + limiter.waiting[1] + limiter.waiting[2]; });
}

std::size_t UpstreamStatus::in_flight() const {
  return sum(limits.limiters, [](const auto& limiter) { return limiter.in_flight; });
}

const KeyLimiterSnapshot* UpstreamStatus::paused() const {
  const KeyLimiterSnapshot* last = nullptr;
  for (const auto& limiter : limits.limiters)
    if (limiter.cooldown_until && (!last || *limiter.cooldown_until > *last->cooldown_until)) last = &limiter;
  return last;
}

std::vector<QuotaSnapshot> UpstreamStatus::quotas() const {
  std::vector<QuotaSnapshot> least;
  for (const auto& limiter : limits.limiters) {
    for (const auto& quota : limiter.quotas) {
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

std::vector<UpstreamStatus> upstream_statuses(std::vector<limit::UpstreamSnapshot> snapshots,
                                              const rules::RuleSet& rules, const pipeline::UpstreamModes& modes,
                                              const std::map<std::string, std::size_t>& idle_connections) {
  std::vector<UpstreamStatus> statuses;
  for (const auto& upstream : rules.upstreams()) {
    const auto found =
        std::find_if(snapshots.begin(), snapshots.end(), [&](const auto& each) { return each.name == upstream->name; });
    if (found == snapshots.end()) continue;
    const auto [mode, paused] = modes.state(*upstream);
    const auto of_rules = mode == upstream->mode ? std::string_view{} : name_of(upstream->mode);
    statuses.push_back({upstream->name, std::string{name_of(mode)}, std::move(*found),
                        idle_of(*upstream, idle_connections), paused, std::string{of_rules}});
    snapshots.erase(found);
  }
  for (auto& snapshot : snapshots) {
    if (snapshot.limiters.empty()) continue;
    auto name = snapshot.name;
    statuses.push_back({std::move(name), std::string{name_of(rules::UpstreamMode::live)}, std::move(snapshot), 0});
  }
  return statuses;
}

void add_feeds(std::vector<UpstreamStatus>& statuses, const rules::RuleSet& rules,
               const std::vector<FeedStatus>& feeds) {
  for (auto& status : statuses) {
    const auto found =
        std::find_if(feeds.begin(), feeds.end(), [&](const auto& feed) { return feed.upstream == status.name; });
    const auto* const upstream = rules.upstream_named(status.name);
    if (found != feeds.end()) {
      status.events = *found;
    } else if (upstream && !upstream->events.empty()) {
      FeedStatus off;
      off.upstream = status.name;
      off.phase = FeedPhase::off;
      status.events = std::move(off);
    }
  }
}

std::string period_name(Duration per) {
  if (per == Duration{0}) return "unknown";
  if (per == std::chrono::minutes{1}) return "minute";
  if (per == std::chrono::hours{1}) return "hour";
  if (per == std::chrono::hours{24}) return "day";
  return std::to_string(std::chrono::ceil<std::chrono::seconds>(per).count()) + "s";
}

std::int64_t seconds_until(TimePoint at, TimePoint now) {
  return std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::seconds>(at - now).count());
}

}  // namespace cachearr::upkeep
