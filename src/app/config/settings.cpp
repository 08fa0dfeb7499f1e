#include "app/config/settings.hpp"

#include <algorithm>
#include <limits>

#include "base/json_position.hpp"
#include "base/suggestion.hpp"

namespace cachearr::app {
namespace {

using enum Applies;

constexpr std::uint64_t kib = 1024, mib = 1024 * kib, gib = 1024 * mib, tib = 1024 * gib;
constexpr Duration millisecond{1}, second{1000}, day{86'400'000};
constexpr auto most_of_number = std::numeric_limits<std::uint32_t>::max();

/// The member of Config that one setting fills: &Config::timeouts, &TimeoutConfig::connect.
template <auto... Path>
struct Member {
  static auto& of(Config& config) { return (config.*....*Path); }
  static const auto& of(const Config& config) { return (config.*....*Path); }
  static bool same(const Config& a, const Config& b) { return of(a) == of(b); }
  static void copy(const Config& from, Config& to) { of(to) = of(from); }
};

/// A row of the table; `read` reads the raw value into the member.
template <auto... Path, class Read>
Setting row(std::string path, Applies applies, Read read) {
  using In = Member<Path...>;
  auto set = [read](Config& config, const RawValue& raw) { return read(In::of(config), raw); };
  return {std::move(path), applies, std::move(set), &In::same, &In::copy};
}

auto flag() {
  return [](bool& into, const RawValue& raw) { return put(into, to_bool(raw)); };
}
auto number(std::uint32_t least, std::uint32_t most) {
  return [=](std::uint32_t& into, const RawValue& raw) { return put(into, to_number(raw, least, most)); };
}
auto size(std::uint64_t least, std::uint64_t most) {
  return [=](std::uint64_t& into, const RawValue& raw) { return put(into, to_size(raw, least, most)); };
}
auto duration(Duration least = millisecond, Duration most = day) {
  return [=](Duration& into, const RawValue& raw) { return put(into, to_duration(raw, least, most)); };
}
/// By one of the functions that read a text.
auto text(Result<std::string> (*read)(const RawValue&)) {
  return [read](std::string& into, const RawValue& raw) { return put(into, read(raw)); };
}
/// null leaves or makes the text empty.
auto nullable(Result<std::string> (*read)(const RawValue&)) {
  return [read](std::string& into, const RawValue& raw) {
    if (!is_null(raw)) return put(into, read(raw));
    into.clear();
    return ValidationErrors{};
  };
}
/// The index of the name that is given becomes the value.
auto choice(std::vector<std::string> names) {
  return [names = std::move(names)](auto& into, const RawValue& raw) { return put(into, to_choice(raw, names)); };
}

/// Each member by `read`; all that are wrong are reported, and then none is applied.
template <class Read>
auto list(Read read) {
  return [read]<class T>(std::vector<T>& into, const RawValue& raw) -> ValidationErrors {
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
  };
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

/// The secret in the file that is named.
Result<std::string> to_secret_of_file(const RawValue& raw) {
  const auto path = to_path(raw);
  if (!path.ok()) return path.error();
  auto secret = content_of_file(*path);
  if (!secret) return Error{"cannot read " + *path};
  if (secret->empty()) return Error{*path + " is empty"};
  return std::move(*secret);
}

/// "always" is how "required" was written before.
ValidationErrors set_login(LoginOf& into, const RawValue& raw) {
  const auto choice = to_choice(raw, {"required", "local", "always"});
  if (!choice.ok()) return {{"", choice.error().what, false}};
  into = *choice == 1 ? LoginOf::strangers : LoginOf::everybody;
  return {};
}

Result<std::string> to_url_base(const RawValue& raw) {
  if (raw.value.is_string() && raw.value.get_ref<const std::string&>().empty()) return std::string{};
  auto base = to_text(raw);
  if (!base.ok() || base->empty()) return base;
  while (base->ends_with('/')) base->pop_back();
  const auto plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '-' ||
           c == '_' || c == '.' || c == '~';
  };
  if (base->empty()) return base;
  if (base->front() != '/' || base->find("//") != std::string::npos || !std::all_of(base->begin(), base->end(), plain))
    return Error{"must be a path such as \"/cachearr\""};
  return base;
}

Result<std::string> to_frame_ancestor(const RawValue& raw) {
  auto source = to_text(raw);
  if (source.ok() && (*source == "self" || *source == "'self'")) return std::string{"'self'"};
  if (!source.ok()) return source;
  const auto scheme = source->find("://");
  const auto host = scheme == std::string::npos ? scheme : scheme + 3;
  const bool known = source->starts_with("http://") || source->starts_with("https://");
  if (!known || host >= source->size() || source->find_first_of("/;, '\"\t\r\n", host) != std::string::npos)
    return Error{"must be 'self' or an origin such as https://home.example"};
  return source;
}

/// One of them may stand without a list around it.
ValidationErrors set_frame_ancestors(std::vector<std::string>& into, const RawValue& raw) {
  auto members = raw;
  if (!raw.is_text && raw.value.is_string()) members.value = nlohmann::json::array({raw.value});
  return list(to_frame_ancestor)(into, members);
}

Result<std::string> to_user(const RawValue& raw) {
  auto user = to_text(raw);
  if (user.ok() && user->find(':') != std::string::npos) {
    return Error{"must not contain a colon: it separates user and password"};
  }
  return user;
}

Result<std::string> to_redis_url(const RawValue& raw) {
  auto url = to_text(raw);
  if (url.ok() && !url->starts_with("redis://") && !url->starts_with("rediss://") && !url->starts_with("unix://")) {
    return Error{"must begin with redis://, rediss:// or unix://"};
  }
  return url;
}

/// Part of the names in Redis, where braces and colons have a meaning.
Result<std::string> to_key_part(const RawValue& raw) {
  auto part = to_text(raw);
  const auto plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
           c == '.';
  };
  if (part.ok() && (part->empty() || part->size() > 64 || !std::all_of(part->begin(), part->end(), plain)))
    return Error{"must be 1 to 64 letters, digits, '-', '_' or '.'"};
  return part;
}

ValidationErrors set_lookup_timeout(std::optional<Duration>& into, const RawValue& raw) {
  into.reset();
  if (raw.value.is_string() && raw.value == "auto") return {};
  return put(into, to_duration(raw, millisecond, 10 * second));
}

ValidationErrors set_blind_after(std::optional<Duration>& into, const RawValue& raw) {
  into.reset();
  if (is_null(raw)) return {};
  return put(into, to_duration(raw, second, 365 * day));
}

ValidationErrors set_instances(std::uint32_t& into, const RawValue& raw) {
  into = 0;
  if (is_null(raw)) return {};
  return put(into, to_number(raw, 1, 10'000));
}

Result<std::string> to_level(const RawValue& raw) {
  const std::vector<std::string> levels = {"trace", "debug", "info", "warning", "error", "off"};
  const auto index = to_choice(raw, levels);
  if (!index.ok()) return index.error();
  return levels[*index];
}

Result<std::uint64_t> to_port(const RawValue& raw) { return to_number(raw, 1, 65535); }

Result<Switch> to_switch(const RawValue& raw) {
  if (raw.value.is_string() && raw.value == "auto") return Switch::automatic;
  const auto on = to_bool(raw);
  if (!on.ok()) return Error{"must be true, false or \"auto\", not " + kind_of(raw.value)};
  return *on ? Switch::on : Switch::off;
}

std::vector<Setting> access_settings() {
  using C = Config;
  using Admin = AdminConfig;
  using Access = AccessConfig;
  return {
      row<&C::listeners>("listeners", at_start, set_listeners),
      row<&C::admin, &Admin::address>("admin.address", at_start, nullable(to_address)),
      row<&C::admin, &Admin::api_key>("admin.api_key", at_start, nullable(to_api_key)),
      row<&C::admin, &Admin::hosts>("admin.hosts", at_reload, list(to_host_name)),
      row<&C::admin, &Admin::open_metrics>("admin.open_metrics", at_reload, flag()),
      row<&C::admin, &Admin::login>("admin.login", at_reload, set_login),
      row<&C::admin, &Admin::password>("admin.password_file", at_reload, nullable(to_secret_of_file)),
      row<&C::admin, &Admin::url_base>("admin.url_base", at_reload, nullable(to_url_base)),
      row<&C::admin, &Admin::frame_ancestors>("admin.frame_ancestors", at_reload, set_frame_ancestors),
      row<&C::access, &Access::clients>("access.clients", at_reload, list(to_network)),
      row<&C::access, &Access::basic_user>("access.basic_auth.user", at_reload, text(to_user)),
      row<&C::access, &Access::basic_password_file>("access.basic_auth.password_file", at_reload, text(to_path)),
      row<&C::access, &Access::connect_ports>("access.connect_ports", at_reload, list(to_port)),
      row<&C::access, &Access::allow_unknown_hosts>("access.unknown_hosts", at_reload, choice({"deny", "allow"})),
      row<&C::access, &Access::private_upstreams>("access.private_upstreams", at_reload,
                                                  choice({"named", "allow", "deny"})),
      row<&C::intercept>("intercept.enabled", at_reload,
                         [](Switch& into, const RawValue& raw) { return put(into, to_switch(raw)); }),
      row<&C::ca_dir>("intercept.ca_dir", at_reload, text(to_text)),
  };
}

std::vector<Setting> store_settings() {
  using C = Config;
  using Cache = CacheConfig;
  return {
      row<&C::state_dir>("state_dir", at_start, nullable(to_path)),
      row<&C::threads>("threads", at_start, number(0, 1024)),
      row<&C::memory_max_bytes>("memory.max_bytes", at_start, size(64 * kib, 16 * tib)),
      row<&C::disk_path>("disk.path", at_start, nullable(to_text)),
      row<&C::disk_max_bytes>("disk.max_bytes", at_start, size(mib, 256 * tib)),
      row<&C::rules>("rules", at_reload, list(to_path)),
      row<&C::cache, &Cache::compression>("cache.compression", at_reload, flag()),
      row<&C::cache, &Cache::warmup_on_startup>("cache.warmup_on_startup", at_start, flag()),
      row<&C::cache, &Cache::prefetch_on_access>("cache.prefetch_on_access", at_reload, flag()),
      row<&C::cache, &Cache::prefetch_interval>("cache.prefetch_interval", at_reload, duration(second, 365 * day)),
      row<&C::cache, &Cache::prefetch>("cache.prefetch", at_reload, set_prefetch),
      row<&C::cache, &Cache::prefetch_keys>("cache.prefetch_keys", at_reload, number(0, 100'000)),
      row<&C::cache, &Cache::alert_hit_rate_below>("cache.alert_hit_rate_below", at_reload, number(0, 100)),
      row<&C::cache, &Cache::alert_key_hit_rate_below>("cache.alert_key_hit_rate_below", at_reload, number(0, 100)),
      row<&C::cache, &Cache::alert_after>("cache.alert_after", at_reload, duration(Duration{0})),
      row<&C::cache, &Cache::alert_memory_above>("cache.alert_memory_above", at_reload, number(1, 100)),
      row<&C::cache, &Cache::max_keys>("cache.max_keys", at_reload, number(1, most_of_number)),
      row<&C::cache, &Cache::optimizer>("cache.optimizer", at_reload, choice({"off", "suggest", "on"})),
  };
}

std::vector<Setting> shared_settings() {
  using C = Config;
  using Shared = SharedConfig;
  return {
      row<&C::shared, &Shared::redis_url>("shared.redis_url", at_start, nullable(to_redis_url)),
      row<&C::shared, &Shared::username>("shared.username", at_start, nullable(to_text)),
      row<&C::shared, &Shared::password_file>("shared.password_file", at_start, nullable(to_path)),
      row<&C::shared, &Shared::ca_file>("shared.ca_file", at_start, nullable(to_path)),
      row<&C::shared, &Shared::certificate_file>("shared.certificate_file", at_start, nullable(to_path)),
      row<&C::shared, &Shared::key_file>("shared.key_file", at_start, nullable(to_path)),
      row<&C::shared, &Shared::server_name>("shared.server_name", at_start, nullable(to_host_name)),
      row<&C::shared, &Shared::secret_file>("shared.secret_file", at_start, nullable(to_path)),
      row<&C::shared, &Shared::prefix>("shared.prefix", at_start, text(to_key_part)),
      row<&C::shared, &Shared::instance>("shared.instance", at_start, nullable(to_key_part)),
      row<&C::shared, &Shared::records>("shared.records", at_start, flag()),
      row<&C::shared, &Shared::limits>("shared.limits", at_start, flag()),
      row<&C::shared, &Shared::collapse>("shared.collapse", at_start, flag()),
      row<&C::shared, &Shared::lookup_timeout>("shared.lookup_timeout", at_start, set_lookup_timeout),
      row<&C::shared, &Shared::max_object_bytes>("shared.max_object_bytes", at_start, size(kib, 64 * mib)),
      row<&C::shared, &Shared::min_ttl>("shared.min_ttl", at_start, duration(Duration{0})),
      row<&C::shared, &Shared::negatives>("shared.negatives", at_start, flag()),
      row<&C::shared, &Shared::limits_when_away>("shared.limits_when_away", at_start,
                                                 choice({"share", "full", "refuse"})),
      row<&C::shared, &Shared::instances>("shared.instances", at_start, set_instances),
      row<&C::shared, &Shared::blind_after>("shared.blind_after", at_start, set_blind_after),
  };
}

std::vector<Setting> traffic_settings() {
  using C = Config;
  using Timeouts = TimeoutConfig;
  using Limits = LimitConfig;
  return {
      row<&C::timeouts, &Timeouts::client_header>("timeouts.client_header", at_reload, duration()),
      row<&C::timeouts, &Timeouts::client_idle>("timeouts.client_idle", at_reload, duration()),
      row<&C::timeouts, &Timeouts::connect>("timeouts.connect", at_reload, duration()),
      row<&C::timeouts, &Timeouts::upstream_header>("timeouts.upstream_header", at_reload, duration()),
      row<&C::timeouts, &Timeouts::upstream_idle>("timeouts.upstream_idle", at_reload, duration()),
      row<&C::timeouts, &Timeouts::shutdown_grace>("timeouts.shutdown_grace", at_reload, duration(Duration{0})),
      row<&C::limits, &Limits::max_header_bytes>("limits.max_header_bytes", at_reload, size(kib, mib)),
      row<&C::limits, &Limits::max_object_bytes>("limits.max_object_bytes", at_reload, size(kib, tib)),
      row<&C::limits, &Limits::max_connections>("limits.max_connections", at_reload, number(1, 1'000'000)),
      row<&C::notifications>("notifications", at_reload, set_notifications),
      row<&C::log, &LogConfig::level>("log.level", at_reload, text(to_level)),
      row<&C::log, &LogConfig::json>("log.format", at_start, choice({"text", "json"})),
  };
}

std::vector<Setting> all_settings() {
  auto all = access_settings();
  for (auto more : {store_settings(), shared_settings(), traffic_settings()}) {
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
