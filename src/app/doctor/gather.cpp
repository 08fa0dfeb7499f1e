#include "app/doctor/gather.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <future>
#include <netdb.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/vfs.h>
#include <system_error>
#include <unistd.h>

#include "app/authority_notes.hpp"
#include "app/doctor/probe.hpp"
#include "app/load_rules.hpp"
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

constexpr std::array<const char*, 8> kProxyVariables{"http_proxy", "https_proxy", "all_proxy", "no_proxy",
                                                     "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"};

struct HostAndPort {
  std::string host, port;
};

HostAndPort parts_of(const std::string& address) {
  const auto colon = address.rfind(':');
  auto host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  return {host, colon == std::string::npos ? std::string{} : address.substr(colon + 1)};
}

bool is_loopback(const std::string& host) { return host.starts_with("127.") || host == "::1" || host == "localhost"; }

/// True where somebody takes connections there.
bool is_taken(const std::string& address) {
  auto [host, port] = parts_of(address);
  if (host.empty() || host == "0.0.0.0" || host == "*") host = "127.0.0.1";
  if (host == "::") host = "::1";
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (port.empty() || port == "0" || ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0) return false;
  const int socket = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  constexpr timeval patience{2, 0};
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const bool taken = socket >= 0 && ::connect(socket, found->ai_addr, found->ai_addrlen) == 0;
  if (socket >= 0) ::close(socket);
  ::freeaddrinfo(found);
  return taken;
}

bool private_clients_may_use(const Config& config) {
  Problems ignored;
  const auto settings = pipeline::compile_settings(config, ignored);
  const auto may = [&](const char* address) { return settings->may_use(*ip::parse_address(address)); };
  return !settings || may("192.168.1.1") || may("10.0.0.1") || may("172.17.0.1");
}

void add_listeners(const Config& config, Facts& into) {
  for (const auto& listener : config.listeners)
    into.listeners.push_back({listener.address, listener.upstream, is_loopback(parts_of(listener.address).host),
                              is_taken(listener.address)});
  into.admin_address = config.admin.address;
  into.admin_is_taken = !into.admin_address.empty() && is_taken(into.admin_address);
  into.private_clients_may_use = private_clients_may_use(config);
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

std::filesystem::path nearest_that_exists(std::filesystem::path path) {
  std::error_code error;
  while (!std::filesystem::exists(path, error) && path.has_parent_path() && path != path.parent_path())
    path = path.parent_path();
  return path;
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
    upstream.offline = each->mode == rules::UpstreamMode::offline;
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

void add_use(const Json& told_upstreams, Facts& into) {
  for (const auto& each : list_in(told_upstreams, "upstreams")) {
    const auto name = text_in(each, "name");
    for (auto& upstream : into.upstreams) {
      if (upstream.name != name) continue;
      const auto requests = each.value("requests", Json{});
      if (requests.is_number_unsigned()) upstream.requests = requests.get<std::uint64_t>();
      upstream.has_quota = upstream.has_quota || !list_in(each, "quota").empty();
      upstream.offline = upstream.offline || text_in(each, "mode") == "offline";
    }
  }
}

void add_running(const GatherOptions& options, Facts& into) {
  const auto status = told(options, "/api/v1/system/status");
  into.running = status.is_object();
  if (!into.running) return;
  into.running_version = text_in(status, "version");
  const auto health = told(options, "/api/v1/health");
  if (health.is_array())
    for (const auto& note : health) into.notes.push_back({text_in(note, "type"), text_in(note, "message")});
  add_clients(told(options, "/api/v1/clients"), into);
  add_use(told(options, "/api/v1/upstreams"), into);
}

void ask_upstreams(const GatherOptions& options, const rules::RuleSet& set, const Config& config, Facts& into) {
  std::vector<std::pair<UpstreamFacts*, std::future<Probe>>> asked;
  for (auto& upstream : into.upstreams) {
    const bool wanted = options.all || upstream.own || upstream.requests > 0;
    const auto* const named = set.upstream_named(upstream.name);
    if (!wanted || upstream.origin.empty() || upstream.offline || named == nullptr) continue;
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
  add_listeners(config, facts);
  add_disk(config, facts);
  add_proxies(options.sources, facts);
  if (set) add_upstreams(*set, facts);
  if (set) add_authority(config, *set, facts);
  add_running(options, facts);
  if (set && !options.offline) ask_upstreams(options, *set, config, facts);
  return facts;
}

}  // namespace cachearr::app::doctor
