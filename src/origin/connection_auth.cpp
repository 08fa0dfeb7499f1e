#include "origin/connection_auth.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace cachearr::origin {

namespace {

using http::FieldId;

bool is_of_connection(std::string_view credentials) noexcept {
  constexpr std::array<std::string_view, 4> schemes{"ntlm", "negotiate", "nego2", "kerberos"};
  const auto scheme = credentials.substr(0, credentials.find_first_of(" \t"));
  return std::any_of(schemes.begin(), schemes.end(),
                     [&](std::string_view name) { return text::iequals(name, scheme); });
}

/// Each list of challenges may name several schemes, and each line is a list.
bool names_one(const http::FieldList& fields, FieldId id) {
  if (!fields.has(id)) return false;
  bool found = false;
  for (const auto& field : fields)
    if (field.id == id)
      text::for_each_member(field.value, [&](std::string_view member) { found |= is_of_connection(member); });
  return found;
}

}  // namespace

bool authenticates_connection(const http::RequestHead& request, const http::ResponseHead& response) {
  return names_one(request.fields, FieldId::authorization) || names_one(request.fields, FieldId::proxy_authorization) ||
         names_one(response.fields, FieldId::www_authenticate) ||
         names_one(response.fields, FieldId::proxy_authenticate) || response.fields.find("Persistent-Auth") != nullptr;
}

}  // namespace cachearr::origin
