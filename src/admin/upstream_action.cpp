#include "admin/upstream_action.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "admin/gather.hpp"
#include "base/iso_time.hpp"
#include "base/log.hpp"
#include "base/suggestion.hpp"
#include "fetch/admission_controller.hpp"

namespace cachearr::admin {

namespace {

using rules::UpstreamMode;
using upkeep::UpstreamStatus;

constexpr std::array kModes{UpstreamMode::live, UpstreamMode::prefer_cache, UpstreamMode::offline};

std::optional<Error> read_paused(const nlohmann::json& value, UpstreamAction& into) {
  if (!value.is_boolean()) return Error{"\"paused\" must be true or false"};
  into.paused = value.get<bool>();
  return std::nullopt;
}

std::optional<Error> read_mode(const nlohmann::json& value, UpstreamAction& into) {
  for (const auto mode : kModes)
    if (value == upkeep::name_of(mode)) into.mode = mode;
  if (!into.mode) return Error{"\"mode\" must be \"live\", \"prefer-cache\" or \"offline\""};
  return std::nullopt;
}

std::optional<Error> read_reset(const nlohmann::json& value, UpstreamAction& into) {
  const Error wrong{"\"reset\" must be a list of \"breaker\" and \"cooldown\""};
  if (!value.is_array() || value.empty()) return wrong;
  for (const auto& what : value) {
    if (what != "breaker" && what != "cooldown") return wrong;
    (what == "breaker" ? into.reset_breaker : into.reset_cooldown) = true;
  }
  return std::nullopt;
}

std::optional<Error> read_member(const std::string& name, const nlohmann::json& value, UpstreamAction& into) {
  if (name == "paused") return read_paused(value, into);
  if (name == "mode") return read_mode(value, into);
  if (name == "reset") return read_reset(value, into);
  return Error{"there is no member \"" + name.substr(0, 40) + "\" here" +
               did_you_mean(name, {"paused", "mode", "reset"}) + " (known: paused, mode, reset)"};
}

std::optional<UpstreamStatus> status_of(Instance& instance, const std::string& name) {
  for (auto& status : upstream_statuses(instance))
    if (status.name == name) return std::move(status);
  return std::nullopt;
}

std::vector<std::string> differences(const UpstreamStatus& before, const UpstreamStatus& after) {
  std::vector<std::string> changes;
  if (!before.paused_by_operator && after.paused_by_operator)
    changes.emplace_back("paused: what is stored is served, nothing is sent there");
  if (before.paused_by_operator && !after.paused_by_operator) changes.emplace_back("resumed");
  if (before.mode != after.mode) changes.push_back("mode: " + before.mode + " before, " + after.mode + " now");
  if (before.limits.breaker != limit::BreakerState::closed && after.limits.breaker == limit::BreakerState::closed)
    changes.emplace_back("breaker: closed again");
  if (const auto* const paused = before.paused(); paused && !after.paused())
    changes.push_back("pause until " + iso_time(*paused->cooldown_until) + ": ended");
  return changes;
}

void reset(Instance& instance, const std::string& upstream, const UpstreamAction& action) {
  auto* const admission = instance.proxy().admission();
  if (!admission || !action.is_reset()) return;
  auto effects =
      admission->registry().reset(upstream, action.reset_breaker, action.reset_cooldown, instance.clock().now());
  if (effects) admission->apply(*std::move(effects));
  if (action.reset_cooldown && admission->budget()) admission->budget()->forgive(upstream);
}

}  // namespace

Result<UpstreamAction> read_action(const nlohmann::json& body) {
  UpstreamAction action;
  for (const auto& [name, value] : body.items())
    if (auto wrong = read_member(name, value, action)) return *std::move(wrong);
  if (action == UpstreamAction{}) return Error{"nothing is to be done: give \"paused\", \"mode\" or \"reset\""};
  return action;
}

std::optional<std::vector<std::string>> act_on(Instance& instance, const std::string& upstream,
                                               const UpstreamAction& action) {
  const auto before = status_of(instance, upstream);
  if (!before) return std::nullopt;
  const auto snapshot = instance.snapshot();
  if (const auto* const named = snapshot->rules->upstream_named(upstream))
    snapshot->modes->change(*named, action.paused, action.mode);
  reset(instance, upstream, action);
  const auto after = status_of(instance, upstream);
  auto changes = after ? differences(*before, *after) : std::vector<std::string>{};
  const auto by_hand = "by hand: " + upstream + " ";
  for (const auto& change : changes) log::info(by_hand + change);
  return changes;
}

}  // namespace cachearr::admin
