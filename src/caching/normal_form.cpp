#include "caching/normal_form.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/text.hpp"

namespace cachearr::caching {

namespace {

using http::FieldId;

/// "text/html;level=1;q=0.5" in its parts.
struct Member {
  std::string_view name;
  std::string_view parameters;  // what stands between name and weight, with its leading ';'
  std::uint16_t weight = 1000;  // thousandths
};
using Members = std::span<Member>;

/// RFC 9110 12.4.2: "0" or "1" with at most three decimals.
bool read_weight(std::string_view text, std::uint16_t& weight) noexcept {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return false;
  if (text.size() > 1 && text[1] != '.') return false;
  unsigned value = text[0] == '1' ? 1000 : 0;
  unsigned place = 100;
  for (std::size_t i = 2; i < text.size(); ++i, place /= 10) {
    if (text[i] < '0' || text[i] > '9') return false;
    value += static_cast<unsigned>(text[i] - '0') * place;
  }
  weight = static_cast<std::uint16_t>(value);
  return value <= 1000;
}

/// Where the next parameter begins, quoted strings passed over.
std::size_t next_parameter(std::string_view text, std::size_t from) noexcept {
  bool quoted = false;
  for (auto i = from; i < text.size(); ++i) {
    if (text[i] == '"')
      quoted = !quoted;
    else if (quoted && text[i] == '\\')
      ++i;
    else if (!quoted && text[i] == ';')
      return i;
  }
  return text.size();
}

bool read_member(std::string_view text, Member& into) noexcept {
  const auto first = next_parameter(text, 0);
  into = {text::trim(text.substr(0, first)), {}, 1000};
  for (auto at = first; at < text.size();) {
    const auto end = next_parameter(text, at + 1);
    const auto parameter = text::trim(text.substr(at + 1, end - at - 1));
    if (parameter.size() >= 2 && text::lower(parameter[0]) == 'q' && parameter[1] == '=') {
      return read_weight(parameter.substr(2), into.weight);  // what follows the weight has no meaning
    }
    into.parameters = text.substr(first, end - first);
    at = end;
  }
  return true;
}

void append_lower(std::string& out, std::string_view text) {
  for (const char c : text) out += text::lower(c);
}

int compare_lower(std::string_view a, std::string_view b) noexcept {
  const auto size = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < size; ++i) {
    if (const int difference = text::lower(a[i]) - text::lower(b[i]); difference != 0) return difference;
  }
  return a.size() == b.size() ? 0 : a.size() < b.size() ? -1 : 1;
}

void append_weight(std::string& out, std::uint16_t weight) {
  if (weight == 1000) return;
  out += ";q=";
  text::append_number(out, weight);
}

/// Without white space around ';' and '='; the names of parameters in lower case, their values as they are.
void append_parameters(std::string& out, std::string_view parameters) {
  bool quoted = false;
  bool in_name = true;
  for (const char c : parameters) {
    if (c == '"') quoted = !quoted;
    if (!quoted && (c == ' ' || c == '\t')) continue;
    if (!quoted && (c == ';' || c == '=')) in_name = c == ';';
    out += in_name ? text::lower(c) : c;
  }
}

void append_separator(std::string& out, bool& first) {
  if (!first) out += ',';
  first = false;
}

bool by_weight_then_name(const Member& a, const Member& b) noexcept {
  if (a.weight != b.weight) return a.weight > b.weight;
  const int names = compare_lower(a.name, b.name);
  return names != 0 ? names < 0 : a.parameters < b.parameters;
}

void append_weighted(std::string& out, Members members) {
  std::sort(members.begin(), members.end(), by_weight_then_name);
  bool first = true;
  for (const auto& member : members) {
    append_separator(out, first);
    append_lower(out, member.name);
    append_parameters(out, member.parameters);
    append_weight(out, member.weight);
  }
}

std::string_view coding_name(std::string_view name) noexcept {
  if (text::iequals(name, "x-gzip")) return "gzip";
  return text::iequals(name, "x-compress") ? "compress" : name;
}

/// A refusal matters only for what would be acceptable without it: identity, and what a wildcard lets in.
bool refusal_matters(const Member& member, bool wildcard) noexcept {
  return wildcard || member.name == "*" || text::iequals(member.name, "identity");
}

void append_codings(std::string& out, Members members) {
  for (auto& member : members) member.name = coding_name(member.name);
  std::sort(members.begin(), members.end(), [](const Member& a, const Member& b) {
    const int names = compare_lower(a.name, b.name);
    return names != 0 ? names < 0 : a.weight > b.weight;
  });
  const bool wildcard =
      std::any_of(members.begin(), members.end(), [](const Member& m) { return m.name == "*" && m.weight > 0; });
  bool first = true;
  std::string_view last;
  for (const auto& member : members) {
    if (!last.empty() && text::iequals(member.name, last)) continue;
    last = member.name;
    if (member.weight == 0 && !refusal_matters(member, wildcard)) continue;
    append_separator(out, first);
    append_lower(out, member.name);
    if (member.weight == 0) out += ";q=0";
  }
}

void append_as_they_are(std::string& out, std::span<const std::string_view> members) {
  bool first = true;
  for (const auto member : members) {
    append_separator(out, first);
    out += member;
  }
}

bool has_normal_form(FieldId id) noexcept {
  return id == FieldId::accept_encoding || id == FieldId::accept_language || id == FieldId::accept;
}

}  // namespace

void append_normal(std::string& out, FieldId id, std::span<const std::string_view> members) {
  std::array<Member, kMaxSortedMembers> read;
  if (!has_normal_form(id)) return append_as_they_are(out, members);
  bool readable = members.size() <= read.size();
  for (std::size_t i = 0; readable && i < members.size(); ++i) readable = read_member(members[i], read[i]);
  if (!readable) {
    out += '?';  // or what cannot be read might look like the normal form of something else
    return append_as_they_are(out, members);
  }
  const Members all{read.data(), members.size()};
  id == FieldId::accept_encoding ? append_codings(out, all) : append_weighted(out, all);
}

std::string_view most_preferred(std::span<const std::string_view> members) noexcept {
  Member best{{}, {}, 0};
  bool several = true;
  for (const auto text : members) {
    Member member;
    if (!read_member(text, member)) return {};
    if (member.weight < best.weight) continue;
    several = member.weight == best.weight;
    best = member;
  }
  return several || best.name == "*" || !best.parameters.empty() ? std::string_view{} : best.name;
}

}  // namespace cachearr::caching
