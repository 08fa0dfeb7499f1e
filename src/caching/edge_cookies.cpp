#include "caching/edge_cookies.hpp"

#include <algorithm>
#include <array>

#include "base/redact.hpp"
#include "base/secret_shape.hpp"
#include "base/text.hpp"

namespace cachearr::caching {

namespace {

// Of Cloudflare, AWS, Akamai, Google, Azure and DataDome.
constexpr std::array<std::string_view, 21> kNames{"__cf_bm",  "_cfuvid",      "__cfruid",    "__cflb",
                                                  "__cfseq",  "__cfduid",     "awsalb",      "awsalbcors",
                                                  "awsalbtg", "awsalbtgcors", "awselb",      "awselbcors",
                                                  "ak_bmsc",  "bm_sv",        "bm_sz",       "bm_mi",
                                                  "_abck",    "gclb",         "arraffinity", "arraffinitysamesite",
                                                  "datadome"};
// Of Imperva, DDoS-Guard, Cloudflare, F5 and Sucuri.
constexpr std::array<std::string_view, 8> kBeginnings{
    "incap_ses_", "visid_incap_", "nlbi_", "__ddg", "__cfwaitingroom", "bigipserver", "sucuri_cloudproxy_", "ts01"};

std::string_view cookie_name(std::string_view set_cookie) noexcept {
  return text::trim(set_cookie.substr(0, set_cookie.find('=')));
}

std::string_view cookie_value(std::string_view set_cookie) noexcept {
  const auto pair = set_cookie.substr(0, set_cookie.find(';'));
  const auto equals = pair.find('=');
  return equals == std::string_view::npos ? std::string_view{} : text::trim(pair.substr(equals + 1));
}

/// As frameworks and applications call the cookie by which they know a user again.
bool names_session(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 10> parts{"sess",     "auth", "token", "login",  "user",
                                                   "remember", "csrf", "xsrf",  "aspnet", "connect.sid"};
  const auto stands_in_it = [name](std::string_view part) { return text::icontains(name, part); };
  return is_secret_parameter(name) || std::any_of(parts.begin(), parts.end(), stands_in_it);
}

/// No script may read it: what is kept from those says who somebody is.
bool is_http_only(std::string_view set_cookie) {
  const auto parts = text::split(set_cookie, ';');
  return std::any_of(parts.begin() + 1, parts.end(),
                     [](std::string_view part) { return text::iequals(text::trim(part), "httponly"); });
}

bool begins_with(std::string_view name, std::string_view beginning) noexcept {
  return name.size() >= beginning.size() && text::iequals(name.substr(0, beginning.size()), beginning);
}

}  // namespace

bool is_edge_cookie(std::string_view name) noexcept {
  return std::any_of(kNames.begin(), kNames.end(), [name](auto known) { return text::iequals(name, known); }) ||
         std::any_of(kBeginnings.begin(), kBeginnings.end(), [name](auto known) { return begins_with(name, known); });
}

bool has_only_edge_cookies(const http::FieldList& fields) noexcept {
  return std::all_of(fields.begin(), fields.end(), [](const http::Field& field) {
    return field.id != http::FieldId::set_cookie || is_edge_cookie(cookie_name(field.value));
  });
}

bool begins_session(const http::FieldList& fields) {
  return std::any_of(fields.begin(), fields.end(), [](const http::Field& field) {
    const auto name = cookie_name(field.value);
    if (field.id != http::FieldId::set_cookie || is_edge_cookie(name)) return false;
    return names_session(name) || begins_with(name, "__Host-") || begins_with(name, "__Secure-") ||
           is_http_only(field.value) || is_secret_shape(cookie_value(field.value));
  });
}

std::string without_cookies(const http::ResponseHead& head) {
  std::string out = "HTTP/1.1 ";
  text::append_number(out, head.status);
  out.append(" ").append(head.reason).append("\r\n");
  for (const auto& field : head.fields) {
    if (field.id != http::FieldId::set_cookie) out.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  return out;
}

}  // namespace cachearr::caching
