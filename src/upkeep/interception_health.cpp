#include "upkeep/interception_health.hpp"

#include "authority/authority.hpp"
#include "authority/host_names.hpp"
#include "base/text.hpp"

namespace cachearr::upkeep {

namespace {

constexpr std::chrono::days kWarnBefore{30};
constexpr auto kRenew = "\"cachearr ca init --renew\" makes a new authority, which every client then has to trust";

/// A TLS listener has nothing to show then.
std::vector<std::string> problems_of_listeners(const Config& config, const std::string& why) {
  for (const auto& listener : config.listeners)
    if (listener.tls) return {"the TLS listener " + listener.address + " answers nobody: " + why};
  return {};
}

std::vector<std::string> problems_of_none(const Config& config, const rules::RuleSet& rules) {
  const std::string none = "there is no authority in " + config.ca_dir;
  if (config.intercept == Switch::automatic)
    return problems_of_listeners(config, none + "; \"cachearr ca init\" makes one");
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

std::optional<std::string> coverage_problem(const authority::Authority& authority, const rules::RuleSet& rules) {
  const auto missing = authority.not_covered(intercepted_hosts(rules));
  if (missing.empty()) return std::nullopt;
  return "the local authority may not sign for " + text::joined(missing) +
         ", so these are tunnelled and not cached: " + kRenew;
}

std::optional<std::string> expiry_problem(const authority::Authority& authority, TimePoint now) {
  if (now >= authority.not_after())
    return "the local authority has expired, so nothing is intercepted: " + std::string{kRenew};
  if (now + kWarnBefore < authority.not_after()) return std::nullopt;
  const auto left = std::chrono::floor<std::chrono::days>(authority.not_after() - now).count();
  return "the local authority expires in " + std::to_string(left) + " days: " + kRenew;
}

std::vector<std::string> problems_of(const authority::Authority& authority, const rules::RuleSet& rules,
                                     TimePoint now) {
  std::vector<std::string> problems;
  if (auto problem = coverage_problem(authority, rules)) problems.push_back(std::move(*problem));
  if (auto problem = expiry_problem(authority, now)) problems.push_back(std::move(*problem));
  return problems;
}

std::vector<std::string> problems_without_authority(const Config& config, const rules::RuleSet& rules,
                                                    const std::string& why) {
  if (config.intercept == Switch::off) return problems_of_listeners(config, "interception is off");
  if (!why.empty()) return {"nothing is intercepted: " + why};
  return problems_of_none(config, rules);
}

}  // namespace cachearr::upkeep
