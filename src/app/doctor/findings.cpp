#include "app/doctor/findings.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/text.hpp"

namespace cachearr::app::doctor {
namespace {

using Findings = std::vector<Finding>;

constexpr std::int64_t kSkewNoticed = 60, kSkewHarmful = 300;
constexpr std::uint64_t kLittleSpace = 256ULL * 1024 * 1024;
constexpr std::uint64_t kUsedEnough = 20;  // requests, to miss a quota

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

void look_at_version(const Facts& facts, Findings& into) {
  if (!facts.running) return;
  if (facts.running_version == facts.version)
    return into.push_back({"version", Level::ok, "cachearr " + facts.version + " runs", {}, {}});
  into.push_back({"version", Level::warning,
                  "cachearr " + facts.running_version + " runs, but " + facts.version + " is installed",
                  "what was mended since is not in force", "restart it"});
}

void look_at_running(const Facts& facts, Findings& into) {
  if (facts.running) return;
  into.push_back({"running", Level::warning, "no instance runs with this configuration", "nobody is served",
                  "\"cachearr serve\", or systemctl start cachearr"});
  for (const auto& listener : facts.listeners)
    if (listener.is_taken)
      into.push_back({"port", Level::error, "another program listens at " + listener.address,
                      "cachearr cannot start as long as it does",
                      "stop that program (ss -ltnp shows it), or choose another port in \"listeners\""});
  if (facts.admin_is_taken)
    into.push_back({"port", Level::error, "another program listens at " + facts.admin_address,
                    "the admin listener cannot start as long as it does", "choose another \"admin.address\""});
}

void look_at_listeners(const Facts& facts, Findings& into) {
  std::vector<std::string> open, closed;
  for (const auto& listener : facts.listeners) (listener.is_loopback ? closed : open).push_back(listener.address);
  for (const auto& listener : facts.listeners)
    if (facts.running && !listener.is_taken)
      into.push_back({"listening", Level::error, "nothing answers at " + listener.address,
                      "the running instance was started with other listeners", "restart it"});
  if (open.empty())
    return into.push_back({"lan", Level::notice, "only this machine reaches it (" + text::joined(closed) + ")",
                           "applications on other machines and in containers do not get through",
                           "where they should: \"listeners\": [{\"address\": \"0.0.0.0:9797\"}]"});
  if (!facts.private_clients_may_use)
    return into.push_back(
        {"lan", Level::warning,
         "it listens at " + text::joined(open) + ", but \"access.clients\" lets no private network in",
         "applications on other machines get 403", "add their network to \"access.clients\""});
  into.push_back({"lan", Level::ok, "other machines reach it at " + text::joined(open), {}, {}});
}

void look_at_authority(const Facts& facts, Findings& into) {
  const auto& authority = facts.authority;
  if (authority.switched_off || authority.intercepted_hosts == 0)
    return into.push_back({"authority", Level::ok, "no HTTPS is to be intercepted", {}, {}});
  for (const auto& problem : authority.problems)
    into.push_back({"authority", authority.exists ? Level::warning : Level::notice, problem,
                    "what applications ask by https is passed on, and not cached",
                    authority.exists ? "cachearr ca init --renew" : "cachearr ca init, then cachearr ca trust-help"});
  if (authority.exists && authority.problems.empty())
    into.push_back({"authority", Level::ok, "the authority covers all that the rules intercept", {}, {}});
}

void look_at_trust(const Facts& facts, Findings& into) {
  std::size_t trusting = 0;
  for (const auto& client : facts.clients) {
    if (client.trusts_authority == true) ++trusting;
    if (client.trusts_authority != false && client.untouched_hosts.empty()) continue;
    const auto hosts = client.untouched_hosts.empty() ? std::string{} : " for " + text::joined(client.untouched_hosts);
    into.push_back({"trust", Level::warning,
                    client.address + " (" + (client.user_agent.empty() ? "no user agent" : client.user_agent) +
                        ") refuses the authority's certificates" + hosts,
                    "its https is passed on, and not cached",
                    "make that system trust it: cachearr ca trust-help; then cachearr reload"});
  }
  if (trusting > 0)
    into.push_back({"trust",
                    Level::ok,
                    count_of(trusting, "client") + " trust" + (trusting == 1 ? "s" : "") + " the authority",
                    {},
                    {}});
}

void look_at_origins(const Facts& facts, Findings& into) {
  std::vector<std::string> shipped;
  for (const auto& upstream : facts.upstreams) {
    if (!upstream.origin.empty()) continue;
    if (!upstream.own) {
      shipped.push_back(upstream.name);
      continue;
    }
    into.push_back({"origin", Level::warning, "the upstream " + upstream.name + " has no origin",
                    "what comes for it by its mount or its listener goes nowhere",
                    "add \"origin\": \"http://host:port\" to it in the rules"});
  }
  if (!shipped.empty())
    into.push_back({"origin", Level::notice, "of the shipped upstreams " + text::joined(shipped) + " have no origin",
                    "they are applications of your own, and the program does not know where they are",
                    "name those that you use in a rules file: \"upstreams\": {\"" + shipped.front() +
                        "\": {\"origin\": \"http://host:port\"}}"});
}

void look_at_quotas(const Facts& facts, Findings& into) {
  for (const auto& upstream : facts.upstreams)
    if (upstream.is_indexer && upstream.requests >= kUsedEnough && !upstream.has_quota)
      into.push_back(
          {"quota", Level::notice,
           upstream.name + " was asked " + std::to_string(upstream.requests) + " times, and no quota of it is known",
           "neither the rules nor its answers say how much it allows",
           "if its account page names a limit: \"rate\": {\"quota\": [{\"limit\": N, \"per\": \"day\"}]}"});
}

Finding failed_probe(const UpstreamFacts& upstream, const Probe& probe) {
  using Failure = Probe::Failure;
  const auto what = upstream.name + " (" + upstream.origin + ") ";
  const std::string why = "what is not stored cannot be fetched from it";
  switch (probe.failure) {
    case Failure::dns:
      return {"dns", Level::error, what + "has no address: " + probe.error, why,
              "check the name, and /etc/resolv.conf of this machine or container"};
    case Failure::tls:
      return {
          "tls", Level::error, what + "cannot be trusted: " + probe.error, why,
          "check this machine's clock and ca-certificates; for a certificate of your own: \"tls\": {\"ca_file\": ...}"};
    case Failure::time:
      return {"reach", Level::error, what + "does not answer in time", why,
              "check the network, and whether a proxy is needed (\"proxy\" of the upstream)"};
    default: break;
  }
  return {"reach", Level::error, what + "cannot be reached: " + probe.error, why,
          "check that it runs there, and firewalls"};
}

void look_at_reach(const Facts& facts, Findings& into) {
  std::vector<std::string> reached;
  for (const auto& upstream : facts.upstreams) {
    if (!upstream.probe) continue;
    if (upstream.probe->failure == Probe::Failure::none) reached.push_back(upstream.name);
    if (upstream.probe->failure != Probe::Failure::none) into.push_back(failed_probe(upstream, *upstream.probe));
  }
  if (!reached.empty()) into.push_back({"reach", Level::ok, "reached: " + text::joined(reached), {}, {}});
  if (facts.offline) into.push_back({"reach", Level::ok, "no upstream was asked, as wanted", {}, {}});
}

/// The middle of what the upstreams say: one of them may be wrong itself.
void look_at_clock(const Facts& facts, Findings& into) {
  std::vector<std::int64_t> skews;
  for (const auto& upstream : facts.upstreams)
    if (upstream.probe && upstream.probe->skew_seconds) skews.push_back(*upstream.probe->skew_seconds);
  if (skews.empty()) return;
  const auto middle = skews.begin() + static_cast<std::ptrdiff_t>(skews.size() / 2);
  std::nth_element(skews.begin(), middle, skews.end());
  const auto skew = std::abs(*middle);
  const auto text = "this machine's clock is " + std::to_string(skew) + " s " + (*middle > 0 ? "ahead" : "behind");
  if (skew < kSkewNoticed) return into.push_back({"clock", Level::ok, "the clock agrees with the upstreams'", {}, {}});
  into.push_back({"clock", skew < kSkewHarmful ? Level::warning : Level::error, text,
                  "ages, quotas that reset at a time of day, and certificates are judged by it",
                  "let it be set by the network (timedatectl set-ntp true)"});
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
                           space + ", " + megabytes(missing) + " less than the store may still take",
                           "the disk will be full before the store is", "lower \"disk.max_bytes\""});
  into.push_back({"disk", Level::ok, space, {}, {}});
}

void look_at_proxies(const Facts& facts, Findings& into) {
  for (const auto& [name, value] : facts.proxies)
    into.push_back({"environment", Level::notice, std::string{name}.append("=").append(value).append(" is set here"),
                    "cachearr goes to upstreams directly all the same; only notifications follow it",
                    "a parent proxy is named by \"proxy\" of an upstream in the rules"});
}

void look_at_health(const Facts& facts, Findings& into) {
  for (const auto& note : facts.notes) {
    if (note.type == "ok") continue;
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
  for (const auto look :
       {look_at_configuration, look_at_running, look_at_version, look_at_listeners, look_at_authority, look_at_trust,
        look_at_origins, look_at_quotas, look_at_reach, look_at_clock, look_at_disk, look_at_proxies, look_at_health})
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
