#include "client/way_back.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "http/url.hpp"
#include "rules/rule_set.hpp"

namespace cachearr::client {

namespace {

using Form = pipeline::Route::Form;

/// What the client calls an origin's path; none where no request of this client comes to it.
std::optional<std::string> path_of_client(const pipeline::Route& route, std::string_view path) {
  const auto& upstream = *route.upstream;
  const std::string_view base = upstream.origin_path;
  if (!path.starts_with(base)) return std::nullopt;
  path.remove_prefix(base.size());
  if (!path.empty() && std::string_view{"/?#"}.find(path.front()) == std::string_view::npos) return std::nullopt;
  std::string led{route.form == Form::mount ? std::string_view{upstream.mount} : std::string_view{}};
  // Two slashes in front would name a host.
  if (led.empty() && path.starts_with("//")) return std::nullopt;
  if (led.empty() && !path.starts_with('/')) led = "/";
  return led.append(path);
}

/// The authorities that the origin knows itself by: where it is reached, what Host told it, and its names.
bool is_origin(const pipeline::Route& route, std::string_view authority) {
  const auto& upstream = *route.upstream;
  const auto parsed = http::parse_host_port(authority);
  if (!parsed) return false;
  const auto named = http::authority_of(upstream.origin_scheme, text::to_lower(parsed->host), parsed->port);
  if (named == http::authority_of(upstream.origin_scheme, upstream.origin_host, upstream.origin_port)) return true;
  if (text::iequals(authority, route.host_field)) return true;
  return std::find(upstream.hosts.begin(), upstream.hosts.end(), named) != upstream.hosts.end();
}

/// The field's value in a line where it is one of the two; empty where it is another.
std::string_view reference_in(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return {};
  const auto id = http::field_id(line.substr(0, colon));
  if (id != http::FieldId::location && id != http::FieldId::content_location) return {};
  return text::trim(line.substr(colon + 1));
}

}  // namespace

std::optional<std::string> lead_back(const pipeline::Route& route, std::string_view reference) {
  if (!route.upstream || route.as_proxy()) return std::nullopt;
  const auto parts = http::split_url(reference);
  // Another scheme is another server: a redirect from http to https that led back would go round for ever.
  if (!parts.scheme.empty() && !text::iequals(parts.scheme, route.upstream->origin_scheme)) return std::nullopt;
  if (parts.authority ? !is_origin(route, *parts.authority) : !parts.path.starts_with('/')) return std::nullopt;
  return path_of_client(route, parts.tail);
}

void append_led_back(std::string& out, const pipeline::Route& route, std::string_view head) {
  while (!head.empty()) {
    const auto end = std::min(head.find("\r\n"), head.size());
    const auto line = head.substr(0, end);
    head.remove_prefix(std::min(end + 2, head.size()));
    const auto reference = reference_in(line);
    const auto led = reference.empty() ? std::nullopt : lead_back(route, reference);
    if (led) {
      out.append(line.substr(0, line.find(':'))).append(": ").append(*led);
    } else {
      out.append(line);
    }
    out.append("\r\n");
  }
}

}  // namespace cachearr::client
