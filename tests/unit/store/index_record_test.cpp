#include "store/index_record.hpp"

#include <gtest/gtest.h>
#include <random>
#include <string>

#include "unit/store/made.hpp"

namespace cachearr::store {
namespace {

TEST(IndexRecord, ComesBackAsItWas) {
  const ManualClock clock;
  const EntryPtr entry =
      test::make({.key = "series:1", .tags = {"a", "b"}, .body = "body", .cost = {7, 8, 9}, .fetches = 5}, clock);
  IndexRecord record = index_record_of(*entry);
  record.first_chunk = 17;
  record.content_hash = 99;
  record.packed = true;
  const std::string bytes = encode(record, entry->id());
  IndexRecord back;
  ASSERT_TRUE(decode(bytes, entry->id(), back));
  EXPECT_EQ(back.first_chunk, 17U);
  EXPECT_EQ(back.content_hash, 99U);
  EXPECT_EQ(back.body_size, 4U);
  EXPECT_EQ(back.plain_size, 4U);
  EXPECT_EQ(back.key, "series:1");
  EXPECT_EQ(back.upstream, "tmdb");
  EXPECT_EQ(back.type, "metadata_series");
  EXPECT_EQ(back.meta.fresh_until_ms, entry->meta.fresh_until_ms);
  EXPECT_EQ(back.tags, record.tags);
  EXPECT_EQ(back.cost, (FetchCost{7, 8, 9}));
  EXPECT_EQ(back.fetches, 5U);
  EXPECT_TRUE(back.packed);
  EXPECT_FALSE(back.compressed);
}

TEST(IndexRecord, BelongsToOneId) {
  const ManualClock clock;
  const EntryPtr entry = test::make({.key = "a"}, clock);
  const std::string bytes = encode(index_record_of(*entry), entry->id());
  IndexRecord back;
  EXPECT_FALSE(decode(bytes, test::id_of("b"), back));
}

TEST(IndexRecord, WithAnyBitChangedIsNone) {
  const ManualClock clock;
  const EntryPtr entry = test::make({.key = "a", .tags = {"t"}}, clock);
  const std::string bytes = encode(index_record_of(*entry), entry->id());
  IndexRecord back;
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    ASSERT_FALSE(decode(changed, entry->id(), back)) << bit;
  }
}

TEST(IndexRecord, CutShortIsNone) {
  const ManualClock clock;
  const EntryPtr entry = test::make({.key = "a"}, clock);
  const std::string bytes = encode(index_record_of(*entry), entry->id());
  IndexRecord back;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ASSERT_FALSE(decode(std::string_view{bytes}.substr(0, size), entry->id(), back));
  }
}

TEST(IndexRecord, OfAnyBytesIsDecodedWithoutOverread) {
  std::mt19937 random{3};
  IndexRecord back;
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(random() % 300, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    EXPECT_FALSE(decode(bytes, {}, back));
  }
}

}  // namespace
}  // namespace cachearr::store
