#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <utility>

#include "app/config/config_builder.hpp"
#include "app/config/settings.hpp"
#include "base/suggestion.hpp"
#include "base/text.hpp"
#include "base/units.hpp"

namespace cachearr::app {
namespace {

constexpr std::string_view prefix = "CACHEARR__", file_suffix = "__FILE";
constexpr std::array<const char*, 2> lists_of_objects{"notifications", "cache.prefetch"};
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

void report(ConfigBuilder& builder, const std::string& variable, const std::string& message) {
  builder.problems.push_back({{variable, 0, 0}, message});
}

/// Relative paths in variables start where the process was started.
std::string here() {
  std::error_code error;
  return std::filesystem::current_path(error).string();
}

/// CACHEARR__LISTENERS__0__ADDRESS. True where the name is of this form.
bool set_indexed_listener(const std::string& variable, std::string_view name, const RawValue& raw,
                          ConfigBuilder& builder) {
  constexpr std::string_view start = "CACHEARR__LISTENERS__";
  if (!name.starts_with(start)) return false;
  const auto rest = name.substr(start.size());
  const auto gap = rest.find("__");
  const auto index = text::parse_unsigned(rest.substr(0, gap));
  if (!index || gap == std::string_view::npos) return false;
  auto& listeners = builder.config.listeners;
  if (*index > listeners.size()) {
    report(builder, variable,
           "there are only " + std::to_string(listeners.size()) + " listeners; count from 0 without gaps");
    return true;
  }
  if (*index == listeners.size()) listeners.emplace_back();
  listeners[*index].file = variable;
  listeners[*index].line = listeners[*index].column = 0;
  for (const auto& error : set_listener_member(listeners[*index], text::to_lower(rest.substr(gap + 2)), raw)) {
    report(builder, variable, error.message);
  }
  builder.set_at["listeners"] = {variable, 0, 0};
  return true;
}

/// CACHEARR__NOTIFICATIONS__0__URL: changes a member of a list that stands in the file, or makes a new one. True where
/// the name is of this form.
bool set_indexed_member(const std::string& variable, std::string_view name, const std::string& value,
                        ConfigBuilder& builder) {
  for (const std::string path : lists_of_objects) {
    const auto& setting = *find_setting(path);
    const auto start = name_of(setting) + "__";
    if (!name.starts_with(start)) continue;
    const auto rest = name.substr(start.size());
    const auto gap = rest.find("__");
    const auto index = text::parse_unsigned(rest.substr(0, gap));
    if (!index || gap == std::string_view::npos) return false;
    auto& list = builder.lists[path];
    if (*index > list.members.size()) {
      report(
          builder, variable,
          "there are only " + std::to_string(list.members.size()) + " of \"" + path + "\"; count from 0 without gaps");
      return true;
    }
    auto& changed = list.members[*index];
    if (!changed.is_object() && !changed.is_null()) return false;
    const auto member = text::to_lower(rest.substr(gap + 2));
    const bool is_path = member.ends_with("_file") && !value.empty();
    changed[member] = is_path ? (std::filesystem::path{here()} / value).string() : value;
    list.changed_by = variable;
    return true;
  }
  return false;
}

/// Reads the lists that variables have changed a member of; what is wrong with the others is told.
void finish_lists(ConfigBuilder& builder) {
  for (const auto& [path, list] : builder.lists) {
    if (list.changed_by.empty()) {
      builder.problems.insert(builder.problems.end(), list.problems.begin(), list.problems.end());
      continue;
    }
    builder.set_at[path] = {list.changed_by, 0, 0};
    for (const auto& error : find_setting(path)->set(builder.config, {list.members, true, list.folder}))
      report(builder, list.changed_by, "\"" + path + error.pointer + "\" " + error.message);
  }
}

void unknown(const std::string& variable, ConfigBuilder& builder) {
  std::vector<std::string> names;
  for (const auto& setting : settings()) names.push_back(name_of(setting));
  const auto near = did_you_mean(variable, {names.begin(), names.end()});
  report(builder, variable, "no such setting" + (near.empty() ? "; see man 5 cachearr.json" : near));
}

/// A whole list. What is wrong with its members is told in the end, since another variable may put it right.
void set_list(const std::string& variable, const Setting& setting, const RawValue& raw, ConfigBuilder& builder) {
  const auto members = to_list(raw);
  if (!members.ok()) return report(builder, variable, members.error().what);
  auto& list = builder.lists[setting.path];
  list = {nlohmann::json::array(), here(), {}, std::move(list.problems)};
  for (const auto& member : *members) list.members.push_back(member.value);
  for (const auto& error : setting.set(builder.config, raw)) list.problems.push_back({{variable, 0, 0}, error.message});
}

void set_by_name(const std::string& variable, std::string_view name, const std::string& value, ConfigBuilder& builder) {
  const RawValue raw{value, true, here()};
  const auto& all = settings();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Setting& s) { return name_of(s) == name; });
  if (found == all.end()) {
    if (!set_indexed_listener(variable, name, raw, builder) && !set_indexed_member(variable, name, value, builder))
      unknown(variable, builder);
    return;
  }
  builder.set_at[found->path] = {variable, 0, 0};
  const bool is_list =
      std::find(lists_of_objects.begin(), lists_of_objects.end(), found->path) != lists_of_objects.end();
  if (is_list) return set_list(variable, *found, raw, builder);
  for (const auto& error : found->set(builder.config, raw)) report(builder, variable, error.message);
}

