#include "unit/net/head_parser_support.hpp"

namespace cachearr::net {
namespace {

using http::ResponseHead;
using test::expect_accepted;
using test::expect_refused;
using test::kLimit;
using test::response_with;

bool lies_in(std::string_view part, std::string_view whole) {
  return part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size();
}

TEST(ResponseHeads, AreViewsIntoTheGivenBytes) {
  const std::string bytes = "HTTP/1.0 404 Not there\r\nServer:  x \r\nETag: \"1\"\r\n\r\nbody";
  ResponseHead head;
  const auto parsed = parse_response_head(bytes, kLimit, head);
  ASSERT_EQ(parsed.kind, HeadParse::Kind::complete);
  EXPECT_EQ(bytes.substr(parsed.consumed), "body");
  EXPECT_EQ(head.status, 404);
  EXPECT_EQ(head.reason, "Not there");
  EXPECT_EQ(head.minor_version, 0);
  EXPECT_EQ(head.fields.value(http::FieldId::server), "x");
  EXPECT_EQ(head.fields.value(http::FieldId::etag), "\"1\"");
  for (const auto& field : head.fields)
    EXPECT_TRUE(lies_in(field.name, bytes) && (field.value.empty() || lies_in(field.value, bytes)));
}

TEST(ResponseHeads, AreCompleteWithTheirLastByte) {
  expect_accepted<ResponseHead>("HTTP/1.1 200 OK\r\n\r\n");
  expect_accepted<ResponseHead>("HTTP/1.1 200 \r\nA: b\r\n\r\n");
  expect_accepted<ResponseHead>("HTTP/1.1 100 Continue\r\n\r\n");
  expect_accepted<ResponseHead>("HTTP/1.1 304 Not Modified\r\nETag: W/\"x\"\r\nContent-Length: 5\r\n\r\n");
  expect_accepted<ResponseHead>("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  expect_accepted<ResponseHead>("HTTP/1.1 200 Tr\xC3\xA8s bien\r\nA: b\xFF\r\n\r\n");
}

TEST(ResponseHeads, WithAStatusThatIsNoneAreRefused) {
  for (const auto* const status : {"000", "001", "020", "099", "600", "999"}) {
    expect_refused<ResponseHead>("HTTP/1.1 " + std::string{status} + " Odd\r\nA: b\r\n\r\n");
    expect_refused<ResponseHead>("HTTP/1.1 " + std::string{status} + "\r\n\r\n");
  }
  for (const auto* const status : {"20", "2000", "2x0", "-10", "+20"})
    expect_refused<ResponseHead>("HTTP/1.1 " + std::string{status} + " Odd\r\nA: b\r\n\r\n");
}

TEST(ResponseHeads, WithoutReasonPhraseAreAccepted) {
  expect_accepted<ResponseHead>("HTTP/1.1 200\r\n\r\n");
  expect_accepted<ResponseHead>("HTTP/1.1 200\r\nA: b\r\nContent-Length: 0\r\n\r\n");
  expect_accepted<ResponseHead>("HTTP/1.0 503\r\nRetry-After: 5\r\n\r\n");
}

TEST(ResponseHeads, WithoutReasonPhraseAreViewsIntoTheGivenBytesToo) {
  const std::string bytes = "HTTP/1.1 200\r\nServer: x\r\nEmpty:\r\n\r\nbody";
  ResponseHead head;
  const auto parsed = parse_response_head(bytes, kLimit, head);
  ASSERT_EQ(parsed.kind, HeadParse::Kind::complete);
  EXPECT_EQ(bytes.substr(parsed.consumed), "body");
  EXPECT_EQ(head.reason, "");
  ASSERT_EQ(head.fields.size(), 2U);
  EXPECT_EQ(head.fields.value(http::FieldId::server), "x");
  for (const auto& field : head.fields)
    EXPECT_TRUE(lies_in(field.name, bytes) && (field.value.empty() || lies_in(field.value, bytes)));
}

TEST(ResponseHeads, WithAFoldedLineAreRefused) {
  for (const auto* const lines :
       {"A: b\r\n c\r\nD: e\r\n", "A:\r\n b\r\nD: e\r\n", "A: b\r\n \r\nD: e\r\n", "A:\r\n \r\nD: e\r\n", " A: b\r\n",
        "A: b\r\n c\r\n", "A:\r\n b\r\n", "A: b\r\n \r\n", "A:\r\n \r\n"}) {
    expect_refused<ResponseHead>(response_with(lines));
    expect_refused<ResponseHead>("HTTP/1.1 200\r\n" + std::string{lines} + "\r\n");
  }
}

TEST(ResponseHeads, WithABareLineFeedAreRefused) {
  for (const auto* const bytes : {"HTTP/1.1 200 OK\n\n", "HTTP/1.1 200 OK\nA: b\r\n\r\n",
                                  "HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n", "HTTP/1.1 200\nA: b\r\n\r\n"})
    expect_refused<ResponseHead>(bytes);
}

TEST(ResponseHeads, WithABareLineFeedAreRefusedBeforeTheirEnd) {
  ResponseHead head;
  EXPECT_EQ(parse_response_head("HTTP/1.1 200 OK\r\nA: b\n", kLimit, head).kind, HeadParse::Kind::error);
  EXPECT_EQ(parse_response_head("HTTP/1.1 200\r\nA: b\n", kLimit, head).kind, HeadParse::Kind::error);
}

TEST(ResponseHeads, WithABrokenStatusLineAreRefused) {
  for (const auto* const line :
       {"HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 +20 OK", "HTTP/1.1 2x0 OK", "HTTP/1.1  200 OK", "HTTP/1.1",
        "ICY 200 OK", "http/1.1 200 OK", "HTTP/1.1 200\tOK", "200 OK", "<html>", "HTTP/1.1200 OK", "SSH-2.0-x"})
    expect_refused<ResponseHead>(std::string{line} + "\r\nA: b\r\n\r\n");
}

TEST(ResponseHeads, OfAnotherVersionAreRefused) {
  for (const auto* const version : {"HTTP/0.9", "HTTP/1.2", "HTTP/2.0"}) {
    http::ResponseHead head;
    const auto bytes = std::string{version} + " 200 OK\r\n\r\n";
    EXPECT_EQ(parse_response_head(bytes, kLimit, head).kind, HeadParse::Kind::error) << version;
  }
}

TEST(ResponseHeads, WithForeignBytesAreRefused) {
  using namespace std::string_literals;
  for (const auto& lines : {"A : b\r\n"s, ": b\r\n"s, "A\r\n"s, "A: b\0c\r\n"s, "A: b\rc\r\n"s, "A: b\x01\r\n"s})
    expect_refused<ResponseHead>(response_with(lines));
}

TEST(ResponseHeads, MayBeAsLargeAsTheLimit) {
  for (const auto* const line : {"HTTP/1.1 200 OK\r\n", "HTTP/1.1 200\r\n"}) {
    const auto head = line + std::string{"A: "} + std::string(100, 'x') + "\r\n\r\n";
    expect_accepted<ResponseHead>(head, head.size());
    expect_refused<ResponseHead>(head, 431, head.size() - 1);
  }
}

TEST(ResponseHeads, MayHave100FieldsAndNotOneMore) {
  std::string lines;
  for (int i = 0; i < 100; ++i) lines += "A: b\r\n";
  expect_accepted<ResponseHead>(response_with(lines));
  expect_refused<ResponseHead>(response_with(lines + "A: b\r\n"), 431);
}

}  // namespace
}  // namespace cachearr::net
