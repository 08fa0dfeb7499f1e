#include "net/http2_request.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace cachearr::net {

namespace {

constexpr std::size_t kPerField = 4;  // ": " and the end of a line

/// What stands in the first line or in Host of HTTP/1 must not end it.
bool is_printable(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
}

}  // namespace

void Http2Request::add_pseudo(std::string_view name, std::string_view value) {
  if (name == ":method") method_ = value;
  if (name == ":scheme") scheme_ = value;
  if (name == ":authority") authority_ = value;
  if (name == ":path") path_ = value;
}

void Http2Request::add(std::string_view name, std::string_view value) {
  bytes_ += name.size() + value.size() + kPerField;
  if (bytes_ > limit_) return;
  if (name.starts_with(':')) return add_pseudo(name, value);
  if (name == "host" && host_.empty()) {
    host_ = value;
    return;
  }
  // Cookies may come apart, and are one field to everybody else (RFC 9113 8.2.3).
  if (name == "cookie") {
    if (!cookie_.empty()) cookie_ += "; ";
    cookie_ += value;
    return;
  }
  counted_ = counted_ || name == "content-length";
  http::append_field(fields_, name, value);
}

bool Http2Request::may_be_all() const noexcept {
  return !counted_ && bytes_ <= limit_ && (method_ == "GET" || method_ == "HEAD");
}

bool Http2Request::names_one_host() const noexcept {
  return authority_.empty() || host_.empty() || text::iequals(authority_, host_);
}

bool Http2Request::finish(bool has_body, Http2Event& into) {
  into.kind = Http2Event::Kind::request;
  if (bytes_ > limit_) {
    into.refusal = http::Refusal{431, "the header section is too large"};
    return true;
  }
  const bool connects = method_ == "CONNECT";
  const auto& host = authority_.empty() ? host_ : authority_;
  if (!is_printable(method_) || !is_printable(path_) || !is_printable(host) || !names_one_host()) return false;
  if (!connects && !text::iequals(scheme_, "https"))
    into.refusal = http::Refusal{400, "this connection speaks https, and nothing else is asked for by it"};
  using Body = http::Framing::Body;
  into.body = !has_body ? Body::none : counted_ ? Body::length : Body::chunked;
  into.text.append(method_).append(" ").append(connects ? host : path_).append(" HTTP/1.1\r\n");
  http::append_field(into.text, "host", host);
  into.text += fields_;
  if (!cookie_.empty()) http::append_field(into.text, "cookie", cookie_);
  if (into.body == Body::chunked) into.text += "transfer-encoding: chunked\r\n";
  into.text += "\r\n";
  return true;
}

}  // namespace cachearr::net
