#include "http/upgrade.hpp"

#include "base/text.hpp"

namespace cachearr::http {

namespace {

bool has_member(const FieldList& fields, FieldId id, std::string_view wanted) {
  bool found = false;
  for (const auto& field : fields)
    if (field.id == id)
      text::for_each_member(field.value, [&](std::string_view member) { found |= text::iequals(member, wanted); });
  return found;
}

}  // namespace

bool wants_upgrade(const RequestHead& request) {
  const auto& fields = request.fields;
  return fields.has(FieldId::upgrade) && request.minor_version > 0 && request.method == Method::get &&
         has_member(fields, FieldId::connection, "upgrade") && !has_member(fields, FieldId::upgrade, "h2c");
}

bool is_agreed_upgrade(const RequestHead& request, const ResponseHead& response) {
  if (response.status != 101) return false;
  bool some = false, all = true;
  for (const auto& field : response.fields) {
    if (field.id != FieldId::upgrade) continue;
    text::for_each_member(field.value, [&](std::string_view protocol) {
      some = true;
      all = all && has_member(request.fields, FieldId::upgrade, protocol);
    });
  }
  return some && all;
}

}  // namespace cachearr::http
