#include "caching/partial.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "http/date.hpp"

namespace cachearr::caching {

namespace {

using http::ContentRange;
using http::FieldId;

bool is_strong(std::string_view etag) noexcept { return http::strong_match(etag, etag); }

/// A date tells bytes apart only where nothing else can have been written within the same second.
bool has_strong_date(const http::FieldList& fields) {
  if (!fields.has(FieldId::last_modified) || !fields.has(FieldId::date)) return false;
  const auto date = http::parse_date(fields.value(FieldId::date));
  const auto modified = http::parse_date(fields.value(FieldId::last_modified));
  return date && modified && *date - *modified >= std::chrono::seconds{1};
}

bool is_plain(const http::FieldList& fields) {
  return !fields.has(FieldId::content_encoding) && fields.count(FieldId::content_range) == 1;
}

/// The end of a representation is where the body that reaches it ends, if Content-Range counts further than the length
/// that frames the message. A size that nobody else will say makes sure that such a part is never joined with others.
std::optional<ContentRange> as_framed(ContentRange range, const http::Framing& framing) {
  switch (framing.body) {
    case http::Framing::Body::length: break;
    case http::Framing::Body::chunked: return range;
    case http::Framing::Body::none:
    case http::Framing::Body::until_close: return std::nullopt;  // nobody can tell whether all of it came
  }
  if (framing.length == range.length()) return range;
  const bool is_suffix = range.first > 0 && range.last + 1 == range.size;
  if (!is_suffix || framing.length == 0 || framing.length > range.length()) return std::nullopt;
  range.size = range.first + framing.length;
  range.last = range.size - 1;
  return range;
}

bool is_written_anew(FieldId id) noexcept { return id == FieldId::content_range || id == FieldId::content_length; }

/// Of the older message alone.
bool is_outdated(FieldId id) noexcept { return id == FieldId::age || id == FieldId::date || id == FieldId::via; }

}  // namespace

std::optional<ContentRange> storable_part(const http::RequestHead& request, const http::ResponseHead& response,
                                          const http::Framing& framing) {
  const auto& fields = response.fields;
  if (response.status != 206 || request.method != http::Method::get || request.fields.count(FieldId::range) != 1 ||
      !is_plain(fields))
    return std::nullopt;
  if (fields.has(FieldId::etag) && !is_strong(fields.value(FieldId::etag))) return std::nullopt;
  // Who says If-Range knows the other fields already, and need not be told again (RFC 9110 15.3.7).
  if (request.fields.has(FieldId::if_range) && !fields.has(FieldId::content_type)) return std::nullopt;
  const auto range = http::parse_content_range(fields.value(FieldId::content_range));
  return range ? as_framed(*range, framing) : std::nullopt;
}

StoreVerdict may_store_part(const http::RequestHead& request, const http::ResponseHead& response, const Policy& policy,
                            const Timing& timing) {
  auto whole = response;
  whole.status = 200;
  auto verdict = may_store(request, whole, policy, timing);
  verdict.meta.status = 206;
  verdict.meta.flags = static_cast<std::uint16_t>(verdict.meta.flags | kPartial);
  return verdict;
}

bool answers(const ContentRange& part, const http::RequestHead& request, const http::Validators& validators) {
  const auto asked = http::select_ranges(request, validators, part.size);
  return asked.kind == http::RangeVerdict::Kind::ranges &&
         std::all_of(asked.ranges.begin(), asked.ranges.end(),
                     [&](const http::ByteRange& range) { return part.covers(range.first, range.last); });
}

bool has_strong_validator(const http::ResponseHead& head) { return share_strong_validator(head, head); }

bool share_strong_validator(const http::ResponseHead& a, const http::ResponseHead& b) {
  const auto etag = a.fields.value(FieldId::etag);
  if (!etag.empty() || b.fields.has(FieldId::etag)) return http::strong_match(etag, b.fields.value(FieldId::etag));
  return has_strong_date(a.fields) && has_strong_date(b.fields) &&
         a.fields.value(FieldId::last_modified) == b.fields.value(FieldId::last_modified);
}

std::optional<ContentRange> rest_of(const ContentRange& part) noexcept {
  if (part.is_whole()) return std::nullopt;
  if (part.first == 0) return ContentRange{part.last + 1, part.size - 1, part.size};
  if (part.last + 1 == part.size) return ContentRange{0, part.first - 1, part.size};
  return std::nullopt;
}

void append_rest(std::string& out, const ContentRange& rest, const http::ResponseHead& part) {
  out.append("Range: bytes=").append(std::to_string(rest.first)).append("-");
  if (rest.last + 1 < rest.size) out.append(std::to_string(rest.last));
  out.append("\r\n");
  const auto etag = part.fields.value(FieldId::etag);
  if (is_strong(etag)) {
    http::append_field(out, "If-Range", etag);
  } else if (has_strong_date(part.fields)) {
    http::append_field(out, "If-Range", part.fields.value(FieldId::last_modified));
  }
}

bool completes(const http::ResponseHead& part, const ContentRange& rest, const http::ResponseHead& response,
               const http::Framing& framing) {
  return response.status == 206 && is_plain(response.fields) && framing.body == http::Framing::Body::length &&
         framing.length == rest.length() &&
         http::parse_content_range(response.fields.value(FieldId::content_range)) == rest &&
         share_strong_validator(part, response);
}

std::optional<ContentRange> joined(const ContentRange& a, const ContentRange& b) noexcept {
  if (a.size != b.size || a.first > b.last + 1 || b.first > a.last + 1) return std::nullopt;
  return ContentRange{std::min(a.first, b.first), std::max(a.last, b.last), a.size};
}

std::string combined_head(const http::ResponseHead& older, const http::ResponseHead& newer, const ContentRange& range) {
  std::string head = range.is_whole() ? "HTTP/1.1 200 OK\r\n" : "HTTP/1.1 206 Partial Content\r\n";
  for (const auto& field : newer.fields) {
    if (!is_written_anew(field.id)) http::append_field(head, field.name, field.value);
  }
  for (const auto& field : older.fields) {
    const bool again = std::any_of(newer.fields.begin(), newer.fields.end(),
                                   [&](const http::Field& other) { return http::same_name(field, other); });
    if (!again && !is_written_anew(field.id) && !is_outdated(field.id))
      http::append_field(head, field.name, field.value);
  }
  if (!range.is_whole()) {
    head += "Content-Range: ";
    http::append(head, range);
    head += "\r\n";
  }
  http::append_field(head, "Content-Length", std::to_string(range.length()));
  return head;
}

}  // namespace cachearr::caching
