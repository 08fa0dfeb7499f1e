#include "caching/validation.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "http/conditions.hpp"
#include "http/date.hpp"
#include "http/framing.hpp"

namespace cachearr::caching {

namespace {

using http::Field;
using http::FieldId;

bool is_weak(std::string_view etag) noexcept { return etag.starts_with("W/"); }

/// Fields that describe the very bytes that are stored; a message without those bytes cannot change them.
bool describes_stored_bytes(const Field& field) noexcept {
  switch (field.id) {
    case FieldId::content_length:
    case FieldId::content_encoding:
    case FieldId::content_range: return true;
    default: return text::iequals(field.name, "content-md5");
  }
}

bool is_left_out(const Field& field, const http::FieldList& message) noexcept {
  return field.id == FieldId::age || http::is_hop_by_hop(field, message);
}

/// Does this field of the update take the place of the stored ones of its name?
bool replaces(const Field& field, const http::ResponseHead& update, const http::ResponseHead& stored) noexcept {
  if (describes_stored_bytes(field) || is_left_out(field, update.fields)) return false;
  return field.id != FieldId::etag || !stored.fields.has(FieldId::etag);
}

bool is_replaced(const Field& field, const http::ResponseHead& update, const http::ResponseHead& stored) noexcept {
  return std::any_of(update.fields.begin(), update.fields.end(), [&](const Field& other) {
    return http::same_name(field, other) && replaces(other, update, stored);
  });
}

/// Both have the field and the values differ.
bool differs(FieldId id, const http::ResponseHead& a, const http::ResponseHead& b) noexcept {
  return a.fields.has(id) && b.fields.has(id) && a.fields.value(id) != b.fields.value(id);
}

}  // namespace

http::Validators validators_of(std::string_view etag, const EntryMeta& meta) noexcept {
  const auto time_of = [](std::int64_t ms) { return ms < 0 ? std::nullopt : std::optional{TimePoint{Duration{ms}}}; };
  return {etag, time_of(meta.last_modified_ms), time_of(meta.date_ms)};
}

bool append_validators(std::string& out, const http::ResponseHead& stored) {
  const auto etag = stored.fields.value(FieldId::etag);
  const auto last_modified = stored.fields.value(FieldId::last_modified);
  const bool has_date = !last_modified.empty() && http::parse_date(last_modified).has_value();
  if (!etag.empty()) http::append_field(out, "If-None-Match", etag);
  if (has_date) http::append_field(out, "If-Modified-Since", last_modified);
  return !etag.empty() || has_date;
}

bool selects(const http::ResponseHead& not_modified, const http::ResponseHead& stored) {
  const auto etag = not_modified.fields.value(FieldId::etag);
  const auto ours = stored.fields.value(FieldId::etag);
  if (!etag.empty() && !is_weak(etag)) return etag == ours;
  if (!etag.empty() && !ours.empty()) return http::weak_match(etag, ours);
  // Many origins leave the validators out of a 304. It answers a request that named this one response, so it is meant.
  return !differs(FieldId::last_modified, not_modified, stored);
}

std::string merged_head(const http::ResponseHead& stored, const http::ResponseHead& update, TimePoint received) {
  std::string head = "HTTP/1.1 ";
  text::append_number(head, stored.status);
  head.append(" ").append(stored.reason).append("\r\n");
  for (const auto& field : stored.fields) {
    if (field.id == FieldId::age || field.id == FieldId::date || is_replaced(field, update, stored)) continue;
    http::append_field(head, field.name, field.value);
  }
  if (!update.fields.has(FieldId::date)) http::append_field(head, "Date", http::format_date(received));
  for (const auto& field : update.fields) {
    if (replaces(field, update, stored)) http::append_field(head, field.name, field.value);
  }
  return head;
}

bool contradicts(const http::ResponseHead& head_answer, const http::ResponseHead& stored) {
  if (head_answer.fields.has(FieldId::etag) && stored.fields.has(FieldId::etag)) {
    return !http::weak_match(head_answer.fields.value(FieldId::etag), stored.fields.value(FieldId::etag)) ||
           differs(FieldId::content_length, head_answer, stored);
  }
  return differs(FieldId::last_modified, head_answer, stored) || differs(FieldId::content_length, head_answer, stored);
}

}  // namespace cachearr::caching
