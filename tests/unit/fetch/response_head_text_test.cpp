#include "fetch/response_head_text.hpp"

#include <gmock/gmock.h>

#include "unit/pipeline/heads.hpp"

namespace cachearr::fetch {
namespace {

using test::Answered;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

const TimePoint kNow{std::chrono::seconds{784'111'777}};
constexpr std::string_view kDate = "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n";

ResponseHeadText composed(const std::string& lines, bool keep_length = false) {
  const Answered answer{"HTTP/1.1 200 OK\r\n" + lines + "\r\n"};
  return compose_response_head(answer.head, kNow, keep_length);
}
std::string_view etag_in(const ResponseHeadText& head) {
  return std::string_view{head.text}.substr(head.etag_at, head.etag_size);
}

TEST(AnAnswersHead, IsHttp11WithTheOriginsStatusAndReason) {
  const Answered answer{"HTTP/1.0 404 Not there\r\nDate: x\r\n\r\n"};
  EXPECT_EQ(compose_response_head(answer.head, kNow, false).text,
            "HTTP/1.1 404 Not there\r\nDate: x\r\nVia: 1.1 cachearr\r\n");
  const Answered wordless{"HTTP/1.1 200\r\nDate: x\r\n\r\n"};
  EXPECT_EQ(compose_response_head(wordless.head, kNow, false).text,
            "HTTP/1.1 200 \r\nDate: x\r\nVia: 1.1 cachearr\r\n");
}

TEST(AnAnswersHead, GetsADateOnlyWhereTheOriginGaveNone) {
  EXPECT_THAT(composed("").text, HasSubstr(std::string{kDate}));
  const auto dated = composed("Date: Mon, 01 Jan 2024 00:00:00 GMT\r\n").text;
  EXPECT_THAT(dated, HasSubstr("Date: Mon, 01 Jan 2024 00:00:00 GMT\r\n"));
  EXPECT_EQ(dated.find("Date:"), dated.rfind("Date:"));
}

TEST(AnAnswersHead, LeavesOutWhatIsWrittenWhenItIsSent) {
  const auto text = composed("Age: 5\r\nContent-Length: 7\r\nX-Kept: 1\r\n").text;
  EXPECT_THAT(text, Not(HasSubstr("Age")));
  EXPECT_THAT(text, Not(HasSubstr("Content-Length")));
  EXPECT_THAT(text, HasSubstr("X-Kept: 1\r\n"));
}

TEST(AnAnswersHead, KeepsTheLengthOfABodyThatDoesNotFollow) {
  EXPECT_THAT(composed("Content-Length: 7\r\n", true).text, HasSubstr("Content-Length: 7\r\n"));
}

TEST(AnAnswersHead, LeavesHopByHopFieldsOut) {
  const auto text =
      composed(
          "Connection: close, X-Mine\r\nX-Mine: 1\r\nKeep-Alive: 5\r\nTransfer-Encoding: chunked\r\nTrailer: x\r\n"
          "Upgrade: h2c\r\nProxy-Connection: close\r\nVary: a\r\n")
          .text;
  for (const auto* const name : {"Connection", "X-Mine", "Keep-Alive", "Transfer-Encoding", "Trailer", "Upgrade"})
    EXPECT_THAT(text, Not(HasSubstr(name)));
  EXPECT_THAT(text, HasSubstr("Vary: a\r\n"));
}

TEST(AnAnswersHead, KeepsRepeatedFieldsInOrder) {
  EXPECT_THAT(composed("Set-Cookie: a\r\nVia: 1.0 x\r\nSet-Cookie: b\r\n").text,
              HasSubstr("Set-Cookie: a\r\nVia: 1.0 x\r\nSet-Cookie: b\r\n"));
  EXPECT_THAT(composed("Via: 1.0 x\r\n").text, EndsWith("Via: 1.1 cachearr\r\n"));
}

TEST(AnAnswersHead, KnowsWhereItsEtagStands) {
  EXPECT_EQ(etag_in(composed("A: b\r\nETag: \"one\"\r\nC: d\r\n")), "\"one\"");
  EXPECT_EQ(etag_in(composed("etag: W/\"two\"\r\n")), "W/\"two\"");
  EXPECT_EQ(etag_in(composed("ETag: \"first\"\r\nETag: \"second\"\r\n")), "\"first\"");
  EXPECT_EQ(composed("A: b\r\n").etag_size, 0U);
  EXPECT_EQ(composed("ETag:\r\n").etag_size, 0U);
}

TEST(AnAnswersHead, FindsItsEtagAgain) {
  auto head = composed("A: b\r\nETag: \"one\"\r\nC: d\r\n");
  const auto at = head.etag_at;
  head.etag_at = head.etag_size = 0;
  find_etag(head);
  EXPECT_EQ(head.etag_at, at);
  EXPECT_EQ(etag_in(head), "\"one\"");
  auto none = composed("A: b\r\n");
  none.etag_at = none.etag_size = 3;
  find_etag(none);
  EXPECT_EQ(none.etag_size, 0U);
}

TEST(AnInterimHead, IsRelayedWithoutFramingAndHopByHopFields) {
  const Answered answer{"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"};
  EXPECT_EQ(compose_interim(answer.head), "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n");
}

TEST(AnUpgradesHead, HasWhatTheUpgradeNeeds) {
  const Answered answer{
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade, X-Mine\r\nX-Mine: 1\r\nUpgrade: websocket\r\n"
      "Sec-WebSocket-Accept: x\r\n\r\n"};
  const Answered composed{compose_upgrade(answer.head)};
  EXPECT_EQ(composed.head.status, 101);
  EXPECT_EQ(composed.field("Connection"), "Upgrade");
  EXPECT_EQ(composed.field("Upgrade"), "websocket");
  EXPECT_EQ(composed.field("Sec-WebSocket-Accept"), "x");
  EXPECT_FALSE(composed.has("X-Mine"));
}

}  // namespace
}  // namespace cachearr::fetch
