#include "pipeline/route.hpp"

#include <utility>

#include "base/text.hpp"
#include "http/url.hpp"
#include "pipeline/access.hpp"

namespace cachearr::pipeline {

namespace {

using Routed = Result<bool, Refusal>;

std::uint16_t default_port(std::string_view scheme) noexcept { return scheme == "https" ? 443 : 80; }

void connect_to_origin(const rules::Upstream& upstream, Route& into) {
  into.upstream = &upstream;
  into.connect_scheme = into.target.scheme = upstream.origin_scheme;
  into.connect_host = upstream.origin_host;
  into.connect_port = into.target.port = upstream.origin_port;
}

/// Host towards an origin of the rules' own. One for each host, whatever port the request said, since answers are
/// stored under one name.
void name_host(const rules::Upstream& upstream, Route& into) {
  if (into.target.host == upstream.origin_host) {
    into.host_field = upstream.origin_authority;
  } else {
    http::assign_authority(into.host_field, {}, into.target.host, 0);
  }
}

/// For requests that name no host of the upstream (mounts, listeners of their own): its first host, else its origin.
void towards_origin(const rules::Upstream& upstream, Route& into) {
  connect_to_origin(upstream, into);
  const bool is_named = !upstream.hosts.empty() && !upstream.hosts.front().starts_with('*');
  into.target.host = is_named ? upstream.hosts.front() : upstream.origin_host;
  name_host(upstream, into);
}

/// Goes where the request says.
void as_asked(const rules::Upstream* upstream, Route& into) {
  into.upstream = upstream;
  if (into.target.port == 0) into.target.port = default_port(into.target.scheme);
  into.connect_scheme = into.target.scheme;
  into.connect_host = into.target.host;
  into.connect_port = into.target.port;
  http::assign_authority(into.host_field, into.target.scheme, into.target.host, into.target.port);
}

bool lies_below(std::string_view path, std::string_view base) noexcept {
  return path.starts_with(base) && (path.size() == base.size() || path[base.size()] == '/');
}

/// The upstream whose origin a request addresses by its own name, though no "hosts" name it.
const rules::Upstream* upstream_at_origin(const rules::RuleSet& rules, const http::Target& target, std::uint16_t port) {
  const rules::Upstream* found = nullptr;
  for (const auto& upstream : rules.upstreams()) {
    if (!upstream->origin_given || upstream->origin_port != port || upstream->origin_host != target.host ||
        upstream->origin_scheme != target.scheme || !lies_below(target.path, upstream->origin_path))
      continue;
    if (!found || upstream->origin_path.size() > found->origin_path.size()) found = upstream.get();
  }
  return found;
}

/// An upstream with an origin of its own stands for its hosts on their usual port; another port is another server.
void by_host(const rules::RuleSet& rules, Route& into) {
  auto& target = into.target;
  const auto* const upstream = rules.upstream_for_host(target.host);
  const auto port = target.port == 0 ? default_port(target.scheme) : target.port;
  if (upstream && !upstream->origin_given) return as_asked(upstream, into);
  if (!upstream || (port != default_port(target.scheme) && port != upstream->origin_port))
    return as_asked(upstream_at_origin(rules, target, port), into);
  connect_to_origin(*upstream, into);
  name_host(*upstream, into);
  target.path.insert(0, upstream->origin_path);
}

Routed unknown_allowed(const ConfigSnapshot& snapshot, const Route& into) {
  if (!into.upstream && into.target.host == kOwnHost)
    return Refusal{404,
                   "this proxy has only pages about its certificate here: http://" + std::string{kOwnHost} + "/ca"};
  if (into.upstream) return true;
  if (auto refusal = judge_unknown_host(*snapshot.settings, into.target.host)) return *std::move(refusal);
  return true;
}

Routed origin_form(const ConfigSnapshot& snapshot, const ListenerInfo& listener,
                   const std::optional<TunnelTarget>& tunnel, Route& into) {
  const auto& rules = *snapshot.rules;
  if (!listener.upstream.empty()) {
    into.form = Route::Form::listener;
    const auto* const upstream = rules.upstream_named(listener.upstream);
    if (!upstream)
      return Refusal{502,
                     "this listener is for the upstream \"" + listener.upstream + "\", which the rules no longer name"};
    towards_origin(*upstream, into);
    if (into.target.form != http::TargetForm::asterisk) into.target.path.insert(0, upstream->origin_path);
    return true;
  }
  if (tunnel) {
    if (!into.target.host.empty() && into.target.host != tunnel->host)
      return Refusal{421, "this tunnel was opened to " + tunnel->host + ", not to " + into.target.host};
    into.target.scheme = tunnel->scheme;
    into.target.host = tunnel->host;
    into.target.port = tunnel->port;
    into.form = Route::Form::tunnel;
    by_host(rules, into);
    return unknown_allowed(snapshot, into);
  }
  if (const auto* const mounted = listener.tls ? nullptr : rules.upstream_for_mount(into.target.path)) {
    into.form = Route::Form::mount;
    auto& path = into.target.path;
    path.erase(0, mounted->mount.size());
    if (path.empty()) path = "/";
    std::swap(into.mount_host, into.target.host);
    towards_origin(*mounted, into);
    path.insert(0, mounted->origin_path);
    return true;
  }
  if (const auto* const named = rules.upstream_for_host(into.target.host)) {
    connect_to_origin(*named, into);
    name_host(*named, into);
    into.target.path.insert(0, named->origin_path);
    return true;
  }
  if (listener.tls) return Refusal{421, "no upstream in the rules names the host " + into.target.host};
  return Refusal{
      404,
      "nothing is mounted at this path; use this address as HTTP proxy, or a path such as /tmdb that an upstream's "
      "\"mount\" names"};
}

}  // namespace

Routed route(const ConfigSnapshot& snapshot, const ListenerInfo& listener, const std::optional<TunnelTarget>& tunnel,
             const http::RequestHead& request, Route& into) {
  into.form = Route::Form::host;
  into.upstream = nullptr;
  const std::string_view scheme = listener.tls ? "https" : tunnel ? std::string_view{tunnel->scheme} : "http";
  const auto read = http::read_target(request, scheme, into.target);
  if (!read) return Refusal{400, read.error().what};
  if (into.target.form != http::TargetForm::absolute) return origin_form(snapshot, listener, tunnel, into);
  if (!listener.upstream.empty() || listener.tls || tunnel) return origin_form(snapshot, listener, tunnel, into);
  into.form = Route::Form::proxy;
  by_host(*snapshot.rules, into);
  return unknown_allowed(snapshot, into);
}

Routed route_to(const rules::Upstream& upstream, std::string_view target, Route& into) {
  if (upstream.origin_host.empty()) return Refusal{404, "the upstream " + upstream.name + " has no origin"};
  http::RequestHead request;
  request.method = http::Method::get;
  request.method_text = "GET";
  request.target = target;
  request.fields.add(http::FieldId::host, "Host", "localhost");
  const auto read = http::read_target(request, "http", into.target);
  if (!read) return Refusal{400, read.error().what};
  if (into.target.form != http::TargetForm::origin) return Refusal{400, "a path is expected here"};
  into.form = Route::Form::host;
  towards_origin(upstream, into);
  into.target.path.insert(0, upstream.origin_path);
  return true;
}

bool route_again(const ConfigSnapshot& snapshot, std::string_view upstream, Route& into) {
  into.upstream = snapshot.rules->upstream_named(upstream);
  if (!into.upstream) return false;
  if (!into.upstream->origin_given) return true;
  const bool same = into.connect_host == into.upstream->origin_host && into.connect_port == into.upstream->origin_port;
  return same && lies_below(into.target.path, into.upstream->origin_path);
}

Routed route_url(const ConfigSnapshot& snapshot, std::string_view url, Route& into) {
  http::RequestHead request;
  request.method = http::Method::get;
  request.method_text = "GET";
  request.target = url;
  const auto authority = http::split_url(url).authority.value_or("");
  request.fields.add(http::FieldId::host, "Host", authority.empty() ? "localhost" : authority);
  return route(snapshot, ListenerInfo{}, std::nullopt, request, into);
}

}  // namespace cachearr::pipeline
