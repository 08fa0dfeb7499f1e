// Requests and answers as their bytes stand on the wire, for the tests of this module.
#pragma once

#include <gtest/gtest.h>
#include <string>
#include <string_view>

#include "http/framing.hpp"
#include "net/head_parser.hpp"

namespace cachearr::test {

/// "METHOD target", field lines ended by CRLF. Every view points into this object.
struct Asked {
  explicit Asked(std::string_view start, std::string_view lines = "Host: a.test\r\n", std::string_view version = "1.1")
      : bytes{std::string{start} + " HTTP/" + std::string{version} + "\r\n" + std::string{lines} + "\r\n"} {
    const auto parsed = net::parse_request_head(bytes, 64 * 1024, head);
    EXPECT_EQ(parsed.kind, net::HeadParse::Kind::complete) << bytes;
    const auto framed = http::frame_request(head);
    if (framed) framing = *framed;
  }
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;
  std::string bytes;
  http::RequestHead head;
  http::Framing framing;
};

/// A whole answer: head, and what stands behind it.
struct Answered {
  explicit Answered(std::string_view whole) : bytes{whole} {
    const auto parsed = net::parse_response_head(bytes, 64 * 1024, head);
    EXPECT_EQ(parsed.kind, net::HeadParse::Kind::complete) << bytes;
    body = std::string_view{bytes}.substr(parsed.consumed);
  }
  Answered(const Answered&) = delete;
  Answered& operator=(const Answered&) = delete;
  std::string_view field(std::string_view name) const {
    const auto* const found = head.fields.find(name);
    return found ? found->value : std::string_view{};
  }
  bool has(std::string_view name) const { return head.fields.find(name) != nullptr; }
  std::string bytes;
  http::ResponseHead head;
  std::string_view body;
};

}  // namespace cachearr::test
