#include "http/framing.hpp"

#include <gtest/gtest.h>
#include <initializer_list>
#include <utility>
#include <vector>

namespace cachearr::http {
namespace {

using Body = Framing::Body;
using OwnedLines = std::vector<std::pair<std::string, std::string>>;

void add(FieldList& fields, const OwnedLines& lines) {
  for (const auto& [name, value] : lines) fields.add(name, value);
}

Result<Framing, Refusal> request(const OwnedLines& lines, Method method = Method::post, int minor_version = 1) {
  RequestHead head;
  head.method = method;
  head.minor_version = minor_version;
  add(head.fields, lines);
  return frame_request(head);
}

Result<Framing, Refusal> response(const OwnedLines& lines, int status = 200, Method method = Method::get,
                                  int minor_version = 1) {
  ResponseHead head;
  head.status = status;
  head.minor_version = minor_version;
  add(head.fields, lines);
  return frame_response(head, method);
}

std::string shown(const OwnedLines& lines) {
  std::string text;
  for (const auto& [name, value] : lines) text += name + ": " + value + " | ";
  return text;
}

struct RefusedRequest {
  OwnedLines lines;
  int status;
  int minor_version = 1;
};

class RefusedRequestTest : public testing::TestWithParam<RefusedRequest> {};

TEST_P(RefusedRequestTest, IsAnsweredWithItsStatus) {
  const auto& [lines, status, minor_version] = GetParam();
  const auto framing = request(lines, Method::post, minor_version);
  ASSERT_FALSE(framing.ok()) << shown(lines);
  EXPECT_EQ(framing.error().status, status) << shown(lines);
  EXPECT_FALSE(framing.error().what.empty());
}

INSTANTIATE_TEST_SUITE_P(
    BothLengths, RefusedRequestTest,
    testing::Values(RefusedRequest{{{"Content-Length", "4"}, {"Transfer-Encoding", "chunked"}}, 400},
                    RefusedRequest{{{"Transfer-Encoding", "chunked"}, {"Content-Length", "3"}}, 400},
                    RefusedRequest{{{"Transfer-Encoding", "chunked"}, {"Content-Length", "0"}}, 400},
                    RefusedRequest{{{"Transfer-Encoding", "xchunked"}, {"Content-Length", "3"}}, 400},
                    RefusedRequest{{{"Transfer-Encoding", ""}, {"Content-Length", "3"}}, 400},
                    RefusedRequest{{{"Content-Length", "92"}, {"Transfer-Encoding", "chunked"}}, 400, 0}));

INSTANTIATE_TEST_SUITE_P(
    TransferEncodings, RefusedRequestTest,
    testing::Values(
        RefusedRequest{{{"Transfer-Encoding", "chunked"}}, 400, 0}, RefusedRequest{{{"Transfer-Encoding", ""}}, 400},
        RefusedRequest{{{"Transfer-Encoding", ",chunked"}}, 400},
        RefusedRequest{{{"Transfer-Encoding", "chunked,"}}, 400},
        RefusedRequest{{{"Transfer-Encoding", "chunked, chunked"}}, 400},
        RefusedRequest{{{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}}, 400},
        RefusedRequest{{{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "identity"}}, 400},
        RefusedRequest{{{"Transfer-Encoding", "identity"}, {"Transfer-Encoding", "chunked"}}, 400},
        RefusedRequest{{{"Transfer-Encoding", "identity"}}, 400}, RefusedRequest{{{"Transfer-Encoding", "gzip"}}, 400},
        RefusedRequest{{{"Transfer-Encoding", "gzip, chunked"}}, 400},
        RefusedRequest{{{"Transfer-Encoding", "chunked, gzip"}}, 400},
        RefusedRequest{{{"Transfer-Encoding", "chunked;q=1"}}, 400},
        RefusedRequest{{{"Transfer-Encoding", "\"chunked\""}}, 400},
        RefusedRequest{{{"Transfer-Encoding", "\vchunked"}}, 400},
        RefusedRequest{{{"Transfer-Encoding", "chunked\f"}}, 400},
        RefusedRequest{{{"Transfer-Encoding",
                         "\xFF"
                         "chunked"}},
                       400},
        RefusedRequest{{{"Transfer-Encoding",
                         "\xA0"
                         "chunked\x85"}},
                       400},
        RefusedRequest{{{"Transfer-Encoding", std::string("\0chunked", 8)}}, 400},
        RefusedRequest{{{"Transfer-Encoding", "\rchunked"}}, 400},
        RefusedRequest{{{"Transfer-Encoding", "chunked x"}}, 400},
        RefusedRequest{{{"Transfer-Encoding", "xchunked"}}, 501},
        RefusedRequest{{{"Transfer-Encoding", "chunked-x"}}, 501}, RefusedRequest{{{"Transfer-Encoding", "br"}}, 501}));

INSTANTIATE_TEST_SUITE_P(
    ContentLengths, RefusedRequestTest,
    testing::Values(RefusedRequest{{{"Content-Length", "87"}, {"Content-Length", "0"}}, 400},
                    RefusedRequest{{{"Content-Length", "3"}, {"Content-Length", "3"}}, 400},
                    RefusedRequest{{{"Content-Length", "3, 5"}}, 400},
                    RefusedRequest{{{"Content-Length", "3, 3"}}, 400}, RefusedRequest{{{"Content-Length", "3,"}}, 400},
                    RefusedRequest{{{"Content-Length", ""}}, 400}, RefusedRequest{{{"Content-Length", "+3"}}, 400},
                    RefusedRequest{{{"Content-Length", "-3"}}, 400}, RefusedRequest{{{"Content-Length", "-0"}}, 400},
                    RefusedRequest{{{"Content-Length", "0x3"}}, 400}, RefusedRequest{{{"Content-Length", "3abc"}}, 400},
                    RefusedRequest{{{"Content-Length", "3.0"}}, 400}, RefusedRequest{{{"Content-Length", "3e1"}}, 400},
                    RefusedRequest{{{"Content-Length", "1_0"}}, 400}, RefusedRequest{{{"Content-Length", "1 0"}}, 400},
                    RefusedRequest{{{"Content-Length", "\"3\""}}, 400},
                    RefusedRequest{{{"Content-Length", std::string("3\0", 2)}}, 400},
                    RefusedRequest{{{"Content-Length", "\xB2"}}, 400},
                    RefusedRequest{{{"Content-Length", "18446744073709551619"}}, 400},
                    RefusedRequest{{{"Content-Length", "9223372036854775811"}}, 413}));

INSTANTIATE_TEST_SUITE_P(Expectations, RefusedRequestTest,
                         testing::Values(RefusedRequest{{{"Expect", "y 100-continue"}}, 417},
                                         RefusedRequest{{{"Expect", "100-continue, x"}}, 417},
                                         RefusedRequest{{{"Expect", ""}}, 417},
                                         RefusedRequest{{{"Expect", "100-continue"}, {"Expect", "x"}}, 417},
                                         RefusedRequest{{{"Expect", "x"}}, 417, 0}));

TEST(RequestFraming, WithoutLengthOrCodingThereIsNoBody) {
  const auto framing = request({}, Method::get);
  ASSERT_TRUE(framing.ok());
  EXPECT_EQ(framing->body, Body::none);
  EXPECT_TRUE(framing->keep_alive);
}

TEST(RequestFraming, ALengthIsDecimalWhateverItsLeadingZeros) {
  EXPECT_EQ(request({{"Content-Length", "0000000003"}})->length, 3U);
  EXPECT_EQ(request({{"Content-Length", "010"}})->length, 10U);
  EXPECT_EQ(request({{"content-length", "9223372036854775807"}})->length, 9223372036854775807U);
}

TEST(RequestFraming, ALengthOfNothingIsNoBody) {
  EXPECT_EQ(request({{"Content-Length", "0"}})->body, Body::none);
  EXPECT_EQ(request({{"Content-Length", "1"}})->body, Body::length);
}

TEST(RequestFraming, ChunkedIsRecognisedInAnyCase) {
  EXPECT_EQ(request({{"Transfer-Encoding", "chunked"}})->body, Body::chunked);
  EXPECT_EQ(request({{"TRANSFER-ENCODING", "Chunked"}})->body, Body::chunked);
}

TEST(RequestFraming, NominatingTheCodingDoesNotUnframeTheBody) {
  const auto framing = request({{"Connection", "Transfer-Encoding"}, {"Transfer-Encoding", "chunked"}});
  ASSERT_TRUE(framing.ok());
  EXPECT_EQ(framing->body, Body::chunked);
}

TEST(RequestFraming, MethodsWithoutContentMustNotBringAny) {
  for (const auto method : {Method::get, Method::head, Method::trace, Method::connect}) {
    EXPECT_FALSE(request({{"Content-Length", "87"}}, method).ok());
    EXPECT_FALSE(request({{"Transfer-Encoding", "chunked"}}, method).ok());
    EXPECT_TRUE(request({{"Content-Length", "0"}}, method).ok());
  }
  for (const auto method :
       {Method::post, Method::put, Method::patch, Method::delete_, Method::options, Method::other}) {
    EXPECT_TRUE(request({{"Content-Length", "87"}}, method).ok());
  }
}

TEST(RequestFraming, AMethodOfAbsurdLengthIsNotImplemented) {
  RequestHead head;
  const std::string longest(64, 'A');
  const std::string longer(65, 'A');
  head.method_text = longest;
  EXPECT_TRUE(frame_request(head).ok());
  head.method_text = longer;
  EXPECT_EQ(frame_request(head).error().status, 501);
}

TEST(RequestFraming, ConnectionsLiveOnAsTheVersionSays) {
  EXPECT_TRUE(request({}, Method::get, 1)->keep_alive);
  EXPECT_TRUE(request({}, Method::get, 2)->keep_alive);
  EXPECT_FALSE(request({}, Method::get, 0)->keep_alive);
  EXPECT_TRUE(request({{"Connection", "keep-alive"}}, Method::get, 0)->keep_alive);
  EXPECT_FALSE(request({{"Connection", "x, CLOSE"}}, Method::get, 1)->keep_alive);
  EXPECT_FALSE(request({{"Connection", "keep-alive"}, {"Connection", "close"}}, Method::get, 1)->keep_alive);
  EXPECT_FALSE(request({{"Connection", "close, keep-alive"}}, Method::get, 0)->keep_alive);
  EXPECT_TRUE(request({{"Connection", "closed"}}, Method::get, 1)->keep_alive);
}

TEST(RequestFraming, OnlyARequestWithABodyWaitsFor100) {
  EXPECT_TRUE(request({{"Expect", "100-Continue"}, {"Content-Length", "3"}})->expects_continue);
  EXPECT_TRUE(request({{"Expect", "100-continue"}, {"Transfer-Encoding", "chunked"}})->expects_continue);
  EXPECT_FALSE(request({{"Expect", "100-continue"}}, Method::get)->expects_continue);
  EXPECT_FALSE(request({{"Expect", "100-continue"}, {"Content-Length", "3"}}, Method::post, 0)->expects_continue);
  EXPECT_FALSE(request({{"Content-Length", "3"}})->expects_continue);
}

class RefusedResponseTest : public testing::TestWithParam<OwnedLines> {};

TEST_P(RefusedResponseTest, IsNotTrusted) {
  for (const auto method : {Method::get, Method::head, Method::post}) {
    const auto framing = response(GetParam(), 200, method);
    ASSERT_FALSE(framing.ok()) << shown(GetParam());
    EXPECT_EQ(framing.error().status, 502);
  }
}

INSTANTIATE_TEST_SUITE_P(
    ResponseFraming, RefusedResponseTest,
    testing::Values(OwnedLines{{"Transfer-Encoding", "chunked"}, {"Content-Length", "11"}},
                    OwnedLines{{"Content-Length", "20"}, {"Transfer-Encoding", "\vchunked"}},
                    OwnedLines{{"Transfer-Encoding", "xchunked"}}, OwnedLines{{"Transfer-Encoding", "gzip, chunked"}},
                    OwnedLines{{"Transfer-Encoding", "gzip"}}, OwnedLines{{"Transfer-Encoding", "identity"}},
                    OwnedLines{{"Transfer-Encoding", ""}}, OwnedLines{{"Transfer-Encoding", "chunked, chunked"}},
                    OwnedLines{{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}},
                    OwnedLines{{"Content-Length", "11"}, {"Content-Length", "5"}},
                    OwnedLines{{"Content-Length", "11, 5"}}, OwnedLines{{"Content-Length", "11,"}},
                    OwnedLines{{"Content-Length", ",11"}}, OwnedLines{{"Content-Length", ""}},
                    OwnedLines{{"Content-Length", "+11"}}, OwnedLines{{"Content-Length", "-1"}},
                    OwnedLines{{"Content-Length", "11abc"}}, OwnedLines{{"Content-Length", "0x0b"}},
                    OwnedLines{{"Content-Length", "11.0"}}, OwnedLines{{"Content-Length", "1 1"}},
                    OwnedLines{{"Content-Length", "18446744073709551627"}},
                    OwnedLines{{"Content-Length", "9223372036854775819"}},
                    OwnedLines{{"Content-Length", "11"}, {"Content-Length", "x"}}));

TEST(ResponseFraming, ACodedAnswerInHttp10IsRefused) {
  EXPECT_FALSE(response({{"Transfer-Encoding", "chunked"}}, 200, Method::get, 0).ok());
}

TEST(ResponseFraming, EqualLengthsCountAsOne) {
  EXPECT_EQ(response({{"Content-Length", "11"}, {"Content-Length", "11"}})->length, 11U);
  EXPECT_EQ(response({{"Content-Length", "11, 11"}})->length, 11U);
  EXPECT_EQ(response({{"Content-Length", "11"}, {"Content-Length", "011"}})->length, 11U);
}

TEST(ResponseFraming, TheBodyFollowsCodingThenLengthThenClose) {
  EXPECT_EQ(response({{"Transfer-Encoding", "chunked"}})->body, Body::chunked);
  EXPECT_EQ(response({{"Content-Length", "11"}})->body, Body::length);
  EXPECT_EQ(response({{"Content-Length", "0"}})->body, Body::none);
  EXPECT_EQ(response({})->body, Body::until_close);
}

TEST(ResponseFraming, ABodyUntilCloseEndsTheConnection) {
  EXPECT_FALSE(response({{"Connection", "keep-alive"}})->keep_alive);
  EXPECT_TRUE(response({{"Content-Length", "11"}})->keep_alive);
}

TEST(ResponseFraming, SomeAnswersNeverHaveABody) {
  for (const int status : {100, 101, 103, 150, 204, 304}) {
    const auto framing = response({{"Content-Length", "11"}}, status);
    ASSERT_TRUE(framing.ok());
    EXPECT_EQ(framing->body, Body::none) << status;
    EXPECT_EQ(framing->length, 0U);
  }
  EXPECT_EQ(response({{"Content-Length", "11"}}, 200, Method::head)->body, Body::none);
  EXPECT_EQ(response({{"Transfer-Encoding", "chunked"}}, 404, Method::head)->body, Body::none);
  EXPECT_EQ(response({}, 200, Method::head)->body, Body::none);
  EXPECT_EQ(response({}, 204)->body, Body::none);
}

TEST(ResponseFraming, AConnectionBehindAnImpossibleBodyIsNotReused) {
  EXPECT_FALSE(response({{"Content-Length", "11"}}, 204)->keep_alive);
  EXPECT_FALSE(response({{"Transfer-Encoding", "chunked"}}, 204)->keep_alive);
  EXPECT_TRUE(response({{"Content-Length", "0"}}, 204)->keep_alive);
  EXPECT_TRUE(response({}, 204)->keep_alive);
  EXPECT_TRUE(response({{"Content-Length", "11"}}, 304)->keep_alive);
  EXPECT_TRUE(response({{"Content-Length", "11"}}, 200, Method::head)->keep_alive);
}

TEST(ResponseFraming, ATunnelBeginsBehindTheHeadWhateverItSays) {
  EXPECT_EQ(response({{"Content-Length", "x"}}, 200, Method::connect)->body, Body::none);
  EXPECT_EQ(response({{"Content-Length", "11"}}, 403, Method::connect)->body, Body::length);
}

TEST(ResponseFraming, AnHttp10ConnectionLivesOnOnlyIfItSaysSo) {
  EXPECT_FALSE(response({{"Content-Length", "11"}}, 200, Method::get, 0)->keep_alive);
  EXPECT_TRUE(response({{"Content-Length", "11"}, {"Connection", "Keep-Alive"}}, 200, Method::get, 0)->keep_alive);
}

bool crosses(const OwnedLines& lines, std::string_view name) {
  FieldList fields;
  add(fields, lines);
  return !is_hop_by_hop(*fields.find(name), fields);
}

TEST(HopByHop, TheFixedOnesNeverCross) {
  for (const auto* const name :
       {"Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization",
        "Proxy-Authentication-Info", "TE", "Trailer", "Transfer-Encoding", "Upgrade", "HTTP2-Settings"}) {
    EXPECT_FALSE(crosses({{name, "x"}}, name)) << name;
  }
}

TEST(HopByHop, WhatConnectionNamesDoesNotCross) {
  EXPECT_FALSE(crosses({{"Connection", "close, x-FOO"}, {"X-Foo", "1"}}, "X-Foo"));
  EXPECT_FALSE(crosses({{"Connection", "X-Foo"}, {"Connection", "X-Bar"}, {"X-Bar", "1"}}, "X-Bar"));
  EXPECT_TRUE(crosses({{"Connection", "X-Foo"}, {"X-Foobar", "1"}}, "X-Foobar"));
  EXPECT_TRUE(crosses({{"X-Foo", "1"}}, "X-Foo"));
}

TEST(HopByHop, EndToEndFieldsStayWhateverConnectionNames) {
  for (const auto* const name : {"Host", "Content-Length", "Content-Type", "Cache-Control", "Authorization", "Cookie",
                                 "Set-Cookie", "Age", "Vary", "ETag", "Range", "Via", "Date", "X-Api-Key"}) {
    EXPECT_TRUE(crosses({{"Connection", name}, {name, "x"}}, name)) << name;
  }
}

}  // namespace
}  // namespace cachearr::http
