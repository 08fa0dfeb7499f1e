#include "client/content_coder.hpp"

#include <array>
#include <gtest/gtest.h>
#include <string>

#include "content/decoder.hpp"
#include "content/encoder.hpp"
#include "unit/client/stored_reply.hpp"

namespace cachearr::client {
namespace {

using cachearr::test::Answered;
using cachearr::test::Asked;
using content::Coding;

const std::string kPlain = [] {
  std::string text;
  for (int i = 0; i < 400; ++i) text += "{\"id\":" + std::to_string(i) + ",\"title\":\"the same again\"}\n";
  return text;
}();

struct Made {
  std::string body = kPlain;
  std::string lines = "ETag: \"v1\"\r\nContent-Type: application/json\r\n";
  std::uint16_t flags = store::EntryFlag::kText;
  std::uint16_t status = 200;
};

store::EntryPtr entry_of(const Made& made) {
  const std::string head = "HTTP/1.1 " + std::to_string(made.status) + " OK\r\n" + made.lines +
                           "X-Own: 1\r\nContent-Length: " + std::to_string(made.body.size()) + "\r\n";
  const std::array<std::string_view, 1> pieces{made.body};
  store::EntryParts parts;
  parts.id = hash128(head);
  parts.identity = "identity";
  parts.key = "key";
  parts.head = head;
  parts.body = pieces;
  parts.meta.status = made.status;
  parts.meta.flags = made.flags;
  const auto etag = head.find("\"v1\"");
  if (etag != std::string::npos) {
    parts.meta.etag_at = static_cast<std::uint16_t>(etag);
    parts.meta.etag_size = 4;
  }
  return store::make_entry(parts);
}

store::EntryPtr gzipped() {
  return entry_of({*content::encode(kPlain, Coding::gzip),
                   "ETag: \"v1\"\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n", 0});
}

/// What a client with these field lines gets.
struct Got {
  Got(const store::EntryPtr& entry, const std::string& lines, const std::string& start = "GET /x")
      : Got{ContentCoder{1 << 20}, entry, lines, start} {}
  Got(ContentCoder coder, const store::EntryPtr& entry, const std::string& lines, const std::string& start)
      : answer{reply(coder, entry, lines, start)} {}
  static std::string reply(ContentCoder& coder, const store::EntryPtr& entry, const std::string& lines,
                           const std::string& start) {
    const Asked asked{start, "Host: a.test\r\n" + lines};
    const auto fitting = coder.fit(entry, asked.head, true);
    cachearr::test::Http1Connection connection;
    const bool recoded = static_cast<bool>(fitting.made);
    append_stored(connection.sink, asked.head, recoded ? fitting.made : entry, cachearr::test::Reply::hit(),
                  cachearr::test::kStoredAt, {}, fitting.varies, recoded);
    return connection.text();
  }
  std::string plain() const {
    return content::decode(answer.field("Content-Encoding"), answer.body, {1 << 20}).value_or("");
  }
  Answered answer;
};

TEST(ContentCoder, OfStoredTextFollowTheClient) {
  const auto stored = entry_of({});
  for (const auto& [accepted, coding] : {std::pair{"Accept-Encoding: gzip\r\n", "gzip"},
                                         {"Accept-Encoding: gzip, br\r\n", "br"},
                                         {"Accept-Encoding: br;q=0.5, gzip\r\n", "gzip"},
                                         {"Accept-Encoding: identity\r\n", ""},
                                         {"Accept-Encoding: zstd\r\n", ""},
                                         {"", ""}}) {
    const Got got{stored, accepted};
    EXPECT_EQ(got.answer.field("Content-Encoding"), coding) << accepted;
    EXPECT_EQ(got.answer.field("Vary"), "Accept-Encoding") << accepted;
    EXPECT_EQ(got.answer.field("Content-Length"), std::to_string(got.answer.body.size()));
    EXPECT_EQ(got.plain(), kPlain);
    EXPECT_EQ(got.answer.field("ETag"), *coding == '\0' ? "\"v1\"" : "W/\"v1\"");
    EXPECT_EQ(got.answer.field("X-Own"), "1");
    EXPECT_EQ(got.answer.head.fields.count(http::FieldId::content_length), 1U);
  }
}

TEST(ContentCoder, OfAStoredGzipAreDecodedForWhoTakesLess) {
  const auto stored = gzipped();
  const Got same{stored, "Accept-Encoding: br, gzip;q=0.1\r\n"};
  EXPECT_EQ(same.answer.field("Content-Encoding"), "gzip");
  EXPECT_EQ(same.answer.field("ETag"), "\"v1\"");
  EXPECT_EQ(same.answer.field("Vary"), "Accept-Encoding");
  for (const auto* const accepted : {"", "Accept-Encoding: identity\r\n", "Accept-Encoding: gzip;q=0\r\n"}) {
    const Got got{stored, accepted};
    EXPECT_FALSE(got.answer.has("Content-Encoding")) << accepted;
    EXPECT_EQ(got.answer.body, kPlain);
    EXPECT_EQ(got.answer.field("Content-Length"), std::to_string(kPlain.size()));
    EXPECT_EQ(got.answer.field("ETag"), "W/\"v1\"");
  }
  EXPECT_EQ((Got{stored, "Accept-Encoding: br\r\n"}.answer.field("Content-Encoding")), "br");
}

TEST(ContentCoder, LeaveAloneWhatIsNotToBeConverted) {
  const std::string asks = "Accept-Encoding: gzip, br\r\n";
  for (const auto& made : {Made{.flags = 0},  // an image
                           Made{.body = "short"}, Made{.body = std::string(300 * 1024, 'x')}, Made{.status = 404},
                           Made{.lines = "Cache-Control: max-age=60, no-transform\r\n"},
                           Made{.lines = "Content-Encoding: identity\r\n", .flags = 0}}) {
    const Got got{entry_of(made), asks};
    EXPECT_EQ(got.answer.body, made.body);
    EXPECT_FALSE(got.answer.has("Vary")) << made.lines;
  }
}

Fitting::Kind kind_for(const Made& made, const std::string& lines) {
  ContentCoder coder{1 << 20};
  const Asked asked{"GET /x", "Host: a.test\r\n" + lines};
  return coder.fit(entry_of(made), asked.head, false).kind;
}

TEST(ContentCoder, GivesNobodyWhatHeCannotReadAndNobodyMayDecode) {
  const auto packed = *content::encode(kPlain, Coding::gzip);
  const std::string gzip = "Content-Encoding: gzip\r\n";
  for (const auto& made : {Made{packed, gzip + "Cache-Control: max-age=60, no-transform\r\n", 0},
                           Made{packed, gzip + "Content-Type: application/x-tar\r\n", 0},
                           Made{packed, "Content-Encoding: compress\r\n", 0},
                           Made{packed, "Content-Encoding: gzip, compress\r\n", 0}, Made{"no gzip at all", gzip, 0}}) {
    EXPECT_EQ(kind_for(made, ""), Fitting::Kind::anew) << made.lines;
    EXPECT_EQ(kind_for(made, "Accept-Encoding: gzip, compress\r\n"), Fitting::Kind::ready) << made.lines;
  }
  EXPECT_EQ(kind_for({packed, gzip, 0}, "Cache-Control: no-transform\r\n"), Fitting::Kind::anew);
}

TEST(ContentCoder, LeavesWhatIsLongWhenDecodedToBeDecodedInSteps) {
  const Made bomb{*content::encode(std::string(1 << 20, 'x'), Coding::gzip),
                  "ETag: \"v1\"\r\nContent-Encoding: gzip\r\n", 0};
  ASSERT_LT(bomb.body.size(), 4096U);
  ContentCoder coder{1 << 20};
  const Asked asked{"GET /x", "Host: a.test\r\n"};
  const auto fitting = coder.fit(entry_of(bomb), asked.head, false);
  ASSERT_EQ(fitting.kind, Fitting::Kind::in_steps);
  EXPECT_EQ(fitting.coding, "gzip");
  EXPECT_EQ(fitting.made->etag(), "W/\"v1\"");
  EXPECT_EQ(fitting.made->head().find("Content-Length"), std::string_view::npos);
  EXPECT_NE(fitting.made->head().find("Vary: Accept-Encoding"), std::string_view::npos);
}

TEST(ContentCoder, LeavesPlainTextAloneUnlessItIsRefused) {
  ContentCoder coder{1 << 20};
  const Asked takes{"GET /x", "Host: a.test\r\nAccept-Encoding: gzip\r\n"};
  EXPECT_FALSE(coder.fit(entry_of({}), takes.head, false).made);
  const Asked refuses{"GET /x", "Host: a.test\r\nAccept-Encoding: *, identity;q=0\r\n"};
  const auto fitting = coder.fit(entry_of({}), refuses.head, false);
  ASSERT_TRUE(fitting.made);
  EXPECT_NE(fitting.made->head().find("Content-Encoding: "), std::string_view::npos);
}

TEST(ContentCoder, GivesNoPartsOfWhatItMade) {
  const Got whole{gzipped(), "Range: bytes=0-9\r\n"};
  EXPECT_EQ(whole.answer.head.status, 200);
  EXPECT_EQ(whole.answer.body, kPlain);
}

TEST(ContentCoder, SayVaryOnce) {
  const auto stored = entry_of({.lines = "Vary: Origin, accept-encoding\r\n"});
  const Got got{stored, "Accept-Encoding: gzip\r\n"};
  EXPECT_EQ(got.answer.head.fields.count(http::FieldId::vary), 1U);
  EXPECT_EQ(got.answer.field("Content-Encoding"), "gzip");
}

TEST(ContentCoder, KeepConditionsRangesAndHeadRight) {
  const auto stored = entry_of({});
  const std::string gzip = "Accept-Encoding: gzip\r\n";
  const Got context{stored, gzip + "If-None-Match: W/\"v1\"\r\n"};
  EXPECT_EQ(context.answer.head.status, 304);
  EXPECT_EQ(context.answer.field("ETag"), "W/\"v1\"");
  EXPECT_EQ(context.answer.field("Vary"), "Accept-Encoding");

  const Got part{stored, gzip + "Range: bytes=0-9\r\n"};
  EXPECT_EQ(part.answer.head.status, 206);
  EXPECT_EQ(part.answer.body, kPlain.substr(0, 10));
  EXPECT_FALSE(part.answer.has("Content-Encoding"));

  const Got whole{gzipped(), "Range: bytes=0-9\r\nIf-Range: \"v1\"\r\n"};
  EXPECT_EQ(whole.answer.head.status, 200) << "the tag is that of other bytes";
  EXPECT_EQ(whole.answer.body, kPlain);

  const Got head{stored, gzip, "HEAD /x"};
  const Got get{stored, gzip};
  EXPECT_EQ(head.answer.field("Content-Length"), get.answer.field("Content-Length"));
  EXPECT_EQ(head.answer.body, "");
}

TEST(ContentCoder, AreMadeOnceAndKeptWithinTheirBudget) {
  ContentCoder coder{64 * 1024};
  const Asked asked{"GET /x", "Host: a.test\r\nAccept-Encoding: gzip\r\n"};
  const auto stored = entry_of({});
  const auto first = coder.fit(stored, asked.head, true).made;
  EXPECT_EQ(coder.fit(stored, asked.head, true).made.get(), first.get());
  for (int i = 0; i < 200; ++i) {
    const auto other = entry_of({.lines = "X-Number: " + std::to_string(i) + "\r\n"});
    EXPECT_NE(coder.fit(other, asked.head, true).made.get(), first.get());
    EXPECT_LE(coder.bytes(), 64U * 1024);
  }
  EXPECT_NE(coder.fit(stored, asked.head, true).made.get(), first.get()) << "it has made room for the others";
}

TEST(ContentCoder, AreMadeAnewForAnotherAnswerOfTheSameName) {
  ContentCoder coder{1 << 20};
  const Asked asked{"GET /x", "Host: a.test\r\nAccept-Encoding: gzip\r\n"};
  const auto stored = entry_of({});
  const auto first = coder.fit(stored, asked.head, true).made;
  auto meta = stored->meta;
  meta.stored_ms += 1;
  const auto renewed = store::with_meta(*stored, meta);
  EXPECT_NE(coder.fit(renewed, asked.head, true).made.get(), first.get());
}

}  // namespace
}  // namespace cachearr::client
