#include "shared/sweep.hpp"

#include <array>
#include <gtest/gtest.h>

namespace cachearr::shared {
namespace {

constexpr std::string_view kSweptKey = "cachearr:r1:{01}";

std::string swept_record(Sealer& sealer, RecordStamp stamp) {
  const std::array<std::string_view, 1> body{"a body that is not looked at"};
  const std::array<std::string_view, 1> tags{"series"};
  store::EntryParts parts;
  parts.id = hash128("an identity");
  parts.identity = "an identity";
  parts.key = "series:1";
  parts.upstream = "tmdb";
  parts.type = "series";
  parts.tags = tags;
  parts.head = "HTTP/1.1 200 OK\r\n";
  parts.body = body;
  parts.meta.status = 200;
  return seal_record(sealer, kSweptKey, *store::make_entry(parts), stamp, {});
}

TEST(ACardAlone, SaysWhatAnInvalidationIsJudgedBy) {
  Sealer sealer{std::string(32, 's'), std::string(16, 'w')};
  const auto record = swept_record(sealer, {3, 12, 1'700'000'000'000});
  const auto end = RecordReader::card_end(record);
  ASSERT_GT(end, 0U);
  ASSERT_LT(end, record.size());
  const auto begin = record.substr(0, end);
  RecordReader reader{sealer, kSweptKey, begin};
  ASSERT_EQ(reader.peek(), RecordFault::none);
  EXPECT_EQ(reader.stamp().ordinal, 12U);
  EXPECT_EQ(reader.card().key, "series:1");
  NewsLog log;
  log.start_at(12);
  EXPECT_EQ(log.validity(reader.stamp().ordinal, reader.card().target()), store::Validity::valid);
  log.add(13, {caching::Invalidation::Kind::pattern, "series:*", false});
  EXPECT_EQ(log.validity(reader.stamp().ordinal, reader.card().target()), store::Validity::gone);
}

TEST(ACardAlone, IsNotReadFromLessThanAllOfIt) {
  Sealer sealer{std::string(32, 's'), std::string(16, 'w')}, stranger{std::string(32, 'x'), std::string(16, 'w')};
  const auto record = swept_record(sealer, {});
  const auto begin = record.substr(0, RecordReader::card_end(record));
  const auto shorter = begin.substr(0, begin.size() - 1);
  EXPECT_EQ((RecordReader{sealer, kSweptKey, shorter}.peek()), RecordFault::format);
  EXPECT_EQ((RecordReader{stranger, kSweptKey, begin}.peek()), RecordFault::seal);
  EXPECT_EQ((RecordReader{sealer, "cachearr:r1:{02}", begin}.peek()), RecordFault::seal);
  EXPECT_EQ(RecordReader::card_end("no record at all, but of some length that would do"), 0U);
}

TEST(APattern, TakesThePrefixForItself) {
  EXPECT_EQ(escaped_for_pattern("cachearr"), "cachearr");
  EXPECT_EQ(escaped_for_pattern("a*b?[c]\\"), "a\\*b\\?\\[c\\]\\\\");
}

}  // namespace
}  // namespace cachearr::shared
