#include "pipeline/site.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace cachearr::pipeline {

namespace {

using http::FieldId;

/// By its look: names without a dot and those of private networks lead to private addresses.
bool is_private_host(std::string_view host) {
  if (const auto address = ip::parse_address(host)) return ip::is_private(*address);
  constexpr std::array<std::string_view, 9> suffixes{".local", ".lan",  ".internal", ".home.arpa",  ".localhost",
                                                     ".home",  ".corp", ".intranet", ".localdomain"};
  return host.find('.') == std::string_view::npos ||
         std::any_of(suffixes.begin(), suffixes.end(), [&](std::string_view end) { return host.ends_with(end); });
}

bool is_configured(const ConfigSnapshot& snapshot, const std::string& host) {
  const auto& names = snapshot.settings->config.admin.hosts;
  const auto is_named = [&](const std::string& name) {
    const auto parsed = http::parse_host_port(name);
    return parsed && text::iequals(parsed->host, host);
  };
  return std::any_of(names.begin(), names.end(), is_named) || snapshot.rules->upstream_for_host(host) != nullptr;
}

/// Nobody else can let such a name lead here.
bool is_ours(const ConfigSnapshot& snapshot, std::string_view host_field) {
  if (host_field.empty()) return true;
  const auto host = http::parse_host_port(host_field);
  if (!host) return false;
  if (host->host.find('.') == std::string::npos || ip::parse_address(host->host)) return true;
  return host->host.ends_with(".localhost") || is_configured(snapshot, host->host);
}

/// A proxy in front may have put its own name into Host; a page cannot say X-Forwarded-Host.
bool comes_from_elsewhere(const http::FieldList& fields) {
  const auto* const site = fields.find("Sec-Fetch-Site");
  if (site && text::iequals(site->value, "cross-site")) return true;
  const auto* const origin = fields.find(FieldId::origin);
  if (!origin) return false;
  const auto start = origin->value.find("://");
  if (start == std::string_view::npos) return true;
  const auto authority = origin->value.substr(start + 3);
  const auto* const forwarded = fields.find("X-Forwarded-Host");
  return !text::iequals(authority, fields.value(FieldId::host)) &&
         !(forwarded && text::iequals(authority, forwarded->value));
}

}  // namespace

std::optional<Refusal> judge_site(const ConfigSnapshot& snapshot, const http::RequestHead& request,
                                  const Route& route) {
  if (route.as_proxy() || !route.upstream || !is_private_host(route.connect_host)) return std::nullopt;
  if (route.form == Route::Form::mount && !is_ours(snapshot, request.fields.value(FieldId::host)))
    return Refusal{421, "this host name is not one of ours, and what lies here is private; name it in admin.hosts"};
  if (!http::is_safe(request.method) && comes_from_elsewhere(request.fields))
    return Refusal{403, "another site may not change anything here"};
  return std::nullopt;
}

}  // namespace cachearr::pipeline
