#include "upkeep/key_watch.hpp"

#include <array>
#include <gtest/gtest.h>
#include <iostream>
#include <string>

#include "unit/pipeline/snapshots.hpp"

namespace cachearr::upkeep {
namespace {

class WatchedKeys : public ::testing::Test {
 protected:
  void put(const std::string& key, std::uint32_t hits = 0) const {
    const std::array<std::string_view, 1> body{"body"};
    store::EntryParts parts;
    parts.id = hash128(key);
    parts.identity = parts.key = key;
    parts.type = "series";
    parts.upstream = "sonarr";
    parts.head = "HTTP/1.1 200 OK\r\n";
    parts.body = body;
    parts.hits = hits;
    parts.meta.fresh_until_ms = clock_.now().time_since_epoch().count() + 60'000;
    store_->put(store::make_entry(parts));
  }

  ManualClock clock_;
  std::unique_ptr<store::Store> store_ = store::make_memory_store(1024ULL * 1024 * 1024, clock_);
  pipeline::SnapshotPtr snapshot_ = test::snapshot_of("{}");
  KeyWatch watch_{*store_, [this] { return snapshot_; }, clock_, std::chrono::hours{1}};
  KeyWatch slow_{*store_, [this] { return snapshot_; }, clock_, Duration{0}};
};

TEST_F(WatchedKeys, AreLookedThroughAtMostEachSecond) {
  put("a");
  EXPECT_EQ(watch_.lists()->keys, 1U);
  put("b");
  EXPECT_EQ(watch_.lists()->keys, 1U);
  clock_.advance(KeyWatch::kSeldom - Duration{1});
  EXPECT_EQ(watch_.lists()->keys, 1U);
  clock_.advance(Duration{1} + watch_.lists()->took * 100);
  EXPECT_EQ(watch_.lists()->keys, 2U);
}

TEST_F(WatchedKeys, AreShownAsTheyAreWhereAPassIsQuick) {
  put("a");
  watch_.tick();
  put("b");
  clock_.advance(KeyWatch::kSeldom + std::chrono::hours{1});
  EXPECT_EQ(watch_.latest_lists()->keys, 2U);
}

TEST_F(WatchedKeys, AreShownAsTheyWereUntilTheNextSlowPassWhichIsForWhoeverAsked) {
  put("a");
  slow_.tick();
  put("b");
  EXPECT_EQ(slow_.latest_lists()->keys, 1U);
  clock_.advance(std::chrono::hours{1});
  EXPECT_EQ(slow_.latest_lists()->keys, 1U);
  slow_.tick();
  EXPECT_EQ(slow_.latest_lists()->keys, 2U);
}

TEST_F(WatchedKeys, AreNotLookedThroughForNobody) {
  put("a");
  slow_.tick();
  put("b");
  clock_.advance(std::chrono::hours{1});
  slow_.tick();
  EXPECT_EQ(slow_.latest_lists()->keys, 1U);
}

TEST_F(WatchedKeys, StayAsTheyWereForWhoeverHoldsTheLists) {
  put("a", 3);
  const auto before = watch_.lists();
  clock_.advance(std::chrono::hours{1});
  put("b", 9);
  EXPECT_EQ(watch_.lists()->by_hits.front().key, "b");
  EXPECT_EQ(before->by_hits.front().key, "a");
}

TEST_F(WatchedKeys, AreLookedThroughLessOftenTheLongerItTakes) {
  for (int i = 0; i < 200'000; ++i) put("series:" + std::to_string(i), static_cast<std::uint32_t>(i % 50));
  const auto lists = watch_.lists();
  ASSERT_EQ(lists->keys, 200'000U);
  std::cout << "a pass over 200,000 keys in memory took " << lists->took.count() << " ms\n";
  put("one more");
  clock_.advance(std::max(KeyWatch::kSeldom, lists->took * 100) - Duration{1});
  EXPECT_EQ(watch_.lists()->keys, 200'000U);
  clock_.advance(Duration{1});
  EXPECT_EQ(watch_.lists()->keys, 200'001U);
}

}  // namespace
}  // namespace cachearr::upkeep
