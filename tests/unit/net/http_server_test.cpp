#include "net/http_server.hpp"

#include <chrono>
#include <gtest/gtest.h>

#include "unit/net/memory_stream.hpp"
#include "unit/net/pump.hpp"

namespace cachearr::net {
namespace {

using test::MemoryStream;
using test::Pump;
using Outcome = HttpServer::Outcome::Kind;

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: a.test\r\n\r\n";

/// A connection whose peer has sent some bytes and nothing more.
class AServedConnection : public ::testing::Test {
 protected:
  AServedConnection() {
    // An hour ago: every limit has passed by the time the sweep comes.
    pump_.worker.deadlines().set_now(std::chrono::steady_clock::now() - std::chrono::hours{1});
  }
  HttpServer::Outcome read_head() { return pump_.run(server_.read_head(request_)); }
  HttpServer::Outcome read_body(std::uint64_t limit) { return pump_.run(server_.read_body(request_, limit)); }

  Pump pump_;
  std::unique_ptr<MemoryStream> owned_ = std::make_unique<MemoryStream>(pump_.worker);
  MemoryStream& stream_ = *owned_;
  IdleOrder order_;
  HttpServer server_{std::move(owned_), HttpLimits{}, order_};
  HttpServer::Request request_;
};

TEST_F(AServedConnection, GivesOneRequestAfterTheOther) {
  stream_.sends(std::string{kGet} + "POST /b HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\n\r\nbody" + "HEAD /c HT");
  stream_.sends("TP/1.1\r\nHost: a.test\r\n\r\n");
  for (const auto* const target : {"/a", "/b", "/c"}) {
    ASSERT_EQ(read_head().kind, Outcome::complete);
    EXPECT_EQ(request_.head.head.target, target);
    ASSERT_EQ(read_body(4).kind, Outcome::complete);
  }
  EXPECT_EQ(read_head().kind, Outcome::ended);
}

TEST_F(AServedConnection, ReadsABodyInAnyFraming) {
  stream_.sends("PUT /a HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbo");
  stream_.sends("dy\r\n0\r\n\r\n");
  ASSERT_EQ(read_head().kind, Outcome::complete);
  ASSERT_EQ(read_body(4).kind, Outcome::complete);
  EXPECT_EQ(request_.body, "body");
}

TEST_F(AServedConnection, RefusesABodyBeyondItsLimitHoweverItIsFramed) {
  stream_.sends("PUT /a HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n");
  ASSERT_EQ(read_head().kind, Outcome::complete);
  const auto outcome = read_body(3);
  EXPECT_EQ(outcome.kind, Outcome::refused);
  EXPECT_EQ(outcome.refusal.status, 413);
}

TEST_F(AServedConnection, SaysThatItWaitsForABody) {
  stream_.sends("PUT /a HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\nbody");
  ASSERT_EQ(read_head().kind, Outcome::complete);
  ASSERT_EQ(read_body(4).kind, Outcome::complete);
  EXPECT_EQ(stream_.written(), "HTTP/1.1 100 Continue\r\n\r\n");
}

TEST_F(AServedConnection, RefusesWhatIsMalformedOrContradictory) {
  for (const auto& [sent, status] :
       {std::pair{"GET /a HTTP/1.1\nHost: a.test\n\n", 400},
        {"GET /a HTTP/3.0\r\nHost: a.test\r\n\r\n", 505},
        {"PUT /a HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
        {"PUT /a HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: gzip\r\n\r\n", 400}}) {
    Pump pump;
    auto stream = std::make_unique<MemoryStream>(pump.worker);
    stream->sends(sent);
    IdleOrder order;
    HttpServer server{std::move(stream), HttpLimits{}, order};
    HttpServer::Request request;
    const auto outcome = pump.run(server.read_head(request));
    EXPECT_EQ(outcome.kind, Outcome::refused) << sent;
    EXPECT_EQ(outcome.refusal.status, status) << sent;
  }
}

TEST_F(AServedConnection, AnswersAHeadThatDoesNotEndInTime) {
  stream_.sends("GET /a HT");
  stream_.falls_silent();
  const auto outcome = read_head();
  EXPECT_EQ(outcome.kind, Outcome::refused);
  EXPECT_EQ(outcome.refusal.status, 408);
}

TEST_F(AServedConnection, EndsWithoutAnAnswerWhereNothingComes) {
  stream_.falls_silent();
  EXPECT_EQ(read_head().kind, Outcome::ended);
}

TEST_F(AServedConnection, EndsWhereTheClientLeavesWithinARequest) {
  stream_.sends("PUT /a HTTP/1.1\r\nHost: a.test\r\nContent-Length: 4\r\n\r\nbo");
  ASSERT_EQ(read_head().kind, Outcome::complete);
  EXPECT_EQ(read_body(4).kind, Outcome::ended);
}

TEST_F(AServedConnection, SendsAReplyInAsManyWritesAsItTakes) {
  stream_.takes_at_most(3);
  EXPECT_TRUE(pump_.run(server_.write("head\r\n\r\n", "body")));
  EXPECT_EQ(stream_.written(), "head\r\n\r\nbody");
}

TEST_F(AServedConnection, IsIdleBetweenRequestsAlone) {
  EXPECT_TRUE(server_.is_idle());
  stream_.sends(kGet);
  ASSERT_EQ(read_head().kind, Outcome::complete);
  EXPECT_FALSE(server_.is_idle());
  EXPECT_FALSE(order_.end_longest());
}

TEST_F(AServedConnection, GivesWayWhereItWaits) {
  EXPECT_TRUE(order_.end_longest());
  EXPECT_FALSE(stream_.is_open());
  EXPECT_FALSE(server_.is_idle());
}

/// As a loop of its own uses it.
TEST(AWaitForAHead, IsLimitedOnceForTheWholeHead) {
  Pump pump;
  MemoryStream stream{pump.worker};
  Inbox inbox;
  HeadWait wait;
  wait.before_read(stream, inbox, Duration{60'000}, Duration{10'000});
  EXPECT_TRUE(stream.armed());
  inbox.prepend("GET");
  wait.before_read(stream, inbox, Duration{60'000}, Duration{10'000});
  stream.disarm();
  wait.before_read(stream, inbox, Duration{60'000}, Duration{10'000});
  EXPECT_FALSE(stream.armed()) << "a further read does not begin the time anew";
  wait.head_is_there(stream);
  wait.before_read(stream, inbox, Duration{60'000}, Duration{10'000});
  EXPECT_TRUE(stream.armed());
}

}  // namespace
}  // namespace cachearr::net
