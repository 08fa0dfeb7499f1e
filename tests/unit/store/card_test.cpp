#include "store/card.hpp"

#include <gtest/gtest.h>
#include <random>
#include <string>

#include "unit/store/made.hpp"

namespace cachearr::store {
namespace {

TEST(Card, ComesBackAsItWas) {
  const ManualClock clock;
  const EntryPtr entry = test::make({.key = "series:1", .tags = {"a", "b"}, .body = "body"}, clock);
  Card card = card_of(*entry);
  card.first_chunk = 17;
  card.record_hash = 99;
  card.packed = true;
  const std::string bytes = encode(card, entry->id());
  Card back;
  ASSERT_TRUE(decode(bytes, entry->id(), back));
  EXPECT_EQ(back.first_chunk, 17U);
  EXPECT_EQ(back.record_hash, 99U);
  EXPECT_EQ(back.body_size, 4U);
  EXPECT_EQ(back.plain_size, 4U);
  EXPECT_EQ(back.key, "series:1");
  EXPECT_EQ(back.upstream, "tmdb");
  EXPECT_EQ(back.type, "metadata_series");
  EXPECT_EQ(back.meta.fresh_until_ms, entry->meta.fresh_until_ms);
  EXPECT_EQ(back.tags, card.tags);
  EXPECT_TRUE(back.packed);
  EXPECT_FALSE(back.compressed);
}

TEST(Card, BelongsToOneId) {
  const ManualClock clock;
  const EntryPtr entry = test::make({.key = "a"}, clock);
  const std::string bytes = encode(card_of(*entry), entry->id());
  Card back;
  EXPECT_FALSE(decode(bytes, test::id_of("b"), back));
}

TEST(Card, WithAnyBitChangedIsNone) {
  const ManualClock clock;
  const EntryPtr entry = test::make({.key = "a", .tags = {"t"}}, clock);
  const std::string bytes = encode(card_of(*entry), entry->id());
  Card back;
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string changed = bytes;
    changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
    ASSERT_FALSE(decode(changed, entry->id(), back)) << bit;
  }
}

TEST(Card, CutShortIsNone) {
  const ManualClock clock;
  const EntryPtr entry = test::make({.key = "a"}, clock);
  const std::string bytes = encode(card_of(*entry), entry->id());
  Card back;
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    ASSERT_FALSE(decode(std::string_view{bytes}.substr(0, size), entry->id(), back));
  }
}

TEST(Card, OfAnyBytesIsDecodedWithoutOverread) {
  std::mt19937 random{3};
  Card back;
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(random() % 300, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    EXPECT_FALSE(decode(bytes, {}, back));
  }
}

}  // namespace
}  // namespace cachearr::store
