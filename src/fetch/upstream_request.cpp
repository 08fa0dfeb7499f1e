#include "fetch/upstream_request.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "content/coding.hpp"

namespace cachearr::fetch {

using http::FieldId;

namespace {

bool is_condition(FieldId id) noexcept {
  switch (id) {
    case FieldId::if_match:
    case FieldId::if_none_match:
    case FieldId::if_modified_since:
    case FieldId::if_unmodified_since:
    case FieldId::if_range:
    case FieldId::range: return true;
    default: return false;
  }
}

/// Origins behind CGI and its heirs take '_' for '-'.
bool names_the_same(std::string_view lower_case, std::string_view name) noexcept {
  return std::equal(lower_case.begin(), lower_case.end(), name.begin(), name.end(),
                    [](char a, char b) { return a == (b == '_' ? '-' : text::lower(b)); });
}

/// Fields that no key looks at and that some origins write into their answers or obey instead of the request line: an
/// attacker's value would be stored for everybody.
bool is_reflected(const http::Field& field) noexcept {
  if (field.id == FieldId::forwarded) return true;
  if (field.id != FieldId::other) return false;
  constexpr std::array<std::string_view, 17> whole{"x-host",
                                                   "x-rewrite-url",
                                                   "x-http-method-override",
                                                   "x-http-method",
                                                   "x-http-host-override",
                                                   "x-url-scheme",
                                                   "x-method-override",
                                                   "x-real-host",
                                                   "front-end-https",
                                                   "x-script-name",
                                                   "x-path-base",
                                                   "x-base-url",
                                                   "x-backend-host",
                                                   "x-proxy-url",
                                                   "x-waws-unencoded-url",
                                                   "x-invoke-path",
                                                   "next-url"};
  // Addresses, paths and methods; who the client is (-For, -User, -Groups) is none of these.
  constexpr std::array<std::string_view, 4> beginnings{"x-forwarded-", "x-original-", "x-envoy-original-",
                                                       "x-ms-original-"};
  constexpr std::array<std::string_view, 15> ends{"host",  "scheme",   "port",  "server", "prefix",
                                                  "proto", "protocol", "ssl",   "path",   "uri",
                                                  "url",   "method",   "query", "base",   "request-uri"};
  const auto is_any_of = [](const auto& names, std::string_view name) {
    return std::any_of(names.begin(), names.end(), [&](std::string_view known) { return names_the_same(known, name); });
  };
  for (const auto beginning : beginnings)
    if (names_the_same(beginning, field.name.substr(0, beginning.size())))
      return is_any_of(ends, field.name.substr(beginning.size()));
  return is_any_of(whole, field.name);
}

bool is_ours_to_write(FieldId id) noexcept {
  return id == FieldId::host || id == FieldId::content_length || id == FieldId::max_forwards;
}

void append_target(std::string& out, const UpstreamRequest& from) {
  const auto& target = from.route.target;
  if (from.through_http_parent)
    out.append("http://").append(http::authority_of("http", from.route.connect_host, from.route.connect_port));
  // "*" is the whole server; a proxy is told so by a target without path (RFC 9112 3.2.4).
  if (!from.through_http_parent || target.path != "*") out.append(target.path);
  if (target.has_query) out.append("?").append(target.query);
}

void append_body_framing(std::string& out, const UpstreamRequest& from) {
  switch (from.framing.body) {
    case http::Framing::Body::chunked: out += "Transfer-Encoding: chunked\r\n"; break;
    case http::Framing::Body::length:
      http::append_field(out, "Content-Length", std::to_string(from.framing.length));
      break;
    case http::Framing::Body::none:
      // A length of zero that was said is said again: POST without one is refused by some servers.
      if (from.request.fields.has(FieldId::content_length)) out += "Content-Length: 0\r\n";
      break;
    case http::Framing::Body::until_close: break;
  }
}

}  // namespace

std::string compose(const UpstreamRequest& from) {
  const auto& request = from.request;
  std::string out;
  out.reserve(1024);
  out.append(request.method_text).append(" ");
  append_target(out, from);
  out += " HTTP/1.1\r\n";
  http::append_field(out, "Host", from.route.host_field);
  for (const auto& field : request.fields) {
    if (is_ours_to_write(field.id) || http::is_hop_by_hop(field, request.fields)) continue;
    if (from.whole && is_condition(field.id)) continue;
    if (from.cacheable && is_reflected(field)) continue;
    if (from.negotiates && field.id == FieldId::accept_encoding) continue;
    http::append_field(out, field.name, field.value);
  }
  if (from.negotiates) http::append_field(out, "Accept-Encoding", content::kOurAcceptEncoding);
  out.append(from.validators);
  if (from.max_forwards >= 0) {
    http::append_field(out, "Max-Forwards", std::to_string(from.max_forwards));
  } else if (request.fields.has(FieldId::max_forwards)) {
    http::append_field(out, "Max-Forwards", request.fields.value(FieldId::max_forwards));
  }
  if (from.upgrade) {
    out += "Connection: Upgrade\r\n";
    http::append_field(out, "Upgrade", request.fields.joined(FieldId::upgrade));
  }
  out += "Via: 1.1 cachearr\r\n";
  http::append_field(out, "CDN-Loop", from.loop_token);
  if (from.surrogate) http::append_field(out, "Surrogate-Capability", "cachearr=\"Surrogate/1.0\"");
  if (from.through_http_parent && !from.parent_credentials.empty())
    http::append_field(out, "Proxy-Authorization", from.parent_credentials);
  append_body_framing(out, from);
  out += "\r\n";
  return out;
}

}  // namespace cachearr::fetch
