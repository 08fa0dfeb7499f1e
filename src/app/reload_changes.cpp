#include "app/reload_changes.hpp"

#include <algorithm>
#include <string_view>
#include <tuple>

namespace cachearr::app {
namespace {

using Changes = std::vector<std::string>;

void compare_rules(const rules::RuleSet& before, const rules::RuleSet& after, Changes& changes) {
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
}

auto all_of(const AccessConfig& access) {
  return std::tie(access.clients, access.basic_user, access.basic_password_file, access.connect_ports,
                  access.allow_unknown_hosts, access.private_upstreams);
}

auto all_of(const TimeoutConfig& timeouts) {
  return std::tie(timeouts.client_header, timeouts.client_idle, timeouts.connect, timeouts.upstream_header,
                  timeouts.upstream_idle, timeouts.shutdown_grace);
}

auto all_of(const LimitConfig& limits) {
  return std::tie(limits.max_header_bytes, limits.max_object_bytes, limits.max_connections);
}

bool same_listener(const ListenerConfig& a, const ListenerConfig& b) {
  return a.address == b.address && a.upstream == b.upstream && a.tls == b.tls;
}

/// What is in force at once.
void compare_settings(const Config& before, const Config& after, Changes& changes) {
  if (before.log.level != after.log.level) changes.push_back("log.level: " + after.log.level);
  const auto taken_over = [&](bool differs, std::string_view what) {
    if (differs) changes.push_back(std::string{what} + ": changed");
  };
  taken_over(all_of(before.access) != all_of(after.access), "access");
  taken_over(all_of(before.timeouts) != all_of(after.timeouts), "timeouts");
  taken_over(all_of(before.limits) != all_of(after.limits), "limits");
  taken_over(before.admin.hosts != after.admin.hosts, "admin.hosts");
  taken_over(before.admin.open_metrics != after.admin.open_metrics, "admin.open_metrics");
  taken_over(before.rules != after.rules, "rules");
  taken_over(before.intercept != after.intercept || before.ca_dir != after.ca_dir, "intercept");
}

void compare_what_waits(const Config& before, const Config& after, Changes& changes) {
  const auto needs_restart = [&](bool differs, std::string_view what) {
    if (differs) changes.push_back(std::string{what} + " changed in the file; it takes effect at the next start");
  };
  needs_restart(!std::equal(before.listeners.begin(), before.listeners.end(), after.listeners.begin(),
                            after.listeners.end(), same_listener),
                "listeners");
  needs_restart(before.admin.address != after.admin.address, "admin.address");
  needs_restart(before.admin.api_key != after.admin.api_key, "admin.api_key");
  needs_restart(before.threads != after.threads, "threads");
  needs_restart(before.memory_max_bytes != after.memory_max_bytes, "memory.max_bytes");
  needs_restart(before.disk_path != after.disk_path || before.disk_max_bytes != after.disk_max_bytes, "disk");
  needs_restart(before.log.json != after.log.json, "log.format");
  needs_restart(before.cache.compression != after.cache.compression, "cache.compression");
}

}  // namespace

Changes changes_between(const pipeline::ConfigSnapshot& before, const pipeline::ConfigSnapshot& after) {
  Changes changes;
  compare_rules(*before.rules, *after.rules, changes);
  compare_settings(before.settings->config, after.settings->config, changes);
  compare_what_waits(before.settings->config, after.settings->config, changes);
  return changes;
}

}  // namespace cachearr::app
