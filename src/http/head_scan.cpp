#include "http/head_scan.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "base/text.hpp"
#include "http/framing.hpp"
#include "http/token.hpp"

namespace cachearr::http {

namespace {

constexpr std::size_t kLongestLength = 18;  // digits that fit into any counter
constexpr std::size_t kLongestName = 128;

// Each of a type of its own, so that no call is left of them.
constexpr auto is_visible = [](char c) noexcept { return c > ' ' && c < 0x7F; };
constexpr auto is_printable = [](char c) noexcept { return c >= ' ' && c < 0x7F; };
constexpr auto is_decimal = [](char c) noexcept { return text::is_digit(c); };

/// True where none of eight bytes is a control character or beyond ASCII.
bool all_printable(std::uint64_t bytes) noexcept {
  constexpr std::uint64_t each = 0x0101'0101'0101'0101, top = each * 0x80;
  const auto below_space = (bytes - each * ' ') & ~bytes;
  const auto deleted = bytes ^ (each * 0x7F);
  return ((bytes | below_space | ((deleted - each) & ~deleted)) & top) == 0;
}

class Scan {
 public:
  explicit Scan(std::string_view bytes) noexcept
      : begin_{bytes.data()}, at_{bytes.data()}, end_{bytes.data() + bytes.size()} {}

  std::size_t consumed() const noexcept { return static_cast<std::size_t>(at_ - begin_); }
  bool skip(std::string_view text) noexcept {
    if (static_cast<std::size_t>(end_ - at_) < text.size() || std::memcmp(at_, text.data(), text.size()) != 0)
      return false;
    at_ += text.size();
    return true;
  }
  template <class Is>
  std::string_view take(Is is) noexcept {
    const char* const from = at_;
    while (at_ != end_ && is(*at_)) ++at_;
    return {from, static_cast<std::size_t>(at_ - from)};
  }
  std::string_view printable() noexcept {
    const char* const from = at_;
    for (std::uint64_t eight = 0; end_ - at_ >= 8; at_ += 8) {
      std::memcpy(&eight, at_, 8);
      if (!all_printable(eight)) break;
    }
    take(is_printable);
    return {from, static_cast<std::size_t>(at_ - from)};
  }
  /// "HTTP/1.0" or "HTTP/1.1".
  bool version(int& minor) noexcept {
    if (!skip("HTTP/1.") || at_ == end_ || (*at_ != '0' && *at_ != '1')) return false;
    minor = *at_++ - '0';
    return true;
  }

 private:
  const char* begin_;
  const char* at_;
  const char* end_;
};

/// Fields that say where the message ends are usual only as one plain number, or as "chunked" alone.
bool is_usual(const FieldList& fields, FieldId id, std::string_view value) noexcept {
  switch (id) {
    case FieldId::content_length:
      return !fields.has(id) && !fields.has(FieldId::transfer_encoding) && !value.empty() &&
             value.size() <= kLongestLength && std::all_of(value.begin(), value.end(), is_decimal);
    case FieldId::transfer_encoding:
      return !fields.has(id) && !fields.has(FieldId::content_length) && value == "chunked";
    case FieldId::connection:
    case FieldId::proxy_connection: return value == "keep-alive" || value == "Keep-Alive" || value == "close";
    case FieldId::upgrade: return false;
    default: return true;
  }
}

bool scan_field(Scan& scan, FieldList& fields) {
  const auto name = scan.take(is_token_character);
  if (name.empty() || name.size() > kLongestName || !scan.skip(":")) return false;
  const auto value = text::trim(scan.printable());
  const auto id = field_id(name);
  if (!scan.skip("\r\n") || fields.size() >= kMaxFields || !is_usual(fields, id, value)) return false;
  fields.add(id, name, value);
  return true;
}

/// A folded line begins with a blank, which is no name.
bool scan_fields(Scan& scan, FieldList& fields) {
  fields.clear();
  while (!scan.skip("\r\n")) {
    if (!scan_field(scan, fields)) return false;
  }
  return true;
}

}  // namespace

std::size_t scan_head(std::string_view bytes, RequestHead& into) {
  Scan scan{bytes};
  into.method_text = scan.take(is_token_character);
  if (into.method_text.empty() || !scan.skip(" ")) return 0;
  into.target = scan.take(is_visible);
  if (into.target.empty() || !scan.skip(" ") || !scan.version(into.minor_version) || !scan.skip("\r\n")) return 0;
  into.method = method_of(into.method_text);
  return scan_fields(scan, into.fields) ? scan.consumed() : 0;
}

std::size_t scan_head(std::string_view bytes, ResponseHead& into) {
  Scan scan{bytes};
  if (!scan.version(into.minor_version) || !scan.skip(" ")) return 0;
  const auto status = scan.take(is_decimal);
  if (status.size() != 3 || status.front() < '1' || status.front() > '5' || !scan.skip(" ")) return 0;
  into.status = (status[0] - '0') * 100 + (status[1] - '0') * 10 + (status[2] - '0');
  into.reason = scan.printable();
  if (!scan.skip("\r\n")) return 0;
  return scan_fields(scan, into.fields) ? scan.consumed() : 0;
}

}  // namespace cachearr::http
