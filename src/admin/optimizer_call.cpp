// GET and POST /api/v1/optimizer: which TTLs are halved, and which would be.
#include <cmath>
#include <nlohmann/json.hpp>

#include "admin/calls.hpp"
#include "admin/request_json.hpp"
#include "admin/rule_json.hpp"
#include "base/iso_time.hpp"
#include "limit/ttl.hpp"
#include "upkeep/optimizer.hpp"

namespace cachearr::admin {

namespace {

using Json = nlohmann::ordered_json;
using upkeep::RuleRate;

std::string_view name_of(OptimizerMode mode) noexcept {
  switch (mode) {
    case OptimizerMode::off: return "off";
    case OptimizerMode::suggest: return "suggest";
    case OptimizerMode::on: break;
  }
  return "on";
}

Json rate_json(const RuleRate& rate) {
  return {{"upstream", rate.upstream},        {"rule", rate.rule},
          {"pattern", rate.pattern},          {"keys", rate.keys},
          {"requests", rate.requests},        {"hitRate", std::round(rate.hit_rate() * 100) / 100},
          {"ttl", seconds_or_null(rate.ttl)}, {"halvedTtl", seconds_or_null(limit::halved_ttl(rate.ttl))}};
}

Json rates_json(const std::vector<RuleRate>& rates) {
  Json list = Json::array();
  for (const auto& rate : rates) list.push_back(rate_json(rate));
  return list;
}

Answer in_force(Instance& instance, const Call&) {
  const auto snapshot = instance.snapshot();
  const auto& cache = snapshot->settings->config.cache;
  Json list = Json::array();
  for (const auto& [name, halved] : instance.optimizer().in_force()) {
    auto row = rate_json(halved.at);
    row["since"] = iso_time(halved.since);
    list.push_back(std::move(row));
  }
  return json_answer(
      {{"mode", name_of(cache.optimizer)}, {"below", cache.alert_key_hit_rate_below}, {"inForce", std::move(list)}});
}

Answer optimize(Instance& instance, const Call& call) {
  const auto wish = read_object(call);
  if (!wish) return wish.error();
  for (const auto& [name, value] : wish->items())
    if (name != "apply" || !value.is_boolean())
      return problem(400, "say {\"apply\": false} to look, or true to change");
  const bool apply = wish->value("apply", false);
  if (apply && instance.snapshot()->settings->config.cache.optimizer == OptimizerMode::off)
    return problem(409, "cache.optimizer is off; set it to suggest or on first");
  const auto decision = instance.optimizer().look(apply);
  return json_answer({{"applied", apply}, {"halve", rates_json(decision.halve)}, {"undo", rates_json(decision.undo)}});
}

}  // namespace

void add_optimizer_calls(Router& router, Instance& instance) {
  const auto add = [&](http::Method method, Effect effect, Answer (*handler)(Instance&, const Call&), CallDoc doc) {
    auto run = [&instance, handler](const Call& call) { return handler(instance, call); };
    router.add({method, "/api/v1/optimizer", {Access::key, effect}, std::move(run), Runs::in_pool, std::move(doc)});
  };
  add(http::Method::get, Effect::none, in_force,
      {.summary = "the lifetimes that are halved now", .answer = "OptimizerState"});
  add(http::Method::post, Effect::json, optimize,
      {.summary = "which lifetimes would be halved, or halves them",
       .answer = "OptimizerDecision",
       .body = "OptimizerWish",
       .failures = {409}});
}

}  // namespace cachearr::admin
