#include <array>
#include <gtest/gtest.h>
#include <string>

#include "unit/net/head_parser_support.hpp"

namespace cachearr::net {
namespace {

using http::RequestHead;
using test::expect_accepted;
using test::expect_refused;
using test::kLimit;
using test::request_with;

TEST(RequestHeads, AreViewsIntoTheGivenBytes) {
  const std::string bytes = "PUT /x?y=1 HTTP/1.0\r\nHost: a\r\nX-Odd:   spaced \t\r\nEmpty:\r\n\r\nbody";
  RequestHead head;
  const auto parsed = parse_request_head(bytes, kLimit, head);
  ASSERT_EQ(parsed.kind, HeadParse::Kind::complete);
  EXPECT_EQ(bytes.substr(parsed.consumed), "body");
  EXPECT_EQ(head.method, http::Method::put);
  EXPECT_EQ(head.method_text, "PUT");
  EXPECT_EQ(head.target, "/x?y=1");
  EXPECT_EQ(head.minor_version, 0);
  ASSERT_EQ(head.fields.size(), 3U);
  EXPECT_EQ(head.fields.value(http::FieldId::host), "a");
  EXPECT_EQ(head.fields.find("X-Odd")->value, "spaced");
  EXPECT_EQ(head.fields.find("Empty")->value, "");
  for (const auto& field : head.fields) {
    EXPECT_GE(field.name.data(), bytes.data());
    EXPECT_LT(field.name.data(), bytes.data() + bytes.size());
  }
}

TEST(RequestHeads, AreCompleteWithTheirLastByte) {
  expect_accepted<RequestHead>("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_accepted<RequestHead>("GET / HTTP/1.0\r\n\r\n");
  expect_accepted<RequestHead>("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n");
  expect_accepted<RequestHead>("CONNECT a:443 HTTP/1.0\r\n\r\n");
  expect_accepted<RequestHead>("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_accepted<RequestHead>("GET http://a/b HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_accepted<RequestHead>("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n");
  expect_accepted<RequestHead>("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  expect_accepted<RequestHead>("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  expect_accepted<RequestHead>("BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n");
}

TEST(RequestHeads, MayFollowOneEmptyLine) {
  expect_accepted<RequestHead>("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_refused<RequestHead>("\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_refused<RequestHead>("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_refused<RequestHead>("\rGET / HTTP/1.1\r\nHost: a\r\n\r\n");
}

TEST(RequestHeads, AreReadAnewIntoTheSameObject) {
  RequestHead head;
  ASSERT_EQ(parse_request_head(request_with("A: 1\r\nB: 2\r\n"), kLimit, head).kind, HeadParse::Kind::complete);
  const std::string second = "HEAD /b HTTP/1.1\r\nC: 3\r\n\r\n";
  ASSERT_EQ(parse_request_head(second, kLimit, head).kind, HeadParse::Kind::complete);
  EXPECT_EQ(head.method, http::Method::head);
  EXPECT_EQ(head.fields.size(), 1U);
}

TEST(RequestHeads, WithAFoldedLineAreRefused) {
  for (const auto* const lines : {
           "A: b\r\n c\r\nD: e\r\n",           // in the middle of a value
           "A: b\r\n\tc\r\nD: e\r\n",          // by a tab
           "A:\r\n b\r\nD: e\r\n",             // in front of a value
           "A: b\r\n \r\nD: e\r\n",            // behind a value
           "A:\r\n \r\nD: e\r\n",              // of an empty value
           "A:\r\n \r\n\t\r\n b\r\nD: e\r\n",  // several times
           " A: b\r\nD: e\r\n",                // behind the request line
           "D: e\r\nA: b\r\n c\r\n",           // the same in the last field
           "D: e\r\nA:\r\n b\r\n",
           "D: e\r\nA: b\r\n \r\n",
           "D: e\r\nA:\r\n \r\n",
           "D: e\r\nA:\r\n\t\r\n \r\n",
           "Transfer-Encoding:\r\n chunked\r\n",
           "Content-Length: 5\r\n \r\n",
       })
    expect_refused<RequestHead>(request_with(lines));
}

TEST(RequestHeads, WithAFoldedLineAreRefusedWhereverTheirBytesLie) {
  // On the stack, thus above the parser's own memory for joined lines; most others lie below.
  const auto bytes = std::to_array("GET / HTTP/1.1\r\nA: b\r\n c\r\nD: e\r\n\r\n");
  RequestHead head;
  const auto parsed = parse_request_head({bytes.data(), bytes.size() - 1}, kLimit, head);
  EXPECT_EQ(parsed.kind, HeadParse::Kind::error);
  EXPECT_EQ(parsed.problem, "folded header line");
}

TEST(RequestHeads, WithABareLineFeedAreRefused) {
  for (const auto* const bytes : {
           "GET / HTTP/1.1\nHost: a\n\n",
           "GET / HTTP/1.1\nHost: a\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\n\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: a\r\n\n\r\n\r\n",
       })
    expect_refused<RequestHead>(bytes);
}

TEST(RequestHeads, WithABareLineFeedAreRefusedBeforeTheirEnd) {
  RequestHead head;
  EXPECT_EQ(parse_request_head("GET / HTTP/1.1\n", kLimit, head).kind, HeadParse::Kind::error);
  EXPECT_EQ(parse_request_head("GET / HTTP/1.1\r\nHost: a\n", kLimit, head).kind, HeadParse::Kind::error);
}

TEST(RequestHeads, OfOtherProtocolsAreRefusedWithTheirFirstByte) {
  RequestHead head;
  for (const std::string_view start : {"\x16\x03\x01", "\x05\x01", "\x04", "\x80\x2e", "\x7f", " GET /", "\tGET"})
    EXPECT_EQ(parse_request_head(start, kLimit, head).kind, HeadParse::Kind::error) << start;
}

TEST(RequestHeads, WithForeignBytesAreRefused) {
  using namespace std::string_literals;
  for (const auto& lines : {
           "A : b\r\n"s,
           "A\t: b\r\n"s,
           ": b\r\n"s,
           "A\r\n"s,
           "A: b\0c\r\n"s,
           "A: b\rc\r\n"s,
           "A: b\r\rc\r\n"s,
           "A: b\x01\r\n"s,
           "A: b\x7f\r\n"s,
           "A(b): c\r\n"s,
           "A b: c\r\n"s,
           "\x80: b\r\n"s,
           "A: b\r\n:\r\n"s,
       })
    expect_refused<RequestHead>(request_with(lines));
}

TEST(RequestHeads, WithABrokenRequestLineAreRefused) {
  for (const auto* const line :
       {"GET /", "GET", "GET / HTTP/1.1 x", "GET  / HTTP/1.1", "GET / http/1.1", "GET /  HTTP/1.1", "GET / HTTP/1",
        "GET / HTTP/1.", "GET / HTTP/x.1", "GET / HTTQ/1.1", "GET /\tHTTP/1.1", "G@T / HTTP/1.1", "GET / HTTP/11.1",
        "GET /a b HTTP/1.1", "GET / HTTP/1.1\r"})
    expect_refused<RequestHead>(std::string{line} + "\r\nHost: a\r\n\r\n");
}

TEST(RequestHeads, OfAnotherVersionGet505) {
  for (const auto* const version : {"HTTP/1.2", "HTTP/2.0", "HTTP/0.9", "HTTP/3.0", "HTTP/9.9"})
    expect_refused<RequestHead>("GET / " + std::string{version} + "\r\nHost: a\r\n\r\n", 505);
  expect_refused<RequestHead>("PRI * HTTP/2.0\r\n\r\n", 505);
}

TEST(RequestHeads, WithContradictoryLengthsAreRefused) {
  for (const auto* const lines :
       {"Content-Length: +5\r\n", "Content-Length: -1\r\n", "Content-Length: 0x5\r\n", "Content-Length: 5 5\r\n",
        "Content-Length: 99999999999999999999\r\n", "Content-Length: 5\r\nContent-Length: 6\r\n"})
    expect_refused<RequestHead>(request_with(lines));
}

TEST(RequestHeads, WithTwoFramingsHearThatItIsTheLength) {
  RequestHead head;
  const auto bytes = request_with("Content-Length: 3\r\nTransfer-Encoding: chunked\r\nA: b\r\n");
  EXPECT_EQ(parse_request_head(bytes, kLimit, head).problem, "malformed or contradictory message length");
}

TEST(RequestHeads, MayBeAsLargeAsTheLimit) {
  const auto head = request_with("A: " + std::string(100, 'x') + "\r\n");
  expect_accepted<RequestHead>(head, head.size());
  expect_refused<RequestHead>(head, 431, head.size() - 1);
  expect_refused<RequestHead>(head, 431, head.size() - 4);
}

TEST(RequestHeads, WithoutALineEndInTheLimitGet414) {
  expect_refused<RequestHead>("GET /" + std::string(300, 'x'), 414, 100);
}

TEST(RequestHeads, MayHave100FieldsAndNotOneMore) {
  std::string lines;
  for (int i = 0; i < 100; ++i) lines += "A: b\r\n";
  expect_accepted<RequestHead>(request_with(lines));
  expect_refused<RequestHead>(request_with(lines + "A: b\r\n"), 431);
}

}  // namespace
}  // namespace cachearr::net
