#include "admin/health.hpp"

#include <algorithm>
#include <iterator>

#include "admin/upstream_words.hpp"
#include "base/units.hpp"

namespace cachearr::admin {

namespace {

using Type = HealthNote::Type;

constexpr int kCrowded = 75;  // percent of a budget
constexpr std::int64_t kStuckMs = 5000;

void look_at_workers(const Condition& condition, Health& health) {
  const auto& lags = condition.lags_ms;
  const auto stuck = std::count_if(lags.begin(), lags.end(), [](std::int64_t lag) { return lag > kStuckMs; });
  if (stuck == 0) return;
  health.wellbeing = Wellbeing::down;
  const auto longest = *std::max_element(lags.begin(), lags.end());
  health.notes.push_back({Type::error, "Workers",
                          std::to_string(stuck) + " of " + std::to_string(lags.size()) +
                              " workers have answered nobody for " + std::to_string(longest / 1000) + " s"});
}

void look_at_tier(std::string_view name, const store::TierStats& tier, Health& health) {
  const auto percent = percent_used(tier);
  if (percent <= kCrowded) return;
  health.notes.push_back({Type::warning, "Store",
                          "the " + std::string{name} + " tier holds " + std::to_string(percent) + " % of its " +
                              format_size(tier.max_bytes) + "; above " + std::to_string(kCrowded) +
                              " % answers may be evicted before they expire"});
}

int rank(Type type) noexcept { return type == Type::error ? 0 : type == Type::warning ? 1 : 2; }

}  // namespace

std::string_view name_of(Wellbeing wellbeing) noexcept {
  switch (wellbeing) {
    case Wellbeing::healthy: return "healthy";
    case Wellbeing::degraded: return "degraded";
    case Wellbeing::down: break;
  }
  return "down";
}

std::string_view name_of(Type type) noexcept {
  switch (type) {
    case Type::notice: return "notice";
    case Type::warning: return "warning";
    case Type::error: break;
  }
  return "error";
}

int percent_used(const store::TierStats& tier) noexcept {
  if (tier.max_bytes == 0) return 0;
  return static_cast<int>(static_cast<double>(tier.bytes) * 100 / static_cast<double>(tier.max_bytes));
}

std::string Health::message() const {
  std::string text;
  for (const auto& note : notes) text += (text.empty() ? "" : "; ") + note.message;
  return text.empty() ? "everything is as it should be" : text;
}

Health judge(const Condition& condition) {
  Health health;
  look_at_workers(condition, health);
  look_at_tier("memory", condition.store.memory, health);
  look_at_tier("disk", condition.store.disk, health);
  if (!condition.store.disk_problem.empty())
    health.notes.push_back(
        {Type::error, "Store", "the disk tier is not in use as it should be: " + condition.store.disk_problem});
  health.notes.insert(health.notes.end(), condition.notes.begin(), condition.notes.end());
  std::stable_sort(health.notes.begin(), health.notes.end(),
                   [](const HealthNote& a, const HealthNote& b) { return rank(a.type) < rank(b.type); });
  const bool troubled = std::any_of(health.notes.begin(), health.notes.end(),
                                    [](const HealthNote& note) { return note.type != Type::notice; });
  if (health.wellbeing == Wellbeing::healthy && troubled) health.wellbeing = Wellbeing::degraded;
  return health;
}

Condition gather(Instance& instance) {
  Condition condition;
  condition.store = instance.store().stats();
  for (const auto& worker : instance.proxy().workers()) condition.lags_ms.push_back(worker->lag_ms());
  condition.notes = instance.notes();
  auto limits = limit_notes(standings(instance), instance.clock().now());
  std::move(limits.begin(), limits.end(), std::back_inserter(condition.notes));
  return condition;
}

}  // namespace cachearr::admin
