#include "http/framing.hpp"

#include <array>
#include <limits>
#include <optional>

#include "base/text.hpp"
#include "http/token.hpp"

namespace cachearr::http {

namespace {

/// The longest registered method has 17 letters.
constexpr std::size_t kLongestMethod = 64;
constexpr std::uint64_t kLargestLength = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

bool is_known_coding(std::string_view name) noexcept {
  constexpr std::array<std::string_view, 7> known{"chunked",  "gzip",     "x-gzip",    "deflate",
                                                  "identity", "compress", "x-compress"};
  for (const auto candidate : known) {
    if (text::iequals(candidate, name)) return true;
  }
  return false;
}

/// One field line that says exactly `chunked`: any list, parameter or repetition is where recipients disagree.
bool is_plain_chunked(const FieldList& fields) noexcept {
  return fields.count(FieldId::transfer_encoding) == 1 &&
         text::iequals(fields.value(FieldId::transfer_encoding), "chunked");
}

/// True where the list of `id` has the member `token`.
bool names_option(const FieldList& fields, FieldId id, std::string_view token) noexcept {
  if (!fields.has(id)) return false;
  bool found = false;
  for (const auto& field : fields) {
    if (field.id != id) continue;
    text::for_each_member(field.value, [&](std::string_view member) { found = found || text::iequals(member, token); });
  }
  return found;
}

bool lives_on(const FieldList& fields, int minor_version) noexcept {
  if (names_option(fields, FieldId::connection, "close")) return false;
  return minor_version >= 1 || names_option(fields, FieldId::connection, "keep-alive");
}

std::optional<Refusal> refuse_transfer_encoding(const RequestHead& head) noexcept {
  if (head.minor_version == 0) return Refusal{400, "Transfer-Encoding in HTTP/1.0"};
  if (head.fields.has(FieldId::content_length)) return Refusal{400, "both Content-Length and Transfer-Encoding"};
  if (is_plain_chunked(head.fields)) return std::nullopt;
  const auto coding = head.fields.value(FieldId::transfer_encoding);
  const bool unknown = is_token(coding) && !is_known_coding(coding);
  if (unknown && head.fields.count(FieldId::transfer_encoding) == 1) return Refusal{501, "unknown transfer coding"};
  return Refusal{400, "Transfer-Encoding is not exactly 'chunked'"};
}

std::optional<Refusal> read_request_length(const FieldList& fields, std::uint64_t& length) noexcept {
  if (fields.count(FieldId::content_length) != 1) return Refusal{400, "more than one Content-Length"};
  const auto digits = fields.value(FieldId::content_length);
  const auto value = text::parse_unsigned(digits);
  if (!value) return Refusal{400, "invalid Content-Length"};
  if (*value > kLargestLength) return Refusal{413, "Content-Length too large"};
  length = *value;
  return std::nullopt;
}

/// RFC 9110 9.3 gives content no meaning in these; a recipient that skips it would read it as the next request.
bool may_have_content(Method method) noexcept {
  return method != Method::get && method != Method::head && method != Method::trace && method != Method::connect;
}

std::optional<Refusal> read_expectation(const RequestHead& head, Framing& framing) noexcept {
  if (!head.fields.has(FieldId::expect)) return std::nullopt;
  for (const auto& field : head.fields) {
    if (field.id == FieldId::expect && !text::iequals(field.value, "100-continue")) {
      return Refusal{417, "unknown expectation"};
    }
  }
  framing.expects_continue = head.minor_version >= 1 && framing.body != Framing::Body::none;
  return std::nullopt;
}

/// All members of all lines must be the same valid number (RFC 9110 8.6 allows to take them as one).
std::optional<std::uint64_t> response_length(const FieldList& fields) noexcept {
  std::optional<std::uint64_t> length;
  for (const auto& field : fields) {
    if (field.id != FieldId::content_length) continue;
    auto rest = field.value;
    while (true) {
      const auto comma = rest.find(',');
      const auto value = text::parse_unsigned(text::trim(rest.substr(0, comma)));
      if (!value || *value > kLargestLength || (length && *length != *value)) return std::nullopt;
      length = value;
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return length;
}

bool has_no_body(int status, Method method) noexcept {
  return method == Method::head || (status >= 100 && status < 200) || status == 204 || status == 304;
}

bool is_always_hop_by_hop(FieldId id) noexcept {
  switch (id) {
    case FieldId::connection:
    case FieldId::http2_settings:
    case FieldId::keep_alive:
    case FieldId::proxy_authenticate:
    case FieldId::proxy_authentication_info:
    case FieldId::proxy_authorization:
    case FieldId::proxy_connection:
    case FieldId::te:
    case FieldId::trailer:
    case FieldId::transfer_encoding:
    case FieldId::upgrade: return true;
    default: return false;
  }
}

}  // namespace

Result<Framing, Refusal> frame_request(const RequestHead& head) {
  if (head.method_text.size() > kLongestMethod) return Refusal{501, "unknown method"};
  Framing framing;
  framing.keep_alive = lives_on(head.fields, head.minor_version);
  if (head.fields.has(FieldId::transfer_encoding)) {
    if (const auto refusal = refuse_transfer_encoding(head)) return *refusal;
    framing.body = Framing::Body::chunked;
  } else if (head.fields.has(FieldId::content_length)) {
    if (const auto refusal = read_request_length(head.fields, framing.length)) return *refusal;
    framing.body = framing.length == 0 ? Framing::Body::none : Framing::Body::length;
  }
  if (framing.body != Framing::Body::none && !may_have_content(head.method)) {
    return Refusal{400, "content in a request whose method has none"};
  }
  if (const auto refusal = read_expectation(head, framing)) return *refusal;
  return framing;
}

Result<Framing, Refusal> frame_response(const ResponseHead& head, Method method) {
  Framing framing;
  framing.keep_alive = lives_on(head.fields, head.minor_version);
  // A tunnel begins behind the head whatever the head says (RFC 9110 9.3.6).
  if (method == Method::connect && head.status >= 200 && head.status < 300) return framing;

  const bool coded = head.fields.has(FieldId::transfer_encoding);
  const bool counted = head.fields.has(FieldId::content_length);
  if (coded && head.minor_version == 0) return Refusal{502, "Transfer-Encoding in an HTTP/1.0 response"};
  if (coded && counted) return Refusal{502, "both Content-Length and Transfer-Encoding in a response"};
  if (coded && !is_plain_chunked(head.fields)) return Refusal{502, "Transfer-Encoding is not exactly 'chunked'"};
  if (counted) {
    const auto length = response_length(head.fields);
    if (!length) return Refusal{502, "invalid Content-Length in a response"};
    framing.length = *length;
  }

  if (has_no_body(head.status, method)) {
    // 1xx and 204 must announce none (RFC 9112 6.1): who does may send one too, so the connection is not reused.
    const bool announces = coded || framing.length != 0;
    if (announces && method != Method::head && head.status != 304) framing.keep_alive = false;
    framing.length = 0;
    return framing;
  }
  if (coded) {
    framing.body = Framing::Body::chunked;
  } else if (counted) {
    framing.body = framing.length == 0 ? Framing::Body::none : Framing::Body::length;
  } else {
    framing.body = Framing::Body::until_close;
    framing.keep_alive = false;
  }
  return framing;
}

bool is_hop_by_hop(const Field& field, const FieldList& message) noexcept {
  if (is_always_hop_by_hop(field.id)) return true;
  // Every other name that this program knows is end-to-end: a sender must not have it removed by naming it.
  if (field.id != FieldId::other) return false;
  return names_option(message, FieldId::connection, field.name);
}

}  // namespace cachearr::http
