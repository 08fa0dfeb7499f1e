#include "pipeline/site.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "http/url.hpp"

namespace cachearr::pipeline {

namespace {

using http::FieldId;

bool is_configured(const ConfigSnapshot& snapshot, const std::string& host) {
  const auto& names = snapshot.settings->config.admin.hosts;
  const auto is_named = [&](const std::string& name) {
    const auto parsed = http::parse_host_port(name);
    return parsed && text::iequals(parsed->host, host);
  };
  return std::any_of(names.begin(), names.end(), is_named) || snapshot.rules->upstream_for_host(host) != nullptr;
}

/// Where browsers look for no name (URL Standard, "ends in a number").
bool is_address(std::string_view host) {
  const auto last = host.substr(host.rfind('.') + 1);
  return std::all_of(last.begin(), last.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// Nobody else can let such a name lead here. Empty: the request named no host.
bool is_ours(const ConfigSnapshot& snapshot, const std::string& host) {
  if (host.find('.') == std::string::npos || is_address(host)) return true;
  return host.ends_with(".localhost") || is_configured(snapshot, host);
}

/// What another site may not do: a page may open a WebSocket to anywhere, and no browser asks first.
bool changes_something(const http::RequestHead& request) {
  return !http::is_safe(request.method) || request.fields.has(FieldId::upgrade);
}

/// A proxy in front may have put its own name into Host; a page cannot say X-Forwarded-Host.
bool comes_from_elsewhere(const http::FieldList& fields) {
  const auto* const site = fields.find("Sec-Fetch-Site");
  if (site && text::iequals(site->value, "cross-site")) return true;
  const auto* const origin = fields.find(FieldId::origin);
  if (!origin) return false;
  const auto authority = http::authority_of_origin(origin->value);
  if (authority.empty()) return true;
  const auto* const forwarded = fields.find("X-Forwarded-Host");
  return !text::iequals(authority, fields.value(FieldId::host)) &&
         !(forwarded && text::iequals(authority, forwarded->value));
}

}  // namespace

std::optional<Refusal> judge_site(const ConfigSnapshot& snapshot, const http::RequestHead& request,
                                  const Route& route) {
  if (route.as_proxy() || !route.upstream || !route.upstream->origin_is_private) return std::nullopt;
  if (route.form == Route::Form::mount && !is_ours(snapshot, route.mount_host))
    return Refusal{421, "this host name is not one of ours, and what lies here is private; name it in admin.hosts"};
  if (changes_something(request) && comes_from_elsewhere(request.fields))
    return Refusal{403, "another site may not change anything here"};
  return std::nullopt;
}

}  // namespace cachearr::pipeline
