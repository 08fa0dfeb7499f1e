#include "net/head_parser.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <string>

#include "http/framing.hpp"
#include "http/head_scan.hpp"

namespace cachearr::net {

namespace {

namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using Code = beast::error_code;
using Text = beast::string_view;

std::string_view view(Text text) noexcept { return {text.data(), text.size()}; }

/// Collects views; Beast calls the hooks in the order of the bytes. Bodies are never given to it: http/framing decides.
template <bool IsRequest, class Head>
class Collector final : public bhttp::basic_parser<IsRequest> {
 public:
  Collector(Head& head, std::string_view bytes, std::size_t limit) : head_{head}, bytes_{bytes} {
    this->eager(false);
    this->header_limit(static_cast<std::uint32_t>(limit));
    this->body_limit(boost::none);
  }
  /// `end`: behind the empty line, if all was read. A fold at the very end has no field behind it that would show it.
  bool folded(const char* end) const noexcept {
    return folded_ || (end && line_end_ && spans_lines(line_end_, end, 2));
  }
  bool too_many() const noexcept { return too_many_; }

 private:
  void on_request_impl(bhttp::verb, Text method, Text target, int version, Code&) override {
    if constexpr (IsRequest) {
      head_.method_text = view(method);
      head_.method = http::method_of(head_.method_text);
      head_.target = view(target);
      head_.minor_version = version - 10;
    }
  }
  void on_response_impl(int status, Text reason, int version, Code&) override {
    if constexpr (!IsRequest) {
      head_.status = status;
      head_.reason = view(reason);
      head_.minor_version = version - 10;
    }
  }
  void on_field_impl(bhttp::field, Text name, Text value, Code& error) override {
    if (head_.fields.size() >= http::kMaxFields) {
      too_many_ = true;
      error = bhttp::error::header_limit;
      return;
    }
    const auto text = view(value);
    // A line that is folded in its middle is joined in the parser's own memory, which dies with it; one folded at an
    // end leaves its line end in the gap between name and value, or between value and the next name.
    const bool inside = text.empty() || (text.data() >= bytes_.data() && text.data() < bytes_.data() + bytes_.size());
    if (!inside || spans_lines(name.data() + name.size(), text.empty() ? name.data() + name.size() : text.data(), 0) ||
        (line_end_ && spans_lines(line_end_, name.data(), 1))) {
      folded_ = true;
      error = bhttp::error::bad_value;
      return;
    }
    line_end_ = text.empty() ? name.data() + name.size() : text.data() + text.size();
    head_.fields.add(view(name), text);
  }
  void on_header_impl(Code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Code&) override {}
  std::size_t on_body_impl(Text body, Code&) override { return body.size(); }
  void on_chunk_header_impl(std::uint64_t, Text, Code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text body, Code&) override { return body.size(); }
  void on_finish_impl(Code&) override {}

  static bool spans_lines(const char* from, const char* to, std::ptrdiff_t line_ends) noexcept {
    return to - from > 2 && std::count(from, to, '\n') > line_ends;
  }

