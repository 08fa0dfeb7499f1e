#include "app/config/load_config.hpp"

#include <algorithm>
#include <filesystem>
#include <pwd.h>
#include <set>
#include <tuple>
#include <unistd.h>

#include "app/config/config_builder.hpp"
#include "app/config/setting_values.hpp"
#include "app/config/settings.hpp"
#include "base/text.hpp"
#include "rules/load/load.hpp"
#include "shared/server_address.hpp"

extern char** environ;

namespace cachearr::app {
namespace {

constexpr const char* default_rules = "rules.d";
constexpr const char* packaged_rules = "/etc/cachearr/rules.d";

/// "HOST:PORT:ADDRESS[:PORT]" -> {"host:port", "address:port"}.
std::optional<std::pair<std::string, std::string>> parse_resolve(const std::string& text) {
  const auto first = text.find(':');
  const auto second = first == std::string::npos ? first : text.find(':', first + 1);
  if (second == std::string::npos || first == 0) return std::nullopt;
  const auto port = text.substr(first + 1, second - first - 1);
  auto target = text.substr(second + 1);
  const auto bare =
      target.size() > 2 && target.front() == '[' && target.back() == ']' ? target.substr(1, target.size() - 2) : target;
  if (const auto family = address_family(bare); family != 0) {
    target = (family == 6 ? "[" + bare + "]" : bare) + ":" + port;
  }
  const auto parts = split_host_port(target);
  const auto number = text::parse_unsigned(port);
  if (!parts || address_family(parts->host) == 0 || !number || *number == 0 || *number > 65535 || parts->port == 0) {
    return std::nullopt;
  }
  return std::pair{text::to_lower(text.substr(0, first)) + ":" + std::to_string(*number), target};
}

std::string variable(const ConfigSources& sources, const char* name) {
  const auto found = sources.environment.find(name);
  return found == sources.environment.end() ? std::string{} : found->second;
}

std::string home_folder(const ConfigSources& sources) {
  if (auto home = variable(sources, "HOME"); home.starts_with('/')) return home;
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(16 * 1024);
  if (getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr) return {};
  return found->pw_dir;
}

/// systemd's folder, else the XDG state folder. Empty: there is none.
std::string default_state_dir(const ConfigSources& sources) {
  const auto of_systemd = variable(sources, "STATE_DIRECTORY");  // several are joined by colons; ours is the first
  if (of_systemd.starts_with('/')) return of_systemd.substr(0, of_systemd.find(':'));
  // The XDG specification has relative paths ignored.
  if (const auto xdg = variable(sources, "XDG_STATE_HOME"); xdg.starts_with('/')) return xdg + "/cachearr";
  const auto home = home_folder(sources);
  return home.empty() || home == "/" ? std::string{} : home + "/.local/state/cachearr";
}

std::string below(const std::string& folder, const std::string& path) {
  auto text = (std::filesystem::path{folder} / path).lexically_normal().string();
  if (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

void resolve_paths(const ConfigSources& sources, ConfigBuilder& builder) {
  auto& config = builder.config;
  if (config.state_dir.empty()) config.state_dir = default_state_dir(sources);
  if (config.state_dir.empty()) {
    builder.report("state_dir", "there is no home folder to keep state in; set \"state_dir\"");
    return;
  }
  if (!config.disk_path.empty()) config.disk_path = below(config.state_dir, config.disk_path);
  config.ca_dir = below(config.state_dir, config.ca_dir);
}

/// The default folder of rules may be missing; one that somebody named otherwise may not.
void resolve_rules(const ConfigSources& sources, ConfigBuilder& builder) {
  auto& rules = builder.config.rules;
  const auto lies_in = std::filesystem::path{builder.config.file}.parent_path().string();
  const auto beside = below(builder.folder.empty() ? lies_in : builder.folder, default_rules);
  if (!builder.set_at.contains("rules") && !builder.config.file.empty()) rules = {beside};
  std::error_code error;
  const auto is_there = [&](const std::string& path) {
    const auto& coming = sources.coming_rules;
    return std::filesystem::exists(path, error) || std::find(coming.begin(), coming.end(), path) != coming.end();
  };
  const auto is_absent_default = [&](const std::string& path) {
    return (path == beside || path == packaged_rules) && !is_there(path);
  };
  std::erase_if(rules, is_absent_default);
  // What the page has written goes before everything.
  const auto own = rules::own_folder(builder.config.state_dir);
  if (std::filesystem::is_directory(own, error)) {
    std::erase(rules, own);
    rules.insert(rules.begin(), own);
  }
  for (const auto& path : rules) {
    if (!is_there(path)) builder.report("rules", "\"rules\" names \"" + path + "\", which does not exist");
  }
}

/// "0.0.0.0:1" and "127.0.0.1:1" clash only in the kernel's eyes; here only what is plainly the same is refused.
void check_addresses(ConfigBuilder& builder) {
  std::set<std::string> taken;
  for (const auto& listener : builder.config.listeners) {
    if (!listener.address.ends_with(":0") && !taken.insert(listener.address).second) {
      builder.report("listeners", "two listeners have the address " + listener.address + "; each needs its own");
    }
  }
  if (taken.contains(builder.config.admin.address)) {
    const auto* const where = builder.set_at.contains("admin.address") ? "admin.address" : "listeners";
    builder.report(
        where, "\"admin.address\" is a listener's as well: " + builder.config.admin.address + "; each needs its own");
  }
}

void check_authentication(ConfigBuilder& builder) {
  const auto& access = builder.config.access;
  const auto has_user = builder.set_at.contains("access.basic_auth.user");
  const auto has_file = builder.set_at.contains("access.basic_auth.password_file");
  if (has_user && !has_file)
    builder.report("access.basic_auth.user", "\"access.basic_auth\" needs a \"password_file\" as well");
  if (has_file && !has_user)
    builder.report("access.basic_auth.password_file", "\"access.basic_auth\" needs a \"user\" as well");
  if (has_file && !access.basic_password_file.empty() && ::access(access.basic_password_file.c_str(), R_OK) != 0) {
    builder.report("access.basic_auth.password_file", "\"" + access.basic_password_file + "\" cannot be read");
  }
}

void check_shared(ConfigBuilder& builder) {
  const auto& shared = builder.config.shared;
  if (!shared.redis_url.empty()) {
    const auto address = shared::parse_server_address(shared.redis_url);
    if (!address) builder.report("shared.redis_url", address.error().what);
  }
  if (!shared.key_file.empty() && shared.certificate_file.empty())
    builder.report("shared.key_file", "\"shared.key_file\" needs a \"certificate_file\" as well");
}

/// In the order in which a reader of the file meets them.
void sort_by_place(Problems& problems) {
  std::stable_sort(problems.begin(), problems.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.at.file, a.at.line, a.at.column) < std::tie(b.at.file, b.at.line, b.at.column);
  });
}

}  // namespace

void ConfigBuilder::report(const std::string& setting, std::string message) {
  const auto found = set_at.find(setting);
  const auto nowhere = Position{config.file.empty() ? "configuration" : config.file, 0, 0};
  problems.push_back({found == set_at.end() ? nowhere : found->second, std::move(message)});
}

bool ConfigBuilder::has_problem_at(const Position& at) const {
  const auto is_there = [&at](const Problem& each) {
    return std::tie(each.at.file, each.at.line, each.at.column) == std::tie(at.file, at.line, at.column);
  };
  return std::any_of(problems.begin(), problems.end(), is_there);
}

void apply_flags(const ConfigSources& sources, ConfigBuilder& builder) {
  const auto set = [&](const char* flag, const char* path, nlohmann::json value) {
    builder.set_at[path] = {flag, 0, 0};
    for (const auto& error : find_setting(path)->set(builder.config, {std::move(value), true, {}})) {
      builder.report(path, error.message);
    }
  };
  if (!sources.listen.empty()) set("--listen", "listeners", sources.listen);
  if (!sources.log_level.empty()) set("--log-level", "log.level", sources.log_level);
  for (const auto& text : sources.resolve) {
    if (auto entry = parse_resolve(text)) {
      builder.config.resolve.insert_or_assign(entry->first, entry->second);
    } else {
      builder.problems.push_back(
          {{"--resolve", 0, 0}, "must be HOST:PORT:ADDRESS or HOST:PORT:ADDRESS:PORT, not \"" + text + "\""});
    }
  }
}

std::map<std::string, std::string> process_environment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text{*entry};
    const auto equals = text.find('=');
    if (equals != std::string_view::npos) variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

Config read_config(const ConfigSources& sources, Problems& problems) {
  ConfigBuilder builder;
  builder.folder = sources.folder;
  builder.config.disk_path = "store";
  builder.config.ca_dir = "ca";
  std::error_code error;
  auto file = sources.file;
  if (file.empty() && std::filesystem::exists(sources.default_file, error)) file = sources.default_file;
  if (!file.empty()) {
    builder.config.file = std::filesystem::absolute(file, error).lexically_normal().string();
    builder.config.state_dir_is_known = apply_file(file, builder);
  }
  apply_environment(sources.environment, builder);
  apply_flags(sources, builder);
  if (const auto set = builder.set_at.find("state_dir"); set != builder.set_at.end())
    builder.config.state_dir_is_known = !builder.has_problem_at(set->second);
  resolve_paths(sources, builder);
  resolve_rules(sources, builder);
  check_addresses(builder);
  check_authentication(builder);
  check_shared(builder);
  sort_by_place(builder.problems);
  problems.insert(problems.end(), builder.problems.begin(), builder.problems.end());
  return std::move(builder.config);
}

std::optional<Config> load_config(const ConfigSources& sources, Problems& problems) {
  const auto before = problems.size();
  auto config = read_config(sources, problems);
  if (problems.size() > before) return std::nullopt;
  return config;
}

}  // namespace cachearr::app
