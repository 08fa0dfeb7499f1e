#include "client/replies.hpp"

#include <array>

#include "base/text.hpp"
#include "caching/storing.hpp"
#include "caching/validation.hpp"
#include "client/way_back.hpp"
#include "http/conditions.hpp"
#include "http/content_range.hpp"
#include "http/date.hpp"
#include "http/status.hpp"

namespace cachearr::client {

using namespace std::string_view_literals;  // literals with their length, for what goes with every answer
using http::FieldId;
using Body = ReplySink::Body;

namespace {

void append_age(std::string& text, const store::Entry& entry, TimePoint now) {
  text += "Age: "sv;
  text::append_number(text, caching::age_at(entry.meta, now));
  text += "\r\n"sv;
}

bool has_conditions(const http::FieldList& fields) noexcept {
  return fields.has(FieldId::if_none_match) || fields.has(FieldId::if_modified_since) ||
         fields.has(FieldId::if_match) || fields.has(FieldId::if_unmodified_since);
}

bool is_reference(FieldId id) noexcept { return id == FieldId::location || id == FieldId::content_location; }

void append_fields(std::string& text, const http::ResponseHead& head, const ReplyConnection& connection,
                   bool (*wanted)(FieldId)) {
  for (const auto& field : head.fields) {
    if (!wanted(field.id)) continue;
    text.append(field.name).append(": ");
    const auto led =
        connection.route && is_reference(field.id) ? lead_back(*connection.route, field.value) : std::nullopt;
    text.append(led ? std::string_view{*led} : field.value).append("\r\n");
  }
}

void append_vary(std::string& text, bool varies) {
  if (varies) text += "Vary: Accept-Encoding\r\n";
}

/// RFC 9110 15.4.5: what a 304 carries; the rest of the representation's metadata is known to the client.
bool belongs_to_304(FieldId id) {
  switch (id) {
    case FieldId::content_length:
    case FieldId::content_type:
    case FieldId::content_encoding:
    case FieldId::content_language:
    case FieldId::content_range:
    case FieldId::last_modified: return false;
    default: return true;
  }
}

bool belongs_to_part(FieldId id) { return id != FieldId::content_length && id != FieldId::content_range; }
bool belongs_to_multipart(FieldId id) { return belongs_to_part(id) && id != FieldId::content_type; }

std::string content_range(const http::ByteRange& range, std::uint64_t size) {
  std::string line = "Content-Range: ";
  http::append(line, {range.first, range.last, size});
  return line += "\r\n";
}

/// What of the representation is stored: all of it, or what the head of a part says.
http::ContentRange place_of(const store::Entry& entry) {
  const std::uint64_t size = entry.body().size();
  http::ResponseHead head;
  if ((entry.meta.flags & caching::kPartial) == 0 || !http::parse_stored_head(entry.head(), head))
    return {0, size - 1, size};
  return http::parse_content_range(head.fields.value(FieldId::content_range)).value_or(http::ContentRange{0, 0, 0});
}

/// The parts of a 206 for one request: each writes one whole reply.
struct Parts {
  ReplySink& sink;
  const http::RequestHead& request;
  const store::EntryPtr& entry;
  const http::CacheStatus& status;
  TimePoint now;
  ReplyConnection connection;
  bool varies;
  bool recoded;
  http::ContentRange place;  // of the entry's body in the representation

  std::string_view cut(const http::ByteRange& range) const {
    return entry->body().substr(range.first - place.first, range.last - range.first + 1);
  }
  std::string& start(int code) const {
    auto& text = sink.begin_head({});
    http::append_status_line(text, code);
    return text;
  }
  /// An error about this request's own conditions, which is made here.
  ReplySize refuse(int code, const std::string& fields = {}) const {
    auto& text = start(code);
    text.append("Date: ").append(http::format_date(now)).append("\r\nVia: 1.1 cachearr\r\n").append(fields);
    finish(text, 0);
    return {code, 0};
  }
  void finish(std::string& text, std::uint64_t length) const {
    text.append("Content-Length: ").append(std::to_string(length)).append("\r\n");
    append_age(text, *entry, now);
    append_vary(text, varies);
    end_head(sink, text, status, length > 0 ? Body::counted : Body::none, connection);
  }

