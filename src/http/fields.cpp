#include "http/fields.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace cachearr::http {

namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(FieldId::count)> kNames{"",
                                                                                        "Accept",
                                                                                        "Accept-Encoding",
                                                                                        "Accept-Language",
                                                                                        "Age",
                                                                                        "Alt-Svc",
                                                                                        "Authorization",
                                                                                        "Cache-Control",
                                                                                        "Cache-Status",
                                                                                        "CDN-Cache-Control",
                                                                                        "Connection",
                                                                                        "Content-Encoding",
                                                                                        "Content-Language",
                                                                                        "Content-Length",
                                                                                        "Content-Location",
                                                                                        "Content-Range",
                                                                                        "Content-Type",
                                                                                        "Cookie",
                                                                                        "Date",
                                                                                        "ETag",
                                                                                        "Expect",
                                                                                        "Expires",
                                                                                        "Forwarded",
                                                                                        "Host",
                                                                                        "HTTP2-Settings",
                                                                                        "If-Match",
                                                                                        "If-Modified-Since",
                                                                                        "If-None-Match",
                                                                                        "If-Range",
                                                                                        "If-Unmodified-Since",
                                                                                        "Keep-Alive",
                                                                                        "Last-Modified",
                                                                                        "Location",
                                                                                        "Max-Forwards",
                                                                                        "Origin",
                                                                                        "Pragma",
                                                                                        "Proxy-Authenticate",
                                                                                        "Proxy-Authentication-Info",
                                                                                        "Proxy-Authorization",
                                                                                        "Proxy-Connection",
                                                                                        "Range",
                                                                                        "Referer",
                                                                                        "Retry-After",
                                                                                        "Server",
                                                                                        "Set-Cookie",
                                                                                        "TE",
                                                                                        "Trailer",
                                                                                        "Transfer-Encoding",
                                                                                        "Upgrade",
                                                                                        "User-Agent",
                                                                                        "Vary",
                                                                                        "Via",
                                                                                        "Warning",
                                                                                        "WWW-Authenticate",
                                                                                        "X-Api-Key"};

/// Length, first and last character tell all known names apart; the factors make that a table without collisions.
constexpr std::size_t slot_of(std::string_view name) noexcept {
  const auto folded = [](char c) { return static_cast<std::size_t>(static_cast<unsigned char>(c) | 0x20U); };
  return (name.size() * 2 + folded(name.front()) * 11 + folded(name.back()) * 28) % 256;
}

constexpr auto make_slots() {
  std::array<FieldId, 256> slots{};
  for (std::size_t i = 1; i < kNames.size(); ++i) slots[slot_of(kNames[i])] = static_cast<FieldId>(i);
  return slots;
}
constexpr auto kSlots = make_slots();

constexpr bool all_found() {
  for (std::size_t i = 1; i < kNames.size(); ++i) {
    if (kSlots[slot_of(kNames[i])] != static_cast<FieldId>(i)) return false;
  }
  return true;
}
static_assert(all_found(), "two names share a slot: choose other factors");

constexpr std::uint64_t bit(FieldId id) noexcept { return std::uint64_t{1} << static_cast<unsigned>(id); }

template <class Match>
std::string join_where(const FieldList& fields, const Match& matches) {
  std::string result;
  bool first = true;
  for (const auto& field : fields) {
    if (!matches(field)) continue;
    if (!first) result += ", ";
    first = false;
    result += field.value;
  }
  return result;
}

}  // namespace

FieldId field_id(std::string_view name) noexcept {
  if (name.empty()) return FieldId::other;
  const auto id = kSlots[slot_of(name)];
  const auto canonical = kNames[static_cast<std::size_t>(id)];
  return name == canonical || text::iequals(name, canonical) ? id : FieldId::other;
}

std::string_view field_name(FieldId id) noexcept {
  return id < FieldId::count ? kNames[static_cast<std::size_t>(id)] : std::string_view{};
}

void FieldList::add(FieldId id, std::string_view name, std::string_view value) {
  constexpr std::size_t usual = 16;  // one allocation for nearly every message
  if (items_.capacity() == 0) items_.reserve(usual);
  items_.push_back({name, value, id});
  present_ |= bit(id);
}

const Field* FieldList::find(FieldId id) const noexcept {
  if (!has(id)) return nullptr;
  const auto found = std::find_if(items_.begin(), items_.end(), [id](const Field& field) { return field.id == id; });
  return found == items_.end() ? nullptr : &*found;
}

const Field* FieldList::find(std::string_view name) const noexcept {
  if (const auto id = field_id(name); id != FieldId::other) return find(id);
  const auto found = std::find_if(items_.begin(), items_.end(), [name](const Field& field) {
    return field.id == FieldId::other && text::iequals(field.name, name);
  });
  return found == items_.end() ? nullptr : &*found;
}

std::string_view FieldList::value(FieldId id) const noexcept {
  const auto* const field = find(id);
  return field == nullptr ? std::string_view{} : field->value;
}

std::size_t FieldList::count(FieldId id) const noexcept {
  if (!has(id)) return 0;
  const auto number = std::count_if(items_.begin(), items_.end(), [id](const Field& field) { return field.id == id; });
  return static_cast<std::size_t>(number);
}

std::string FieldList::joined(FieldId id) const {
  return join_where(*this, [id](const Field& field) { return field.id == id; });
}

std::string FieldList::joined(std::string_view name) const {
  if (const auto id = field_id(name); id != FieldId::other) return joined(id);
  return join_where(
      *this, [name](const Field& field) { return field.id == FieldId::other && text::iequals(field.name, name); });
}

bool FieldList::lists(FieldId id, std::string_view member) const {
  if (!has(id)) return false;
  bool found = false;
  for (const auto& field : items_) {
    if (field.id != id) continue;
    text::for_each_member(field.value, [&](std::string_view each) { found = found || text::iequals(each, member); });
  }
  return found;
}

bool FieldList::remove(FieldId id) noexcept {
  if (!has(id)) return false;
  present_ &= ~bit(id);
  return std::erase_if(items_, [id](const Field& field) { return field.id == id; }) != 0;
}

bool FieldList::remove(std::string_view name) noexcept {
  if (const auto id = field_id(name); id != FieldId::other) return remove(id);
  return std::erase_if(items_, [name](const Field& field) {
           return field.id == FieldId::other && text::iequals(field.name, name);
         }) != 0;
}

void FieldList::rebase(const char* from, const char* to) noexcept {
  const auto moved = [from, to](std::string_view view) {
    return view.empty() ? std::string_view{} : std::string_view{to + (view.data() - from), view.size()};
  };
  for (auto& field : items_) {
    field.name = moved(field.name);
    field.value = moved(field.value);
  }
}

bool same_name(const Field& a, const Field& b) noexcept {
  return a.id == b.id && (a.id != FieldId::other || text::iequals(a.name, b.name));
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append(": ").append(value).append("\r\n");
}

bool varies_by_coding(const FieldList& fields) {
  return fields.lists(FieldId::vary, "accept-encoding") || fields.lists(FieldId::vary, "*");
}

}  // namespace cachearr::http
