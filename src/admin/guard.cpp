#include "admin/guard.hpp"

#include "base/ip_address.hpp"
#include "base/secret_equal.hpp"
#include "base/text.hpp"
#include "http/target.hpp"
#include "http/url.hpp"

namespace cachearr::admin {

using http::FieldId;

namespace {

std::string_view bearer(std::string_view authorization) noexcept {
  constexpr std::string_view scheme = "bearer ";
  if (authorization.size() <= scheme.size() || !text::iequals(authorization.substr(0, scheme.size()), scheme))
    return {};
  return text::trim(authorization.substr(scheme.size()));
}

/// Whoever the user is; empty where it is no Basic.
std::string password(std::string_view authorization) {
  constexpr std::string_view scheme = "basic ";
  if (authorization.size() <= scheme.size() || !text::iequals(authorization.substr(0, scheme.size()), scheme))
    return {};
  const auto decoded = text::base64_decode(text::trim(authorization.substr(scheme.size())));
  const auto colon = decoded ? decoded->find(':') : std::string::npos;
  return colon == std::string::npos ? std::string{} : decoded->substr(colon + 1);
}

bool is_configured(const AccessPolicy& policy, std::string_view host, std::uint16_t port) {
  for (const auto& name : policy.hosts) {
    const auto parsed = http::parse_host_port(name);
    if (parsed && text::iequals(parsed->host, host) && (parsed->port == 0 || parsed->port == port)) return true;
  }
  return false;
}

/// "http://localhost:9798" is of the same origin as a request to "localhost:9798"; a scheme that a TLS proxy before us
/// took off does not matter.
bool is_own_origin(std::string_view origin, std::string_view host) noexcept {
  return !host.empty() && text::iequals(http::authority_of_origin(origin), host);
}

}  // namespace

std::optional<Denied> check_host(const AccessPolicy& policy, std::string_view host, std::uint16_t port) {
  if (host.empty() || host == "localhost" || ip::parse_address(host) || is_configured(policy, host, port))
    return std::nullopt;
  return Denied{421, "this host name is not one of ours; name it in admin.hosts"};
}

std::optional<Denied> check_key(const AccessPolicy& policy, const http::FieldList& fields, std::string_view query_key,
                                Access access) {
  bool known = is_secret(policy.api_key, query_key);
  for (const auto& field : fields) {
    if (field.id == FieldId::x_api_key) known |= is_secret(policy.api_key, field.value);
    if (field.id != FieldId::authorization) continue;
    known |= is_secret(policy.api_key, bearer(field.value));
    if (access == Access::key_or_password) known |= is_secret(policy.api_key, password(field.value));
  }
  if (known) return std::nullopt;
  if (access == Access::key_or_password)
    return Denied{401, "this call needs the API key: as the password, in X-Api-Key, or as the parameter apikey"};
  return Denied{401, "this call needs the API key: X-Api-Key, Authorization: Bearer, or the parameter apikey"};
}

std::optional<Denied> check_site(const http::FieldList& fields) {
  constexpr Denied foreign{403, "another site may not change anything here"};
  const auto* const site = fields.find("Sec-Fetch-Site");
  if (site && site->value != "same-origin" && site->value != "none") return foreign;
  const auto* const origin = fields.find(FieldId::origin);
  if (origin && !is_own_origin(origin->value, fields.value(FieldId::host))) return foreign;
  return std::nullopt;
}

std::optional<Denied> check_own_page(const http::FieldList& fields) {
  const auto* const site = fields.find("Sec-Fetch-Site");
  const auto* const origin = fields.find(FieldId::origin);
  // Browsers send one of them with every call that a page makes; over plain HTTP from another machine only the latter.
  const bool says_so =
      site ? site->value == "same-origin" : origin && is_own_origin(origin->value, fields.value(FieldId::host));
  if (says_so) return std::nullopt;
  return Denied{403, "only the page itself may change anything by this session; other programs send the API key"};
}

bool is_handed_on(const http::FieldList& fields) {
  for (const auto* const name : {"X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"})
    if (fields.find(name)) return true;
  return false;
}

std::optional<Denied> check_content_type(const http::FieldList& fields, Effect effect, bool has_body) {
  if (effect != Effect::json || !has_body) return std::nullopt;
  const auto type = fields.value(FieldId::content_type);
  if (text::iequals(text::trim(type.substr(0, type.find(';'))), "application/json")) return std::nullopt;
  return Denied{415, "the body of this call is JSON: Content-Type: application/json"};
}

}  // namespace cachearr::admin
