#include "pipeline/config_snapshot.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/secret_equal.hpp"
#include "base/text.hpp"

namespace cachearr::pipeline {

namespace {

/// The password stands alone in its file; a line end behind it is an editor's.
bool read_password(const std::string& path, std::string& into) {
  std::ifstream file{path, std::ios::binary};
  if (!file) return false;
  into.assign(std::istreambuf_iterator<char>{file}, {});
  while (!into.empty() && (into.back() == '\n' || into.back() == '\r')) into.pop_back();
  return true;
}

}  // namespace

bool Settings::may_use(const ip::Address& client) const noexcept {
  return std::any_of(clients.begin(), clients.end(), [&](const auto& range) { return range.contains(client); });
}

bool Settings::may_be_private(bool named) const noexcept {
  const auto guard = config.access.private_upstreams;
  return guard == PrivateUpstreams::allow || (guard == PrivateUpstreams::named && named);
}

bool Settings::may_connect_to_port(std::uint16_t port) const noexcept {
  const auto& ports = config.access.connect_ports;
  return std::find(ports.begin(), ports.end(), port) != ports.end();
}

bool Settings::invalidates(const rules::Rule& rule) const {
  if (rule.invalidation_switch.empty()) return true;
  const auto given = config.auto_invalidate.find(rule.invalidation_switch);
  return given == config.auto_invalidate.end() || given->second;
}

bool Settings::is_authorised(std::string_view proxy_authorization) const {
  if (proxy_credentials.empty()) return true;
  constexpr std::string_view scheme = "basic ";
  if (proxy_authorization.size() < scheme.size() ||
      !text::iequals(proxy_authorization.substr(0, scheme.size()), scheme))
    return false;
  const auto given = text::base64_decode(text::trim(proxy_authorization.substr(scheme.size())));
  return given && is_secret(proxy_credentials, *given);
}

std::shared_ptr<const Settings> compile_settings(const Config& config, Problems& problems) {
  auto settings = std::make_shared<Settings>();
  settings->config = config;
  const auto before = problems.size();
  for (const auto& text : config.access.clients) {
    if (const auto range = ip::parse_range(text)) {
      settings->clients.push_back(*range);
    } else {
      problems.push_back(
          {{config.file, 0, 0}, "access.clients: \"" + text + "\" is not an address or range such as 192.168.0.0/16"});
    }
  }
  if (!config.access.basic_user.empty()) {
    std::string password;
    if (!read_password(config.access.basic_password_file, password))
      problems.push_back({{config.file, 0, 0},
                          "access.basic_auth: cannot read the password file " + config.access.basic_password_file});
    settings->proxy_credentials = config.access.basic_user + ":" + password;
  }
  if (problems.size() != before) return nullptr;
  return settings;
}

namespace {

std::unique_ptr<std::atomic<std::uint32_t>[]> empty_slots(std::size_t size) {
  return std::make_unique<std::atomic<std::uint32_t>[]>(size);
}

}  // namespace

LabelCache::LabelCache(const rules::RuleSet& rules)
    : of_rules_{empty_slots(rules.rules().size())},
      of_upstreams_{empty_slots(rules.upstreams().size())},
      numbers_{empty_slots(rules.upstreams().size())},
      rule_numbers_{empty_slots(rules.rules().size())} {}

std::uint32_t LabelCache::index_of(const rules::Verdict& verdict, metrics::Metrics& metrics) noexcept {
  if (!verdict.upstream) return 0;
  auto& slot = verdict.rule ? of_rules_[verdict.rule->index] : of_upstreams_[verdict.upstream->index];
  auto index = slot.load(std::memory_order_relaxed);
  if (index == 0) {
    const std::string_view type = verdict.rule ? std::string_view{verdict.rule->type} : std::string_view{};
    index = metrics.label(type, verdict.upstream->name) + 1;
    slot.store(index, std::memory_order_relaxed);
  }
  return index - 1;
}

std::uint32_t LabelCache::upstream_number_of(const rules::Verdict& verdict, metrics::Metrics& metrics) noexcept {
  if (!verdict.upstream) return 0;
  auto& slot = numbers_[verdict.upstream->index];
  auto number = slot.load(std::memory_order_relaxed);
  if (number == 0) {
    number = metrics.upstream_number(verdict.upstream->name) + 1;
    slot.store(number, std::memory_order_relaxed);
  }
  return number - 1;
}

std::uint32_t LabelCache::rule_number_of(const rules::Rule& rule, metrics::Metrics& metrics) noexcept {
  auto& slot = rule_numbers_[rule.index];
  auto number = slot.load(std::memory_order_relaxed);
  if (number == 0) {
    number = metrics.rule_number(rule.upstream->name, rule.name) + 1;
    slot.store(number, std::memory_order_relaxed);
  }
  return number - 1;
}

SnapshotPtr make_snapshot(ConfigSnapshot parts) {
  parts.labels = std::make_shared<LabelCache>(*parts.rules);
  parts.modes = std::make_shared<UpstreamModes>(*parts.rules);
  parts.feeds = std::make_shared<FeedStates>(*parts.rules);
  parts.shortened_ttls = std::make_shared<ShortenedTtls>(parts.rules->rules().size());
  return std::make_shared<const ConfigSnapshot>(std::move(parts));
}

}  // namespace cachearr::pipeline
