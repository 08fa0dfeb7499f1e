#include "caching/cache_control.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.hpp"
#include "http/date.hpp"
#include "http/structured.hpp"

namespace cachearr::caching {

namespace {

using http::FieldId;

constexpr std::uint32_t kForever = 1U << 31;

/// One directive as written; the quotes around a quoted value are already gone.
struct Directive {
  std::string_view name;
  std::string_view value;
  bool has_value = false;

  bool is(std::string_view other) const noexcept { return text::iequals(name, other); }
};

Directive split_directive(std::string_view member) noexcept {
  const auto equals = member.find('=');
  if (equals == std::string_view::npos) return {member, {}, false};
  auto value = member.substr(equals + 1);
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
  return {member.substr(0, equals), value, true};
}

bool quotes_are_closed(std::string_view value) noexcept {
  bool quoted = false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '"') quoted = !quoted;
    if (quoted && value[i] == '\\') ++i;
  }
  return !quoted;
}

/// An open quote would swallow every directive behind it, a no-store too; such a line is cut at each comma instead.
template <class F>
void for_each_part(std::string_view line, F&& each) {
  if (quotes_are_closed(line)) return text::for_each_member(line, each);
  for (const auto part : text::split(line, ',')) {
    if (const auto member = text::trim(part); !member.empty()) each(member);
  }
}

template <class F>
void for_each_directive(const http::FieldList& fields, FieldId id, F&& each) {
  if (!fields.has(id)) return;
  for (const auto& field : fields) {
    if (field.id != id) continue;
    for_each_part(field.value, [&](std::string_view member) { each(split_directive(member)); });
  }
}

void keep_smaller(Seconds& into, std::uint32_t value) noexcept { into = into ? std::min(*into, value) : value; }
void keep_larger(Seconds& into, std::uint32_t value) noexcept { into = into ? std::max(*into, value) : value; }

/// A lifetime that cannot be read is none at all: stale.
void read_lifetime(Seconds& into, const Directive& directive) noexcept {
  keep_smaller(into, http::parse_delta_seconds(directive.value).value_or(0));
}

/// A permission that cannot be read is not given.
void read_window(Seconds& into, const Directive& directive) noexcept {
  if (const auto seconds = http::parse_delta_seconds(directive.value)) keep_smaller(into, *seconds);
}

void read_fields(bool& unqualified, std::vector<std::string>& names, const Directive& directive) {
  const auto before = names.size();
  text::for_each_member(directive.value, [&](std::string_view name) { names.push_back(text::to_lower(name)); });
  if (names.size() == before) unqualified = true;
}

using Flag = bool ResponseDirectives::*;

/// The flag of that name, or null.
Flag flag_named(std::string_view name) noexcept {
  static constexpr std::pair<std::string_view, Flag> flags[] = {
      {"no-store", &ResponseDirectives::no_store},
      {"must-revalidate", &ResponseDirectives::must_revalidate},
      {"proxy-revalidate", &ResponseDirectives::proxy_revalidate},
      {"public", &ResponseDirectives::is_public},
      {"must-understand", &ResponseDirectives::must_understand},
      {"immutable", &ResponseDirectives::immutable},
      {"no-transform", &ResponseDirectives::no_transform},
  };
  for (const auto& [known, flag] : flags) {
    if (text::iequals(name, known)) return flag;
  }
  return nullptr;
}

void read_response_directive(ResponseDirectives& into, const Directive& directive) {
  if (const auto flag = flag_named(directive.name)) into.*flag = true;
  if (directive.is("max-age")) return read_lifetime(into.max_age, directive);
  if (directive.is("s-maxage")) return read_lifetime(into.s_maxage, directive);
  if (directive.is("no-cache")) return read_fields(into.no_cache, into.no_cache_fields, directive);
  if (directive.is("private")) return read_fields(into.is_private, into.private_fields, directive);
  if (directive.is("stale-while-revalidate")) return read_window(into.stale_while_revalidate, directive);
  if (directive.is("stale-if-error")) return read_window(into.stale_if_error, directive);
}

/// Delta-seconds of a dictionary member: an Integer, or the member has the wrong type.
bool read_integer(Seconds& into, const http::structured::Bare& value) noexcept {
  const auto* number = std::get_if<std::int64_t>(&value);
  if (number == nullptr) return false;
  into = static_cast<std::uint32_t>(std::clamp<std::int64_t>(*number, 0, kForever));
  return true;
}

/// no-cache and private: true, or the names of fields.
bool read_field_names(bool& unqualified, std::vector<std::string>& names, const http::structured::Bare& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return unqualified = *flag, true;
  const auto* list = std::get_if<std::string>(&value);
  if (list == nullptr) return false;
  read_fields(unqualified, names, Directive{{}, *list, true});
  return true;
}

