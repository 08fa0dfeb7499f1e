#include "app/authority_notes.hpp"

#include "authority/authority.hpp"
#include "authority/host_names.hpp"

namespace cachearr::app {
namespace {

constexpr std::chrono::days kWarnBefore{30};

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

/// A TLS listener has nothing to show then.
std::vector<std::string> without_authority(const Config& config, const std::string& why) {
  for (const auto& listener : config.listeners)
    if (listener.tls) return {"the TLS listener " + listener.address + " answers nobody: " + why};
  return {};
}

std::vector<std::string> notes_about_none(const Config& config, const rules::RuleSet& rules) {
  const std::string none = "there is no authority in " + config.ca_dir;
  if (config.intercept == Switch::automatic)
    return without_authority(config, none + "; \"cachearr ca init\" makes one");
  const auto names = authority::permitted_names(intercepted_hosts(rules));
  if (!names) return {"nothing is intercepted, as no authority can be made: " + names.error().what};
  if (names->empty()) return {"nothing is intercepted: no rule says \"intercept\" of a host"};
  return {"nothing is intercepted yet: " + none + "; \"cachearr ca init\" or the next start makes one"};
}

}  // namespace

std::vector<std::string> intercepted_hosts(const rules::RuleSet& rules) {
  std::vector<std::string> hosts;
  for (const auto& upstream : rules.upstreams()) {
    if (upstream->intercept) hosts.insert(hosts.end(), upstream->hosts.begin(), upstream->hosts.end());
  }
  return hosts;
}

std::vector<std::string> notes_about(const authority::Authority& authority, const rules::RuleSet& rules,
                                     TimePoint now) {
  std::vector<std::string> notes;
  const std::string renew = "\"cachearr ca init --renew\" makes a new authority, which every client then has to trust";
  if (const auto missing = authority.not_covered(intercepted_hosts(rules)); !missing.empty()) {
    notes.push_back("the local authority may not sign for " + joined(missing) +
                    ", so these are tunnelled and not cached: " + renew);
  }
  if (now >= authority.not_after()) {
    notes.push_back("the local authority has expired, so nothing is intercepted: " + renew);
  } else if (now + kWarnBefore >= authority.not_after()) {
    const auto left = std::chrono::floor<std::chrono::days>(authority.not_after() - now).count();
    notes.push_back("the local authority expires in " + std::to_string(left) + " days: " + renew);
  }
  return notes;
}

std::optional<std::string> authority_problem(const Config& config) {
  if (config.intercept == Switch::off || !authority::Authority::exists(config.ca_dir)) return std::nullopt;
  const auto loaded = authority::Authority::load(config.ca_dir);
  if (loaded) return std::nullopt;
  return "the local authority cannot be used: " + loaded.error().what;
}

std::vector<std::string> authority_notes(const Config& config, const rules::RuleSet& rules, TimePoint now) {
  if (config.intercept == Switch::off) return without_authority(config, "interception is off");
  if (!authority::Authority::exists(config.ca_dir)) return notes_about_none(config, rules);
  const auto loaded = authority::Authority::load(config.ca_dir);
  if (!loaded) return {"nothing is intercepted: " + loaded.error().what};
  return notes_about(*loaded, rules, now);
}

}  // namespace cachearr::app
