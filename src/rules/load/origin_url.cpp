#include "rules/load/origin_url.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "http/address.hpp"
#include "http/target.hpp"
#include "http/url.hpp"

namespace cachearr::rules {

namespace {

bool is_host_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool is_name(std::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  for (const auto label : text::split(host, '.')) {
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    if (!std::all_of(label.begin(), label.end(), is_host_character)) return false;
  }
  return true;
}

/// Brings IPv6 into its one spelling; false for what is neither a name nor an address.
bool make_host(std::string& host) {
  if (host.find(':') == std::string::npos) return is_name(host);
  std::string canonical;
  if (!http::canonical_ipv6(host, canonical)) return false;
  host = std::move(canonical);
  return true;
}

/// The scheme's default where `port` is 0.
std::uint16_t port_or_default(std::uint16_t port, std::string_view scheme) noexcept {
  return port != 0 ? port : scheme == "https" ? std::uint16_t{443} : std::uint16_t{80};
}

}  // namespace

Result<OriginUrl> parse_origin(std::string_view url) {
  const auto parts = http::split_url(url);
  auto scheme = text::to_lower(parts.scheme);
  if (!parts.authority || (scheme != "http" && scheme != "https")) {
    return Error{"an origin is a URL that begins with http:// or https://"};
  }
  if (parts.userinfo()) {
    return Error{"an origin holds no user and password; the clients' credentials go through to it"};
  }
  const auto place = http::parse_host_port(*parts.authority);
  auto host = place.ok() ? text::to_lower(place->host) : std::string{};
  if (!make_host(host)) return Error{"'" + std::string{*parts.authority} + "' is no host, or no host and port"};
  if (parts.query || parts.fragment) return Error{"an origin ends with its path; remove '?' and '#'"};
  auto path = std::string{parts.path};
  if (std::any_of(path.begin(), path.end(), [](char c) { return c <= 0x20 || c >= 0x7F; })) {
    return Error{"the origin's path holds a character that has to be percent-encoded"};
  }
  while (path.ends_with('/')) path.pop_back();
  const auto port = port_or_default(place->port, scheme);
  return OriginUrl{std::move(scheme), std::move(host), port, std::move(path)};
}

Result<std::string> host_pattern(std::string_view text) {
  auto host = text::to_lower(text);
  if (host == "*" || host == "*.") {
    return Error{"a '*' for every host is refused, since it would take all traffic; name hosts, or '*.example.org'"};
  }
  if (host.find("://") != std::string::npos || host.find('/') != std::string::npos) {
    return Error{"a host is a bare name such as 'api.example.org'; scheme and path belong into \"origin\""};
  }
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host.ends_with('.')) host.pop_back();
  if (host.starts_with("*.") ? is_name(std::string_view{host}.substr(2)) : make_host(host)) return host;
  const auto colon = host.rfind(':');
  if (colon != std::string::npos && is_name(host.substr(0, colon))) {
    return Error{"a host is named without its port; write " + host.substr(0, colon) +
                 " here and the port into \"origin\""};
  }
  return Error{"'" + std::string{text} + "' is neither a host name nor an address nor '*.suffix'"};
}

std::string problem_of_proxy(std::string_view url) {
  const auto parts = http::split_url(url);
  if (!parts.authority || (!text::iequals(parts.scheme, "http") && !text::iequals(parts.scheme, "socks5"))) {
    return "a parent proxy is a URL that begins with http:// or socks5://";
  }
  const auto place = http::parse_host_port(parts.host_port());
  auto host = place.ok() ? text::to_lower(place->host) : std::string{};
  if (!make_host(host)) return "'" + std::string{parts.host_port()} + "' is no host, or no host and port";
  if (!parts.tail.empty() && parts.tail != "/") return "a parent proxy's URL ends with its port";
  return {};
}

}  // namespace cachearr::rules
