#include "app/reload_changes.hpp"

#include <string_view>

#include "app/config/settings.hpp"
#include "upkeep/upstream_status.hpp"

namespace cachearr::app {

std::vector<std::string> rule_changes(const rules::RuleSet& before, const rules::RuleSet& after) {
  std::vector<std::string> changes;
  const auto count = [&](std::string_view what, std::size_t old_count, std::size_t new_count) {
    if (old_count != new_count)
      changes.push_back(std::string{what} + ": " + std::to_string(old_count) + " before, " + std::to_string(new_count) +
                        " now");
  };
  count("upstreams", before.upstreams().size(), after.upstreams().size());
  count("rules", before.rules().size(), after.rules().size());
  const auto& old_files = before.files();
  const auto& new_files = after.files();
  for (const auto& [name, hash] : new_files) {
    const auto old = old_files.find(name);
    if (old == old_files.end()) {
      changes.push_back(name + ": new");
    } else if (old->second != hash) {
      changes.push_back(name + ": changed");
    }
  }
  for (const auto& [name, hash] : old_files) {
    if (!new_files.contains(name)) changes.push_back(name + ": gone");
  }
  return changes;
}

std::vector<std::string> ended_modes(const rules::RuleSet& rules, const pipeline::UpstreamModes& modes) {
  std::vector<std::string> changes;
  for (const auto& upstream : rules.upstreams()) {
    const auto [mode, paused] = modes.state(*upstream);
    if (paused) changes.push_back(upstream->name + ": its pause by hand ends");
    if (mode != upstream->mode)
      changes.push_back(upstream->name + ": " + std::string{upkeep::name_of(mode)} +
                        " by hand before, as the rules say now");
  }
  return changes;
}

std::vector<std::string> setting_changes(const Config& in_force, const Config& next) {
  std::vector<std::string> changes;
  for (const auto& setting : settings()) {
    if (setting.same(in_force, next)) continue;
    changes.push_back(setting.applies == Applies::at_start
                          ? setting.path + " changed in the file; it takes effect at the next start"
                          : setting.path + ": changed");
  }
  return changes;
}

void keep_start_settings(const Config& in_force, Config& next) {
  for (const auto& setting : settings()) {
    if (setting.applies == Applies::at_start) setting.copy(in_force, next);
  }
  next.admin.inherited = in_force.admin.inherited;
}

}  // namespace cachearr::app
