#include "app/load_rules.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

#include "base/suggestion.hpp"

namespace cachearr::app {
namespace {

bool check_listener(const ListenerConfig& listener, const rules::RuleSet& rules, Problems& problems) {
  if (listener.upstream.empty() || rules.upstream_named(listener.upstream) != nullptr) return true;
  std::vector<std::string_view> names;
  for (const auto& upstream : rules.upstreams()) names.push_back(upstream->name);
  problems.push_back({{listener.file, listener.line, listener.column},
                      "the listener " + listener.address + " names the upstream \"" + listener.upstream +
                          "\", which no rules file has" + did_you_mean(listener.upstream, names)});
  return false;
}

}  // namespace

std::shared_ptr<const rules::RuleSet> load_rules(const Config& config, Problems& problems,
                                                 const rules::FileTexts& instead) {
  auto paths = config.rules;
  for (const auto& file : instead) {
    const auto folder = std::filesystem::path{file.first}.parent_path().string();
    const bool known =
        std::any_of(paths.begin(), paths.end(), [&](const auto& at) { return at == file.first || at == folder; });
    if (file.second && !known) paths.insert(paths.begin(), folder);
  }
  auto loaded = rules::load({std::move(paths), true, config.ttl_overrides, {}, instead}, problems);
  if (!loaded) return nullptr;
  bool fits = true;
  for (const auto& listener : config.listeners) fits = check_listener(listener, *loaded, problems) && fits;
  return fits ? loaded : nullptr;
}

}  // namespace cachearr::app
