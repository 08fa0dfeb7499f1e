#include "app/authority_notes.hpp"

#include "authority/authority.hpp"
#include "upkeep/interception_health.hpp"

namespace cachearr::app {

std::optional<std::string> authority_problem(const Config& config) {
  if (config.intercept == Switch::off || !authority::Authority::exists(config.ca_dir)) return std::nullopt;
  const auto loaded = authority::Authority::load(config.ca_dir);
  if (loaded) return std::nullopt;
  return "the local authority cannot be used: " + loaded.error().what;
}

std::vector<std::string> authority_notes(const Config& config, const rules::RuleSet& rules, TimePoint now) {
  if (config.intercept == Switch::off || !authority::Authority::exists(config.ca_dir))
    return upkeep::problems_without_authority(config, rules, {});
  const auto loaded = authority::Authority::load(config.ca_dir);
  if (!loaded) return upkeep::problems_without_authority(config, rules, loaded.error().what);
  return upkeep::problems_of(*loaded, rules, now);
}

}  // namespace cachearr::app