  Head& head_;
  std::string_view bytes_;
  const char* line_end_ = nullptr;  // where the text of the last field ended
  bool folded_ = false;
  bool too_many_ = false;
};

HeadParse fail(int status, std::string_view problem) { return {HeadParse::Kind::error, 0, status, problem}; }

bool concerns_length(const Code& error) noexcept {
  return error == bhttp::error::bad_content_length || error == bhttp::error::multiple_content_length ||
         error == bhttp::error::bad_transfer_encoding;
}

/// The first line is well-formed but for the number of its version: "GET /x HTTP/2.0".
bool names_version(std::string_view head) noexcept {
  const auto line = head.substr(0, head.find("\r\n"));
  if (std::count(line.begin(), line.end(), ' ') != 2 || line.size() < 9) return false;
  const auto version = line.substr(line.size() - 9);
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return version.starts_with(" HTTP/") && digit(version[6]) && version[7] == '.' && digit(version[8]);
}

/// Fields with bare CR, with white space before the colon or inside quotes are the parser's job; framing fields that it
/// refuses by itself (two lengths) are reported the same way as ours.
template <bool IsRequest, class Head>
HeadParse parse(std::string_view bytes, std::size_t limit, Head& into) {
  if (const auto usual = http::scan_head(bytes, into); usual != 0 && usual <= limit)
    return {HeadParse::Kind::complete, usual, 0, {}};
  into.fields.clear();
  const auto end = bytes.find("\r\n\r\n");
  if (end == std::string_view::npos || end + 4 > limit) {
    if (bytes.size() < limit) return {};
    return fail(bytes.find("\r\n") == std::string_view::npos ? 414 : 431, "the header section is too large");
  }
  const auto head = bytes.substr(0, end + 4);
  Collector<IsRequest, Head> collector{into, head, limit};
  Code error;
  const auto consumed = collector.put(boost::asio::const_buffer{head.data(), head.size()}, error);
  if (collector.too_many()) return fail(431, "too many header fields");
  const bool refused = error && error != bhttp::error::need_more;
  // What stands behind the line that the parser refuses was not looked at, and is no fold.
  if (collector.folded(refused ? nullptr : head.data() + head.size())) return fail(400, "folded header line");
  if (error == bhttp::error::bad_version && names_version(head)) return fail(505, "unsupported HTTP version");
  if (refused && concerns_length(error)) return fail(400, "malformed or contradictory message length");
  if (refused) return fail(400, "malformed header section");
  if (!collector.is_header_done() || consumed != head.size()) return fail(400, "malformed header section");
  if constexpr (!IsRequest) {
    if (into.status < 100 || into.status > 599) return fail(400, "a status outside 100 to 599");
  }
  return {HeadParse::Kind::complete, consumed, 0, {}};
}

/// What can never become a head is refused at once instead of when the time limit runs out: binary protocols, bare LF.
bool is_hopeless(std::string_view bytes) noexcept {
  if (bytes.empty()) return false;
  if (static_cast<unsigned char>(bytes[0]) <= ' ' || static_cast<unsigned char>(bytes[0]) >= 0x7F) return true;
  for (auto at = bytes.find('\n'); at != std::string_view::npos; at = bytes.find('\n', at + 1))
    if (at == 0 || bytes[at - 1] != '\r') return true;
  return false;
}

constexpr std::size_t kStatusLine = 12;  // "HTTP/1.1 200"

}  // namespace

HeadParse parse_request_head(std::string_view bytes, std::size_t limit, http::RequestHead& into) {
  if (bytes == "\r") return {};
  const std::size_t skipped = bytes.starts_with("\r\n") ? 2 : 0;
  bytes.remove_prefix(skipped);
  auto result = parse<true>(bytes, limit, into);
  if (result.kind == HeadParse::Kind::complete) result.consumed += skipped;
  if (result.kind == HeadParse::Kind::need_more && is_hopeless(bytes)) return fail(400, "this is not HTTP/1.1");
  return result;
}

HeadParse parse_response_head(std::string_view bytes, std::size_t limit, http::ResponseHead& into) {
  if (bytes.size() <= kStatusLine || bytes[kStatusLine] != '\r' || !bytes.starts_with("HTTP/1.")) {
    const auto result = parse<false>(bytes, limit, into);
    if (result.kind == HeadParse::Kind::need_more && is_hopeless(bytes)) return fail(400, "this is not HTTP/1.1");
    return result;
  }
  // The parser insists on the space that many servers leave out before an empty reason phrase.
  thread_local std::string patched;
  patched.assign(bytes).insert(kStatusLine, 1, ' ');
  auto result = parse<false>(patched, limit + 1, into);
  if (result.kind == HeadParse::Kind::need_more && is_hopeless(bytes)) return fail(400, "this is not HTTP/1.1");
  if (result.kind != HeadParse::Kind::complete) return result;
  into.fields.rebase(patched.data() + 1, bytes.data());
  into.reason = {};
  --result.consumed;
  return result;
}

}  // namespace cachearr::net
