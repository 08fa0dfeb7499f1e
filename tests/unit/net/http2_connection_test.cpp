#include "net/http2_connection.hpp"

#include <algorithm>
#include <gtest/gtest.h>

#include "http2_client.hpp"

namespace cachearr::net::test {
namespace {

using Kind = Http2Event::Kind;
using Body = http::Framing::Body;
using namespace std::chrono_literals;

constexpr Http2Connection::TimePoint kNow{std::chrono::hours{1}};

class Http2ConnectionTest : public testing::Test {
 protected:
  /// The one request that has come.
  Http2Event request() {
    auto events = server.take_events();
    EXPECT_EQ(events.size(), 1U);
    if (events.empty()) return {};
    EXPECT_EQ(events.front().kind, Kind::request);
    return events.front();
  }
  Http2Limits limits{1024, 100};
  Http2Connection server{limits};
  Http2Client client;
};

TEST_F(Http2ConnectionTest, ARequestComesOutAsAHeadOfHttp1) {
  const auto stream = client.get("/x?y=1", {{"accept", "*/*"}, {"cookie", "a=1"}, {"cookie", "b=2"}});
  ASSERT_TRUE(client.talk(server, kNow));
  const auto asked = request();
  EXPECT_EQ(asked.stream, stream);
  EXPECT_EQ(asked.text, "GET /x?y=1 HTTP/1.1\r\nhost: a.test\r\naccept: */*\r\ncookie: a=1; b=2\r\n\r\n");
  EXPECT_EQ(asked.body, Body::none);
  EXPECT_FALSE(asked.refusal);
}

TEST_F(Http2ConnectionTest, AnAnswerArrivesWithLowerCaseNamesAndWithoutWhatIsAboutAConnection) {
  const auto stream = client.get("/");
  client.talk(server, kNow);
  TextBody body{"hello"};
  server.answer(stream, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: keep-alive\r\nAge: 3\r\n\r\n",
                &body);
  ASSERT_TRUE(client.talk(server, kNow));
  const auto& answer = client.answers[stream];
  const Http2Client::Fields expected{{":status", "200"}, {"content-type", "text/plain"}, {"age", "3"}};
  EXPECT_EQ(answer.fields, expected);
  EXPECT_EQ(answer.body, "hello");
  EXPECT_TRUE(answer.closed);
  EXPECT_EQ(answer.error, 0U);
  EXPECT_EQ(server.streams(), 0U);
}

TEST_F(Http2ConnectionTest, AnAnswerWithoutABodyEndsWithItsHead) {
  const auto stream = client.get("/");
  client.talk(server, kNow);
  server.answer(stream, "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n", nullptr);
  client.talk(server, kNow);
  EXPECT_EQ(client.answers[stream].field(":status"), "304");
  EXPECT_TRUE(client.answers[stream].closed);
}

TEST_F(Http2ConnectionTest, ABodyThatComesPieceByPieceIsSentAsItComes) {
  const auto stream = client.get("/");
  client.talk(server, kNow);
  TextBody body{"one", false};
  server.answer(stream, "HTTP/1.1 200 OK\r\n", &body);
  client.talk(server, kNow);
  EXPECT_EQ(client.answers[stream].body, "one");
  EXPECT_FALSE(client.answers[stream].closed);
  body.rest = " two";
  body.complete = true;
  server.resume(stream);
  client.talk(server, kNow);
  EXPECT_EQ(client.answers[stream].body, "one two");
  EXPECT_TRUE(client.answers[stream].closed);
}

TEST_F(Http2ConnectionTest, TrailersFollowTheBody) {
  const auto stream = client.get("/");
  client.talk(server, kNow);
  TextBody body{"data"};
  body.behind = "X-Sum: 4\r\n";
  server.answer(stream, "HTTP/1.1 200 OK\r\n", &body);
  client.talk(server, kNow);
  EXPECT_EQ(client.answers[stream].field("x-sum"), "4");
  EXPECT_TRUE(client.answers[stream].closed);
}

TEST_F(Http2ConnectionTest, InterimAnswersComeBeforeTheLastOne) {
  const auto stream = client.get("/");
  client.talk(server, kNow);
  server.inform(stream, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
  server.answer(stream, "HTTP/1.1 204 No Content\r\n", nullptr);
  client.talk(server, kNow);
  EXPECT_EQ(client.answers[stream].interim, std::vector<std::string>{"103"});
  EXPECT_EQ(client.answers[stream].field(":status"), "204");
}

TEST_F(Http2ConnectionTest, ABodyOfUnknownLengthIsAnnouncedAsChunked) {
  const std::string body = "abc";
  client.ask({{":method", "POST"}, {":scheme", "https"}, {":authority", "a.test"}, {":path", "/p"}}, &body);
  client.talk(server, kNow);
  const auto events = server.take_events();
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].text, "POST /p HTTP/1.1\r\nhost: a.test\r\ntransfer-encoding: chunked\r\n\r\n");
  EXPECT_EQ(events[0].body, Body::chunked);
  EXPECT_EQ(events[1].kind, Kind::data);
  EXPECT_EQ(events[1].text, "abc");
  EXPECT_EQ(events[2].kind, Kind::end);
}

TEST_F(Http2ConnectionTest, ABodyWaitsUntilSomebodyTakesIt) {
  const std::string body(200'000, 'x');
  const auto length = std::to_string(body.size());
  const auto stream = client.ask({{":method", "POST"},
                                  {":scheme", "https"},
                                  {":authority", "a.test"},
                                  {":path", "/p"},
                                  {"content-length", length}},
                                 &body);
  client.talk(server, kNow);
  std::size_t got = 0;
  const auto take = [&] {
    std::size_t now = 0;
    for (const auto& event : server.take_events()) now += event.kind == Kind::data ? event.text.size() : 0;
    got += now;
    return now;
  };
  const auto first = take();
  EXPECT_EQ(first, 65535U) << "one window, and no more before it is taken";
  for (auto taken = first; taken > 0; taken = take()) {
    server.consumed(stream, taken);
    ASSERT_TRUE(client.talk(server, kNow));
  }
  EXPECT_EQ(got, body.size());
}

TEST_F(Http2ConnectionTest, AnAnswerThatIsCompleteEndsWhatTheClientStillSends) {
  const std::string body(200'000, 'x');
  const auto stream =
      client.ask({{":method", "POST"}, {":scheme", "https"}, {":authority", "a.test"}, {":path", "/p"}}, &body);
  client.talk(server, kNow);
  server.answer(stream, "HTTP/1.1 413 Content Too Large\r\n", nullptr);
  ASSERT_TRUE(client.talk(server, kNow));
  EXPECT_EQ(client.answers[stream].field(":status"), "413");
  EXPECT_TRUE(client.answers[stream].closed);
  EXPECT_EQ(client.answers[stream].error, std::uint32_t{NGHTTP2_NO_ERROR});
  EXPECT_EQ(server.streams(), 0U);
}

TEST_F(Http2ConnectionTest, AHeadBeyondTheLimitIsRefusedAndTheConnectionGoesOn) {
  client.get("/", {{"x-large", std::string(2000, 'x')}});
  client.talk(server, kNow);
  const auto asked = request();
  ASSERT_TRUE(asked.refusal);
  EXPECT_EQ(asked.refusal->status, 431);
  client.get("/next");
  EXPECT_TRUE(client.talk(server, kNow));
  EXPECT_FALSE(request().refusal);
}

TEST_F(Http2ConnectionTest, AWindowThatIsClosedStopsOneStreamAndNotTheOthers) {
  Http2Client narrow{10};
  const auto slow = narrow.get("/slow");
  const auto quick = narrow.get("/quick");
  narrow.talk(server, kNow);
  TextBody large{std::string(100'000, 'l')};
  TextBody small{"small"};
  server.answer(slow, "HTTP/1.1 200 OK\r\n", &large);
  server.answer(quick, "HTTP/1.1 200 OK\r\n", &small);
  narrow.talk(server, kNow);
  EXPECT_EQ(narrow.answers[slow].body.size(), 10U);
  EXPECT_EQ(narrow.answers[quick].body, "small");
  EXPECT_TRUE(narrow.answers[quick].closed);
  EXPECT_EQ(large.ready(), 100'000U - 10U) << "what the window has no room for stays where it is";
  EXPECT_TRUE(server.is_blocked(slow));
  EXPECT_FALSE(server.is_blocked()) << "of the connection there is room";
}

TEST_F(Http2ConnectionTest, GoingAwayLetsWhatIsUnderWayEnd) {
  const auto stream = client.get("/");
  client.talk(server, kNow);
  server.go_away();
  client.talk(server, kNow);
  EXPECT_TRUE(client.told_to_go);
  EXPECT_FALSE(server.is_over());
  server.answer(stream, "HTTP/1.1 200 OK\r\n", nullptr);
  client.talk(server, kNow);
  EXPECT_EQ(client.answers[stream].field(":status"), "200");
  EXPECT_TRUE(server.is_over());
}

TEST_F(Http2ConnectionTest, AStreamThatTheClientGivesUpIsToldAsClosed) {
  const auto stream = client.get("/");
  client.talk(server, kNow);
  request();
  client.cancel(stream);
  client.talk(server, kNow);
  const auto events = server.take_events();
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].kind, Kind::closed);
  EXPECT_EQ(events[0].stream, stream);
  server.answer(stream, "HTTP/1.1 200 OK\r\n", nullptr);
  EXPECT_TRUE(client.talk(server, kNow)) << "an answer that comes too late hurts nobody";
}

TEST_F(Http2ConnectionTest, AHeadThatIsTooLongToBeSentResetsItsStreamAlone) {
  const auto stream = client.get("/");
  client.talk(server, kNow);
  request();
  TextBody body{"behind it"};
  server.answer(stream, "HTTP/1.1 200 OK\r\nX-Long: " + std::string(70'000, 'x') + "\r\n", &body);
  ASSERT_TRUE(client.talk(server, kNow));
  EXPECT_TRUE(client.answers[stream].closed);
  EXPECT_EQ(client.answers[stream].error, std::uint32_t{NGHTTP2_INTERNAL_ERROR});
  EXPECT_EQ(server.take_events().size(), 1U) << "closed";
  client.get("/next");
  EXPECT_TRUE(client.talk(server, kNow));
  EXPECT_EQ(request().body, Body::none);
}

/// By frames, from a client whose windows have room for everything.
class Http2FramesTest : public Http2ConnectionTest {
 protected:
  static constexpr unsigned kEndStream = 1, kEndHeaders = 4;
  Http2FramesTest() {
    const auto window = frame(4, 0, 0, std::string_view{"\0\4\x40\0\0\0", 6});
    server.feed(greeting() + window + frame(8, 0, 0, std::string_view{"\x40\0\0\0", 4}), kNow);
  }
  static std::string get(std::uint32_t stream, unsigned flags) {
    return frame(1, kEndHeaders | flags, stream,
                 literal(":method", "GET") + literal(":scheme", "https") + literal(":authority", "a.test") +
                     literal(":path", "/"));
  }
};

TEST_F(Http2FramesTest, WhatWasSentOfALongAnswerMakesRoomForTheRest) {
  server.feed(get(1, kEndStream), kNow);
  TextBody body{std::string(1'000'000, 'x')};
  server.answer(1, "HTTP/1.1 200 OK\r\n", &body);
  const char* begin = nullptr;
  std::size_t total = 0;
  for (auto out = server.output(); !out.empty(); out = server.output()) {
    if (total > 100'000 && !begin) begin = out.data();
    ASSERT_TRUE(!begin || out.data() == begin) << "after " << total << " bytes";
    ASSERT_LT(out.size(), 2 * Http2Connection::kOutput);
    const auto some = std::min<std::size_t>(out.size(), 1000);
    server.sent(some);
    total += some;
  }
  EXPECT_GT(total, 1'000'000U);
}

TEST_F(Http2FramesTest, AStreamThatIsResetWhileAFrameOfItWaitsForRoomAsksNobodyForIt) {
  server.feed(get(1, kEndStream), kNow);
  server.take_events();
  {
    TextBody body{std::string(200'000, 'x')};
    server.answer(1, "HTTP/1.1 200 OK\r\n", &body);
    EXPECT_FALSE(server.output().empty());
    server.reset(1, Http2Connection::Reset::cancelled);
  }
  std::string said;
  for (auto out = server.output(); !out.empty(); out = server.output()) {
    said += out;
    server.sent(out.size());
  }
  EXPECT_TRUE(said.ends_with(frame(3, 0, 1, std::string_view{"\0\0\0\x08", 4}))) << "CANCEL, once";
  EXPECT_LT(said.size(), 2 * Http2Connection::kOutput);
  EXPECT_EQ(server.take_events().size(), 1U) << "closed";
}

TEST_F(Http2FramesTest, AGetWhoseEndComesInAFrameOfItsOwnHasNoBody) {
  server.feed(get(1, 0), kNow);
  EXPECT_TRUE(server.take_events().empty()) << "nobody knows yet";
  server.feed(frame(0, kEndStream, 1, {}), kNow);
  const auto asked = request();
  EXPECT_EQ(asked.text, "GET / HTTP/1.1\r\nhost: a.test\r\n\r\n");
  EXPECT_EQ(asked.body, Body::none);
}

TEST_F(Http2FramesTest, AGetThatDataFollowsHasABody) {
  server.feed(get(1, 0) + frame(0, kEndStream, 1, "data"), kNow);
  const auto events = server.take_events();
  ASSERT_EQ(events.size(), 3U);
  EXPECT_EQ(events[0].kind, Kind::request);
  EXPECT_EQ(events[0].body, Body::chunked);
  EXPECT_EQ(events[1].text, "data");
  EXPECT_EQ(events[2].kind, Kind::end);
}

}  // namespace
}  // namespace cachearr::net::test
