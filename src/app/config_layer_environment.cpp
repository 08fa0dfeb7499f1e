#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "app/config_layers.hpp"
#include "app/settings.hpp"
#include "base/suggestion.hpp"
#include "base/text.hpp"
#include "base/units.hpp"

namespace cachearr::app {
namespace {

constexpr std::string_view prefix = "CACHEARR__", file_suffix = "__FILE";
constexpr Duration least_ttl{1000}, most_ttl{Duration::rep{10} * 365 * 86'400'000};

std::string name_of(const Setting& setting) {
  std::string name{prefix};
  for (const char c : setting.path) {
    if (c == '.') {
      name += "__";
    } else {
      name.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
    }
  }
  return name;
}

void report(Draft& draft, const std::string& variable, const std::string& message) {
  draft.problems.push_back({{variable, 0, 0}, message});
}

/// Relative paths in variables start where the process was started.
std::string here() {
  std::error_code error;
  return std::filesystem::current_path(error).string();
}

/// A secret as Docker and systemd hand it over: the content of a file without its last line end.
std::optional<std::string> content_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (path.empty() || !file) return std::nullopt;
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

/// CACHEARR__LISTENERS__0__ADDRESS. True where the name is of this form.
bool set_indexed_listener(const std::string& variable, std::string_view name, const Given& given, Draft& draft) {
  constexpr std::string_view start = "CACHEARR__LISTENERS__";
  if (!name.starts_with(start)) return false;
  const auto rest = name.substr(start.size());
  const auto gap = rest.find("__");
  const auto index = text::parse_unsigned(rest.substr(0, gap));
  if (!index || gap == std::string_view::npos) return false;
  auto& listeners = draft.config.listeners;
  if (*index > listeners.size()) {
    report(draft, variable,
           "there are only " + std::to_string(listeners.size()) + " listeners; count from 0 without gaps");
    return true;
  }
  if (*index == listeners.size()) listeners.emplace_back();
  listeners[*index].file = variable;
  listeners[*index].line = listeners[*index].column = 0;
  for (const auto& complaint : set_listener_member(listeners[*index], text::to_lower(rest.substr(gap + 2)), given)) {
    report(draft, variable, complaint.message);
  }
  draft.given_at["listeners"] = {variable, 0, 0};
  return true;
}

void unknown(const std::string& variable, Draft& draft) {
  std::vector<std::string> names;
  for (const auto& setting : settings()) names.push_back(name_of(setting));
  const auto near = did_you_mean(variable, {names.begin(), names.end()});
  report(draft, variable, "no such setting" + (near.empty() ? "; see the table \"Configuration\" in README.md" : near));
}

void set_by_name(const std::string& variable, std::string_view name, std::string value, Draft& draft) {
  const Given given{std::move(value), true, here()};
  const auto& all = settings();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Setting& s) { return name_of(s) == name; });
  if (found == all.end()) {
    if (!set_indexed_listener(variable, name, given, draft)) unknown(variable, draft);
    return;
  }
  draft.given_at[found->path] = {variable, 0, 0};
  for (const auto& complaint : found->set(draft.config, given)) report(draft, variable, complaint.message);
}

void apply_own(const std::map<std::string, std::string>& environment, Draft& draft) {
  for (const auto& [variable, value] : environment) {
    if (!variable.starts_with(prefix)) continue;
    if (!variable.ends_with(file_suffix)) {
      set_by_name(variable, variable, value, draft);
      continue;
    }
    const auto name = variable.substr(0, variable.size() - file_suffix.size());
    auto content = content_of(value);
    if (environment.contains(name)) {
      report(draft, variable, name + " is set as well; remove one of the two");
    } else if (!content) {
      report(draft, variable, "the file \"" + value + "\" cannot be read");
    } else {
      set_by_name(variable, name, *std::move(content), draft);
    }
  }
}

/// Settings that have another name in the configurations users bring along.
void apply_brought_settings(const std::map<std::string, std::string>& environment, Draft& draft) {
  constexpr std::pair<const char*, const char*> names[] = {
      {"CACHE_COMPRESSION", "cache.compression"},
      {"CACHE_WARMUP_ON_STARTUP", "cache.warmup_on_startup"},
      {"CACHE_PREFETCH_ON_ACCESS", "cache.prefetch_on_access"},
      {"CACHE_PREFETCH_INTERVAL", "cache.prefetch_interval"},
      {"CACHE_HIT_RATE_THRESHOLD", "cache.alert_hit_rate_below"},
      {"CACHE_MAX_KEYS", "cache.max_keys"},
      {"REDIS_URL", "shared.redis_url"},
  };
  for (const auto& [variable, path] : names) {
    const auto found = environment.find(variable);
    if (found == environment.end() || found->second.empty()) continue;
    auto value = found->second;
    // A bare number here is minutes, not seconds.
    if (std::string_view{variable} == "CACHE_PREFETCH_INTERVAL" && text::parse_unsigned(value)) value += "m";
    draft.given_at[path] = {variable, 0, 0};
    for (const auto& complaint : find_setting(path)->set(draft.config, {value, true, here()})) {
      report(draft, variable, complaint.message);
    }
  }
}

