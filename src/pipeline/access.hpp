// Who may use the proxy, and for what: one place for plain requests, mounts, requests by Host, CONNECT and what comes
// inside a tunnel. Judged before anything is looked up, so that who may not ask does not learn what is stored. Pure.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/ip_address.hpp"
#include "pipeline/route.hpp"

namespace cachearr::pipeline {

/// What is known of a client's connection before it asks for anything. Owned by its session.
struct ConnectionInfo {
  std::shared_ptr<const ListenerInfo> listener;
  std::optional<TunnelTarget> tunnel;  // HTTP is spoken inside a tunnel to this target
  ip::Address address;
  std::string peer;  // `address` as text
  // The configuration that let this client in last, while its worker decides by it: it is not asked for each request.
  const ConfigSnapshot* admitted_by = nullptr;
};

/// access.clients lets this client in; else the refusal.
std::optional<Refusal> judge_client(const ConfigSnapshot& snapshot, const ConnectionInfo& connection);

/// access.basic_auth where the form of the request asks for it. Only who asks for a proxy can be asked who they are, or
/// who names an upstream by Host; a tunnel was asked when it was opened.
std::optional<Refusal> judge_credentials(const Settings& settings, Route::Form form, std::string_view authorization);

/// The rules name the port of this target: the origin of `upstream`, which they name its host by, or any other origin.
/// Null: they do not.
const rules::Upstream* upstream_at_port(const rules::RuleSet& rules, const http::Target& target,
                                        const rules::Upstream* upstream);

/// Whether CONNECT may go to this target, of which `upstream` is what the rules name (null: nothing).
std::optional<Refusal> judge_connect(const ConfigSnapshot& snapshot, const ListenerInfo& listener,
                                     const http::Target& target, const rules::Upstream* upstream);

/// access.unknown_hosts for a host that no upstream names.
std::optional<Refusal> judge_unknown_host(const Settings& settings, std::string_view host);

}  // namespace cachearr::pipeline
