#include <gmock/gmock.h>

#include "unit/client/stored_reply.hpp"

namespace cachearr::client {
namespace {

using cachearr::test::Asked;
using cachearr::test::Reply;
using cachearr::test::stored;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Asked get(const std::string& lines) { return Asked{"GET /x", "Host: a.test\r\n" + lines}; }

TEST(AStoredReply, IsWhatWasStoredWithItsAge) {
  const Reply reply{get("")};
  EXPECT_EQ(reply.answer.head.status, 200);
  EXPECT_EQ(reply.answer.body, "0123456789");
  EXPECT_EQ(reply.answer.field("Age"), "5");
  EXPECT_EQ(reply.answer.field("Content-Length"), "10");
  EXPECT_EQ(reply.answer.field("ETag"), "\"v1\"");
  EXPECT_EQ(reply.answer.field("Cache-Status"), "cachearr; hit");
  EXPECT_EQ(reply.answer.field("X-Own"), "1");
  EXPECT_FALSE(reply.answer.has("Connection"));
  EXPECT_EQ(reply.sent.status, 200);
  EXPECT_EQ(reply.sent.body_bytes, 10U);
}

TEST(AStoredReply, SaysHowTheConnectionGoesOn) {
  EXPECT_EQ((Reply{get(""), stored(), {false, false}}.answer.field("Connection")), "close");
  EXPECT_EQ((Reply{get(""), stored(), {true, true}}.answer.field("Connection")), "keep-alive");
  EXPECT_EQ((Reply{get(""), stored(), {false, true}}.answer.field("Connection")), "close");
}

TEST(AStoredReply, HasNoBodyToHead) {
  const Reply reply{Asked{"HEAD /x"}};
  EXPECT_EQ(reply.answer.head.status, 200);
  EXPECT_EQ(reply.answer.field("Content-Length"), "10");
  EXPECT_THAT(reply.answer.body, IsEmpty());
  EXPECT_EQ(reply.sent.body_bytes, 0U);
}

TEST(AStoredReply, Is304WhereTheClientHasIt) {
  for (const auto* const line :
       {"If-None-Match: \"v1\"\r\n", "If-None-Match: W/\"v1\"\r\n", "If-None-Match: \"x\", \"v1\"\r\n",
        "If-None-Match: *\r\n", "If-Modified-Since: Tue, 14 Nov 2023 21:13:20 GMT\r\n",
        "If-Modified-Since: Tue, 14 Nov 2023 22:00:00 GMT\r\n"}) {
    const Reply reply{get(line)};
    EXPECT_EQ(reply.answer.head.status, 304) << line;
    EXPECT_THAT(reply.answer.body, IsEmpty());
    EXPECT_EQ(reply.sent.status, 304);
  }
}

TEST(AStoredReply, Of304CarriesWhatUpdatesTheClientsCopy) {
  const Reply reply{get("If-None-Match: \"v1\"\r\n")};
  EXPECT_EQ(reply.answer.field("ETag"), "\"v1\"");
  EXPECT_EQ(reply.answer.field("Date"), "Tue, 14 Nov 2023 22:13:20 GMT");
  EXPECT_EQ(reply.answer.field("Cache-Control"), "max-age=60");
  EXPECT_EQ(reply.answer.field("Age"), "5");
  EXPECT_EQ(reply.answer.field("Via"), "1.1 cachearr");
  for (const auto* const name : {"Content-Length", "Content-Type", "Last-Modified"})
    EXPECT_FALSE(reply.answer.has(name)) << name;
}

TEST(AStoredReply, IsWholeWhereTheClientsCopyIsOld) {
  for (const auto* const line : {"If-None-Match: \"v2\"\r\n", "If-Modified-Since: Tue, 14 Nov 2023 21:13:19 GMT\r\n",
                                 "If-Modified-Since: nonsense\r\n", "If-Match: \"v1\"\r\n",
                                 "If-Unmodified-Since: Tue, 14 Nov 2023 21:13:20 GMT\r\n",
                                 "If-None-Match: \"v2\"\r\nIf-Modified-Since: Tue, 14 Nov 2023 22:00:00 GMT\r\n"})
    EXPECT_EQ(Reply{get(line)}.answer.body, "0123456789") << line;
}

TEST(AStoredReply, Is412WhereTheClientWantsAnother) {
  for (const auto* const line :
       {"If-Match: \"v2\"\r\n", "If-Match: W/\"v1\"\r\n", "If-Unmodified-Since: Tue, 14 Nov 2023 21:13:19 GMT\r\n"}) {
    const Reply reply{get(line)};
    EXPECT_EQ(reply.answer.head.status, 412) << line;
    EXPECT_EQ(reply.answer.field("Content-Length"), "0");
    EXPECT_THAT(reply.answer.body, IsEmpty());
  }
}

TEST(AStoredReply, Is206ForOneRange) {
  const std::pair<const char*, const char*> ranges[] = {
      {"bytes=2-4", "234"}, {"bytes=7-", "789"}, {"bytes=-2", "89"}, {"bytes=8-100", "89"}, {"bytes=0-0", "0"}};
  for (const auto& [range, part] : ranges) {
    const Reply reply{get(std::string{"Range: "} + range + "\r\n")};
    EXPECT_EQ(reply.answer.head.status, 206) << range;
    EXPECT_EQ(reply.answer.body, part);
    EXPECT_EQ(reply.answer.field("Content-Length"), std::to_string(std::string_view{part}.size()));
    EXPECT_EQ(reply.answer.head.fields.count(http::FieldId::content_length), 1U);
    EXPECT_EQ(reply.sent.body_bytes, std::string_view{part}.size());
  }
  const Reply reply{get("Range: bytes=2-4\r\n")};
  EXPECT_EQ(reply.answer.field("Content-Range"), "bytes 2-4/10");
  EXPECT_EQ(reply.answer.field("Content-Type"), "text/plain");
  EXPECT_EQ(reply.answer.field("ETag"), "\"v1\"");
}

TEST(AStoredReply, Is206InPartsForSeveralRanges) {
  const Reply reply{get("Range: bytes=0-1,4-5,-1\r\n")};
  ASSERT_EQ(reply.answer.head.status, 206);
  const std::string type{reply.answer.field("Content-Type")};
  const std::string prefix = "multipart/byteranges; boundary=";
  ASSERT_THAT(type, ::testing::StartsWith(prefix));
  const auto boundary = "\r\n--" + type.substr(prefix.size());
  std::string expected;
  for (const auto& [range, part] : {std::pair{"0-1", "01"}, std::pair{"4-5", "45"}, std::pair{"9-9", "9"}})
    expected += boundary + "\r\nContent-Type: text/plain\r\nContent-Range: bytes " + range + "/10\r\n\r\n" + part;
  expected += boundary + "--\r\n";
  EXPECT_EQ(reply.answer.body, expected);
  EXPECT_EQ(reply.answer.field("Content-Length"), std::to_string(expected.size()));
  EXPECT_EQ(reply.answer.head.fields.count(http::FieldId::content_type), 1U);
  EXPECT_FALSE(reply.answer.has("Content-Range"));
  EXPECT_EQ(reply.sent.body_bytes, expected.size());
}

TEST(AStoredReply, Is416ForARangeBehindItsEnd) {
  const Reply reply{get("Range: bytes=10-\r\n")};
  EXPECT_EQ(reply.answer.head.status, 416);
  EXPECT_EQ(reply.answer.field("Content-Range"), "bytes */10");
  EXPECT_EQ(reply.answer.field("Content-Length"), "0");
  EXPECT_THAT(reply.answer.body, IsEmpty());
}

TEST(AStoredReply, IsWholeForARangeThatIsNone) {
  for (const auto* const line :
       {"Range: bytes=4-2\r\n", "Range: items=0-1\r\n", "Range: bytes=a-b\r\n", "Range: bytes=\r\n",
        "Range: bytes=0-8,0-8\r\n", "Range: bytes=0-1\r\nIf-Range: \"v2\"\r\n"})
    EXPECT_EQ(Reply{get(line)}.answer.head.status, 200) << line;
  EXPECT_EQ(Reply{get("Range: bytes=0-1\r\nIf-Range: \"v1\"\r\n")}.answer.head.status, 206);
  EXPECT_EQ((Reply{Asked{"HEAD /x", "Host: a.test\r\nRange: bytes=0-1\r\n"}}.answer.head.status), 200);
}

TEST(AStoredReply, IsJudgedByItsConditionsBeforeItsRanges) {
  EXPECT_EQ(Reply{get("Range: bytes=0-1\r\nIf-None-Match: \"v1\"\r\n")}.answer.head.status, 304);
  EXPECT_EQ(Reply{get("Range: bytes=10-\r\nIf-Match: \"v2\"\r\n")}.answer.head.status, 412);
}

TEST(AStoredReply, OfAnyOtherStatusKnowsNeitherConditionsNorRanges) {
  for (const auto* const line : {"If-None-Match: \"v1\"\r\n", "If-Match: \"v2\"\r\n", "Range: bytes=0-1\r\n"}) {
    const Reply reply{get(line), stored("gone", 404)};
    EXPECT_EQ(reply.answer.head.status, 404);
    EXPECT_EQ(reply.answer.body, "gone");
    EXPECT_EQ(reply.sent.status, 404);
  }
}

TEST(AStoredReply, MayBeEmpty) {
  const Reply reply{get("Range: bytes=0-1\r\n"), stored("")};
  EXPECT_EQ(reply.answer.head.status, 200);
  EXPECT_EQ(reply.answer.field("Content-Length"), "0");
}

/// Bytes 4 to 8 of 10.
store::EntryPtr stored_part() {
  const std::string line = "HTTP/1.1 206 Partial Content\r\nETag: ";
  const auto head = line + "\"v1\"\r\nContent-Type: text/plain\r\nContent-Range: bytes 4-8/10\r\nContent-Length: 5\r\n";
  const std::array<std::string_view, 1> body{"45678"};
  store::EntryParts parts;
  parts.head = head;
  parts.body = body;
  parts.meta.status = 206;
  parts.meta.flags = caching::kPartial;
  parts.meta.etag_at = static_cast<std::uint16_t>(line.size());
  parts.meta.etag_size = 4;
  return store::make_entry(parts);
}

TEST(AReplyFromAStoredPart, CutsByThePlaceInTheWhole) {
  const Reply reply{get("Range: bytes=5-6\r\n"), stored_part()};
  EXPECT_EQ(reply.answer.head.status, 206);
  EXPECT_EQ(reply.answer.body, "56");
  EXPECT_EQ(reply.answer.field("Content-Range"), "bytes 5-6/10");
  EXPECT_EQ(reply.answer.field("Content-Length"), "2");
  EXPECT_EQ(reply.answer.head.fields.count(http::FieldId::content_range), 1U);
  EXPECT_EQ((Reply{get("Range: bytes=4-8\r\n"), stored_part()}.answer.body), "45678");
}

TEST(AReplyFromAStoredPart, MayBeInSeveralParts) {
  const Reply reply{get("Range: bytes=4-5,8-8\r\n"), stored_part()};
  EXPECT_EQ(reply.answer.head.status, 206);
  EXPECT_THAT(std::string{reply.answer.body}, HasSubstr("Content-Range: bytes 4-5/10\r\n\r\n45\r\n"));
  EXPECT_THAT(std::string{reply.answer.body}, HasSubstr("Content-Range: bytes 8-8/10\r\n\r\n8\r\n"));
}

TEST(AReplyFromAStoredPart, Is304WhereTheClientHasIt) {
  EXPECT_EQ((Reply{get("Range: bytes=5-6\r\nIf-None-Match: \"v1\"\r\n"), stored_part()}.answer.head.status), 304);
}

}  // namespace
}  // namespace cachearr::client
