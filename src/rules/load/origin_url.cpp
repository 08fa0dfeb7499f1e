#include "rules/load/origin_url.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "http/address.hpp"
#include "http/target.hpp"

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

struct Split {
  std::string scheme, authority, rest;
};
Result<Split> split_url(std::string_view url) {
  const auto colon = url.find("://");
  if (colon == std::string_view::npos) return Error{"a URL begins with a scheme, such as https://"};
  const auto after = url.substr(colon + 3);
  const auto end = std::min(after.find_first_of("/?#"), after.size());
  return Split{text::to_lower(url.substr(0, colon)), std::string{after.substr(0, end)}, std::string{after.substr(end)}};
}

}  // namespace

Result<OriginUrl> parse_origin(std::string_view url) {
  auto split = split_url(url);
  if (!split.ok() || (split->scheme != "http" && split->scheme != "https")) {
    return Error{"an origin is a URL that begins with http:// or https://"};
  }
  if (split->authority.find('@') != std::string::npos) {
    return Error{"an origin holds no user and password; the clients' credentials go through to it"};
  }
  const auto place = http::parse_host_port(split->authority);
  auto host = place.ok() ? text::to_lower(place->host) : std::string{};
  if (!make_host(host)) return Error{"'" + split->authority + "' is no host, or no host and port"};
  auto& path = split->rest;
  if (path.find_first_of("?#") != std::string::npos) return Error{"an origin ends with its path; remove '?' and '#'"};
  if (std::any_of(path.begin(), path.end(), [](char c) { return c <= 0x20 || c >= 0x7F; })) {
    return Error{"the origin's path holds a character that has to be percent-encoded"};
  }
  while (path.ends_with('/')) path.pop_back();
  return OriginUrl{split->scheme, std::move(host), port_or_default(place->port, split->scheme), path};
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
  const auto split = split_url(url);
  if (!split.ok() || (split->scheme != "http" && split->scheme != "socks5")) {
    return "a parent proxy is a URL that begins with http:// or socks5://";
  }
  const auto at = split->authority.rfind('@');
  const auto authority = at == std::string::npos ? split->authority : split->authority.substr(at + 1);
  const auto place = http::parse_host_port(authority);
  auto host = place.ok() ? text::to_lower(place->host) : std::string{};
  if (!make_host(host)) return "'" + authority + "' is no host, or no host and port";
  if (!split->rest.empty() && split->rest != "/") return "a parent proxy's URL ends with its port";
  return {};
}

}  // namespace cachearr::rules
