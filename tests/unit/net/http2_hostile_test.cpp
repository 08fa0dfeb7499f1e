// What clients of HTTP/2 may not do, and what it costs them.
#include <gtest/gtest.h>
#include <optional>
#include <utility>
#include <vector>

#include "http2_client.hpp"
#include "net/http2_connection.hpp"
#include "net/http2_flood.hpp"

namespace cachearr::net::test {
namespace {

using Kind = Http2Event::Kind;
using namespace std::chrono_literals;

constexpr Http2Connection::TimePoint kThen{std::chrono::hours{1}};
constexpr unsigned kData = 0, kHeaders = 1, kReset = 3, kSettings = 4, kPing = 6, kGoAway = 7, kContinuation = 9;
constexpr unsigned kEndStream = 1, kEndHeaders = 4;

/// Frames that a server has sent, as far as a test looks at them.
struct Sent {
  unsigned type;
  std::uint32_t stream, error;
};

std::uint32_t number(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes) value = value << 8U | static_cast<unsigned char>(c);
  return value;
}

class Http2HostileTest : public testing::Test {
 protected:
  Http2HostileTest() { server.feed(greeting(), kThen); }

  static std::string fields_of(std::string_view path, std::string_view more = {}) {
    return literal(":method", "GET") + literal(":scheme", "https") + literal(":authority", "a.test") +
           literal(":path", path) + std::string{more};
  }
  static std::string get(std::uint32_t stream, std::string_view more = {}) {
    return frame(kHeaders, kEndHeaders | kEndStream, stream, fields_of("/", more));
  }
  bool feed(std::string_view bytes, Http2Connection::TimePoint now = kThen) {
    const bool goes_on = server.feed(bytes, now);
    for (auto out = server.output(); !out.empty(); out = server.output()) {
      said_ += out;
      server.sent(out.size());
    }
    return goes_on;
  }
  /// The error of the frames of one type that the server has sent, and on which stream.
  std::vector<Sent> sent(unsigned type) const {
    std::vector<Sent> found;
    for (std::string_view rest = said_; rest.size() >= 9;) {
      const auto size = number(rest.substr(0, 3));
      const Sent one{static_cast<unsigned char>(rest[3]), number(rest.substr(5, 4)),
                     number(rest.substr(type == kGoAway ? 13 : 9, 4))};
      if (one.type == type) found.push_back(one);
      rest.remove_prefix(std::min<std::size_t>(rest.size(), 9 + size));
    }
    return found;
  }
  std::size_t requests() {
    std::size_t count = 0;
    for (const auto& event : server.take_events()) count += event.kind == Kind::request ? 1 : 0;
    return count;
  }
  /// The error that the stream was reset with; none: it was not.
  std::optional<std::uint32_t> reset_of(std::uint32_t stream) const {
    for (const auto& one : sent(kReset))
      if (one.stream == stream) return one.error;
    return std::nullopt;
  }

  Http2Connection server{Http2Limits{1024, 100}};

