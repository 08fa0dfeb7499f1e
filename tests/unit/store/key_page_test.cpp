#include "store/key_page.hpp"

#include <algorithm>
#include <gtest/gtest.h>
#include <string>
#include <tuple>
#include <vector>

#include "unit/store/two_tier.hpp"

namespace cachearr::store {
namespace {

using test::id_of;
using test::Made;
using test::make;

/// What is more than memory takes, so that each tier has its part.
class ListedKeys : public test::TwoTier {
 protected:
  void fill() {
    for (std::size_t i = 0; i < 3000; ++i) {
      put({.key = "item/" + std::to_string(i),
           .upstream = i % 50 == 7 ? "rare" : "often",
           .type = i % 3 == 0 ? "series" : "episode",
           .body = std::string(1200 + i * 37 % 1500, 'x'),
           .ttl_ms = static_cast<std::int64_t>(1'000'000 + i * 7919 % 6000 * 1000)});
      for (std::size_t hit = 0; hit < i * 31 % 11; ++hit) count_hit("item/" + std::to_string(i));
    }
    store->flush();
  }
  void count_hit(const std::string& key) {
    if (const EntryPtr entry = store->find(id_of(key), test::identity_of(key))) entry->count_hit();
  }
  std::vector<KeyInfo> all(KeyQuery query, std::size_t a_page) {
    std::vector<KeyInfo> found;
    query.limit = a_page;
    do {
      auto page = store->list(query);
      EXPECT_LE(page.keys.size(), a_page);
      found.insert(found.end(), page.keys.begin(), page.keys.end());
      query.cursor = page.cursor;
    } while (!query.cursor.empty());
    return found;
  }
};

std::uint64_t value_of(const KeyInfo& info, KeyOrder order) {
  if (order == KeyOrder::hits) return ~std::uint64_t{info.hits};
  if (order == KeyOrder::size) return ~info.bytes;
  return order == KeyOrder::ttl ? static_cast<std::uint64_t>(info.meta.fresh_until_ms) : 0;
}

TEST_F(ListedKeys, ComeInTheirOrderHoweverSmallThePages) {
  fill();
  for (const auto order : {KeyOrder::none, KeyOrder::hits, KeyOrder::size, KeyOrder::ttl}) {
    KeyQuery query;
    query.order = order;
    query.upstream = "rare";
    const auto found = all(query, 7);
    EXPECT_EQ(found.size(), 60U);
    EXPECT_TRUE(std::is_sorted(found.begin(), found.end(), [&](const KeyInfo& a, const KeyInfo& b) {
      return std::tuple{value_of(a, order), a.id.high, a.id.low} < std::tuple{value_of(b, order), b.id.high, b.id.low};
    })) << static_cast<int>(order);
  }
}

TEST(ListedKeysInParts, AreTheSameWhenSeveralThreadsLook) {
  ManualClock clock;
  const BanList none;
  MemoryTier tier{64 * test::kMiB, none, clock};
  for (std::size_t i = 0; i < 3000; ++i) {
    const test::Made made{.key = "item/" + std::to_string(i),
                          .upstream = i % 50 == 7 ? "rare" : "often",
                          .body = std::string(i * 37 % 1500, 'x'),
                          .ttl_ms = static_cast<std::int64_t>(1'000'000 + i * 7919 % 6000 * 1000)};
    ASSERT_TRUE(tier.put(make(made, clock)));
  }
  for (const auto order : {KeyOrder::none, KeyOrder::hits, KeyOrder::size, KeyOrder::ttl}) {
    KeyQuery query;
    query.order = order;
    query.upstream = "often";
    query.limit = 500;
    const auto look = [&tier](KeyPager& pager) { offer_all(pager, tier); };
    for (int page = 0; page < 3; ++page) {
      const auto alone = list_page(query, 1, look);
      const auto together = list_page(query, 4, look);
      ASSERT_EQ(alone.keys.size(), 500U);
      ASSERT_EQ(together.keys.size(), 500U);
      EXPECT_EQ(alone.cursor, together.cursor);
      for (std::size_t i = 0; i < 500; ++i) EXPECT_EQ(alone.keys[i].key, together.keys[i].key);
      query.cursor = alone.cursor;
    }
  }
}

TEST_F(ListedKeys, AreTheSameInSmallPagesAsInLargeOnes) {
  fill();
  for (const auto order : {KeyOrder::none, KeyOrder::hits, KeyOrder::size, KeyOrder::ttl}) {
    KeyQuery query;
    query.order = order;
    const auto few = all(query, 161);
    const auto many = all(query, 10'000);
    ASSERT_EQ(few.size(), 3000U);
    ASSERT_EQ(many.size(), 3000U);
    for (std::size_t i = 0; i < few.size(); ++i) ASSERT_EQ(few[i].key, many[i].key);
  }
}

TEST_F(ListedKeys, AreFoundByAWordAsByItsPattern) {
  fill();
  KeyQuery query;
  query.pattern = "*m/77*";
  const auto by_word = all(query, 1000);
  query.pattern = "*m/7?*";
  const auto by_pattern = all(query, 1000);
  EXPECT_EQ(by_word.size(), 11U);  // 77 and 770 to 779
  EXPECT_EQ(std::count_if(by_pattern.begin(), by_pattern.end(),
                          [](const KeyInfo& info) { return info.key.starts_with("item/77"); }),
            static_cast<std::ptrdiff_t>(by_word.size()));
}

TEST_F(ListedKeys, AreLeftOutOnceTheyAreInvalidated) {
  fill();
  purge(Invalidation::Kind::upstream, "often");
  KeyQuery query;
  query.order = KeyOrder::size;
  EXPECT_EQ(all(query, 50).size(), 60U);
}

/// So that a page costs by its length, not by the store's.
TEST(KeysOfMemory, AreLookedThroughNoFurtherThanAPageNeeds) {
  ManualClock clock;
  BanList bans;
  MemoryTier memory{256 * test::kMiB, bans, clock};
  constexpr std::size_t kKeys = 20'000;
  for (std::size_t i = 0; i < kKeys; ++i) memory.put(make({.key = "k" + std::to_string(i)}, clock));
  std::size_t seen = 0, left = 3;
  std::uint64_t last = 0;  // the high half of an id
  const auto more = [&](const Hash128& first) {
    EXPECT_LE(last, first.high);
    return left-- != 0;
  };
  memory.look_through({}, false, more, [&](const Entry& entry) {
    last = std::max(last, entry.id().high);
    ++seen;
  });
  EXPECT_GT(seen, 0U);
  EXPECT_LT(seen, kKeys / 20);
  KeyQuery query;
  query.limit = 5;
  KeyPager pager{query};
  offer_all(pager, memory);
  const auto page = pager.finish();
  ASSERT_EQ(page.keys.size(), 5U);
  EXPECT_LT(page.keys.back().id.high, last);
}

}  // namespace
}  // namespace cachearr::store
