#include "client/http1_reply_sink.hpp"

#include <gmock/gmock.h>
#include <memory>
#include <string>
#include <utility>

#include "unit/client/stored_reply.hpp"

namespace cachearr::client {
namespace {

using cachearr::test::Http1Connection;
using cachearr::test::stored;
using ::testing::IsEmpty;
using Body = ReplySink::Body;

std::shared_ptr<const std::string> piece(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

/// What a head says of the connection, and whether its body has an end of its own.
std::pair<std::string, bool> head_of(Body body, ReplySink::Connection connection) {
  Http1Connection client;
  client.sink.begin_head({}) += "A: 1\r\n";
  const bool delimited = client.sink.end_head(body, connection);
  return {client.text(), delimited};
}

TEST(AnHttp1Sink, EndsAHeadWithWhatTheClientsVersionNeeds) {
  using Head = std::pair<std::string, bool>;
  for (const auto body : {Body::none, Body::counted}) {
    EXPECT_EQ(head_of(body, {true, false}), (Head{"A: 1\r\n\r\n", true}));
    EXPECT_EQ(head_of(body, {false, false}), (Head{"A: 1\r\nConnection: close\r\n\r\n", true}));
    EXPECT_EQ(head_of(body, {true, true}), (Head{"A: 1\r\nConnection: keep-alive\r\n\r\n", true}));
    EXPECT_EQ(head_of(body, {false, true}), (Head{"A: 1\r\nConnection: close\r\n\r\n", true}));
  }
  EXPECT_EQ(head_of(Body::uncounted, {true, false}), (Head{"A: 1\r\nTransfer-Encoding: chunked\r\n\r\n", true}));
  EXPECT_EQ(head_of(Body::uncounted, {true, true}), (Head{"A: 1\r\nConnection: close\r\n\r\n", false}));
}

TEST(AnHttp1Sink, ChunksWhatHasNoLength) {
  Http1Connection client;
  client.sink.begin_head({});
  client.sink.end_head(Body::uncounted, {});
  const auto entry = stored("from the store");
  client.sink.body(piece(std::string(26, 'x')));
  client.sink.body(entry, entry->body().substr(0, 4));
  client.sink.body("text");
  client.sink.end();
  EXPECT_EQ(client.text(), "Transfer-Encoding: chunked\r\n\r\n1a\r\n" + std::string(26, 'x') +
                               "\r\n4\r\nfrom\r\n4\r\ntext\r\n0\r\n\r\n");
}

TEST(AnHttp1Sink, HasAPlaceForTrailersBehindChunksAlone) {
  const auto text_of = [](Body body, std::string_view trailers) {
    Http1Connection client;
    client.sink.begin_head({});
    client.sink.end_head(body, {});
    client.sink.clear();
    client.sink.body("b");
    client.sink.end_with(trailers);
    return client.text();
  };
  EXPECT_EQ(text_of(Body::uncounted, "A: 1\r\n"), "1\r\nb\r\n0\r\nA: 1\r\n\r\n");
  EXPECT_EQ(text_of(Body::uncounted, ""), "1\r\nb\r\n0\r\n\r\n");
  EXPECT_EQ(text_of(Body::counted, "A: 1\r\n"), "b");
}

TEST(AnHttp1Sink, MakesNoEmptyChunkAsThatWouldEndTheBody) {
  Http1Connection client;
  client.sink.begin_head({});
  client.sink.end_head(Body::uncounted, {});
  client.sink.clear();
  client.sink.body(piece(""));
  client.sink.body(stored(), "");
  client.sink.body("");
  EXPECT_TRUE(client.sink.empty());
  client.sink.end();
  EXPECT_EQ(client.text(), "0\r\n\r\n");
}

TEST(AnHttp1Sink, GoesOnChunkingAfterWhatItHeldIsSent) {
  Http1Connection client;
  client.sink.begin_head({});
  client.sink.end_head(Body::uncounted, {});
  client.sink.clear();
  client.sink.body("one");
  EXPECT_EQ(client.text(), "3\r\none\r\n");
  const auto unsent = client.sink.take();
  EXPECT_EQ(unsent->bytes(), 8U);
  client.sink.body("more");
  client.sink.end();
  EXPECT_EQ(client.text(), "4\r\nmore\r\n0\r\n\r\n");
}

TEST(AnHttp1Sink, SendsCountedBodiesAndThoseThatTheConnectionEndsAsTheyAre) {
  for (const auto& [body, connection] :
       {std::pair{Body::counted, ReplySink::Connection{}}, {Body::uncounted, ReplySink::Connection{true, true}}}) {
    Http1Connection client;
    client.sink.begin_head({});
    client.sink.end_head(body, connection);
    client.sink.clear();
    client.sink.body(piece("a"));
    client.sink.body(stored(), "");
    client.sink.body("b");
    client.sink.end();
    EXPECT_EQ(client.text(), "ab");
  }
}

TEST(AnHttp1Sink, FramesEachReplyByItself) {
  Http1Connection client;
  client.sink.begin_head({});
  client.sink.end_head(Body::uncounted, {});
  client.sink.end();
  client.sink.clear();
  client.sink.begin_head({}) += "B: 2\r\n";
  client.sink.end_head(Body::counted, {});
  client.sink.body("x");
  client.sink.end();
  EXPECT_EQ(client.text(), "B: 2\r\n\r\nx");
}

TEST(AnHttp1Sink, KeepsWhatItSendsAliveUntilItIsSent) {
  Http1Connection client;
  client.sink.body(piece("a piece"));
  std::weak_ptr<const std::string> kept;
  {
    const auto owned = piece(" and another");
    kept = owned;
    client.sink.body(owned);
  }
  EXPECT_EQ(client.text(), "a piece and another");
  client.sink.clear();
  EXPECT_TRUE(kept.expired());
}

TEST(AnHttp1Sink, ResetsTheStreamThatItHasNowAndDropsWhatIsUnsent) {
  Http1Connection client;
  net::test::MemoryStream inside{client.pump.worker};
  client.sink.change_stream(inside);
  client.sink.begin_head({});
  client.sink.end_head(Body::uncounted, {});
  client.sink.body("half");
  client.sink.reset();
  EXPECT_FALSE(inside.is_open());
  EXPECT_TRUE(client.stream.is_open());
  EXPECT_THAT(client.text(), IsEmpty());
  EXPECT_EQ(client.sink.bytes(), 0U);
}

}  // namespace
}  // namespace cachearr::client
