#include "caching/partial.hpp"

#include <gtest/gtest.h>
#include <string>

#include "caching/reuse.hpp"
#include "unit/caching/heads.hpp"

namespace cachearr::caching {
namespace {

using namespace test;
using http::ContentRange;
using Body = http::Framing::Body;

http::Framing counted(std::uint64_t length) { return {Body::length, length, true, false}; }

std::optional<ContentRange> part(Lines lines, const http::Framing& framing = counted(5),
                                 const Question& question = Question{{{"Range", "bytes=0-4"}}}, int status = 206) {
  return storable_part(question.head, Answer{status, lines}.head, framing);
}

TEST(AStorablePart, IsOneRangeOfKnownLength) {
  EXPECT_EQ(part({{"Content-Range", "bytes 0-4/10"}, {"ETag", "\"a\""}}), (ContentRange{0, 4, 10}));
  EXPECT_EQ(part({{"Content-Range", "bytes 0-4/10"}}), (ContentRange{0, 4, 10}));
  EXPECT_EQ(part({{"Content-Range", "bytes 0-4/10"}}, {Body::chunked, 0, true, false}), (ContentRange{0, 4, 10}));
}

TEST(AStorablePart, IsNotOneOfUnknownPlaceOrLength) {
  for (const auto* const range : {"bytes 0-4/*", "bytes */10", "items 0-4/10", "bytes 4-0/10", "nonsense"})
    EXPECT_EQ(part({{"Content-Range", range}}), std::nullopt) << range;
  EXPECT_EQ(part({}), std::nullopt);
  EXPECT_EQ(part({{"Content-Range", "bytes 0-4/10"}, {"Content-Range", "bytes 0-4/10"}}), std::nullopt);
  EXPECT_EQ(part({{"Content-Type", "multipart/byteranges; boundary=x"}}), std::nullopt);
}

TEST(AStorablePart, IsNotOneThatNobodyAskedForOrThatIsNo206) {
  const Lines range{{"Content-Range", "bytes 0-4/10"}};
  EXPECT_EQ(part(range, counted(5), Question{}), std::nullopt);
  EXPECT_EQ(part(range, counted(5), Question{{{"Range", "bytes=0-4"}, {"Range", "bytes=5-9"}}}), std::nullopt);
  EXPECT_EQ(part(range, counted(5), Question{{{"Range", "bytes=0-4"}}, http::Method::post}), std::nullopt);
  EXPECT_EQ(part(range, counted(5), Question{{{"Range", "bytes=0-4"}}}, 200), std::nullopt);
}

TEST(AStorablePart, IsNotOneWhoseBytesMayBeOthersNextTime) {
  EXPECT_EQ(part({{"Content-Range", "bytes 0-4/10"}, {"ETag", "W/\"a\""}}), std::nullopt);
  EXPECT_EQ(part({{"Content-Range", "bytes 0-4/10"}, {"ETag", "unquoted"}}), std::nullopt);
  EXPECT_EQ(part({{"Content-Range", "bytes 0-4/10"}, {"Content-Encoding", "gzip"}}), std::nullopt);
}

TEST(AStorablePart, HasTheFieldsThatAnotherClientNeeds) {
  const Question resumed{{{"Range", "bytes=0-4"}, {"If-Range", "\"a\""}}};
  EXPECT_EQ(part({{"Content-Range", "bytes 0-4/10"}, {"ETag", "\"a\""}}, counted(5), resumed), std::nullopt);
  EXPECT_EQ(part({{"Content-Range", "bytes 0-4/10"}, {"Content-Type", "video/mp4"}}, counted(5), resumed),
            (ContentRange{0, 4, 10}));
}

TEST(AStorablePart, IsNotOneOfWhichNobodyKnowsWhetherAllOfItCame) {
  EXPECT_EQ(part({{"Content-Range", "bytes 0-4/10"}}, {Body::until_close, 0, false, false}), std::nullopt);
  EXPECT_EQ(part({{"Content-Range", "bytes 0-4/10"}}, counted(6)), std::nullopt);
  EXPECT_EQ(part({{"Content-Range", "bytes 0-4/10"}}, counted(4)), std::nullopt);
  EXPECT_EQ(part({{"Content-Range", "bytes 0-9/10"}}, counted(5)), std::nullopt);
  EXPECT_EQ(part({{"Content-Range", "bytes 5-9/10"}}, {Body::none, 0, true, false}), std::nullopt);
}

TEST(AStorablePart, EndsWithItsBodyWhereTheSenderCountedTheEndTooFar) {
  EXPECT_EQ(part({{"Content-Range", "bytes 4-9/10"}}), (ContentRange{4, 8, 9}));
  EXPECT_EQ(part({{"Content-Range", "bytes 4-9/11"}}), std::nullopt);
  EXPECT_EQ(part({{"Content-Range", "bytes 6-9/10"}}), std::nullopt);
}

TEST(APart, IsStoredForAsLongAsTheWholeWouldBeAndMarked) {
  const Question question{{{"Range", "bytes=0-4"}}};
  const Answer answer{206, {{"Cache-Control", "max-age=60"}, {"Content-Range", "bytes 0-4/10"}}};
  const auto verdict = may_store_part(question.head, answer.head, {}, {kNow, kNow});
  EXPECT_TRUE(verdict.storable());
  EXPECT_EQ(verdict.lifetime, 60s);
  EXPECT_EQ(verdict.meta.status, 206);
  EXPECT_NE(verdict.meta.flags & kPartial, 0);
  const auto heuristic = may_store_part(
      question.head, Answer{206, {{"Last-Modified", at(-1000s)}, {"Date", at(0s)}}}.head, {}, {kNow, kNow});
  EXPECT_TRUE(heuristic.storable());
  EXPECT_EQ(heuristic.lifetime, 100s);
}

TEST(APart, IsNotStoredWhereTheWholeWouldNotBe) {
  const Question question{{{"Range", "bytes=0-4"}}};
  EXPECT_EQ(may_store_part(question.head, Answer{206, {{"Cache-Control", "no-store"}}}.head, {}, {kNow, kNow}).reason,
            Reason::no_store);
  EXPECT_EQ(may_store_part(question.head, Answer{206, {{"Cache-Control", "private"}}}.head, {}, {kNow, kNow}).reason,
            Reason::is_private);
  EXPECT_EQ(may_store_part(question.head, Answer{206}.head, {}, {kNow, kNow}).reason, Reason::no_lifetime);
}

bool is_answered(const char* range, Lines more = {}) {
  Question question{{{"Range", range}}};
  for (const auto& line : more) question.with(line.name, line.value);
  return answers({4, 8, 10}, question.head, {"\"a\"", std::nullopt, std::nullopt});
}

TEST(APart, AnswersWhatLiesWithinIt) {
  for (const auto* const range : {"bytes=4-8", "bytes=5-6", "bytes=8-8", "bytes=4-5,7-8"})
    EXPECT_TRUE(is_answered(range)) << range;
  EXPECT_TRUE(is_answered("bytes=4-8", {{"If-Range", "\"a\""}}));
}

TEST(APart, AnswersNothingElse) {
  for (const auto* const range : {"bytes=0-", "bytes=3-8", "bytes=4-9", "bytes=4-", "bytes=-5", "bytes=4-5,9-9",
                                  "bytes=10-", "bytes=6-5", "bytes=", "items=4-8", "bytes=4-5,4-5,4-5,4-5,4-5,4-5"})
    EXPECT_FALSE(is_answered(range)) << range;
  EXPECT_FALSE(is_answered("bytes=4-8", {{"If-Range", "\"b\""}}));
  EXPECT_FALSE(is_answered("bytes=4-8", {{"If-Range", "W/\"a\""}}));
  EXPECT_FALSE(answers({4, 8, 10}, Question{}.head, {}));
  EXPECT_FALSE(answers({4, 8, 10}, Question{{{"Range", "bytes=4-8"}}, http::Method::head}.head, {}));
}

bool share(Lines a, Lines b) { return share_strong_validator(Answer{206, a}.head, Answer{206, b}.head); }

TEST(Parts, AreOfTheSameBytesByAStrongValidatorAlone) {
  EXPECT_TRUE(share({{"ETag", "\"a\""}}, {{"ETag", "\"a\""}}));
  EXPECT_FALSE(share({{"ETag", "\"a\""}}, {{"ETag", "\"b\""}}));
  EXPECT_FALSE(share({{"ETag", "W/\"a\""}}, {{"ETag", "W/\"a\""}}));
  EXPECT_FALSE(share({{"ETag", "\"a\""}}, {}));
  EXPECT_FALSE(share({}, {{"ETag", "\"a\""}}));
  EXPECT_FALSE(share({}, {}));
  const Lines old{{"Last-Modified", at(-60s)}, {"Date", at(0s)}};
  EXPECT_TRUE(share(old, old));
  EXPECT_FALSE(share(old, {{"Last-Modified", at(-59s)}, {"Date", at(0s)}}));
  const Lines young{{"Last-Modified", at(0s)}, {"Date", at(0s)}};
  EXPECT_FALSE(share(young, young));
  EXPECT_FALSE(share({{"Last-Modified", at(-60s)}}, {{"Last-Modified", at(-60s)}}));
  EXPECT_FALSE(share({{"ETag", "\"a\""}, {"Last-Modified", at(-60s)}, {"Date", at(0s)}}, old));
}

TEST(Parts, LackWhatStandsAtOneEnd) {
  EXPECT_EQ(rest_of({0, 4, 10}), (ContentRange{5, 9, 10}));
  EXPECT_EQ(rest_of({4, 9, 10}), (ContentRange{0, 3, 10}));
  EXPECT_EQ(rest_of({4, 8, 10}), std::nullopt);
  EXPECT_EQ(rest_of({0, 9, 10}), std::nullopt);
}

std::string asked(const ContentRange& rest, Lines part_lines) {
  std::string out;
  append_rest(out, rest, Answer{206, part_lines}.head);
  return out;
}

TEST(TheRest, IsAskedForOnlyWhereNothingHasChanged) {
  EXPECT_EQ(asked({5, 9, 10}, {{"ETag", "\"a\""}}), "Range: bytes=5-\r\nIf-Range: \"a\"\r\n");
  EXPECT_EQ(asked({0, 3, 10}, {{"ETag", "\"a\""}}), "Range: bytes=0-3\r\nIf-Range: \"a\"\r\n");
  EXPECT_EQ(asked({5, 9, 10}, {{"Last-Modified", at(-60s)}, {"Date", at(0s)}}),
            "Range: bytes=5-\r\nIf-Range: " + at(-60s) + "\r\n");
  EXPECT_EQ(asked({5, 9, 10}, {{"Last-Modified", at(0s)}, {"Date", at(0s)}}), "Range: bytes=5-\r\n");
}

bool is_completed_by(Lines lines, std::uint64_t length = 5, int status = 206) {
  const Answer stored{206, {{"ETag", "\"a\""}, {"Content-Range", "bytes 0-4/10"}}};
  return completes(stored.head, {5, 9, 10}, Answer{status, lines}.head, counted(length));
}

TEST(TheRest, CompletesAPartOfTheSameRepresentation) {
  EXPECT_TRUE(is_completed_by({{"ETag", "\"a\""}, {"Content-Range", "bytes 5-9/10"}}));
}

TEST(TheRest, CompletesNothingWhereItIsAnother) {
  EXPECT_FALSE(is_completed_by({{"ETag", "\"b\""}, {"Content-Range", "bytes 5-9/10"}}));
  EXPECT_FALSE(is_completed_by({{"ETag", "W/\"a\""}, {"Content-Range", "bytes 5-9/10"}}));
  EXPECT_FALSE(is_completed_by({{"Content-Range", "bytes 5-9/10"}}));
  EXPECT_FALSE(is_completed_by({{"ETag", "\"a\""}, {"Content-Range", "bytes 5-9/11"}}));
  EXPECT_FALSE(is_completed_by({{"ETag", "\"a\""}, {"Content-Range", "bytes 4-8/10"}}));
  EXPECT_FALSE(is_completed_by({{"ETag", "\"a\""}, {"Content-Range", "bytes 5-9/10"}}, 4));
  EXPECT_FALSE(is_completed_by({{"ETag", "\"a\""}, {"Content-Range", "bytes 5-9/10"}, {"Content-Encoding", "gzip"}}));
  EXPECT_FALSE(is_completed_by({{"ETag", "\"a\""}, {"Content-Type", "multipart/byteranges"}}));
  EXPECT_FALSE(is_completed_by({{"ETag", "\"a\""}, {"Content-Range", "bytes 5-9/10"}}, 5, 200));
}

TEST(Parts, AreJoinedWhereTheyTouch) {
  EXPECT_EQ(joined({0, 4, 10}, {5, 9, 10}), (ContentRange{0, 9, 10}));
  EXPECT_EQ(joined({5, 9, 10}, {0, 4, 10}), (ContentRange{0, 9, 10}));
  EXPECT_EQ(joined({2, 6, 10}, {4, 8, 10}), (ContentRange{2, 8, 10}));
  EXPECT_EQ(joined({2, 8, 10}, {4, 5, 10}), (ContentRange{2, 8, 10}));
  EXPECT_EQ(joined({0, 3, 10}, {5, 9, 10}), std::nullopt);
  EXPECT_EQ(joined({0, 4, 10}, {5, 9, 11}), std::nullopt);
}

TEST(ACombinedHead, HasTheNewerFieldsAndOfTheOlderWhatTheNewerLack) {
  const Answer older{206,
                     {{"Content-Type", "video/mp4"},
                      {"ETag", "\"a\""},
                      {"X-Old", "1"},
                      {"Age", "9"},
                      {"Date", at(-9s)},
                      {"Via", "1.1 cachearr"},
                      {"Content-Range", "bytes 0-4/10"},
                      {"Content-Length", "5"}}};
  const Answer newer{206,
                     {{"etag", "\"a\""}, {"Date", at(0s)}, {"Content-Range", "bytes 5-7/10"}, {"Content-Length", "3"}}};
  EXPECT_EQ(combined_head(older.head, newer.head, {0, 7, 10}),
            "HTTP/1.1 206 Partial Content\r\netag: \"a\"\r\nDate: " + at(0s) +
                "\r\nContent-Type: video/mp4\r\nX-Old: 1\r\nContent-Range: bytes 0-7/10\r\nContent-Length: 8\r\n");
}

TEST(ACombinedHead, Is200WhereNothingIsMissing) {
  const Answer answer{206, {{"ETag", "\"a\""}, {"Content-Range", "bytes 0-9/10"}}};
  EXPECT_EQ(combined_head(answer.head, answer.head, {0, 9, 10}),
            "HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Length: 10\r\n");
}

}  // namespace
}  // namespace cachearr::caching
