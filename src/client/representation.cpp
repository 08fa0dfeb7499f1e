#include "client/representation.hpp"

#include <algorithm>
#include <array>

#include "base/text.hpp"

namespace cachearr::client {

using content::Coding;
using http::FieldId;

namespace {

/// Many servers name a file's own packing in Content-Encoding: decoded it would not be the file that was asked for.
bool is_archive(std::string_view content_type) {
  constexpr std::array<std::string_view, 12> types{
      "application/gzip",   "application/x-gzip",          "application/zip",
      "application/x-tar",  "application/x-tgz",           "application/x-gtar",
      "application/x-xz",   "application/x-bzip2",         "application/zstd",
      "application/x-zstd", "application/x-7z-compressed", "application/vnd.rar"};
  const auto type = text::trim(content_type.substr(0, content_type.find(';')));
  return std::any_of(types.begin(), types.end(), [type](std::string_view each) { return text::iequals(each, type); });
}

/// Fields that speak of the bytes as they were.
bool is_of_these_bytes(const http::Field& field) {
  if (field.id == FieldId::content_length || field.id == FieldId::content_encoding) return true;
  constexpr std::array<std::string_view, 5> names{"accept-ranges", "content-md5", "digest", "content-digest",
                                                  "repr-digest"};
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view name) { return text::iequals(field.name, name); });
}

}  // namespace

Delivered judge_coding(const http::ResponseHead& head, const http::RequestHead& request) {
  if (!head.fields.has(FieldId::content_encoding)) return Delivered::as_it_is;
  const auto coding = head.fields.joined(FieldId::content_encoding);
  if (content::takes(request.fields.joined(FieldId::accept_encoding), coding)) return Delivered::as_it_is;
  const bool untouchable = says_no_transform(head.fields) || says_no_transform(request.fields) ||
                           !content::is_readable(coding) || is_archive(head.fields.value(FieldId::content_type));
  return untouchable ? Delivered::anew : Delivered::decoded;
}

bool says_no_transform(const http::FieldList& fields) { return fields.lists(FieldId::cache_control, "no-transform"); }

RecodedHead recode_head(std::string_view head, Coding to) {
  RecodedHead recoded;
  http::ResponseHead parsed;
  if (!http::parse_stored_head(head, parsed)) return recoded;
  auto& text = recoded.text;
  text = head.substr(0, head.find('\n') + 1);
  for (const auto& field : parsed.fields) {
    if (is_of_these_bytes(field)) continue;
    text.append(field.name).append(": ");
    const bool is_etag = field.id == FieldId::etag && recoded.etag_size == 0;
    const auto at = text.size();
    if (is_etag && !field.value.starts_with("W/")) text += "W/";
    text.append(field.value);
    if (is_etag) {
      recoded.etag_at = at;
      recoded.etag_size = text.size() - at;
    }
    text += "\r\n";
  }
  if (to != Coding::identity) text.append("Content-Encoding: ").append(content::name_of(to)) += "\r\n";
  if (!http::varies_by_coding(parsed.fields)) text += "Vary: Accept-Encoding\r\n";
  return recoded;
}

}  // namespace cachearr::client
