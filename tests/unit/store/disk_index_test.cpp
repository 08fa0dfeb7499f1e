#include "store/disk_index.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "unit/store/made.hpp"

namespace cachearr::store {
namespace {

DiskSlot slot(const std::string& key, std::int64_t fresh_until_ms = 1'000'000, std::uint64_t bytes = 1000) {
  EntryMeta meta;
  meta.fresh_until_ms = fresh_until_ms;
  return slot_of(key, meta, bytes);
}

TEST(DiskIndex, KnowsWhatWasPut) {
  DiskIndex index;
  index.put(test::id_of("a"), slot("a"));
  EXPECT_TRUE(index.has(test::id_of("a")));
  EXPECT_FALSE(index.has(test::id_of("b")));
  index.erase(IdPrefix::of(test::id_of("a")));
  EXPECT_FALSE(index.has(test::id_of("a")));
  EXPECT_EQ(index.size(), 0U);
}

TEST(DiskIndex, TellsAHundredThousandApart) {
  DiskIndex index;
  for (int i = 0; i < 100'000; ++i) index.put(test::id_of(std::to_string(i)), slot("k"));
  int mistaken = 0;
  for (int i = 100'000; i < 200'000; ++i) mistaken += index.has(test::id_of(std::to_string(i))) ? 1 : 0;
  EXPECT_LE(mistaken, 2);
  EXPECT_LE(index.bytes(), 100'000U * 48U);
}

TEST(DiskIndex, NamesWhatHasExpired) {
  DiskIndex index;
  for (int i = 0; i < 1000; ++i) index.put(test::id_of(std::to_string(i)), slot("k", i % 2 == 0 ? 1'000 : 1'000'000));
  std::size_t found = 0;
  for (std::size_t shard = 0; shard < DiskIndex::kShards; ++shard) found += index.expired(100'000, 1000).size();
  EXPECT_EQ(found, 500U);
}

TEST(DiskIndex, FindsKeysByTheirHash) {
  DiskIndex index;
  index.put(test::id_of("a", "en"), slot("a"));
  index.put(test::id_of("a", "de"), slot("a"));
  index.put(test::id_of("b"), slot("b"));
  EXPECT_EQ(index.with_keys({{key_hash_of("a")}}).size(), 2U);
  EXPECT_EQ(index.with_keys({{key_hash_of("b")}, {key_hash_of("a")}}).size(), 3U);
  EXPECT_TRUE(index.with_keys({{key_hash_of("c")}}).empty());
}

TEST(DiskIndex, CountsUseAndKeepsTheCountWhenAnAnswerIsReplaced) {
  DiskIndex index;
  const auto id = test::id_of("a");
  EXPECT_EQ(index.touch(id, 1), 0U);
  index.put(id, slot("a"));
  EXPECT_EQ(index.touch(id, 1), 0U);
  EXPECT_EQ(index.touch(id, 1), 1U);
  index.put(id, slot("a"));
  index.put_if_absent(id, slot("a"));
  EXPECT_EQ(index.take_frequency(id), 2U);
  EXPECT_EQ(index.take_frequency(id), 0U);
}

TEST(DiskIndex, RemembersWhenAnAnswerWasReadUntilItIsReplaced) {
  DiskIndex index;
  const auto id = test::id_of("a");
  index.put(id, slot("a"));
  EXPECT_EQ(index.find(id).read_in, 0U);
  index.touch(id, 7);
  EXPECT_EQ(index.find(id).read_in, 7U);
  index.put(id, slot("a"));
  EXPECT_EQ(index.find(id).read_in, 0U);
}

TEST(DiskIndex, CountsOnFromALowerNumberAtTheEndOfTheCount) {
  DiskIndex index;
  const auto id = test::id_of("a");
  index.put(id, slot("a"));
  for (unsigned i = 0; i < 31; ++i) EXPECT_EQ(index.touch(id, 1), i);
  EXPECT_EQ(index.touch(id, 1), 31U);
  EXPECT_EQ(index.touch(id, 1), 16U);
}

TEST(DiskIndex, AsksForMoreHitsBeforeMemoryIsEarnedAgainButNeverForMoreThanSixteen) {
  DiskIndex index;
  const auto id = test::id_of("a");
  index.put(id, slot("a"));
  std::vector<unsigned> earned_by;
  for (unsigned hit = 1; hit <= 100; ++hit) {
    if (has_earned_memory(index.touch(id, 1))) earned_by.push_back(hit);
  }
  EXPECT_EQ(earned_by, (std::vector<unsigned>{2, 4, 8, 16, 32, 48, 64, 80, 96}));
}

TEST(DiskIndex, RemembersSizesRoughly) {
  for (const std::uint64_t bytes : {100U, 4'096U, 1'000'000U}) {
    const auto rough = bytes_of(slot("a", 0, bytes));
    EXPECT_GE(rough, bytes - bytes / 10);
    EXPECT_LE(rough, bytes + bytes / 8);
  }
}

TEST(DiskIndex, GivesItsMemoryBackWhenCleared) {
  DiskIndex index;
  for (int i = 0; i < 10'000; ++i) index.put(test::id_of(std::to_string(i)), slot("k"));
  index.clear();
  EXPECT_EQ(index.size(), 0U);
  EXPECT_EQ(index.bytes(), 0U);
}

}  // namespace
}  // namespace cachearr::store
