#include "upkeep/rehearsal/simulate.hpp"

#include <algorithm>
#include <unordered_map>

namespace cachearr::upkeep {
namespace {

struct Held {
  TimePoint fetched, fresh_until, usable_until;
};

Held fetched_at(const ReplayStep& step) {
  const auto fresh_until = step.at + step.lifetime;
  return {step.at, fresh_until, fresh_until + step.stale};
}

}  // namespace

ReplayFigures simulate(std::span<const ReplayStep> steps) {
  ReplayFigures figures;
  std::unordered_map<Hash128, Held> cache;
  Duration ages{};
  for (const auto& step : steps) {
    ++figures.requests;
    const auto held = step.may_hit ? cache.find(step.name) : cache.end();
    const bool usable = held != cache.end() && step.at < held->second.usable_until;
    const bool fresh = usable && step.at < held->second.fresh_until;
    if (usable) ages += step.at - held->second.fetched;
    if (fresh) {
      ++figures.hits;
      continue;
    }
    ++figures.upstream_calls;
    if (usable) {
      ++figures.stale_hits;
      figures.oldest_stale = std::max(figures.oldest_stale, step.at - held->second.fresh_until);
    }
    if (step.may_store && step.lifetime > Duration{0}) cache.insert_or_assign(step.name, fetched_at(step));
  }
  const auto answered = static_cast<std::int64_t>(figures.hits + figures.stale_hits);
  if (answered > 0) figures.mean_age = ages / answered;
  return figures;
}

}  // namespace cachearr::upkeep
