#include <gtest/gtest.h>
#include <set>
#include <string>

#include "store/store.hpp"
#include "unit/store/made.hpp"

namespace cachearr::store {
namespace {

using test::id_of;
using test::identity_of;
using test::make;

using test::kMiB;

class MemoryStore : public ::testing::Test {
 protected:
  EntryPtr find(const std::string& key, const std::string& variant = {}) {
    return store->find(id_of(key, variant), identity_of(key, variant));
  }
  void put(const test::Made& made) { store->put(make(made, clock)); }
  std::uint64_t purge(Invalidation::Kind kind, const std::string& text, bool soft = false) {
    return store->invalidate({kind, text, soft}).value();
  }

  ManualClock clock;
  std::unique_ptr<Store> store = make_memory_store(8 * kMiB, clock);
};

using Kind = Invalidation::Kind;

TEST_F(MemoryStore, FindsWhatWasPut) {
  put({.key = "series:1", .body = "one"});
  ASSERT_TRUE(find("series:1"));
  EXPECT_EQ(find("series:1")->body(), "one");
  EXPECT_FALSE(find("series:2"));
}

TEST_F(MemoryStore, TakesACollisionOfHashesForAMiss) {
  put({.key = "series:1"});
  EXPECT_FALSE(store->find(id_of("series:1"), "another identity"));
}

TEST_F(MemoryStore, ReplacesWhatHasTheSameIdentity) {
  put({.key = "series:1", .body = "old"});
  put({.key = "series:1", .body = "new"});
  EXPECT_EQ(find("series:1")->body(), "new");
  EXPECT_EQ(store->stats().memory.entries, 1U);
}

TEST_F(MemoryStore, KeepsTheCountOfHitsWhenAnAnswerIsReplaced) {
  put({.key = "series:1"});
  find("series:1")->count_hit();
  put({.key = "series:1"});
  EXPECT_EQ(find("series:1")->hits(), 1U);
}

TEST_F(MemoryStore, LeavesAReplacedAnswerToThoseWhoStillServeIt) {
  put({.key = "series:1", .body = "old"});
  const EntryPtr held = find("series:1");
  put({.key = "series:1", .body = "new"});
  EXPECT_EQ(held->body(), "old");
}

TEST_F(MemoryStore, ErasesOneEntry) {
  put({.key = "series:1"});
  EXPECT_TRUE(store->erase(id_of("series:1"), identity_of("series:1")));
  EXPECT_FALSE(store->erase(id_of("series:1"), identity_of("series:1")));
  EXPECT_FALSE(find("series:1"));
}

TEST_F(MemoryStore, DoesNotAdmitMoreThanAnEighthOfItsBudget) {
  put({.key = "large", .body = std::string(kMiB, 'x')});
  EXPECT_FALSE(find("large"));
  put({.key = "small", .body = std::string(kMiB - 1024, 'x')});
  EXPECT_TRUE(find("small"));
}

TEST_F(MemoryStore, ForgetsTheOldAnswerEvenWhenTheNewOneIsTooLarge) {
  put({.key = "series:1", .body = "old"});
  put({.key = "series:1", .body = std::string(kMiB, 'x')});
  EXPECT_FALSE(find("series:1"));
}

TEST_F(MemoryStore, StaysWithinItsBudget) {
  for (int i = 0; i < 20'000; ++i) {
    put({.key = "series:" + std::to_string(i), .body = std::string(static_cast<std::size_t>(i * 37 % 5000), 'x')});
    ASSERT_LE(store->stats().memory.bytes, 8 * kMiB);
  }
  EXPECT_GT(store->stats().memory.evictions, 0U);
  EXPECT_GT(store->stats().memory.bytes, 7 * kMiB);
}

TEST_F(MemoryStore, CountsNothingButItsShardsWhenEmptiedAgain) {
  const auto empty = store->stats().memory.bytes;
  for (int i = 0; i < 100; ++i) put({.key = std::to_string(i), .body = std::string(1000, 'x')});
  purge(Kind::all, "");
  EXPECT_EQ(store->stats().memory.entries, 0U);
  EXPECT_LE(store->stats().memory.bytes - empty, 100U * 32U);  // slots stay
}

TEST_F(MemoryStore, SpendsAtMost256BytesOnA1KBAnswerBesidesHeadAndBody) {
  constexpr std::uint64_t kCount = 4000;
  const auto before = store->stats().memory.bytes;
  const std::string body(1024, 'x');
  for (std::uint64_t i = 0; i < kCount; ++i) {
    put({.key = "metadata:series:tvdbId:" + std::to_string(100'000 + i), .tags = {"series"}, .body = body});
  }
  const auto content = 1024 + test::Made{}.head.size();
  EXPECT_EQ(store->stats().memory.entries, kCount);
  EXPECT_LE((store->stats().memory.bytes - before) / kCount, content + 256);
}

TEST_F(MemoryStore, PurgesAKeyInAllItsVariants) {
  put({.key = "series:1", .variant = "en"});
  put({.key = "series:1", .variant = "de"});
  put({.key = "series:10"});
  EXPECT_EQ(purge(Kind::key, "series:1"), 2U);
  EXPECT_FALSE(find("series:1", "en"));
  EXPECT_TRUE(find("series:10"));
}

TEST_F(MemoryStore, PurgesByPattern) {
  put({.key = "series:1"});
  put({.key = "series:list:page:1"});
  put({.key = "series:list:page:2"});
  EXPECT_EQ(purge(Kind::pattern, "series:list:*"), 2U);
  EXPECT_TRUE(find("series:1"));
}

TEST_F(MemoryStore, PurgesByTag) {
  put({.key = "a", .tags = {"series", "tmdb:1"}});
  put({.key = "b", .tags = {"series"}});
  EXPECT_EQ(purge(Kind::tag, "tmdb:1"), 1U);
  EXPECT_FALSE(find("a"));
  EXPECT_TRUE(find("b"));
}

TEST_F(MemoryStore, PurgesByUpstream) {
  put({.key = "a", .upstream = "sonarr"});
  put({.key = "b", .upstream = "tmdb"});
  EXPECT_EQ(purge(Kind::upstream, "sonarr"), 1U);
  EXPECT_FALSE(find("a"));
  EXPECT_TRUE(find("b"));
}

TEST_F(MemoryStore, PurgesEverything) {
  put({.key = "a"});
  put({.key = "b"});
  EXPECT_EQ(purge(Kind::all, ""), 2U);
  EXPECT_EQ(purge(Kind::all, ""), 0U);
  EXPECT_EQ(store->stats().memory.entries, 0U);
}

TEST_F(MemoryStore, DoesNotCountMarkersAsPurged) {
  put({.key = "a", .flags = EntryFlag::kVaryMarker});
  put({.key = "a", .variant = "en"});
  put({.key = "b", .flags = EntryFlag::kHitForMiss});
  EXPECT_EQ(purge(Kind::all, ""), 1U);
  EXPECT_FALSE(find("a"));
  EXPECT_FALSE(find("b"));
}

TEST_F(MemoryStore, MarksStaleInsteadOfRemovingWhenPurgedSoftly) {
  put({.key = "a", .body = "kept"});
  put({.key = "b"});
  EXPECT_EQ(purge(Kind::key, "a", true), 1U);
  const EntryPtr stale = find("a");
  ASSERT_TRUE(stale);
  EXPECT_EQ(stale->body(), "kept");
  EXPECT_NE(stale->meta.flags & EntryFlag::kInvalidated, 0);
  EXPECT_LE(stale->meta.fresh_until_ms, clock.now().time_since_epoch().count());
  EXPECT_EQ(find("b")->meta.flags & EntryFlag::kInvalidated, 0);
}

TEST_F(MemoryStore, SoftPurgeLeavesAnAlreadyStaleEntryAsStaleAsItWas) {
  put({.key = "a", .ttl_ms = 10});
  const auto until = find("a")->meta.fresh_until_ms;
  clock.advance(Duration{5'000});
  purge(Kind::all, "", true);
  EXPECT_EQ(find("a")->meta.fresh_until_ms, until);
}

TEST_F(MemoryStore, PurgingSoonIsInEffectAtOnce) {
  for (int i = 0; i < 1000; ++i) put({.key = std::to_string(i)});
  for (int i = 0; i < 1000; ++i) {
    store->invalidate_soon({Kind::key, std::to_string(i), false});
    ASSERT_FALSE(find(std::to_string(i)));
  }
}

TEST_F(MemoryStore, PurgingSoonAndSoftlyIsInEffectAtOnce) {
  put({.key = "a"});
  store->invalidate_soon({Kind::key, "a", true});
  EXPECT_NE(find("a")->meta.flags & EntryFlag::kInvalidated, 0);
}

TEST_F(MemoryStore, DoesNotCountTwiceWhatWasPurgedSoonBefore) {
  put({.key = "a"});
  put({.key = "b"});
  store->invalidate_soon({Kind::key, "a", false});
  EXPECT_EQ(purge(Kind::all, ""), 1U);
}

TEST_F(MemoryStore, TakesWhatIsPutAfterAPurge) {
  put({.key = "a"});
  purge(Kind::key, "a");
  put({.key = "a", .body = "new"});
  EXPECT_EQ(find("a")->body(), "new");
}

TEST_F(MemoryStore, RefusesAnAnswerThatAPurgeOvertookOnItsWay) {
  const auto asked_at = store->generation();
  purge(Kind::tag, "series");
  put({.key = "a", .tags = {"series"}, .generation = asked_at});
  put({.key = "b", .tags = {"movie"}, .generation = asked_at});
  EXPECT_FALSE(find("a"));
  EXPECT_TRUE(find("b"));
}

TEST_F(MemoryStore, StoresAnAnswerAsStaleThatASoftPurgeOvertook) {
  const auto asked_at = store->generation();
  purge(Kind::all, "", true);
  put({.key = "a", .generation = asked_at});
  ASSERT_TRUE(find("a"));
  EXPECT_NE(find("a")->meta.flags & EntryFlag::kInvalidated, 0);
}

TEST_F(MemoryStore, VisitsEachEntryOnce) {
  for (int i = 0; i < 500; ++i) put({.key = std::to_string(i)});
  std::multiset<std::string> seen;
  store->for_each([&](const EntryPtr& entry) { return seen.emplace(entry->key()), true; });
  EXPECT_EQ(seen.size(), 500U);
  EXPECT_EQ(std::set<std::string>(seen.begin(), seen.end()).size(), 500U);
}

TEST_F(MemoryStore, StopsVisitingWhenAskedTo) {
  for (int i = 0; i < 10; ++i) put({.key = std::to_string(i)});
  int seen = 0;
  store->for_each([&](const EntryPtr&) { return ++seen < 3; });
  EXPECT_EQ(seen, 3);
}

TEST_F(MemoryStore, GivesOneEntryAHomeInTwoStores) {
  const auto other = make_memory_store(8 * kMiB, clock);
  const EntryPtr entry = make({.key = "a", .body = "shared"}, clock);
  store->put(entry);
  other->put(entry);
  store->put(entry);
  EXPECT_EQ(store->stats().memory.entries, 1U);
  EXPECT_EQ(find("a")->body(), "shared");
  EXPECT_EQ(other->find(entry->id(), entry->identity())->body(), "shared");
}

TEST_F(MemoryStore, AnswersAtOnceThatNothingIsOnDisk) {
  bool told = false;
  EXPECT_FALSE(store->may_be_on_disk(id_of("a")));
  store->find_on_disk(id_of("a"), identity_of("a"), [&](const EntryPtr& entry) { told = !entry; });
  EXPECT_TRUE(told);
}

TEST_F(MemoryStore, ShowsNoPartUnderAKeyButPurgesIt) {
  put({.key = "film", .body = "0123", .flags = EntryFlag::kPartial});
  EXPECT_TRUE(find("film"));
  EXPECT_TRUE(store->find_key("film").empty());
  EXPECT_FALSE(store->find_keys({"film"}).front());
  EXPECT_TRUE(store->list({}).keys.empty());
  purge(Kind::key, "film");
  EXPECT_FALSE(find("film"));
}

}  // namespace
}  // namespace cachearr::store