void apply_ttls(const std::map<std::string, std::string>& environment, Draft& draft) {
  constexpr std::pair<const char*, const char*> types[] = {
      {"CACHE_TTL_SERIES", "series"},
      {"CACHE_TTL_EPISODES", "episode"},
      {"CACHE_TTL_METADATA", "metadata_series"},
      {"CACHE_TTL_METADATA", "metadata_episode"},
      {"CACHE_TTL_EPISODE_IMAGES", "metadata_images"},
      {"CACHE_TTL_INDEXER_FEED", "indexer_feed"},
      {"CACHE_TTL_INDEXER_STATUS", "indexer_status"},
      {"CACHE_TTL_QUALITY_PROFILES", "quality_profile"},
      {"CACHE_TTL_CUSTOM_FORMATS", "custom_format"},
      {"CACHE_TTL_SERIES_LIST", "series_list"},
      {"CACHE_TTL_EPISODES_LIST", "episode_list"},
      {"CACHE_TTL_CONFIG", "config"},
      {"CACHE_TTL_TAGS", "tag"},
      {"CACHE_TTL_ROOT_FOLDERS", "root_folder"},
  };
  std::string reported;
  for (const auto& [variable, type] : types) {
    const auto found = environment.find(variable);
    if (found == environment.end() || found->second.empty()) continue;
    const auto ttl = to_duration({found->second, true, {}}, least_ttl, most_ttl);
    if (ttl.ok()) {
      draft.config.ttl_overrides[type] = *ttl;
    } else if (reported != variable) {
      report(draft, variable, ttl.error().what);
      reported = variable;
    }
  }
}

void apply_invalidation_switches(const std::map<std::string, std::string>& environment, Draft& draft) {
  constexpr const char* causes[] = {"SERIES_UPDATE",  "EPISODE_UPDATE",         "METADATA_REFRESH",
                                    "INDEXER_UPDATE", "QUALITY_PROFILE_UPDATE", "CUSTOM_FORMAT_UPDATE",
                                    "TAG_UPDATE",     "ROOT_FOLDER_UPDATE"};
  for (const std::string cause : causes) {
    const auto variable = "AUTO_INVALIDATE_ON_" + cause;
    const auto found = environment.find(variable);
    if (found == environment.end() || found->second.empty()) continue;
    const auto on = to_bool({found->second, true, {}});
    if (on.ok()) {
      draft.config.auto_invalidate[text::to_lower(cause)] = *on;
    } else {
      report(draft, variable, on.error().what);
    }
  }
}

/// REDIS_PASSWORD and REDIS_DB fill what the URL itself leaves open.
void complete_redis_url(const std::map<std::string, std::string>& environment, Draft& draft) {
  auto& url = draft.config.redis_url;
  const auto value = [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string{} : found->second;
  };
  const auto password = value("REDIS_PASSWORD"), database = value("REDIS_DB");
  if (!database.empty() && !text::parse_unsigned(database)) {
    report(draft, "REDIS_DB", "must be the number of a database, not \"" + database + "\"");
    return;
  }
  const auto authority = url.find("//") + 2;
  if (url.empty() || url.starts_with("unix:")) return;
  if (!password.empty() && url.find('@', authority) == std::string::npos) {
    url.insert(authority, ":" + text::percent_encode(password) + "@");
  }
  const auto path = url.find('/', authority);
  if (!database.empty() && (path == std::string::npos || path + 1 == url.size())) {
    url += (path == std::string::npos ? "/" : "") + database;
  }
}

}  // namespace

void apply_environment(const std::map<std::string, std::string>& environment, Draft& draft) {
  apply_brought_settings(environment, draft);
  apply_ttls(environment, draft);
  apply_invalidation_switches(environment, draft);
  apply_own(environment, draft);
  complete_redis_url(environment, draft);
}

}  // namespace cachearr::app