/// The setting's name: a variable that names a file gives the same setting.
std::string without_file_suffix(const std::string& variable) {
  const bool names_file = variable.ends_with(file_suffix);
  return names_file ? variable.substr(0, variable.size() - file_suffix.size()) : variable;
}

/// Those of ours: a whole list before its members, and of these the tenth behind the second.
std::vector<std::pair<std::string, std::string>> in_order_of_numbers(
    const std::map<std::string, std::string>& environment) {
  std::vector<std::pair<std::string, std::string>> own;
  for (const auto& each : environment)
    if (each.first.starts_with(prefix)) own.emplace_back(each);
  std::stable_sort(own.begin(), own.end(), [](const auto& a, const auto& b) {
    return ::strverscmp(without_file_suffix(a.first).c_str(), without_file_suffix(b.first).c_str()) < 0;
  });
  return own;
}

void apply_own(const std::map<std::string, std::string>& environment, ConfigBuilder& builder) {
  for (const auto& [variable, value] : in_order_of_numbers(environment)) {
    if (!variable.ends_with(file_suffix)) {
      set_by_name(variable, variable, value, builder);
      continue;
    }
    const auto name = without_file_suffix(variable);
    const auto content = content_of_file(value);
    if (environment.contains(name)) {
      report(builder, variable, name + " is set as well; remove one of the two");
    } else if (!content) {
      report(builder, variable, "the file \"" + value + "\" cannot be read");
    } else {
      set_by_name(variable, name, *content, builder);
    }
  }
}

/// Settings that have another name in the configurations users bring along.
void apply_foreign_settings(const std::map<std::string, std::string>& environment, ConfigBuilder& builder) {
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
    builder.set_at[path] = {variable, 0, 0};
    for (const auto& error : find_setting(path)->set(builder.config, {value, true, here()})) {
      report(builder, variable, error.message);
    }
  }
}

void apply_ttls(const std::map<std::string, std::string>& environment, ConfigBuilder& builder) {
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
      builder.config.ttl_overrides[type] = *ttl;
    } else if (reported != variable) {
      report(builder, variable, ttl.error().what);
      reported = variable;
    }
  }
}

void apply_invalidation_switches(const std::map<std::string, std::string>& environment, ConfigBuilder& builder) {
  constexpr const char* causes[] = {"SERIES_UPDATE",  "EPISODE_UPDATE",         "METADATA_REFRESH",
                                    "INDEXER_UPDATE", "QUALITY_PROFILE_UPDATE", "CUSTOM_FORMAT_UPDATE",
                                    "TAG_UPDATE",     "ROOT_FOLDER_UPDATE"};
  for (const std::string cause : causes) {
    const auto variable = "AUTO_INVALIDATE_ON_" + cause;
    const auto found = environment.find(variable);
    if (found == environment.end() || found->second.empty()) continue;
    const auto on = to_bool({found->second, true, {}});
    if (on.ok()) {
      builder.config.auto_invalidate[text::to_lower(cause)] = *on;
    } else {
      report(builder, variable, on.error().what);
    }
  }
}

/// The URL with this password, where it names none itself.
std::string with_password(std::string url, const std::string& password) {
  const auto begin = url.find("//") + 2;
  const auto end = std::min(url.find_first_of("/?", begin), url.size());
  const auto at = url.find('@', begin);
  if (at >= end) return url.insert(begin, ":" + password + "@");
  const bool has_one = url.find(':', begin) < at;
  return has_one ? url : url.insert(at, ":" + password);
}

/// The URL with this database, where it names none itself.
std::string with_database(std::string url, const std::string& number) {
  const auto query = std::min(url.find('?'), url.size());
  if (url.starts_with("unix:")) {
    const bool has_one = url.find("db=", query) != std::string::npos;
    return has_one ? url : url + (query < url.size() ? "&db=" : "?db=") + number;
  }
  const auto path = url.find('/', url.find("//") + 2);
  if (path < query) return path + 1 == query ? url.insert(query, number) : url;
  return url.insert(query, "/" + number);
}

/// REDIS_PASSWORD and REDIS_DB fill what the URL itself leaves open.
void complete_redis_url(const std::map<std::string, std::string>& environment, ConfigBuilder& builder) {
  auto& url = builder.config.shared.redis_url;
  const auto value = [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string{} : found->second;
  };
  const auto password = value("REDIS_PASSWORD"), database = value("REDIS_DB");
  if (!database.empty() && !text::parse_unsigned(database)) {
    report(builder, "REDIS_DB", "must be the number of a database, not \"" + database + "\"");
    return;
  }
  if (url.empty()) return;
  if (!password.empty()) url = with_password(url, text::percent_encode(password));
  if (!database.empty()) url = with_database(url, database);
}

}  // namespace

void apply_environment(const std::map<std::string, std::string>& environment, ConfigBuilder& builder) {
  apply_foreign_settings(environment, builder);
  apply_ttls(environment, builder);
  apply_invalidation_switches(environment, builder);
  apply_own(environment, builder);
  finish_lists(builder);
  complete_redis_url(environment, builder);
}

}  // namespace cachearr::app
