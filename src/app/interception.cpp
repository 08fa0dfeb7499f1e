#include "app/interception.hpp"

#include "app/authority_notes.hpp"
#include "base/log.hpp"

namespace cachearr::app {

LeavesPtr load_leaves(const Config& config, const Clock& clock, const LeavesPtr& current) {
  if (config.intercept == Switch::off) return nullptr;
  if (!authority::Authority::exists(config.ca_dir)) return nullptr;
  auto loaded = authority::Authority::load(config.ca_dir);
  if (!loaded) return nullptr;
  if (current && current->authority().fingerprint() == loaded->fingerprint()) return current;
  auto made = authority::LeafCache::make(std::move(*loaded), clock);
  if (made) return std::move(*made);
  log::error("nothing is intercepted: " + made.error().what);
  return nullptr;
}

std::vector<std::string> interception_notes(const Config& config, const rules::RuleSet& rules,
                                            const authority::LeafCache* leaves, TimePoint now) {
  return leaves ? notes_about(leaves->authority(), rules, now) : authority_notes(config, rules, now);
}

void log_interception(const Config& config, const rules::RuleSet& rules, const authority::LeafCache* leaves,
                      TimePoint now) {
  if (leaves)
    log::info("HTTPS of " + std::to_string(intercepted_hosts(rules).size()) + " hosts is intercepted with " +
              leaves->authority().name() + ", SHA-256 " + leaves->authority().fingerprint());
  for (const auto& note : interception_notes(config, rules, leaves, now)) log::warning(note);
}

}  // namespace cachearr::app