 private:
  std::string said_;
};

class Http2MalformedTest : public Http2HostileTest, public testing::WithParamInterface<const char*> {
 protected:
  static std::string request(std::string_view what) {
    const auto get = [](std::string_view more) { return fields_of("/", more); };
    if (what == "uppercase name") return get(literal("X-Upper", "1"));
    if (what == "transfer-encoding") return get(literal("transfer-encoding", "chunked"));
    if (what == "connection") return get(literal("connection", "keep-alive"));
    if (what == "upgrade") return get(literal("upgrade", "h2c"));
    if (what == "te") return get(literal("te", "gzip"));
    if (what == "line end in a value") return get(literal("x", "a\r\nInjected: 1"));
    if (what == "line end in a name") return get(literal("x\r\ny", "1"));
    if (what == "colon in a name") return get(literal("x:y", "1"));
    if (what == "pseudo field behind fields") return get(literal("x", "1") + literal(":path", "/other"));
    if (what == "two paths") return get(literal(":path", "/other"));
    if (what == "unknown pseudo field") return get(literal(":future", "1"));
    if (what == "two authorities") return get(literal("host", "b.test"));
    if (what == "length without a body") return get(literal("content-length", "5"));
    if (what == "line end in the path") return fields_of("/ HTTP/1.1\r\nHost: b.test\r\n");
    if (what == "space in the path") return fields_of("/a b");
    if (what == "empty path") return fields_of("");
    return literal(":method", "GET") + literal(":scheme", "https") + literal(":authority", "a.test");
  }
};

TEST_P(Http2MalformedTest, ResetsItsStreamAndReachesNobody) {
  EXPECT_TRUE(feed(frame(kHeaders, kEndHeaders | kEndStream, 1, request(GetParam()))));
  EXPECT_EQ(requests(), 0U);
  EXPECT_EQ(reset_of(1), std::uint32_t{NGHTTP2_PROTOCOL_ERROR});
  EXPECT_EQ(server.streams(), 0U);
  feed(get(3));
  EXPECT_EQ(requests(), 1U) << "the connection goes on";
}

INSTANTIATE_TEST_SUITE_P(Requests, Http2MalformedTest,
                         testing::Values("uppercase name", "transfer-encoding", "connection", "upgrade", "te",
                                         "line end in a value", "line end in a name", "colon in a name",
                                         "pseudo field behind fields", "two paths", "unknown pseudo field",
                                         "two authorities", "length without a body", "line end in the path",
                                         "space in the path", "empty path", "no path"));

TEST_F(Http2HostileTest, ABodyLongerThanItsLengthIsNotTold) {
  const auto head = literal(":method", "POST") + literal(":scheme", "https") + literal(":authority", "a.test") +
                    literal(":path", "/") + literal("content-length", "3");
  feed(frame(kHeaders, kEndHeaders, 1, head) + frame(kData, 0, 1, "abc"));
  server.take_events();
  feed(frame(kData, kEndStream, 1, "GET /smuggled HTTP/1.1\r\n\r\n"));
  EXPECT_EQ(reset_of(1), std::uint32_t{NGHTTP2_PROTOCOL_ERROR});
  for (const auto& event : server.take_events()) EXPECT_EQ(event.kind, Kind::closed);
}

TEST_F(Http2HostileTest, ABodyShorterThanItsLengthDoesNotEnd) {
  const auto head = literal(":method", "POST") + literal(":scheme", "https") + literal(":authority", "a.test") +
                    literal(":path", "/") + literal("content-length", "30");
  feed(frame(kHeaders, kEndHeaders, 1, head) + frame(kData, kEndStream, 1, "abc"));
  for (const auto& event : server.take_events()) EXPECT_NE(event.kind, Kind::end);
  EXPECT_EQ(reset_of(1), std::uint32_t{NGHTTP2_PROTOCOL_ERROR});
}

TEST_F(Http2HostileTest, AnotherSchemeIsRefusedInWords) {
  feed(frame(kHeaders, kEndHeaders | kEndStream, 1,
             literal(":method", "GET") + literal(":scheme", "http") + literal(":authority", "a.test") +
                 literal(":path", "/")));
  const auto events = server.take_events();
  ASSERT_EQ(events.size(), 1U);
  ASSERT_TRUE(events[0].refusal);
  EXPECT_EQ(events[0].refusal->status, 400);
}

TEST_F(Http2HostileTest, RapidResetsEndTheConnection) {
  std::uint32_t stream = 1;
  bool goes_on = true;
  for (; stream < 4000 && goes_on; stream += 2)
    goes_on = feed(get(stream) + frame(kReset, 0, stream, std::string_view{"\0\0\0\x08", 4}));
  EXPECT_FALSE(goes_on);
  EXPECT_LT(stream, 2 * 600U);
  ASSERT_EQ(sent(kGoAway).size(), 1U);
  EXPECT_EQ(sent(kGoAway)[0].error, std::uint32_t{NGHTTP2_ENHANCE_YOUR_CALM});
  EXPECT_TRUE(server.is_over());
}

TEST_F(Http2HostileTest, ResetsThatTheClientProvokesCountAsItsOwn) {
  bool goes_on = true;
  std::uint32_t stream = 1;
  // A window cannot grow beyond 2^31 - 1 (CVE-2025-8671).
  for (; stream < 4000 && goes_on; stream += 2)
    goes_on = feed(get(stream) + frame(8, 0, stream, std::string_view{"\x7f\xff\xff\xff", 4}));
  EXPECT_FALSE(goes_on && feed(frame(kPing, 0, 0, "12345678")));
  EXPECT_LT(stream, 2 * 1000U);
}

TEST_F(Http2HostileTest, ResetsThatItProvokesAndDoesNotReadEndTheConnection) {
  bool goes_on = true;
  std::uint32_t stream = 1;
  for (; stream < 20'000 && goes_on; stream += 2) goes_on = server.feed(get(stream), kThen);
  EXPECT_FALSE(goes_on);
  EXPECT_LT(stream, 2 * 2000U);
  EXPECT_TRUE(server.has_failed());
}

TEST_F(Http2HostileTest, FloodsOfControlFramesEndTheConnection) {
  const auto empty = frame(kHeaders, kEndHeaders, 1,
                           literal(":method", "POST") + literal(":scheme", "https") + literal(":authority", "a.test") +
                               literal(":path", "/"));
  for (const auto& [before, each] : {std::pair{std::string{}, frame(kPing, 0, 0, "12345678")},
                                     {std::string{}, frame(kSettings, 0, 0, {})},
                                     {std::string{}, frame(2, 0, 1, std::string_view{"\0\0\0\3\0", 5})},

                                     {empty, frame(kData, 0, 1, {})}}) {
    Http2Connection flooded{Http2Limits{}};
    bool goes_on = flooded.feed(greeting() + before, kThen);
    std::size_t count = 0;
    for (; goes_on && count < 5000; ++count) {
      goes_on = flooded.feed(each, kThen);
      flooded.sent(flooded.output().size());
    }
    EXPECT_FALSE(goes_on) << "type " << static_cast<unsigned>(each[3]);
    EXPECT_LE(count, 1001U);
  }
}

TEST_F(Http2HostileTest, APingNowAndThenIsNoFlood) {
  auto now = kThen;
  for (int i = 0; i < 5000; ++i) ASSERT_TRUE(feed(frame(kPing, 0, 0, "12345678"), now += 20ms));
}

TEST_F(Http2HostileTest, HeadersWithoutEndEndTheConnection) {
  bool goes_on = feed(frame(kHeaders, kEndStream, 1, fields_of("/")));
  EXPECT_TRUE(server.reads_head());
  int frames = 0;
  for (; goes_on && frames < 1000; ++frames) goes_on = feed(frame(kContinuation, 0, 1, literal("x", "y")));
  EXPECT_FALSE(goes_on);
  EXPECT_LT(frames, 50);
  EXPECT_EQ(requests(), 0U);
}

TEST_F(Http2HostileTest, AHeadThatUnpacksToAHugeOneIsRefused) {
  // One field of 100 bytes goes into the table, and each byte behind it names it again.
  const auto field = "\x40" + literal("x-large", std::string(100, 'x')).substr(1);
  feed(frame(kHeaders, kEndHeaders | kEndStream, 1, fields_of("/", field + std::string(10'000, '\xbe'))));
  const auto events = server.take_events();
  ASSERT_EQ(events.size(), 1U);
  ASSERT_TRUE(events[0].refusal);
  EXPECT_EQ(events[0].refusal->status, 431);
  EXPECT_TRUE(events[0].text.empty());
}

TEST_F(Http2HostileTest, MoreStreamsThanAllowedAreNotTold) {
  std::string all;
  for (std::uint32_t stream = 1; stream < 2 * 150; stream += 2) all += get(stream);
  feed(all);
  EXPECT_LE(requests(), 100U);
  EXPECT_LE(server.streams(), 100U);
}

TEST_F(Http2HostileTest, DataBehindTheEndResetsTheStream) {
  feed(get(1));
  server.take_events();
  feed(frame(kData, 0, 1, "more"));
  EXPECT_TRUE(reset_of(1) || !sent(kGoAway).empty());
  for (const auto& event : server.take_events()) EXPECT_NE(event.kind, Kind::data);
}

TEST_F(Http2HostileTest, MoreDataThanTheWindowEndsTheConnectionOrTheStream) {
  feed(frame(kHeaders, kEndHeaders, 1,
             literal(":method", "POST") + literal(":scheme", "https") + literal(":authority", "a.test") +
                 literal(":path", "/")));
  std::size_t told = 0;
  for (int i = 0; i < 20; ++i) {
    feed(frame(kData, 0, 1, std::string(16384, 'x')));
    for (const auto& event : server.take_events()) told += event.text.size();
  }
  EXPECT_LE(told, 65535U + 1024U);
  EXPECT_TRUE(reset_of(1) || !sent(kGoAway).empty());
}

TEST_F(Http2HostileTest, WhatIsNoHttp2EndsTheConnection) {
  Http2Connection other{Http2Limits{}};
  EXPECT_FALSE(other.feed("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n", kThen));
  EXPECT_TRUE(other.is_over());
}

TEST(FrameBudgetTest, FillsUpAgainWithTime) {
  FrameBudget budget{2, 10};
  auto now = kThen;
  EXPECT_TRUE(budget.take(now));
  EXPECT_TRUE(budget.take(now));
  EXPECT_FALSE(budget.take(now));
  EXPECT_TRUE(budget.take(now + 250ms));
}

}  // namespace
}  // namespace cachearr::net::test
