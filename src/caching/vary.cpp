#include "caching/vary.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "base/hash.hpp"
#include "base/redact.hpp"
#include "base/text.hpp"
#include "caching/normal_form.hpp"

namespace cachearr::caching {

namespace {

using http::FieldId;

/// Content codings are negotiated with each client anew, whatever is stored.
bool is_ignored(const Policy& policy, std::string_view name) {
  if (text::iequals(name, "accept-encoding")) return true;
  return std::any_of(policy.ignore_vary.begin(), policy.ignore_vary.end(),
                     [name](const std::string& ignored) { return text::iequals(ignored, name); });
}

/// A secret selects a variant by its hash: the identity of a stored response is written to disk.
void append_secret(std::string& out, std::string_view name, const http::FieldList& request) {
  out += to_hex(hash128(request.joined(name)));
}

/// Calls `each` with every member of every line of that name.
template <class F>
void for_each_member_of(const http::FieldList& request, std::string_view name, FieldId id, F&& each) {
  for (const auto& field : request) {
    if (field.id != id || (id == FieldId::other && !text::iequals(field.name, name))) continue;
    text::for_each_member(field.value, each);
  }
}

void append_value(std::string& out, std::string_view name, FieldId id, const http::FieldList& request) {
  if (is_secret_field(name)) return append_secret(out, name, request);
  std::array<std::string_view, kMaxSortedMembers> members;
  std::size_t count = 0;
  for_each_member_of(request, name, id, [&](std::string_view member) {
    if (count < members.size()) members[count] = member;
    ++count;
  });
  if (count <= members.size()) return append_normal(out, id, std::span{members.data(), count});
  for_each_member_of(request, name, id, [&](std::string_view member) { out.append(member).append(","); });
}

}  // namespace

Selecting selecting_fields(const http::ResponseHead& response, const Policy& policy) {
  Selecting selecting;
  if (!response.fields.has(FieldId::vary)) return selecting;
  const bool rule_overrides = policy.from_rule && policy.mode == Mode::override_;
  for (const auto& field : response.fields) {
    if (field.id != FieldId::vary) continue;
    text::for_each_member(field.value, [&](std::string_view name) {
      if (name == "*")
        selecting.star |= !rule_overrides && !is_ignored(policy, "*");
      else if (!is_ignored(policy, name))
        selecting.names.push_back(text::to_lower(name));
    });
  }
  std::sort(selecting.names.begin(), selecting.names.end());
  selecting.names.erase(std::unique(selecting.names.begin(), selecting.names.end()), selecting.names.end());
  return selecting;
}

std::string to_text(const Selecting& selecting) {
  std::string out;
  for (const auto& name : selecting.names) {
    if (!out.empty()) out += ',';
    out += name;
  }
  return out;
}

void append_variant(std::string& out, std::string_view names, const http::FieldList& request) {
  while (!names.empty()) {
    const auto name = names.substr(0, names.find(','));
    names.remove_prefix(std::min(names.size(), name.size() + 1));
    out.append(name);
    const auto id = http::field_id(name);
    const bool present = id == FieldId::other ? request.find(name) != nullptr : request.has(id);
    if (present) {
      out += '=';
      append_value(out, name, id, request);
    }
    out += '\n';
  }
}

std::string preferred_language(const http::FieldList& request) {
  std::array<std::string_view, kMaxSortedMembers> members;
  std::size_t count = 0;
  for_each_member_of(request, {}, FieldId::accept_language, [&](std::string_view member) {
    if (count < members.size()) members[count] = member;
    ++count;
  });
  if (count > members.size()) return {};
  return text::to_lower(most_preferred(std::span{members.data(), count}));
}

std::string language_of(const http::ResponseHead& response) {
  const auto said = text::to_lower(response.fields.joined(FieldId::content_language));
  return said.find(',') == std::string::npos ? said : std::string{};
}

}  // namespace cachearr::caching
