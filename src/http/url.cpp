#include "http/url.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace cachearr::http {
namespace {

bool is_letter(char c) noexcept {
  const char low = text::lower(c);
  return low >= 'a' && low <= 'z';
}

bool is_scheme_character(char c) noexcept {
  return is_letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
}

/// Cuts off what stands before ':', where that is a scheme.
std::string_view take_scheme(std::string_view& url) noexcept {
  const auto colon = url.find(':');
  if (colon == std::string_view::npos) return {};
  const auto scheme = url.substr(0, colon);
  if (scheme.empty() || !is_letter(scheme.front())) return {};
  if (!std::all_of(scheme.begin(), scheme.end(), is_scheme_character)) return {};
  url.remove_prefix(colon + 1);
  return scheme;
}

/// Cuts `text` before `mark`, and returns what stands behind it.
std::optional<std::string_view> take_behind(std::string_view& text, char mark) noexcept {
  const auto at = text.find(mark);
  if (at == std::string_view::npos) return std::nullopt;
  const auto behind = text.substr(at + 1);
  text = text.substr(0, at);
  return behind;
}

}  // namespace

std::optional<std::string_view> UrlParts::userinfo() const noexcept {
  const auto at = authority ? authority->rfind('@') : std::string_view::npos;
  return at == std::string_view::npos ? std::nullopt : std::optional{authority->substr(0, at)};
}

std::string_view UrlParts::host_port() const noexcept {
  if (!authority) return {};
  const auto before = userinfo();
  return before ? authority->substr(before->size() + 1) : *authority;
}

UrlParts split_path(std::string_view path) noexcept {
  UrlParts parts;
  parts.tail = parts.path = path;
  parts.fragment = take_behind(parts.path, '#');
  parts.query = take_behind(parts.path, '?');
  return parts;
}

UrlParts split_url(std::string_view url) noexcept {
  const auto scheme = take_scheme(url);
  std::optional<std::string_view> authority;
  if (url.starts_with("//")) {
    authority = url.substr(2, url.find_first_of("/?#", 2) - 2);
    url.remove_prefix(2 + authority->size());
  }
  UrlParts parts = split_path(url);
  parts.scheme = scheme;
  parts.authority = authority;
  return parts;
}

std::string_view authority_of_origin(std::string_view origin) noexcept {
  const auto parts = split_url(origin);
  return parts.is_absolute() && parts.tail.empty() && !parts.userinfo() ? *parts.authority : std::string_view{};
}

bool resolve_on_same_origin(std::string_view reference, const Target& base, Target& into) {
  const auto parts = split_url(reference);
  if (reference.empty() || (!parts.scheme.empty() && !parts.authority)) return false;
  if (!parts.scheme.empty() && !text::iequals(parts.scheme, base.scheme)) return false;
  into = base;
  if (parts.authority) {
    const auto address = parse_host_port(*parts.authority);
    if (!address ||
        authority_of(base.scheme, address->host, address->port) != authority_of(base.scheme, base.host, base.port))
      return false;
    into.path = parts.path.empty() ? std::string_view{"/"} : parts.path;
  } else if (parts.path.starts_with('/')) {
    into.path = parts.path;
  } else if (!parts.path.empty()) {
    into.path = base.path.substr(0, base.path.rfind('/') + 1).append(parts.path);
  } else if (!parts.query) {
    return true;
  }
  into.has_query = parts.query.has_value();
  into.query = parts.query.value_or("");
  return true;
}

}  // namespace cachearr::http
