#include "store/vary_markers.hpp"

#include <gtest/gtest.h>
#include <string>

#include "caching/variant.hpp"
#include "store/store.hpp"
#include "unit/store/made.hpp"

namespace cachearr::store {
namespace {

using test::id_of;
using test::identity_of;
using test::kMiB;
using test::make;

test::Made marker(const std::string& key, const std::string& names = "accept-language") {
  return {.key = key, .head = names, .body = "", .flags = EntryFlag::kVaryMarker, .sie_seconds = caching::kAlwaysOfUse};
}

/// As a variant is named: its resource's identity, a line end, and the selecting fields.
EntryPtr variant_of(const std::string& key, const std::string& fields) {
  const auto identity = identity_of(key) + "\n" + fields;
  EntryParts parts;
  parts.id = hash128(identity);
  parts.identity = identity;
  parts.key = key;
  parts.meta.fresh_until_ms = caching::kForeverMs;
  return make_entry(parts);
}

class VaryMarkersOf : public ::testing::Test {
 protected:
  EntryPtr find(const std::string& key) { return store->find(id_of(key), identity_of(key)); }
  void put(const test::Made& made) { store->put(make(made, clock)); }
  std::uint64_t bytes() { return store->stats().memory.bytes; }

  ManualClock clock;
  std::unique_ptr<Store> store = make_memory_store(8 * kMiB, clock);
};

TEST_F(VaryMarkersOf, AStoreSayTheNamesOfTheirResource) {
  put(marker("a"));
  put(marker("b", "accept,accept-language"));
  EXPECT_EQ(caching::marker_of(find("a")), "accept-language");
  EXPECT_EQ(caching::marker_of(find("b")), "accept,accept-language");
  EXPECT_FALSE(find("c"));
  EXPECT_EQ(store->stats().memory.entries, 2U);
}

TEST_F(VaryMarkersOf, AStoreTakeFewBytes) {
  put(marker("a"));
  const auto before = bytes();
  for (int i = 0; i < 10'000; ++i) put(marker(std::to_string(i)));
  EXPECT_LE(bytes() - before, 64U * 10'000U);
}

TEST_F(VaryMarkersOf, AStoreAreReplacedByAnAnswerAndReplaceIt) {
  put(marker("a"));
  put({.key = "a", .body = "no longer varies"});
  EXPECT_EQ(find("a")->body(), "no longer varies");
  EXPECT_EQ(store->stats().memory.entries, 1U);
  put(marker("a"));
  EXPECT_EQ(caching::marker_of(find("a")), "accept-language");
  EXPECT_EQ(store->stats().memory.entries, 1U);
}

TEST_F(VaryMarkersOf, AStoreCanBeErased) {
  put(marker("a"));
  EXPECT_TRUE(store->erase(id_of("a"), identity_of("a")));
  EXPECT_FALSE(find("a"));
  EXPECT_EQ(store->stats().memory.entries, 0U);
}

TEST_F(VaryMarkersOf, AStoreGoWithAnInvalidatedVariant) {
  put(marker("a"));
  put(marker("b"));
  store->put(variant_of("a", "accept-language=en\n"));
  store->put(variant_of("b", "accept-language=en\n"));
  EXPECT_EQ(store->invalidate({Invalidation::Kind::key, "a", false}).value(), 1U);
  EXPECT_FALSE(find("a"));
  EXPECT_TRUE(find("b"));
}

TEST_F(VaryMarkersOf, AStoreStayWhereAVariantIsOnlyMadeStale) {
  put(marker("a"));
  store->put(variant_of("a", "accept-language=en\n"));
  EXPECT_EQ(store->invalidate({Invalidation::Kind::key, "a", true}).value(), 1U);
  EXPECT_TRUE(find("a"));
}

TEST_F(VaryMarkersOf, AStoreGoWhenEverythingIsInvalidatedAndComeAgain) {
  put(marker("a"));
  EXPECT_EQ(store->invalidate({Invalidation::Kind::all, "", false}).value(), 0U);
  EXPECT_FALSE(find("a"));
  EXPECT_EQ(store->stats().memory.entries, 0U);
  put(marker("a"));
  EXPECT_TRUE(find("a"));
}

TEST_F(VaryMarkersOf, AStoreThatIsFullAreEvictedUnlessTheyAreInUse) {
  put(marker("used"));
  for (int i = 0; i < 400'000; ++i) {
    put(marker(std::to_string(i)));
    if (i % 1000 == 0) find("used");
  }
  EXPECT_LE(bytes(), 8 * kMiB);
  EXPECT_LT(store->stats().memory.entries, 400'000U);
  EXPECT_TRUE(find("used"));
}

TEST_F(VaryMarkersOf, AServiceThatMakesUpFieldsAreKeptAsEntries) {
  for (int i = 0; i < 200; ++i) put(marker(std::to_string(i), "x-" + std::to_string(i)));
  for (int i = 0; i < 200; ++i) EXPECT_EQ(caching::marker_of(find(std::to_string(i))), "x-" + std::to_string(i));
}

TEST(VaryMarkers, LeaveWhatPointsToAResponse) {
  const ManualClock clock;
  VaryMarkers markers;
  EXPECT_FALSE(markers.add(*make({.key = "a", .body = "", .flags = EntryFlag::kVaryMarker}, clock)));
  EXPECT_FALSE(markers.add(*make({.key = "a"}, clock)));
  EXPECT_EQ(markers.size(), 0U);
}

TEST(VaryMarkers, EvictThoseFirstThatNobodyAskedFor) {
  const ManualClock clock;
  VaryMarkers markers;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(markers.add(*make(marker(std::to_string(i)), clock)));
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(markers.find(id_of(std::to_string(i))));
  EXPECT_EQ(markers.evict_unused(100), 50U);
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(markers.has(id_of(std::to_string(i)))) << i;
  for (int left = 50; left > 0; --left) EXPECT_TRUE(markers.evict_one());
  EXPECT_FALSE(markers.evict_one());
}

}  // namespace
}  // namespace cachearr::store
