#include "app/interception.hpp"

#include "app/authority_notes.hpp"
#include "base/log.hpp"
#include "upkeep/interception_health.hpp"

namespace cachearr::app {

namespace {

void make_authority(const Config& config, const rules::RuleSet& rules, TimePoint now) {
  const auto hosts = upkeep::intercepted_hosts(rules);
  if (hosts.empty()) return;
  const auto made = authority::Authority::init(config.ca_dir, hosts, false, now);
  if (made) {
    log::info("made " + made->name() + " in " + config.ca_dir +
              ": \"cachearr ca trust-help\" says how clients trust it");
  } else {
    log::error("no authority could be made: " + made.error().what);
  }
}

std::size_t count_of_covered(const rules::RuleSet& rules, const authority::Authority& authority) {
  const auto hosts = upkeep::intercepted_hosts(rules);
  return hosts.size() - authority.not_covered(hosts).size();
}

}  // namespace

LeavesPtr load_leaves(const Config& config, const rules::RuleSet& rules, const Clock& clock, const LeavesPtr& current) {
  if (config.intercept == Switch::off) return nullptr;
  const bool exists = authority::Authority::exists(config.ca_dir);
  if (!exists && config.intercept == Switch::on) make_authority(config, rules, clock.now());
  if (!exists && config.intercept == Switch::automatic) return nullptr;
  auto loaded = authority::Authority::load(config.ca_dir);
  if (!loaded) return nullptr;
  if (current && current->authority().fingerprint() == loaded->fingerprint()) return current;
  auto made = authority::LeafCache::make(std::move(*loaded), clock);
  if (made) return std::move(*made);
  log::error("nothing is intercepted: " + made.error().what);
  return nullptr;
}

std::vector<std::string> interception_problems(const Config& config, const rules::RuleSet& rules,
                                               const authority::LeafCache* leaves, TimePoint now) {
  return leaves ? upkeep::problems_of(leaves->authority(), rules, now) : authority_notes(config, rules, now);
}

void log_interception(const rules::RuleSet& rules, const authority::LeafCache* leaves,
                      const std::vector<std::string>& problems) {
  if (leaves)
    log::info("HTTPS of " + std::to_string(count_of_covered(rules, leaves->authority())) +
              " hosts is intercepted with " + leaves->authority().name() + ", SHA-256 " +
              leaves->authority().fingerprint());
  for (const auto& problem : problems) log::warning(problem);
}

}  // namespace cachearr::app
