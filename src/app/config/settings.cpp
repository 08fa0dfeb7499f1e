#include "app/config/settings.hpp"

#include <algorithm>
#include <limits>

#include "base/json_position.hpp"
#include "base/suggestion.hpp"

namespace cachearr::app {
namespace {

using Set = std::function<ValidationErrors(Config&, const RawValue&)>;
template <class T>
using Field = T& (*)(Config&);

constexpr std::uint64_t kib = 1024, mib = 1024 * kib, gib = 1024 * mib, tib = 1024 * gib;
constexpr Duration second{1000}, day{86'400'000};

Set flag(Field<bool> field) {
  return [field](Config& c, const RawValue& raw) { return put(field(c), to_bool(raw)); };
}
Set number(Field<std::uint32_t> field, std::uint32_t least, std::uint32_t most) {
  return [=](Config& c, const RawValue& raw) { return put(field(c), to_number(raw, least, most)); };
}
Set size(Field<std::uint64_t> field, std::uint64_t least, std::uint64_t most) {
  return [=](Config& c, const RawValue& raw) { return put(field(c), to_size(raw, least, most)); };
}
Set duration(Field<Duration> field, Duration least = Duration{1}, Duration most = day) {
  return [=](Config& c, const RawValue& raw) { return put(field(c), to_duration(raw, least, most)); };
}
Set path(Field<std::string> field) {
  return [field](Config& c, const RawValue& raw) { return put(field(c), to_path(raw)); };
}
/// A path that stands on the state directory, which is known only when everything is read.
Set path_in_state(Field<std::string> field) {
  return [field](Config& c, const RawValue& raw) { return put(field(c), to_text(raw)); };
}
/// null leaves or makes the text empty.
Set nullable(Field<std::string> field, Set other) {
  return [field, other = std::move(other)](Config& c, const RawValue& raw) {
    if (!is_null(raw)) return other(c, raw);
    field(c).clear();
    return ValidationErrors{};
  };
}

ValidationErrors set_choice(const RawValue& raw, const std::vector<std::string>& names,
                            const std::function<void(std::size_t)>& take) {
  const auto index = to_choice(raw, names);
  if (!index.ok()) return {{"", index.error().what, false}};
  take(*index);
  return {};
}

/// Each member by `read`; all that are wrong are reported, and then none is applied.
template <class T, class Read>
ValidationErrors set_list(std::vector<T>& into, const RawValue& raw, const Read& read) {
  const auto members = to_list(raw);
  if (!members.ok()) return {{"", members.error().what, false}};
  ValidationErrors errors;
  std::vector<T> taken;
  for (std::size_t i = 0; i < members->size(); ++i) {
    auto value = read((*members)[i]);
    if (value.ok()) {
      taken.push_back(static_cast<T>(std::move(value).value()));
    } else {
      errors.push_back({json_pointer("", i), value.error().what, false});
    }
  }
  if (errors.empty()) into = std::move(taken);
  return errors;
}

template <class Read>
Set list(Field<std::vector<std::string>> field, Read read) {
  return [field, read](Config& c, const RawValue& raw) { return set_list(field(c), raw, read); };
}

Result<std::string> to_host_name(const RawValue& raw) {
  auto name = to_text(raw);
  if (name.ok() && name->find_first_of("/: \t") != std::string::npos) {
    return Error{"must be a host name without scheme and port, not \"" + *name + "\""};
  }
  return name;
}

Result<std::string> to_api_key(const RawValue& raw) {
  auto key = to_text(raw);
  const auto visible = [](char c) { return c > ' ' && c < '\x7f'; };
  if (key.ok() && !std::all_of(key->begin(), key->end(), visible)) {
    return Error{"must be visible ASCII characters without spaces, as it travels in a header field"};
  }
  return key;
}

Result<std::string> to_redis_url(const RawValue& raw) {
  auto url = to_text(raw);
  if (url.ok() && !url->starts_with("redis://") && !url->starts_with("rediss://") && !url->starts_with("unix://")) {
    return Error{"must begin with redis://, rediss:// or unix://"};
  }
  return url;
}

ValidationErrors set_intercept(Config& c, const RawValue& raw) {
  if (raw.value.is_string() && raw.value == "auto") {
    c.intercept = Switch::automatic;
    return {};
  }
  const auto on = to_bool(raw);
  if (!on.ok()) return {{"", "must be true, false or \"auto\", not " + kind_of(raw.value), false}};
  c.intercept = *on ? Switch::on : Switch::off;
  return {};
}

std::vector<Setting> access_settings() {
  return {
      {"listeners", set_listeners},
      {"admin.address", nullable([](Config& c) -> std::string& { return c.admin.address; },
                                 [](Config& c, const RawValue& raw) { return put(c.admin.address, to_address(raw)); })},
      {"admin.api_key", nullable([](Config& c) -> std::string& { return c.admin.api_key; },
                                 [](Config& c, const RawValue& raw) { return put(c.admin.api_key, to_api_key(raw)); })},
      {"admin.hosts", list(
                          [](Config & c) -> auto& { return c.admin.hosts; }, to_host_name)},
      {"admin.open_metrics", flag([](Config& c) -> bool& { return c.admin.open_metrics; })},
      {"access.clients", list(
                             [](Config & c) -> auto& { return c.access.clients; }, to_network)},
      {"access.basic_auth.user",
       [](Config& c, const RawValue& raw) {
         auto errors = put(c.access.basic_user, to_text(raw));
         if (c.access.basic_user.find(':') != std::string::npos) {
           errors.push_back({"", "must not contain a colon: it separates user and password", false});
         }
         return errors;
       }},
      {"access.basic_auth.password_file", path([](Config & c) -> auto& { return c.access.basic_password_file; })},
      {"access.connect_ports",
       [](Config& c, const RawValue& raw) {
         return set_list(c.access.connect_ports, raw, [](const RawValue& port) { return to_number(port, 1, 65535); });
       }},
      {"access.unknown_hosts",
       [](Config& c, const RawValue& raw) {
         return set_choice(raw, {"deny", "allow"}, [&](std::size_t i) { c.access.allow_unknown_hosts = i == 1; });
       }},
      {"access.private_upstreams",
       [](Config& c, const RawValue& raw) {
         return set_choice(raw, {"named", "allow", "deny"},
                           [&](std::size_t i) { c.access.private_upstreams = static_cast<PrivateUpstreams>(i); });
       }},
      {"intercept.enabled", set_intercept},
      {"intercept.ca_dir", path_in_state([](Config & c) -> auto& { return c.ca_dir; })},
  };
}

std::vector<Setting> store_settings() {
  return {
      {"state_dir",
       nullable(
           [](Config & c) -> auto& { return c.state_dir; }, path([](Config & c) -> auto& { return c.state_dir; }))},
      {"threads", number(
                      [](Config & c) -> auto& { return c.threads; }, 0, 1024)},
      {"memory.max_bytes", size(
                               [](Config & c) -> auto& { return c.memory_max_bytes; }, 64 * kib, 16 * tib)},
      {"disk.path", nullable(
                        [](Config & c) -> auto& { return c.disk_path; },
                        path_in_state([](Config & c) -> auto& { return c.disk_path; }))},
      {"disk.max_bytes", size(
                             [](Config & c) -> auto& { return c.disk_max_bytes; }, mib, 256 * tib)},
      {"rules", list(
                    [](Config & c) -> auto& { return c.rules; }, to_path)},
      {"shared.redis_url", nullable(
                               [](Config & c) -> auto& { return c.redis_url; },
                               [](Config& c, const RawValue& raw) { return put(c.redis_url, to_redis_url(raw)); })},
      {"cache.compression", flag([](Config& c) -> bool& { return c.cache.compression; })},
      {"cache.warmup_on_startup", flag([](Config& c) -> bool& { return c.cache.warmup_on_startup; })},
      {"cache.prefetch_on_access", flag([](Config& c) -> bool& { return c.cache.prefetch_on_access; })},
      {"cache.prefetch_interval",
       duration(
           [](Config & c) -> auto& { return c.cache.prefetch_interval; }, second, 365 * day)},
      {"cache.alert_hit_rate_below", number(
                                         [](Config & c) -> auto& { return c.cache.alert_hit_rate_below; }, 0, 100)},
      {"cache.alert_key_hit_rate_below",
       number(
           [](Config & c) -> auto& { return c.cache.alert_key_hit_rate_below; }, 0, 100)},
      {"cache.max_keys",
       number(
           [](Config & c) -> auto& { return c.cache.max_keys; }, 1, std::numeric_limits<std::uint32_t>::max())},
  };
}

std::vector<Setting> traffic_settings() {
  return {
      {"timeouts.client_header", duration([](Config & c) -> auto& { return c.timeouts.client_header; })},
      {"timeouts.client_idle", duration([](Config & c) -> auto& { return c.timeouts.client_idle; })},
      {"timeouts.connect", duration([](Config & c) -> auto& { return c.timeouts.connect; })},
      {"timeouts.upstream_header", duration([](Config & c) -> auto& { return c.timeouts.upstream_header; })},
      {"timeouts.upstream_idle", duration([](Config & c) -> auto& { return c.timeouts.upstream_idle; })},
      {"timeouts.shutdown_grace", duration(
                                      [](Config & c) -> auto& { return c.timeouts.shutdown_grace; }, Duration{0})},
      {"limits.max_header_bytes", size(
                                      [](Config & c) -> auto& { return c.limits.max_header_bytes; }, kib, mib)},
      {"limits.max_object_bytes", size(
                                      [](Config & c) -> auto& { return c.limits.max_object_bytes; }, kib, tib)},
      {"limits.max_connections", number(
                                     [](Config & c) -> auto& { return c.limits.max_connections; }, 1, 1'000'000)},
      {"log.level",
       [](Config& c, const RawValue& raw) {
         const std::vector<std::string> levels = {"trace", "debug", "info", "warning", "error", "off"};
         return set_choice(raw, levels, [&](std::size_t i) { c.log.level = levels[i]; });
       }},
      {"log.format",
       [](Config& c, const RawValue& raw) {
         return set_choice(raw, {"text", "json"}, [&](std::size_t i) { c.log.json = i == 1; });
       }},
  };
}

std::vector<Setting> all_settings() {
  auto all = access_settings();
  for (auto more : {store_settings(), traffic_settings()}) {
    all.insert(all.end(), more.begin(), more.end());
  }
  return all;
}

}  // namespace

const std::vector<Setting>& settings() {
  static const auto all = all_settings();
  return all;
}

const Setting* find_setting(std::string_view path) {
  const auto& all = settings();
  const auto found = std::find_if(all.begin(), all.end(), [path](const Setting& s) { return s.path == path; });
  return found == all.end() ? nullptr : &*found;
}

std::vector<std::string> names_below(std::string_view path) {
  const auto prefix = path.empty() ? std::string{} : std::string{path} + ".";
  std::vector<std::string> names;
  for (const auto& setting : settings()) {
    if (!setting.path.starts_with(prefix)) continue;
    const auto rest = setting.path.substr(prefix.size());
    auto name = rest.substr(0, rest.find('.'));
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
  }
  return names;
}

std::string hint(std::string_view name, const std::vector<std::string>& known) {
  if (auto near = did_you_mean(name, {known.begin(), known.end()}); !near.empty()) return near;
  std::string list;
  for (const auto& each : known) list += (list.empty() ? "" : ", ") + each;
  return " (known here: " + list + ")";
}

}  // namespace cachearr::app
