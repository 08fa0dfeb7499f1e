// Framing against a second, naive reading of the same fields.
#include "fuzz/input.hpp"
#include "http/framing.hpp"

using namespace cachearr;

namespace {

using Body = http::Framing::Body;

bool says_close(const http::FieldList& fields) {
  bool found = false;
  for (const auto& field : fields) {
    if (field.id != http::FieldId::connection) continue;
    for (const auto part : text::split(field.value, ',')) found = found || text::iequals(text::trim(part), "close");
  }
  return found && fields.joined(http::FieldId::connection).find('"') == std::string::npos;
}

void check_request(const http::RequestHead& head) {
  const auto framing = http::frame_request(head);
  if (!framing.ok()) {
    fuzz::require(framing.error().status >= 400 && framing.error().status <= 505 && !framing.error().what.empty());
    return;
  }
  const bool coded = head.fields.has(http::FieldId::transfer_encoding);
  const bool counted = head.fields.has(http::FieldId::content_length);
  fuzz::require(!(coded && counted));
  fuzz::require(coded == (framing->body == Body::chunked));
  fuzz::require(framing->body != Body::until_close);
  fuzz::require((framing->body == Body::length) == (framing->length != 0));
  if (counted) fuzz::require(text::parse_unsigned(head.fields.value(http::FieldId::content_length)) == framing->length);
  if (says_close(head.fields)) fuzz::require(!framing->keep_alive);
}

void check_response(const http::ResponseHead& head, http::Method method) {
  const auto framing = http::frame_response(head, method);
  if (!framing.ok()) return;
  if (framing->body == Body::until_close) fuzz::require(!framing->keep_alive);
  if (framing->body == Body::chunked) fuzz::require(!head.fields.has(http::FieldId::content_length));
  if (method == http::Method::head || head.status == 204 || head.status == 304 || head.status / 100 == 1) {
    fuzz::require(framing->body == Body::none);
  }
  if (says_close(head.fields)) fuzz::require(!framing->keep_alive);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = fuzz::text_of(data, size);
  const auto request = fuzz::request_of(input);
  check_request(request);
  for (const auto& field : request.fields) {
    if (http::is_hop_by_hop(field, request.fields)) fuzz::require(field.id != http::FieldId::host);
  }
  const auto response = fuzz::response_of(input);
  check_response(response, http::Method::get);
  check_response(response, http::Method::head);
  return 0;
}
