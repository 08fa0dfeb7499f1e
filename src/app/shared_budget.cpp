#include "app/shared_budget.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>

namespace cachearr::app {

namespace {

constexpr std::string_view kSeen = "shared-members";  // how many instances there were

shared::BudgetOptions budget_options(const SharedConfig& config, store::Store& store) {
  using When = SharedConfig::WhenAway;
  using WhenAway = shared::BudgetOptions::WhenAway;
  shared::BudgetOptions options;
  options.instances = config.instances;
  if (config.limits_when_away == When::full) options.when_away = WhenAway::full;
  if (config.limits_when_away == When::refuse) options.when_away = WhenAway::refuse;
  options.seen = std::max<std::size_t>(1, std::strtoull(store.get_state(kSeen).c_str(), nullptr, 10));
  options.keep_seen = [&store](std::size_t seen) { store.put_state(kSeen, std::to_string(seen)); };
  return options;
}

}  // namespace

std::unique_ptr<shared::Budget> make_shared_budget(const SharedConfig& config, shared::Tier* tier, store::Store& store,
                                                   const Clock& clock, fetch::AdmissionController& admission) {
  if (!tier || !config.limits) return nullptr;
  auto budget =
      std::make_unique<shared::Budget>(*tier, clock, budget_options(config, store),
                                       [&admission](limit::Effects&& effects) { admission.apply(std::move(effects)); });
  admission.share(budget.get());
  budget->start();
  return budget;
}

}  // namespace cachearr::app
