#include "upkeep/key_lists.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace cachearr::upkeep {
namespace {

using ::testing::ElementsAre;

constexpr TimePoint kAsked{Duration{1'700'000'000'000}};

struct Offered {
  std::string key;
  std::uint32_t hits = 0, fetches = 1;
  store::FetchCost cost = {};
  Duration left = std::chrono::hours{1};
};

KeyLists pick(const std::vector<Offered>& all) {
  KeyPicker picker{kAsked, rules::RuleSet{}};
  for (const auto& each : all) {
    store::EntryMeta meta;
    meta.fresh_until_ms = (kAsked + each.left).time_since_epoch().count();
    picker.offer({each.key, "sonarr", "series", meta, each.cost, 10, each.hits, each.fetches});
  }
  return picker.finish();
}

std::vector<std::string> names(const std::vector<KeyUse>& uses) {
  std::vector<std::string> names;
  for (const auto& use : uses) names.push_back(use.key);
  return names;
}

TEST(KeysAtTheTop, AreThoseThatSavedMost) {
  const auto lists = pick({{"often", 100, 1, {1, 1, 0}},
                           {"large", 2, 1, {2, 1'000'000, 0}},
                           {"slow", 3, 1, {60'000, 5, 0}},
                           {"never", 0, 1, {9, 9, 0}}});
  EXPECT_THAT(names(lists.by_hits), ElementsAre("often", "slow", "large"));
  EXPECT_THAT(names(lists.by_bytes), ElementsAre("large", "often", "slow"));
  EXPECT_THAT(names(lists.by_time), ElementsAre("slow", "often", "large"));
  EXPECT_EQ(lists.by_time.front().saved(), (Saved{3, 15, 0, 180'000}));
  EXPECT_EQ(lists.keys, 4U);
}

TEST(KeysNearTheirEnd, AreFreshOnesOnly) {
  const auto lists = pick({{"later", 0, 1, {}, Duration{90'000}},
                           {"soon", 0, 1, {}, Duration{1}},
                           {"over", 0, 1, {}, Duration{0}},
                           {"long over", 0, 1, {}, Duration{-5000}}});
  EXPECT_THAT(names(lists.expiring), ElementsAre("soon", "later"));
}

TEST(KeysOfALowHitRate, HaveHadEnoughRequests) {
  const auto lists = pick({{"few", 0, 19}, {"none", 0, 20}, {"some", 5, 15}, {"many", 95, 5}, {"most", 999, 1}});
  EXPECT_THAT(names(lists.low), ElementsAre("none", "some", "many", "most"));
  EXPECT_DOUBLE_EQ(lists.low[1].hit_rate(), 25);
  EXPECT_EQ(lists.low[1].requests(), 20U);
}

TEST(KeysOfALowHitRate, AreCountedAndNamedBelowAShare) {
  const auto lists = pick({{"a", 0, 20}, {"b", 6, 14}, {"c", 299, 701}, {"d", 20, 5}});
  EXPECT_EQ(lists.below(30), 2U) << "30 % is not below 30 %";
  EXPECT_THAT(lists.names_below(30, 10), ElementsAre("a", "c"));
  EXPECT_THAT(lists.names_below(30, 1), ElementsAre("a"));
  EXPECT_EQ(lists.below(0), 0U);
  EXPECT_EQ(lists.below(100), 4U);
}

TEST(ListsOfKeys, AreBoundedWhateverTheNumberOfKeys) {
  KeyPicker picker{kAsked, rules::RuleSet{}};
  store::EntryMeta meta;
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    meta.fresh_until_ms = kAsked.time_since_epoch().count() + 1 + (i * 7919U) % 10'000;
    const auto key = std::to_string(i);
    picker.offer({key, "up", "type", meta, {1, 1, 0}, 10, 1 + (i * 7919U) % 10'000, 100});
  }
  const auto lists = picker.finish();
  for (const auto& list : {lists.by_hits, lists.by_bytes, lists.by_time, lists.expiring, lists.low})
    EXPECT_EQ(list.size(), KeyLists::kMost);
  EXPECT_EQ(lists.by_hits.front().hits, 10'000U);
  EXPECT_EQ(lists.by_hits.back().hits, 10'001U - KeyLists::kMost);
  EXPECT_EQ(lists.expiring.back().meta.fresh_until_ms - kAsked.time_since_epoch().count(), KeyLists::kMost);
}

}  // namespace
}  // namespace cachearr::upkeep
