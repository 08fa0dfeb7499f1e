#include "client/http2/http2_reply_sink.hpp"

#include <gtest/gtest.h>
#include <optional>

#include "unit/net/http2_client.hpp"
#include "unit/net/pump.hpp"

namespace cachearr::client {
namespace {

using Body = ReplySink::Body;

/// One request that has come by a connection of HTTP/2, and the sink of its stream.
class Http2ReplySinkTest : public testing::Test {
 protected:
  explicit Http2ReplySinkTest(std::uint32_t window = 65535) : peer{window}, stream{peer.get("/")} {
    peer.talk(connection);
    connection.take_events();
  }
  void begin(Body body) {
    sink.begin_head({}) += "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n";
    sink.end_head(body, {});
  }

  net::test::Pump pump;
  net::Http2Connection connection{net::Http2Limits{}};
  net::test::Http2Client peer;
  net::Http2StreamId stream;
  Http2ReplySink sink{pump.worker, connection, stream};
};

TEST_F(Http2ReplySinkTest, AReplyArrivesWithWhatStandsBehindIt) {
  begin(Body::uncounted);
  sink.body("one ");
  sink.body(std::make_shared<const std::string>("two"));
  sink.end_with("X-Sum: 7\r\n");
  EXPECT_TRUE(sink.is_waiting());
  peer.talk(connection);
  EXPECT_EQ(peer.answers[stream].body, "one two");
  EXPECT_EQ(peer.answers[stream].field("x-sum"), "7");
  EXPECT_TRUE(pump.run(sink.drain()));
}

TEST_F(Http2ReplySinkTest, AReplyWithoutBodyIsCompleteWithItsHead) {
  begin(Body::none);
  EXPECT_TRUE(sink.is_complete());
  peer.talk(connection);
  EXPECT_TRUE(peer.answers[stream].closed);
  EXPECT_TRUE(pump.run(sink.drain()));
}

TEST_F(Http2ReplySinkTest, WaitsUntilTheClientHasTakenEverything) {
  std::uint64_t taken = 0;
  sink.count_in(taken);
  begin(Body::counted);
  sink.body(std::make_shared<const std::string>(100'000, 'x'));
  sink.end();
  peer.talk(connection);
  std::optional<bool> drained;
  pump.start(sink.drain(), drained);
  pump.worker.context().poll();
  EXPECT_FALSE(drained);
  EXPECT_EQ(taken, 65535U) << "one window";
  peer.take_body(stream, 65535);
  peer.talk(connection);
  while (!drained) pump.worker.context().run_one();
  EXPECT_TRUE(*drained);
  EXPECT_EQ(peer.answers[stream].body.size(), 100'000U);
}

TEST_F(Http2ReplySinkTest, AClientThatGoesEndsTheWaitAndTakesNothingMore) {
  begin(Body::counted);
  sink.body(std::make_shared<const std::string>(100'000, 'x'));
  peer.talk(connection);
  std::optional<bool> drained;
  pump.start(sink.drain(), drained);
  pump.worker.context().poll();
  sink.close();
  while (!drained) pump.worker.context().run_one();
  EXPECT_FALSE(*drained);
  sink.body("too late");
  EXPECT_FALSE(sink.is_waiting());
}

TEST_F(Http2ReplySinkTest, AReplyThatWillNeverBeCompleteResetsItsStream) {
  begin(Body::uncounted);
  sink.body("half");
  peer.talk(connection);
  sink.reset();
  peer.talk(connection);
  EXPECT_TRUE(peer.answers[stream].closed);
  EXPECT_EQ(peer.answers[stream].error, std::uint32_t{NGHTTP2_INTERNAL_ERROR});
  EXPECT_FALSE(pump.run(sink.drain()));
}

TEST_F(Http2ReplySinkTest, AReplyThatNobodyTakesIsGivenUp) {
  begin(Body::counted);
  sink.body(std::make_shared<const std::string>(100'000, 'x'));
  sink.end();
  peer.talk(connection);
  EXPECT_EQ(sink.moved(), 65535U);
  EXPECT_TRUE(connection.is_blocked(stream));
  sink.give_up();
  peer.talk(connection);
  EXPECT_EQ(peer.answers[stream].error, std::uint32_t{NGHTTP2_CANCEL});
  EXPECT_FALSE(sink.is_waiting());
  EXPECT_FALSE(pump.run(sink.drain()));
}

}  // namespace
}  // namespace cachearr::client
