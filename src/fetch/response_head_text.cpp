#include "fetch/response_head_text.hpp"

#include <string_view>

#include "http/date.hpp"
#include "http/framing.hpp"

namespace cachearr::fetch {

using http::FieldId;

namespace {

void append_status_line(std::string& out, const http::ResponseHead& head) {
  out.append("HTTP/1.1 ").append(std::to_string(head.status)).append(" ").append(head.reason).append("\r\n");
}

/// In a coding that not everybody takes, of which Vary says nothing.
bool is_coded_unsaid(const http::FieldList& fields) {
  return fields.has(FieldId::content_encoding) && !http::varies_by_coding(fields);
}

}  // namespace

ResponseHeadText compose_response_head(const http::ResponseHead& head, TimePoint now, bool keep_length) {
  ResponseHeadText result;
  auto& out = result.text;
  out.reserve(512);
  append_status_line(out, head);
  for (const auto& field : head.fields) {
    if (field.id == FieldId::age || http::is_hop_by_hop(field, head.fields)) continue;
    if (field.id == FieldId::content_length && !keep_length) continue;
    if (field.id == FieldId::etag && result.etag_size == 0) {
      result.etag_at = out.size() + field.name.size() + 2;
      result.etag_size = field.value.size();
    }
    http::append_field(out, field.name, field.value);
  }
  if (!head.fields.has(FieldId::date)) out.append("Date: ").append(http::format_date(now)).append("\r\n");
  if (is_coded_unsaid(head.fields)) out += "Vary: Accept-Encoding\r\n";
  out += "Via: 1.1 cachearr\r\n";
  return result;
}

void find_etag(ResponseHeadText& head) {
  http::ResponseHead parsed;
  if (!http::parse_stored_head(head.text, parsed)) return;
  const auto value = parsed.fields.value(FieldId::etag);
  head.etag_size = value.size();
  head.etag_at = value.empty() ? 0 : static_cast<std::size_t>(value.data() - head.text.data());
}

std::string compose_interim(const http::ResponseHead& head) {
  std::string out;
  append_status_line(out, head);
  for (const auto& field : head.fields)
    if (!http::is_hop_by_hop(field, head.fields) && field.id != FieldId::content_length)
      http::append_field(out, field.name, field.value);
  return out += "\r\n";
}

std::string compose_upgrade(const http::ResponseHead& head) {
  std::string out;
  append_status_line(out, head);
  for (const auto& field : head.fields) {
    const bool needed = field.id == FieldId::upgrade;
    if (needed || (!http::is_hop_by_hop(field, head.fields) && field.id != FieldId::content_length))
      http::append_field(out, field.name, field.value);
  }
  return out += "Connection: Upgrade\r\nVia: 1.1 cachearr\r\n\r\n";
}

}  // namespace cachearr::fetch