/// False where a directive we know has a type it cannot have (RFC 9213 2.1).
bool read_member(ResponseDirectives& into, const http::structured::Member& member) {
  const auto* item = std::get_if<http::structured::Item>(&member.value);
  if (item == nullptr) return true;  // no directive we know takes a list
  const auto& key = member.key;
  if (key == "max-age") return read_integer(into.max_age, item->value);
  if (key == "s-maxage") return read_integer(into.s_maxage, item->value);
  if (key == "stale-while-revalidate") return read_integer(into.stale_while_revalidate, item->value);
  if (key == "stale-if-error") return read_integer(into.stale_if_error, item->value);
  if (key == "no-cache") return read_field_names(into.no_cache, into.no_cache_fields, item->value);
  if (key == "private") return read_field_names(into.is_private, into.private_fields, item->value);
  const auto flag = flag_named(key);
  if (flag == nullptr) return true;
  const auto* value = std::get_if<bool>(&item->value);
  if (value != nullptr) into.*flag = *value;
  return value != nullptr;
}

std::optional<ResponseDirectives> targeted_directives(const http::FieldList& fields) {
  if (!fields.has(FieldId::cdn_cache_control)) return std::nullopt;
  const auto dictionary = http::structured::parse_dictionary(fields.joined(FieldId::cdn_cache_control));
  if (!dictionary || dictionary->empty()) return std::nullopt;
  ResponseDirectives directives;
  directives.present = directives.targeted = true;
  for (const auto& member : *dictionary) {
    if (!read_member(directives, member)) return std::nullopt;
  }
  return directives;
}

/// The name by which a surrogate makes itself known (Surrogate-Capability: cachearr="Surrogate/1.0").
constexpr std::string_view kDeviceToken = "cachearr";

/// What Surrogate-Control (W3C Edge Architecture) says: to every surrogate, and to this one by its name.
struct SurrogateControl {
  Seconds max_age, own_max_age;
  bool no_store = false, own_no_store = false;
};

void read_surrogate_directive(SurrogateControl& into, std::string_view member) {
  const auto end = member.find(';');
  const auto target = end == std::string_view::npos ? std::string_view{} : text::trim(member.substr(end + 1));
  const bool own = target == kDeviceToken;
  if (!own && !target.empty()) return;  // meant for somebody else
  const auto directive = split_directive(text::trim(member.substr(0, end)));
  if (directive.is("no-store")) (own ? into.own_no_store : into.no_store) = true;
  if (!directive.is("max-age")) return;
  const auto lifetime =
      directive.value.substr(0, directive.value.find('+'));  // "3600+600": what follows is for the stale
  keep_smaller(own ? into.own_max_age : into.max_age, http::parse_delta_seconds(lifetime).value_or(0));
}

/// What an origin says to this cache by name replaces everything else, as a targeted field does; what it says to every
/// surrogate sets the lifetime, but lifts nothing that Cache-Control forbids.
void apply_surrogate_control(ResponseDirectives& into, std::string_view line) {
  SurrogateControl says;
  for_each_part(line, [&](std::string_view member) { read_surrogate_directive(says, member); });
  if (says.own_max_age || says.own_no_store) into = {};
  into.no_store |= says.own_no_store || says.no_store;
  into.present |= into.no_store;
  const auto& max_age = says.own_max_age ? says.own_max_age : says.max_age;
  if (!max_age) return;
  into.max_age = max_age;
  into.s_maxage.reset();
  into.present = into.surrogate = true;
}

}  // namespace

RequestDirectives request_directives(const http::FieldList& fields) {
  RequestDirectives into;
  for_each_directive(fields, FieldId::cache_control, [&](const Directive& directive) {
    if (directive.is("no-cache")) into.no_cache = true;
    if (directive.is("no-store")) into.no_store = true;
    if (directive.is("only-if-cached")) into.only_if_cached = true;
    if (directive.is("no-transform")) into.no_transform = true;
    if (directive.is("max-age")) read_lifetime(into.max_age, directive);
    if (directive.is("stale-if-error")) read_window(into.stale_if_error, directive);
    if (directive.is("max-stale"))
      directive.has_value ? read_window(into.max_stale, directive) : void(into.max_stale_any = true);
    if (!directive.is("min-fresh")) return;
    if (const auto seconds = http::parse_delta_seconds(directive.value)) keep_larger(into.min_fresh, *seconds);
  });
  if (into.max_stale) into.max_stale_any = false;
  if (pragma_no_cache(fields)) into.no_cache = true;
  return into;
}

ResponseDirectives response_directives(const http::FieldList& fields) {
  if (auto targeted = targeted_directives(fields)) return std::move(*targeted);
  ResponseDirectives into;
  for_each_directive(fields, FieldId::cache_control, [&](const Directive& directive) {
    into.present = true;
    read_response_directive(into, directive);
  });
  if (fields.find("surrogate-control") != nullptr) apply_surrogate_control(into, fields.joined("surrogate-control"));
  return into;
}

bool pragma_no_cache(const http::FieldList& fields) {
  if (!fields.has(FieldId::pragma) || fields.has(FieldId::cache_control)) return false;
  bool found = false;
  for_each_directive(fields, FieldId::pragma, [&](const Directive& directive) { found |= directive.is("no-cache"); });
  return found;
}

}  // namespace cachearr::caching
