#include "app/authority_notes.hpp"

#include "authority/authority.hpp"

namespace cachearr::app {
namespace {

constexpr std::chrono::days kWarnBefore{30};

std::string joined(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
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
  if (config.intercept == Switch::off) return {};
  if (!authority::Authority::exists(config.ca_dir)) {
    if (config.intercept == Switch::automatic) return {};
    if (intercepted_hosts(rules).empty()) return {"nothing is intercepted: no rule says \"intercept\" of a host"};
    return {"nothing is intercepted yet: there is no authority in " + config.ca_dir +
            "; \"cachearr ca init\" or the next start makes one"};
  }
  const auto loaded = authority::Authority::load(config.ca_dir);
  if (!loaded) return {"nothing is intercepted: " + loaded.error().what};
  return notes_about(*loaded, rules, now);
}

}  // namespace cachearr::app
