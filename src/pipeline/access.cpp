#include "pipeline/access.hpp"

namespace cachearr::pipeline {

std::optional<Refusal> judge_client(const ConfigSnapshot& snapshot, const ConnectionInfo& connection) {
  if (connection.admitted_by == &snapshot || snapshot.settings->may_use(connection.address)) return std::nullopt;
  return Refusal{403, connection.peer + " may not use this proxy (access.clients)"};
}

std::optional<Refusal> judge_credentials(const Settings& settings, Route::Form form, std::string_view authorization) {
  const bool asks = form == Route::Form::proxy || form == Route::Form::host;
  if (!asks || settings.is_authorised(authorization)) return std::nullopt;
  return Refusal{407, "this proxy wants a user and a password", "Proxy-Authenticate: Basic realm=\"cachearr\"\r\n"};
}

const rules::Upstream* upstream_at_port(const rules::RuleSet& rules, const http::Target& target,
                                        const rules::Upstream* upstream) {
  if (upstream && upstream->origin_given && upstream->origin_port == target.port) return upstream;
  for (const auto& other : rules.upstreams())
    if (other->origin_given && other->origin_port == target.port && other->origin_host == target.host)
      return other.get();
  return nullptr;
}

std::optional<Refusal> judge_connect(const ConfigSnapshot& snapshot, const ListenerInfo& listener,
                                     const http::Target& target, const rules::Upstream* upstream) {
  if (!listener.upstream.empty() || listener.tls) return Refusal{405, "this listener is no forward proxy"};
  const auto& settings = *snapshot.settings;
  if (!settings.may_connect_to_port(target.port) && !upstream_at_port(*snapshot.rules, target, upstream))
    return Refusal{403, "CONNECT to port " + std::to_string(target.port) + " is not allowed (access.connect_ports)"};
  if (!upstream) return judge_unknown_host(settings, target.host);
  return std::nullopt;
}

std::optional<Refusal> judge_unknown_host(const Settings& settings, std::string_view host) {
  if (settings.config.access.allow_unknown_hosts) return std::nullopt;
  return Refusal{403,
                 "no upstream in the rules names the host " + std::string{host} + ", and access.unknown_hosts is deny"};
}

}  // namespace cachearr::pipeline
