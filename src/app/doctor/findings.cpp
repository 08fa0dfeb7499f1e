#include "app/doctor/findings.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <system_error>
#include <utility>

#include "app/doctor/findings_upstreams.hpp"
#include "base/text.hpp"

namespace cachearr::app::doctor {
namespace {

constexpr std::uint64_t kLittleSpace = 256ULL * 1024 * 1024;

std::string count_of(std::size_t count, const std::string& what) {
  return std::to_string(count) + " " + what + (count == 1 ? "" : "s");
}

std::string megabytes(std::uint64_t bytes) { return std::to_string(bytes / (1024 * 1024)) + " MiB"; }

void look_at_configuration(const Facts& facts, Findings& into) {
  for (const auto& problem : facts.problems)
    into.push_back({"configuration", Level::error, to_string(problem), "nothing starts or reloads with it",
                    "mend it, then \"cachearr check\""});
  if (!facts.problems.empty()) return;
  const auto file = facts.config_file.empty() ? std::string{"built-in defaults"} : facts.config_file;
  into.push_back({"configuration", Level::ok, "configuration and rules are valid (" + file + ")", {}, {}});
}

/// Whether the files of the installation are those of this user, so that looking at them tells something.
bool can_look_at_files(const Facts& facts) {
  return facts.instance != Instance::of_another_user && facts.instance != Instance::unknown;
}

void look_at_version(const Facts& facts, Findings& into) {
  if (facts.instance != Instance::runs) return;
  if (facts.running_version == facts.version)
    return into.push_back({"version", Level::ok, "cachearr " + facts.version + " runs", {}, {}});
  into.push_back({"version", Level::warning,
                  "cachearr " + facts.running_version + " runs, but " + facts.version + " is installed",
                  "what was mended since is not in force", "restart it"});
}

std::vector<std::string> addresses_of_instances(const Facts& facts) {
  std::vector<std::string> found;
  for (const auto& listener : facts.listeners)
    if (listener.is_cachearr) found.push_back(listener.address);
  if (facts.admin_is_cachearr) found.push_back(facts.admin_address);
  return found;
}

void look_at_running(const Facts& facts, Findings& into) {
  if (facts.instance == Instance::of_another_user)
    into.push_back({"running", Level::error, "you may not read " + facts.state.path,
                    "whether an instance runs, its authority and its store cannot be told without it",
                    "run it as the user of the instance, or with sudo"});
  if (facts.instance == Instance::silent)
    into.push_back({"running", Level::error, "the running instance does not answer",
                    "it has been stopped, hangs or has too much to do", "look at its log; if it stays so, restart it"});
  if (facts.instance != Instance::absent) return;
  const auto instances = addresses_of_instances(facts);
  if (instances.empty())
    return into.push_back({"running", Level::warning, "no instance runs with this configuration", "nobody is served",
                           "\"cachearr serve\", or systemctl start cachearr"});
  into.push_back({"running", Level::warning,
                  "an instance answers at " + text::joined(instances) + ", but it does not use " + facts.state.path,
                  "it was started with another configuration or another \"state_dir\", and cannot be asked more",
                  "name the configuration that it was started with (--config), or restart it with this one"});
}

Finding cannot_listen(const ListenerFacts& listener) {
  std::string advice = "choose another address in \"listeners\"";
  if (listener.bind_error == EACCES)
    advice = "choose a port above 1023 in \"listeners\", or give the program CAP_NET_BIND_SERVICE";
  if (listener.bind_error == EADDRNOTAVAIL)
    advice = "choose an address of this machine in \"listeners\" (ip address shows them), or 0.0.0.0 for all";
  return {"port", Level::error,
          "it cannot listen at " + listener.address + ": " + std::generic_category().message(listener.bind_error),
          "the program does not start like this", std::move(advice)};
}

void look_at_ports(const Facts& facts, Findings& into) {
  if (facts.instance != Instance::absent || !addresses_of_instances(facts).empty()) return;
  for (const auto& listener : facts.listeners) {
    if (listener.is_taken)
      into.push_back({"port", Level::error, "another program listens at " + listener.address,
                      "cachearr cannot start as long as it does",
                      "ss -ltnp shows it: stop it, or choose another port in \"listeners\"; where it is systemd with "
                      "cachearr.socket, start cachearr.service and look again"});
    else if (listener.bind_error != 0)
      into.push_back(cannot_listen(listener));
  }
  if (facts.admin_is_taken)
    into.push_back({"port", Level::error, "another program listens at " + facts.admin_address,
                    "the admin listener cannot start as long as it does", "choose another \"admin.address\""});
}

void look_at_listeners(const Facts& facts, Findings& into) {
  if (facts.instance == Instance::unknown) return;
  std::vector<std::string> open, closed;
  for (const auto& listener : facts.listeners)
    if (listener.bind_error == 0) (listener.is_loopback ? closed : open).push_back(listener.address);
  for (const auto& listener : facts.listeners)
    if (facts.instance == Instance::runs && !listener.is_taken)
      into.push_back({"listening", Level::error, "nothing answers at " + listener.address,
                      "the running instance was started with other listeners", "restart it"});
  if (open.empty() && closed.empty()) return;
  if (open.empty())
    return into.push_back({"lan", Level::notice, "only this machine reaches it (" + text::joined(closed) + ")",
                           "applications on other machines and in containers do not get through",
                           "where they should: \"listeners\": [{\"address\": \"0.0.0.0" +
                               closed.front().substr(closed.front().rfind(':')) + "\"}]"});
  if (facts.everybody_may_use)
    return into.push_back({"lan", Level::warning, "everybody who reaches " + text::joined(open) + " may use it",
                           "\"access.clients\" lets every address in, and no password is asked for",
                           "name your own networks in \"access.clients\", or set \"access.basic_auth\""});
  if (!facts.private_clients_may_use)
    return into.push_back(
        {"lan", Level::warning,
         "it listens at " + text::joined(open) + ", but \"access.clients\" lets no private network in",
         "applications on other machines get 403", "add their network to \"access.clients\""});
  into.push_back({"lan", Level::ok, "other machines reach it at " + text::joined(open), {}, {}});
}

void look_at_state(const Facts& facts, Findings& into) {
  if (facts.state.problem.empty() || !can_look_at_files(facts)) return;
  into.push_back({"state", Level::error, facts.state.problem, "the program does not start like this",
                  "mend that, or choose another \"state_dir\""});
}

void look_at_authority(const Facts& facts, Findings& into) {
  const auto& authority = facts.authority;
  if (!can_look_at_files(facts)) return;
  if (!authority.unusable.empty())
    return into.push_back({"authority", Level::error, authority.unusable, "the program does not start like this",
                           "mend what it names; a new authority has to be trusted by every client anew"});
  if (!facts.rules_are_known) return;
  if (authority.switched_off || authority.intercepted_hosts == 0)
    return into.push_back({"authority", Level::ok, "no HTTPS is to be intercepted", {}, {}});
  for (const auto& problem : authority.problems)
    into.push_back({"authority", authority.exists ? Level::warning : Level::notice, problem,
                    "what applications ask by https is passed on, and not cached",
                    authority.exists ? "cachearr ca init --renew" : "cachearr ca init, then cachearr ca trust-help"});
  if (authority.exists && authority.problems.empty())
    into.push_back({"authority", Level::ok, "the authority covers all that the rules intercept", {}, {}});
}

/// The programs of one address: the hosts that are passed on unseen are known of the address alone.
struct AddressTrust {
  std::vector<std::string> refusing, untouched_hosts;
};

std::map<std::string, AddressTrust> trust_by_address(const std::vector<ClientFacts>& clients) {
  std::map<std::string, AddressTrust> all;
  for (const auto& client : clients) {
    auto& address = all[client.address];
    if (client.trusts_authority == false)
      address.refusing.push_back(client.user_agent.empty() ? "no user agent" : client.user_agent);
    for (const auto& host : client.untouched_hosts)
      if (std::find(address.untouched_hosts.begin(), address.untouched_hosts.end(), host) ==
          address.untouched_hosts.end())
        address.untouched_hosts.push_back(host);
  }
  return all;
}

void look_at_trust(const Facts& facts, Findings& into) {
  for (const auto& [address, trust] : trust_by_address(facts.clients)) {
    if (trust.refusing.empty() && trust.untouched_hosts.empty()) continue;
    auto what =
        trust.refusing.empty() ? "a program at " + address : address + " (" + text::joined(trust.refusing) + ")";
    what.append(" does not trust the authority's certificates");
    if (!trust.untouched_hosts.empty()) what.append(" for ").append(text::joined(trust.untouched_hosts));
    into.push_back({"trust", Level::warning, std::move(what), "its https is passed on, and not cached",
                    "make that system trust it: cachearr ca trust-help; then cachearr reload"});
  }
  const auto trusting =
      static_cast<std::size_t>(std::count_if(facts.clients.begin(), facts.clients.end(), [](const ClientFacts& client) {
        return client.trusts_authority == true;
      }));
  if (trusting > 0)
    into.push_back({"trust",
                    Level::ok,
                    count_of(trusting, "client") + " trust" + (trusting == 1 ? "s" : "") + " the authority",
                    {},
                    {}});
}

bool is_any_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

void look_at_filesystem(const DiskFacts& disk, Findings& into) {
  if (is_any_of(disk.filesystem, {"nfs", "cifs", "smb2", "9p", "fuse"}))
    into.push_back({"filesystem", Level::warning, disk.path + " lies on " + disk.filesystem,
                    "the store maps its file into memory and locks it, which network file systems do not do reliably",
                    "put \"disk.path\" on a local disk"});
  if (is_any_of(disk.filesystem, {"tmpfs", "ramfs", "overlay"}))
    into.push_back({"filesystem", Level::notice, disk.path + " lies on " + disk.filesystem,
                    "it is lost with a restart of the machine or the container",
                    "put \"state_dir\" on a volume or a disk"});
}

void look_at_disk(const Facts& facts, Findings& into) {
  const auto& disk = facts.disk;
  const bool is_in_state = disk.path.starts_with(facts.state.path + "/");
  if (!can_look_at_files(facts) || (is_in_state && !facts.state.problem.empty())) return;
  if (disk.path.empty())
    return into.push_back({"disk", Level::notice, "nothing is stored on disk (\"disk.path\" is null)",
                           "a restart forgets all answers", "leave \"disk.path\" out of the configuration"});
  look_at_filesystem(disk, into);
  if (!disk.is_writable)
    return into.push_back({"disk", Level::error, disk.path + " cannot be written to", "nothing is stored on disk",
                           "give it to the user that runs cachearr (chown), or mount it writable"});
  const auto missing = disk.budget_bytes > disk.used_bytes ? disk.budget_bytes - disk.used_bytes : 0;
  const auto space = megabytes(disk.free_bytes) + " are free at " + disk.path;
  if (disk.free_bytes < std::min(missing, kLittleSpace))
    return into.push_back({"disk", Level::error, space, "the store cannot grow, and other programs may fail, too",
                           "free some space, or lower \"disk.max_bytes\""});
  if (disk.free_bytes < missing)
    return into.push_back({"disk", Level::warning,
                           space + ", " + megabytes(missing - disk.free_bytes) + " less than the store may still take",
                           "the disk will be full before the store is", "lower \"disk.max_bytes\""});
  into.push_back({"disk", Level::ok, space, {}, {}});
}

void look_at_proxies(const Facts& facts, Findings& into) {
  for (const auto& [name, value] : facts.proxies)
    into.push_back({"environment", Level::notice, std::string{name}.append("=").append(value).append(" is set here"),
                    "cachearr goes to upstreams directly all the same; only notifications follow it",
                    "a parent proxy is named by \"proxy\" of an upstream in the rules"});
}

/// The authority's problems and the clients that refuse it were looked at by ourselves. One that refused it before it
/// sent any request is known to the instance's health alone.
bool is_told_already(const Facts& facts, const NoteFacts& note) {
  const auto& problems = facts.authority.problems;
  const auto is_of = [&](const ClientFacts& client) {
    return (client.trusts_authority == false || !client.untouched_hosts.empty()) &&
           note.message.starts_with(client.address + " ");
  };
  return note.source == "Interception" &&
         (std::find(problems.begin(), problems.end(), note.message) != problems.end() ||
          std::any_of(facts.clients.begin(), facts.clients.end(), is_of));
}

void look_at_health(const Facts& facts, Findings& into) {
  for (const auto& note : facts.notes) {
    if (note.type == "ok" || is_told_already(facts, note)) continue;
    const auto level = note.type == "error" ? Level::error : note.type == "warning" ? Level::warning : Level::notice;
    into.push_back({"health", level, note.message, "the running instance says so", {}});
  }
}

}  // namespace

std::string_view name_of(Level level) noexcept {
  constexpr std::array<std::string_view, 4> names{"ok", "notice", "warning", "error"};
  return names[static_cast<std::size_t>(level)];
}

Findings findings_of(const Facts& facts) {
  Findings findings;
  for (const auto look : {look_at_configuration, look_at_running, look_at_ports, look_at_version, look_at_listeners,
                          look_at_state, look_at_authority, look_at_trust, look_at_origins, look_at_quotas,
                          look_at_reach, look_at_clock, look_at_disk, look_at_proxies, look_at_health})
    look(facts, findings);
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.level > b.level; });
  return findings;
}

Level worst_of(const Findings& findings) noexcept {
  auto worst = Level::ok;
  for (const auto& finding : findings) worst = std::max(worst, finding.level);
  return worst;
}

}  // namespace cachearr::app::doctor