  ReplySize single(const http::ResponseHead& stored, const http::ByteRange& range) const {
    const auto length = range.last - range.first + 1;
    auto& text = start(206);
    append_fields(text, stored, connection, belongs_to_part);
    text += content_range(range, place.size);
    finish(text, length);
    sink.body(entry, cut(range));
    sink.end();
    return {206, length};
  }

  ReplySize several(const http::ResponseHead& stored, const std::vector<http::ByteRange>& ranges) const {
    const std::string boundary = "cachearr-" + to_hex(entry->id());
    std::vector<std::string> heads;
    std::uint64_t length = 0;
    for (const auto& range : ranges) {
      auto& head = heads.emplace_back("\r\n--" + boundary + "\r\n");
      const auto type = stored.fields.value(FieldId::content_type);
      if (!type.empty()) head.append("Content-Type: ").append(type).append("\r\n");
      head += content_range(range, place.size) + "\r\n";
      length += head.size() + range.last - range.first + 1;
    }
    const std::string end = "\r\n--" + boundary + "--\r\n";
    auto& text = start(206);
    append_fields(text, stored, connection, belongs_to_multipart);
    text += "Content-Type: multipart/byteranges; boundary=" + boundary + "\r\n";
    finish(text, length + end.size());
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      sink.body(heads[i]);
      sink.body(entry, cut(ranges[i]));
    }
    sink.body(end);
    sink.end();
    return {206, length + end.size()};
  }

  ReplySize unsatisfiable() const {
    return refuse(416, "Content-Range: bytes */" + std::to_string(place.size) + "\r\n");
  }

  ReplySize not_modified(const http::ResponseHead& stored) const {
    auto& text = start(304);
    append_fields(text, stored, connection, belongs_to_304);
    append_age(text, *entry, now);
    append_vary(text, varies);
    end_head(sink, text, status, Body::none, connection);
    return {304, 0};
  }
};

/// Anything but the whole answer; status 0 where the whole answer is due.
ReplySize append_conditional(const Parts& parts) {
  const auto& request = parts.request;
  const auto& entry = *parts.entry;
  if (entry.meta.status != 200 && (entry.meta.flags & caching::kPartial) == 0) return {};
  const auto validators = caching::validators_of(entry.etag(), entry.meta);
  http::ResponseHead stored;
  if (has_conditions(request.fields)) {
    const auto verdict = http::evaluate(request, validators);
    if (verdict == http::Precondition::not_modified && http::parse_stored_head(entry.head(), stored))
      return parts.not_modified(stored);
    if (verdict == http::Precondition::failed) return parts.refuse(412);
  }
  if (parts.recoded || request.method != http::Method::get || !request.fields.has(FieldId::range)) return {};
  const auto selected = http::select_ranges(request, validators, parts.place.size);
  if (selected.kind == http::RangeVerdict::Kind::unsatisfiable) return parts.unsatisfiable();
  if (selected.kind == http::RangeVerdict::Kind::whole || !http::parse_stored_head(entry.head(), stored)) return {};
  return selected.ranges.size() == 1 ? parts.single(stored, selected.ranges.front())
                                     : parts.several(stored, selected.ranges);
}

}  // namespace

void append_status_line(std::string& head, int status) {
  head.append("HTTP/1.1 ")
      .append(std::to_string(status))
      .append(" ")
      .append(http::reason_phrase(status))
      .append("\r\n");
}

