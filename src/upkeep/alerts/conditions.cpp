#include "upkeep/alerts/conditions.hpp"

#include <algorithm>
#include <array>

#include "metrics/totals.hpp"

namespace cachearr::upkeep {

namespace {

using State = Condition::State;
using Conditions = std::vector<Condition>;

constexpr std::uint64_t kFewestLookUps = 20;  // fewer say nothing about a rate
constexpr std::uint64_t kFewestAnswers = 10;
constexpr double kMargin = 5;  // percent points between an alert and its end
constexpr double kDrift = 20;  // percent of refused answers
constexpr double kQuotaLow = 10, kQuotaFine = 15;

std::string percent(double value) { return std::to_string(static_cast<int>(value)) + " %"; }

double percent_left(const limit::QuotaSnapshot& quota) noexcept {
  return static_cast<double>(quota.remaining) * 100 / static_cast<double>(quota.limit);
}

/// `over` and `under`: of the two thresholds; the values between them are near.
State state_of(double value, double over, double under) noexcept {
  if (value > over) return State::holds;
  return value > under ? State::near : State::clear;
}

/// The last minute, or where that has seen too little the last while.
void judge_hit_rate(const AlertInputs& inputs, const AlertThresholds& thresholds, Conditions& all) {
  const bool enough = inputs.last_minute.all() >= kFewestLookUps;
  const auto& seen = enough ? inputs.last_minute : inputs.slow.last_while;
  if (seen.all() < kFewestLookUps) return;
  const auto rate = metrics::share(seen.hits, seen.misses);
  const double below = thresholds.hit_rate_below;
  const auto misses = 100 - rate;
  all.push_back({"hit-rate",
                 {},
                 state_of(misses, 100 - below, 100 - std::min(100.0, below + kMargin)),
                 "of what was asked for only " + percent(rate) + " came from the cache; it should be " +
                     percent(below) + " or more"});
}

void judge_tier(std::string_view id, const store::TierStats& tier, std::uint32_t above, Conditions& all) {
  if (tier.max_bytes == 0) return;
  const auto used = static_cast<double>(tier.bytes) * 100 / static_cast<double>(tier.max_bytes);
  all.push_back({id,
                 {},
                 state_of(used, above, above - kMargin),
                 "the " + std::string{id} + " tier holds " + percent(used) + " of its budget; " + percent(above) +
                     " is the limit"});
}

void judge_keys(const store::StoreStats& store, std::uint64_t most, Conditions& all) {
  const auto keys = static_cast<double>(std::max(store.memory.entries, store.disk.entries));
  const auto limit = static_cast<double>(most);
  all.push_back({"keys",
                 {},
                 state_of(keys, limit, limit * (100 - kMargin) / 100),
                 std::to_string(static_cast<std::uint64_t>(keys)) + " keys are stored; " + std::to_string(most) +
                     " is the limit"});
}

void judge_poor_keys(const PoorKeys& poor, std::uint32_t below, Conditions& all) {
  if (poor.count == 0) return;
  std::string names;
  for (const auto& name : poor.first) names += (names.empty() ? ": " : ", ") + name;
  all.push_back({"key-hit-rate",
                 {},
                 State::holds,
                 std::to_string(poor.count) + " keys have a hit rate under " + percent(below) + names});
}

/// Which quota leaves least; null: none is counted now, or there is none.
const limit::QuotaSnapshot* scarcest(const std::vector<limit::QuotaSnapshot>& quotas, TimePoint now) {
  const limit::QuotaSnapshot* least = nullptr;
  for (const auto& quota : quotas) {
    if (quota.limit == 0 || quota.reset <= now) continue;
    if (!least || percent_left(quota) < percent_left(*least)) least = &quota;
  }
  return least;
}

/// One that is spent says all that a low one would; one that has plenty again, or whose time is over, is neither.
void judge_quotas(const UpstreamStatus& upstream, TimePoint now, Conditions& all) {
  const auto quotas = upstream.quotas();
  if (quotas.empty()) return;
  const bool is_spent = std::any_of(quotas.begin(), quotas.end(),
                                    [now](const auto& quota) { return quota.remaining == 0 && quota.reset > now; });
  if (is_spent) {
    all.push_back({"quota-low", upstream.name, State::clear, {}});
    return;
  }
  const auto* const least = scarcest(quotas, now);
  const auto left = least ? percent_left(*least) : 100;
  // Under the threshold, not at it.
  const auto state = state_of(100 - left, 100 - kQuotaLow, 100 - kQuotaFine);
  if (state == State::clear) all.push_back({"quota-spent", upstream.name, State::clear, {}});
  std::string message;
  if (least)
    message = "of the quota of " + upstream.name + " (" + std::to_string(least->limit) + " a " +
              period_name(least->per) + ") " + std::to_string(least->remaining) + " are left";
  all.push_back({"quota-low", upstream.name, state, std::move(message)});
}

/// What has always been refused is no news.
void judge_drift(const std::string& upstream, const Drift& drift, Conditions& all) {
  if (drift.now.all < kFewestAnswers) return;
  const auto share = [](const Answers& answers) {
    return metrics::share(answers.refused, answers.all - std::min(answers.all, answers.refused));
  };
  const auto now = share(drift.now), threshold = std::max(kDrift, 2 * share(drift.before));
  all.push_back({"upstream-drift", upstream, state_of(now, threshold, threshold / 2),
                 percent(now) + " of the last answers of " + upstream +
                     " were not what the rules expect; before it was " + percent(share(drift.before))});
}

/// What health says of a moment needs no second judgement.
void take_notes(const HealthInputs& health, Conditions& all) {
  for (const auto& note : evaluate(health).notes)
    if (!note.alert.empty()) all.push_back({note.alert, note.subject, State::holds, note.message, note.since});
}

}  // namespace

std::vector<Condition> conditions(const AlertInputs& inputs, const AlertThresholds& thresholds) {
  Conditions all;
  const auto& store = inputs.health.store;
  judge_hit_rate(inputs, thresholds, all);
  judge_tier("memory", store.memory, thresholds.memory_above, all);
  if (store.disk_enabled) judge_tier("disk", store.disk, thresholds.memory_above, all);
  judge_keys(store, thresholds.max_keys, all);
  judge_poor_keys(inputs.slow.poor_keys, thresholds.key_hit_rate_below, all);
  for (const auto& upstream : inputs.health.upstreams) judge_quotas(upstream, inputs.health.now, all);
  for (const auto& [upstream, drift] : inputs.slow.answers) judge_drift(upstream, drift, all);
  for (const auto& failed : inputs.failed_warm_ups)
    all.push_back({"warmup-failed", failed.type, State::holds,
                   "the last warm-up of the type " + failed.type + " has failed: " + failed.problem, failed.at});
  if (inputs.authority_expiring) all.push_back({"authority-expiring", {}, State::holds, *inputs.authority_expiring});
  if (inputs.authority_renew) all.push_back({"authority-renew", {}, State::holds, *inputs.authority_renew});
  take_notes(inputs.health, all);
  return all;
}

Duration hold_of(std::string_view id, const AlertThresholds& thresholds) noexcept {
  if (id == "hit-rate") return thresholds.hit_rate_for;
  // A breaker that opens for seconds now and then calls nobody.
  return id == "upstream-down" ? Duration{60'000} : Duration{0};
}

/// What somebody has mended is over at once; so is what is clear by a margin, and a pause whose time has come, unless
/// it has been so before. All else may come back in the next moment.
Duration quiet_of(std::string_view id, State state, bool has_come_back) noexcept {
  constexpr std::array<std::string_view, 4> mended{"rules", "authority-expiring", "authority-renew", "warmup-failed"};
  if (std::find(mended.begin(), mended.end(), id) != mended.end()) return Duration{0};
  const bool is_over = state == State::clear || id == "cooldown";
  return is_over && !has_come_back ? Duration{0} : Duration{60'000};
}

}  // namespace cachearr::upkeep
