// One head, given to the parser in every length: the verdict may come late, but never differ.
#pragma once

#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "net/head_parser.hpp"

namespace cachearr::net::test {

inline constexpr std::size_t kLimit = 8192;

inline HeadParse parse_into(std::string_view bytes, std::size_t limit, http::RequestHead& into) {
  return parse_request_head(bytes, limit, into);
}
inline HeadParse parse_into(std::string_view bytes, std::size_t limit, http::ResponseHead& into) {
  return parse_response_head(bytes, limit, into);
}

/// Complete with the last byte, not before it, and whatever follows.
template <class Head>
void expect_accepted(std::string_view bytes, std::size_t limit = kLimit) {
  Head head;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::string prefix{bytes.substr(0, size)};
    ASSERT_EQ(parse_into(prefix, limit, head).kind, HeadParse::Kind::need_more) << "after " << size << " of " << bytes;
  }
  for (const auto* const more : {"", "\r\n", "GET / HTTP/1.1\r\n\r\n", "\n\x01 body"}) {
    const auto whole = std::string{bytes} + more;
    const auto parsed = parse_into(whole, limit, head);
    ASSERT_EQ(parsed.kind, HeadParse::Kind::complete) << bytes << parsed.problem;
    EXPECT_EQ(parsed.consumed, bytes.size()) << bytes;
  }
}

/// Refused with that status in the end; once refused, never anything else.
template <class Head>
void expect_refused(std::string_view bytes, int status = 400, std::size_t limit = kLimit) {
  Head head;
  bool refused = false;
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const std::string prefix{bytes.substr(0, size)};
    const auto kind = parse_into(prefix, limit, head).kind;
    ASSERT_NE(kind, HeadParse::Kind::complete) << "after " << size << " of " << bytes;
    if (refused) {
      ASSERT_EQ(kind, HeadParse::Kind::error) << "after " << size << " of " << bytes;
    }
    refused = kind == HeadParse::Kind::error;
  }
  const auto parsed = parse_into(bytes, limit, head);
  ASSERT_EQ(parsed.kind, HeadParse::Kind::error) << bytes;
  EXPECT_EQ(parsed.status, status) << bytes;
  EXPECT_FALSE(parsed.problem.empty()) << bytes;
}

/// A request with these field lines between request line and the empty line.
inline std::string request_with(std::string_view lines) { return "GET /a HTTP/1.1\r\n" + std::string{lines} + "\r\n"; }
inline std::string response_with(std::string_view lines) { return "HTTP/1.1 200 OK\r\n" + std::string{lines} + "\r\n"; }

}  // namespace cachearr::net::test
