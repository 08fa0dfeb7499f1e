#include "upkeep/optimizer.hpp"

#include <cmath>
#include <string>
#include <utility>

#include "base/log.hpp"
#include "base/units.hpp"
#include "limit/ttl.hpp"

namespace cachearr::upkeep {
namespace {

constexpr std::string_view kOptimizerState = "optimizer";

RuleName name_of(const RuleRate& rate) { return {rate.upstream, rate.rule}; }

void mark(const pipeline::ConfigSnapshot& snapshot, const RuleName& name, bool shortened) {
  for (const auto& rule : snapshot.rules->rules())
    if (rule->upstream && rule->upstream->name == name.first && rule->name == name.second)
      snapshot.shortened_ttls->set(rule->index, shortened);
}

/// "rule tv of sonarr (series:*): hit in 12 % of 240 requests"
std::string describe(const RuleRate& rate) {
  return "rule " + rate.rule + " of " + rate.upstream + " (" + rate.pattern + "): hit in " +
         std::to_string(std::lround(rate.hit_rate())) + " % of " + std::to_string(rate.requests) + " requests";
}

}  // namespace

void Optimizer::restore() {
  const auto bytes = store_.get_state(kOptimizerState);
  if (bytes.empty()) return;
  auto rules = decode_halved(bytes);
  if (!rules) log::warning("optimizer: what was in force cannot be read; all rules have their own TTLs");
  const std::lock_guard lock{mutex_};
  in_force_ = std::move(rules).value_or(HalvedRules{});
}

void Optimizer::keep_locked() { store_.put_state(kOptimizerState, encode_halved(in_force_)); }

OptimizerDecision Optimizer::decision_locked(const pipeline::ConfigSnapshot& snapshot) {
  const auto below = snapshot.settings->config.cache.alert_key_hit_rate_below;
  return decide(watch_.lists()->rules, in_force_, below, clock_.now());
}

void Optimizer::apply_locked(const pipeline::ConfigSnapshot& snapshot, const OptimizerDecision& decision) {
  for (const auto& rate : decision.halve) {
    in_force_[name_of(rate)] = {clock_.now(), rate};
    mark(snapshot, name_of(rate), true);
    log::info("optimizer: " + describe(rate) + "; its TTL is " + format_duration(limit::halved_ttl(rate.ttl)) +
              " from now on instead of " + format_duration(rate.ttl));
  }
  for (const auto& rate : decision.undo) {
    in_force_.erase(name_of(rate));
    mark(snapshot, name_of(rate), false);
    log::info("optimizer: " + describe(rate) + "; its TTL is " + format_duration(rate.ttl) + " again");
  }
  if (!decision.halve.empty() || !decision.undo.empty()) keep_locked();
}

/// Each suggestion once, until it is none any more.
void Optimizer::suggest_locked(const OptimizerDecision& decision) {
  std::set<RuleName> now;
  for (const auto& rate : decision.halve) {
    now.insert(name_of(rate));
    if (!suggested_.contains(name_of(rate)))
      log::info("optimizer suggests: " + describe(rate) + "; a TTL of " + format_duration(limit::halved_ttl(rate.ttl)) +
                " instead of " + format_duration(rate.ttl));
  }
  suggested_ = std::move(now);
}

OptimizerDecision Optimizer::look(bool apply) {
  const auto snapshot = current_();
  const std::lock_guard lock{mutex_};
  auto decision = decision_locked(*snapshot);
  if (apply) apply_locked(*snapshot, decision);
  return decision;
}

void Optimizer::undo_all() {
  const auto snapshot = current_();
  const std::lock_guard lock{mutex_};
  if (in_force_.empty()) return;
  for (const auto& [name, halved] : in_force_) mark(*snapshot, name, false);
  in_force_.clear();
  keep_locked();
  log::info("optimizer: off; all rules have their own TTLs again");
}

void Optimizer::tick() {
  const auto snapshot = current_();
  const auto mode = snapshot->settings->config.cache.optimizer;
  if (mode == OptimizerMode::off) return undo_all();
  carry_over(*snapshot);  // a decision may have met a reload
  const std::lock_guard lock{mutex_};
  const auto decision = decision_locked(*snapshot);
  if (mode == OptimizerMode::on) return apply_locked(*snapshot, decision);
  suggest_locked(decision);
}

HalvedRules Optimizer::in_force() const {
  const std::lock_guard lock{mutex_};
  return in_force_;
}

void Optimizer::carry_over(const pipeline::ConfigSnapshot& next) const {
  const std::lock_guard lock{mutex_};
  for (const auto& [name, halved] : in_force_) mark(next, name, true);
}

}  // namespace cachearr::upkeep
