// Heads as they come from the wire: one verdict for every way of cutting them, and nothing in them that could end a
// line for whoever reads them next.
#include <algorithm>

#include "fuzz/input.hpp"
#include "http/framing.hpp"
#include "net/head_parser.hpp"

using namespace cachearr;

namespace {

using Kind = net::HeadParse::Kind;

constexpr std::size_t kLimit = 1024;
constexpr std::size_t kCut = 256;  // the last bytes are cut off one by one

net::HeadParse parse(std::string_view bytes, http::RequestHead& head) {
  return net::parse_request_head(bytes, kLimit, head);
}
net::HeadParse parse(std::string_view bytes, http::ResponseHead& head) {
  return net::parse_response_head(bytes, kLimit, head);
}

void check_text(std::string_view text, std::string_view bytes) {
  if (text.empty()) return;
  fuzz::require(text.data() >= bytes.data() && text.data() + text.size() <= bytes.data() + bytes.size());
  fuzz::require(text.find_first_of(std::string_view{"\r\n\0", 3}) == std::string_view::npos);
}
void check_start(const http::RequestHead& head, std::string_view bytes) {
  check_text(head.method_text, bytes);
  check_text(head.target, bytes);
  fuzz::require(!head.method_text.empty() && !head.target.empty());
  fuzz::require(head.target.find(' ') == std::string_view::npos);
}
void check_start(const http::ResponseHead& head, std::string_view bytes) {
  check_text(head.reason, bytes);
  fuzz::require(head.status >= 0 && head.status <= 999);
}

template <class Head>
void check(std::string_view bytes) {
  Head head;
  const auto whole = parse(bytes, head);
  if (whole.kind == Kind::error) fuzz::require(whole.status >= 400 && !whole.problem.empty());
  if (whole.kind == Kind::complete) {
    fuzz::require(whole.consumed > 0 && whole.consumed <= bytes.size() && whole.consumed <= kLimit + 2);
    fuzz::require(head.fields.size() <= http::kMaxFields && head.minor_version >= 0 && head.minor_version <= 1);
    const auto own = bytes.substr(0, whole.consumed);
    check_start(head, own);
    for (const auto& field : head.fields) {
      fuzz::require(!field.name.empty());
      check_text(field.name, own);
      check_text(field.value, own);
    }
    fuzz::require(parse(own, head).kind == Kind::complete);
    bytes = own;
  }
  // What is complete was never anything but incomplete before; what was refused stays so.
  for (std::size_t cut = 1; cut <= std::min(bytes.size(), kCut); ++cut) {
    const std::string copy{bytes.substr(0, bytes.size() - cut)};
    const auto kind = parse(copy, head).kind;
    fuzz::require(kind != Kind::complete);
    if (whole.kind != Kind::error) fuzz::require(kind == Kind::need_more);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = fuzz::text_of(data, size);
  check<http::RequestHead>(bytes);
  check<http::ResponseHead>(bytes);
  return 0;
}
