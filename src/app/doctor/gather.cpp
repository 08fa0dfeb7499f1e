#include "app/doctor/gather.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <future>
#include <nlohmann/json.hpp>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <system_error>
#include <unistd.h>

#include "app/authority_notes.hpp"
#include "app/doctor/ports.hpp"
#include "app/doctor/probe.hpp"
#include "app/load_rules.hpp"
#include "app/state_files.hpp"
#include "authority/authority.hpp"
#include "base/redact.hpp"
#include "base/text.hpp"
#include "http/address.hpp"
#include "pipeline/config_snapshot.hpp"
#include "upkeep/interception_health.hpp"

namespace cachearr::app::doctor {
namespace {

using Json = nlohmann::ordered_json;
using RulesPtr = std::shared_ptr<const rules::RuleSet>;

constexpr const char* kOffline = "it is offline";
constexpr std::array<const char*, 8> kProxyVariables{"http_proxy", "https_proxy", "all_proxy", "no_proxy",
                                                     "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"};

void add_access(const Config& config, Facts& into) {
  Problems ignored;
  const auto settings = pipeline::compile_settings(config, ignored);
  if (!settings) return;
  const auto may = [&](const char* address) { return settings->may_use(*ip::parse_address(address)); };
  into.private_clients_may_use = may("192.168.1.1") || may("10.0.0.1") || may("172.17.0.1");
  // Addresses of documentation: who lets them in lets in everybody.
  into.everybody_may_use = config.access.basic_user.empty() && (may("203.0.113.1") || may("2001:db8::1"));
}

/// Of two programs that listen it may be this one, started otherwise. A port that is one upstream would pass the
/// question on to it.
void add_listener(const ListenerConfig& listener, Instance instance, Facts& into) {
  ListenerFacts facts{listener.address, listener.upstream, is_loopback(listener.address), false, false, 0};
  facts.is_taken = is_taken(listener.address);
  if (instance == Instance::absent && facts.is_taken && listener.upstream.empty())
    facts.is_cachearr = is_cachearr(listener.address);
  const bool handed_over = listener.inherited >= 0;
  if (instance == Instance::absent && !facts.is_taken && !handed_over) facts.bind_error = bind_error(listener.address);
  into.listeners.push_back(std::move(facts));
}

void add_ports(const Config& config, Facts& into) {
  for (const auto& listener : config.listeners) add_listener(listener, into.instance, into);
  into.admin_address = config.admin.address;
  into.admin_is_taken = !into.admin_address.empty() && is_taken(into.admin_address);
  into.admin_is_cachearr = into.instance == Instance::absent && into.admin_is_taken && is_cachearr(into.admin_address);
}

void add_authority(const Config& config, const rules::RuleSet& set, Facts& into) {
  auto& authority = into.authority;
  authority.intercepted_hosts = upkeep::intercepted_hosts(set).size();
  authority.switched_off = config.intercept == Switch::off;
  authority.exists = authority::Authority::exists(config.ca_dir);
  authority.problems = authority_notes(config, set, SystemClock{}.now());
  if (!authority.exists && authority.problems.empty() && !authority.switched_off)
    authority.problems.emplace_back("there is no local authority: HTTPS is passed on unseen");
}

/// One that is of no use, or whose way there may not be gone, hides all that is in it.
bool is_of_another_user(const std::string& directory) {
  struct stat seen {};
  if (::stat(directory.c_str(), &seen) != 0) return errno == EACCES;
  if (::geteuid() != 0 && seen.st_uid != 0 && seen.st_uid != ::geteuid()) return true;
  const auto socket = admin_socket_path(directory);
  return (::access(directory.c_str(), R_OK | X_OK) != 0 && errno == EACCES && seen.st_uid != ::geteuid()) ||
         (::access(socket.c_str(), W_OK) != 0 && errno == EACCES);
}

std::filesystem::path nearest_that_exists(std::filesystem::path path) {
  std::error_code error;
  while (!std::filesystem::exists(path, error) && path.has_parent_path() && path != path.parent_path())
    path = path.parent_path();
  return path;
}

void add_state(const Config& config, Facts& into) {
  into.state.path = config.state_dir;
  const auto wrong = check_directory(config.state_dir);
  if (wrong) into.state.problem = wrong->what;
  const auto there = nearest_that_exists(config.state_dir).string();
  if (!wrong && ::access(there.c_str(), W_OK) != 0)
    into.state.problem = there + " cannot be written to: " + std::generic_category().message(errno);
}

void add_disk(const Config& config, Facts& into) {
  auto& disk = into.disk;
  disk.path = config.disk_path;
  disk.budget_bytes = config.disk_max_bytes;
  if (disk.path.empty()) return;
  const auto there = nearest_that_exists(disk.path).string();
  struct statfs type {};
  struct statvfs space {};
  if (::statfs(there.c_str(), &type) == 0) disk.filesystem = filesystem_of(static_cast<long>(type.f_type));
  if (::statvfs(there.c_str(), &space) == 0) {
    disk.free_bytes = static_cast<std::uint64_t>(space.f_bavail) * space.f_frsize;
    disk.is_writable = (space.f_flag & ST_RDONLY) == 0 && ::access(there.c_str(), W_OK) == 0;
  }
  std::error_code error;
  const auto size = std::filesystem::file_size(disk.path + "/data.mdb", error);
  if (!error) disk.used_bytes = size;
}

/// The upstreams that the user's files add, or send elsewhere.
bool is_own(const rules::Upstream& upstream, const RulesPtr& shipped) {
  const auto* const known = shipped ? shipped->upstream_named(upstream.name) : nullptr;
  return !known || known->origin_host != upstream.origin_host || known->origin_port != upstream.origin_port;
}

void add_upstreams(const rules::RuleSet& set, Facts& into) {
  Problems ignored;
  const auto shipped = rules::load({{}, true, {}}, ignored);
  for (const auto& each : set.upstreams()) {
    UpstreamFacts upstream;
    upstream.name = each->name;
    if (!each->origin_host.empty()) upstream.origin = each->origin_scheme + "://" + each->origin_authority;
    upstream.own = is_own(*each, shipped);
    if (each->mode == rules::UpstreamMode::offline) upstream.left_alone_as = kOffline;
    upstream.is_indexer = each->errors == rules::ErrorStyle::newznab;
    upstream.has_quota = !each->rate.quotas.empty();
    into.upstreams.push_back(std::move(upstream));
  }
}

/// What the running instance says to a call, as JSON; null where it says nothing.
Json told(const GatherOptions& options, const std::string& target) {
  const auto answer = options.ask(target);
  return answer.ok() ? Json::parse(*answer, nullptr, false) : Json{};
}

std::string text_in(const Json& json, const char* name) {
  return json.is_object() && json.contains(name) && json[name].is_string() ? json[name].get<std::string>()
                                                                           : std::string{};
}

Json list_in(const Json& json, const char* name) {
  return json.is_object() && json.contains(name) && json[name].is_array() ? json[name] : Json::array();
}

void add_clients(const Json& told_clients, Facts& into) {
  for (const auto& each : list_in(told_clients, "clients")) {
    ClientFacts client{text_in(each, "address"), text_in(each, "userAgent"), {}, {}};
    const auto trust = each.value("trustsAuthority", Json{});
    if (trust.is_boolean()) client.trusts_authority = trust.get<bool>();
    for (const auto& host : list_in(each, "untouchedHosts"))
      if (host.is_string()) client.untouched_hosts.push_back(host.get<std::string>());
    into.clients.push_back(std::move(client));
  }
}

bool is_spent(const Json& quotas) {
  return std::any_of(quotas.begin(), quotas.end(), [](const Json& quota) {
    return text_in(quota, "of") == "calls" && quota.value("remaining", Json{}) == 0;
  });
}

/// Why the running instance would not ask the upstream now, as it says itself; empty: it would.
std::string left_alone_as(const Json& upstream) {
  if (text_in(upstream, "mode") == "offline") return kOffline;
  if (upstream.value("paused", Json{}) == true) return "it is paused";
  if (const auto until = text_in(upstream, "cooldownUntil"); !until.empty()) return "it wants a pause until " + until;
  return is_spent(list_in(upstream, "quota")) ? "its quota is spent" : std::string{};
}

void add_use(const Json& told_upstreams, Facts& into) {
  for (const auto& each : list_in(told_upstreams, "upstreams")) {
    const auto name = text_in(each, "name");
    for (auto& upstream : into.upstreams) {
      if (upstream.name != name) continue;
      const auto requests = each.value("requests", Json{});
      if (requests.is_number_unsigned()) upstream.requests = requests.get<std::uint64_t>();
      upstream.has_quota = upstream.has_quota || !list_in(each, "quota").empty();
      upstream.left_alone_as = left_alone_as(each);
    }
  }
}

/// Asks further only one that has answered: each call to one that hangs would have to be waited for.
void add_instance(const GatherOptions& options, const Config& config, Facts& into) {
  if (is_of_another_user(config.state_dir)) {
    into.instance = Instance::of_another_user;
    return;
  }
  const auto status = told(options, "/api/v1/system/status");
  into.running_version = text_in(status, "version");
  if (status.is_object()) into.instance = Instance::runs;
  if (!status.is_object() && is_open(admin_socket_path(config.state_dir))) into.instance = Instance::silent;
}

void add_what_it_tells(const GatherOptions& options, Facts& into) {
  const auto health = told(options, "/api/v1/health");
  if (health.is_array())
    for (const auto& note : health)
      into.notes.push_back({text_in(note, "source"), text_in(note, "type"), text_in(note, "message")});
  add_clients(told(options, "/api/v1/clients"), into);
  add_use(told(options, "/api/v1/upstreams"), into);
}

void ask_upstreams(const GatherOptions& options, const rules::RuleSet& set, const Config& config, Facts& into) {
  std::vector<std::pair<UpstreamFacts*, std::future<Probe>>> asked;
  for (auto& upstream : into.upstreams) {
    const bool wanted = options.all || upstream.own || upstream.requests > 0;
    const auto* const named = set.upstream_named(upstream.name);
    if (!wanted || upstream.origin.empty() || !upstream.left_alone_as.empty() || named == nullptr) continue;
    auto answer = std::async(std::launch::async, [named, &config] { return probe(*named, config); });
    asked.emplace_back(&upstream, std::move(answer));
  }
  for (auto& [upstream, answer] : asked) upstream->probe = answer.get();
}

void add_proxies(const ConfigSources& sources, Facts& into) {
  for (const auto* const name : kProxyVariables) {
    const auto found = sources.environment.find(name);
    if (found != sources.environment.end() && !found->second.empty()) into.proxies[name] = redact_url(found->second);
  }
}

}  // namespace

std::string filesystem_of(long type) {
  switch (static_cast<unsigned long>(type) & 0xFFFFFFFFUL) {
    case 0xEF53: return "ext4";
    case 0x58465342: return "xfs";
    case 0x9123683E: return "btrfs";
    case 0x2FC12FC1: return "zfs";
    case 0x01021994: return "tmpfs";
    case 0x858458F6: return "ramfs";
    case 0x794C7630: return "overlay";
    case 0x6969: return "nfs";
    case 0xFF534D42: return "cifs";
    case 0xFE534D42: return "smb2";
    case 0x01021997: return "9p";
    case 0x65735546: return "fuse";
    default: return {};
  }
}

Facts gather(const GatherOptions& options) {
  Facts facts;
  facts.version = CACHEARR_VERSION;
  facts.offline = options.offline;
  const auto config = read_config(options.sources, facts.problems);
  const auto set = load_rules(config, facts.problems);
  facts.config_file = config.file;
  facts.rules_are_known = set != nullptr;
  add_proxies(options.sources, facts);
  if (!config.state_dir_is_known) {
    // What the built-in defaults would be says nothing about the installation.
    facts.instance = Instance::unknown;
    facts.rules_are_known = false;
    return facts;
  }
  add_instance(options, config, facts);
  add_state(config, facts);
  add_ports(config, facts);
  add_access(config, facts);
  add_disk(config, facts);
  facts.authority.unusable = authority_problem(config).value_or("");
  if (set) add_upstreams(*set, facts);
  if (set) add_authority(config, *set, facts);
  if (facts.instance == Instance::runs) add_what_it_tells(options, facts);
  if (set && !options.offline) ask_upstreams(options, *set, config, facts);
  return facts;
}

}  // namespace cachearr::app::doctor
