#include <gtest/gtest.h>
#include <set>
#include <string>

#include "unit/store/two_tier.hpp"

namespace cachearr::store {
namespace {

class TwoTierKeys : public test::TwoTier {};

TEST_F(TwoTierKeys, ListsBothTiersPageByPageWithoutRepeating) {
  for (int i = 0; i < 4000; ++i) put({.key = "k" + std::to_string(i), .body = std::string(1500, 'x')});
  store->flush();
  for (const auto order : {KeyOrder::none, KeyOrder::ttl, KeyOrder::size, KeyOrder::hits}) {
    std::set<std::string> seen;
    KeyQuery query;
    query.limit = 700;
    query.order = order;
    do {
      const KeyPage page = store->list(query);
      for (const auto& info : page.keys) EXPECT_TRUE(seen.insert(info.key).second) << info.key;
      query.cursor = page.cursor;
    } while (!query.cursor.empty());
    EXPECT_EQ(seen.size(), 4000U);
  }
}

TEST_F(TwoTierKeys, ListsWhatAQuerySelects) {
  put({.key = "series:1", .upstream = "sonarr", .type = "series", .tags = {"a"}});
  put({.key = "series:2", .upstream = "sonarr", .type = "series", .tags = {"b"}});
  put({.key = "movie:1", .upstream = "radarr", .type = "movie", .tags = {"a"}});
  restart();
  const auto keys = [&](KeyQuery query) {
    std::set<std::string> found;
    for (const auto& info : store->list(query).keys) found.insert(info.key);
    return found;
  };
  EXPECT_EQ(keys({.pattern = "series:*", .tag = {}, .upstream = {}, .type = {}, .cursor = {}}),
            (std::set<std::string>{"series:1", "series:2"}));
  EXPECT_EQ(keys({.pattern = {}, .tag = "a", .upstream = {}, .type = {}, .cursor = {}}),
            (std::set<std::string>{"series:1", "movie:1"}));
  EXPECT_EQ(keys({.pattern = {}, .tag = {}, .upstream = "radarr", .type = {}, .cursor = {}}),
            (std::set<std::string>{"movie:1"}));
  EXPECT_EQ(keys({.pattern = {}, .tag = "b", .upstream = {}, .type = "series", .cursor = {}}),
            (std::set<std::string>{"series:2"}));
}

TEST_F(TwoTierKeys, FindsKeysInEitherTier) {
  put({.key = "a", .body = "on disk", .variant = "en"});
  put({.key = "a", .body = "on disk too", .variant = "de"});
  restart();
  put({.key = "b", .body = "in memory"});
  EXPECT_EQ(store->find_key("a").size(), 2U);
  const auto found = store->find_keys({"b", "nothing", "a"});
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0]->body(), "in memory");
  EXPECT_FALSE(found[1]);
  EXPECT_TRUE(found[2]);
}

TEST_F(TwoTierKeys, KeepsCostAndCountsOverARestart) {
  put({.key = "a", .cost = {10, 20, 30}, .fetches = 4});
  for (int i = 0; i < 5; ++i) find("a")->count_hit();
  restart();
  EXPECT_EQ(find("a")->cost(), (FetchCost{10, 20, 30}));
  EXPECT_EQ(find("a")->fetches(), 4U);
  EXPECT_EQ(find("a")->hits(), 5U);
  restart();
  EXPECT_EQ(store->expire_key("a", clock.now() + Duration{5'000'000}), 1U);
  EXPECT_EQ(find("a")->fetches(), 4U) << "another time to live is no fetch";
}

TEST_F(TwoTierKeys, ComesAcrossEachResponseOfBothTiersOnce) {
  for (int i = 0; i < 4000; ++i) put({.key = "k" + std::to_string(i), .body = std::string(1500, 'x'), .fetches = 3});
  put({.key = "marker", .flags = EntryFlag::kVaryMarker});
  store->flush();
  ASSERT_LT(store->stats().memory.entries, 4000U) << "the rest is on disk alone";
  std::set<std::string> seen;
  store->for_each_key([&](const KeyView& view) {
    EXPECT_TRUE(seen.emplace(view.key).second) << view.key;
    EXPECT_EQ(view.fetches, 3U);
    return true;
  });
  EXPECT_EQ(seen.size(), 4000U);
  std::size_t visits = 0;
  store->for_each_key([&](const KeyView&) { return ++visits < 3; });
  EXPECT_EQ(visits, 3U);
}

TEST_F(TwoTierKeys, GivesAKeyAnotherTimeToLive) {
  put({.key = "a"});
  restart();
  const auto until = clock.now() + Duration{5'000'000};
  EXPECT_EQ(store->expire_key("a", until), 1U);
  restart();
  EXPECT_EQ(find("a")->meta.fresh_until_ms, until.time_since_epoch().count());
}

}  // namespace
}  // namespace cachearr::store