namespace {

/// Begins with the stored head as it is, or as this client can follow what it refers to.
std::string& begin_head(ReplySink& sink, const store::EntryPtr& entry, const ReplyConnection& connection) {
  if (!connection.route || (entry->meta.flags & caching::kLocates) == 0) return sink.begin_head(entry);
  auto& head = sink.begin_head({});
  append_led_back(head, *connection.route, entry->head());
  return head;
}

}  // namespace

bool end_head(ReplySink& sink, std::string& head, const http::CacheStatus& status, ReplySink::Body body,
              ReplyConnection connection) {
  head += "Cache-Status: "sv;
  http::append(head, status);
  head += "\r\n"sv;
  return sink.end_head(body, {connection.keep_alive, connection.http10});
}

ReplySize append_stored(ReplySink& sink, const http::RequestHead& request, const store::EntryPtr& entry,
                        const http::CacheStatus& status, TimePoint now, ReplyConnection connection, bool varies,
                        bool recoded) {
  if (has_conditions(request.fields) || request.fields.has(FieldId::range)) {
    const auto sent =
        append_conditional({sink, request, entry, status, now, connection, varies, recoded, place_of(*entry)});
    if (sent.status != 0) return sent;
  }
  const auto body = request.method == http::Method::head ? std::string_view{} : entry->body();
  auto& head = begin_head(sink, entry, connection);
  append_age(head, *entry, now);
  append_vary(head, varies);
  end_head(sink, head, status, body.empty() ? Body::none : Body::counted, connection);
  if (body.empty()) return {entry->meta.status, 0};
  sink.body(entry, body);
  sink.end();
  return {entry->meta.status, body.size()};
}

ReplySize append_stored_head(ReplySink& sink, const http::RequestHead& request, const store::EntryPtr& form,
                             const http::CacheStatus& status, TimePoint now, ReplyConnection connection) {
  if (has_conditions(request.fields)) {
    const auto sent = append_conditional({sink, request, form, status, now, connection, false, true, place_of(*form)});
    if (sent.status != 0) return sent;
  }
  auto& head = begin_head(sink, form, connection);
  append_age(head, *form, now);
  const auto body = request.method == http::Method::head ? Body::none : Body::uncounted;
  const bool delimited = end_head(sink, head, status, body, connection);
  return {form->meta.status, 0, body != Body::none, delimited};
}

namespace {

std::string xml_escaped(std::string_view text) {
  std::string out;
  const bool ascii_only = !text::is_utf8(text);
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      default: out += static_cast<unsigned char>(c) < ' ' || (ascii_only && (c & 0x80) != 0) ? ' ' : c;
    }
  }
  return out;
}

/// 429 is "request limit reached" to a Newznab client, everything else an unknown error (Newznab API, "Error Codes").
std::string newznab_body(const ErrorReply& error) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<error code=\"" +
         std::string{error.status == 429 ? "500" : "900"} + "\" description=\"" + xml_escaped(error.detail) + "\"/>\n";
}

}  // namespace

ReplySize append_error(ReplySink& sink, const ErrorReply& error, bool head_only, rules::ErrorStyle style,
                       ReplyConnection connection) {
  const bool xml = style == rules::ErrorStyle::newznab;
  const auto body = xml ? newznab_body(error) : http::problem_json(error.status, error.detail);
  auto& text = sink.begin_head({});
  http::append_status_line(text, error.status);
  text.append("Content-Type: ")
      .append(xml ? "application/xml" : "application/problem+json")
      .append("\r\nContent-Length: ");
  text.append(std::to_string(body.size()))
      .append("\r\nDate: ")
      .append(http::format_date(error.now))
      .append("\r\nCache-Control: no-store\r\nVia: 1.1 cachearr\r\n")
      .append(error.extra_fields);
  const http::CacheStatus nothing{};
  end_head(sink, text, error.cache_status ? *error.cache_status : nothing, head_only ? Body::none : Body::counted,
           connection);
  if (head_only) return {error.status, 0};
  sink.body(body);
  sink.end();
  return {error.status, body.size()};
}

}  // namespace cachearr::client
