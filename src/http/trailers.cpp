#include "http/trailers.hpp"

#include <algorithm>
#include <array>

#include "base/redact.hpp"
#include "base/text.hpp"

namespace cachearr::http {

namespace {

bool begins_with(std::string_view name, std::string_view lower_case_start) noexcept {
  return text::iequals(name.substr(0, lower_case_start.size()), lower_case_start);
}

bool is_option(std::string_view connection, std::string_view name) {
  bool found = false;
  text::for_each_member(connection, [&](std::string_view option) { found = found || text::iequals(option, name); });
  return found;
}

}  // namespace

bool takes_trailers(const FieldList& request) noexcept {
  if (!request.has(FieldId::te)) return false;
  bool taken = false;
  for (const auto& field : request) {
    if (field.id != FieldId::te) continue;
    text::for_each_member(field.value,
                          [&](std::string_view coding) { taken = taken || text::iequals(coding, "trailers"); });
  }
  return taken;
}

bool may_be_trailer(std::string_view name) noexcept {
  // What is sent behind a body to prove that it is whole.
  constexpr std::array<std::string_view, 2> proofs{"content-digest", "content-md5"};
  constexpr std::array<std::string_view, 15> beginnings{
      "accept-", "access-control-", "alt-", "cache-", "cdn-",       "content-",     "cookie",     "cross-origin-",
      "if-",     "proxy-",          "sec-", "set-",   "surrogate-", "x-forwarded-", "x-original-"};
  constexpr std::array<std::string_view, 11> whole{
      "allow",           "authentication-info", "clear-site-data", "close",   "early-data",
      "expect-ct",       "permissions-policy",  "priority",        "refresh", "strict-transport-security",
      "x-accel-redirect"};
  if (field_id(name) != FieldId::other || is_secret_field(name)) return false;
  const auto is_name = [&](std::string_view known) { return text::iequals(name, known); };
  if (std::any_of(proofs.begin(), proofs.end(), is_name)) return true;
  return std::none_of(whole.begin(), whole.end(), is_name) &&
         std::none_of(beginnings.begin(), beginnings.end(),
                      [&](std::string_view start) { return begins_with(name, start); });
}

std::string passable_trailers(std::string_view section, std::string_view connection) {
  std::string out;
  while (!section.empty()) {
    const auto end = std::min(section.find("\r\n"), section.size());
    const auto line = section.substr(0, end);
    section.remove_prefix(std::min(end + 2, section.size()));
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    const auto name = line.substr(0, colon);
    if (!may_be_trailer(name) || is_option(connection, name)) continue;
    out.append(name).append(": ").append(text::trim(line.substr(colon + 1))).append("\r\n");
  }
  return out;
}

}  // namespace cachearr::http
