#include "store/entry.hpp"

#include <algorithm>
#include <cstdint>
#include <gtest/gtest.h>
#include <malloc.h>
#include <string>
#include <vector>

#include "unit/store/made.hpp"

namespace cachearr::store {
namespace {

using test::Made;
using test::make;

TEST(Entry, GivesBackEveryPartItWasMadeOf) {
  const ManualClock clock;
  const std::array<std::string_view, 3> body{"first ", "", "second"};
  const std::array<std::string_view, 2> tags{"series", "tmdb:1399"};
  EntryParts parts;
  parts.id = hash128("https|host|key");
  parts.identity = "https|host|key";
  parts.key = "key";
  parts.upstream = "tmdb";
  parts.type = "metadata_series";
  parts.tags = tags;
  parts.head = "HTTP/1.1 200 OK\r\nETag: \"abc\"\r\n";
  parts.body = body;
  parts.meta.status = 200;
  parts.meta.etag_at = 23;
  parts.meta.etag_size = 5;
  const EntryPtr entry = make_entry(parts);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->id(), parts.id);
  EXPECT_EQ(entry->identity(), "https|host|key");
  EXPECT_EQ(entry->key(), "key");
  EXPECT_EQ(entry->upstream(), "tmdb");
  EXPECT_EQ(entry->type(), "metadata_series");
  EXPECT_EQ(entry->head(), parts.head);
  EXPECT_EQ(entry->body(), "first second");
  EXPECT_EQ(entry->etag(), "\"abc\"");
  ASSERT_EQ(entry->tags().size(), 2U);
  EXPECT_EQ(entry->tags()[1], hash128("tmdb:1399").low);
  EXPECT_EQ(entry->meta.status, 200);
}

TEST(Entry, KeepsAKeyThatItsIdentityDoesNotContain) {
  EntryParts parts;
  parts.identity = "https|host|else";
  parts.key = "key";
  parts.upstream = "u";
  parts.head = "h";
  const EntryPtr entry = make_entry(parts);
  EXPECT_EQ(entry->identity(), "https|host|else");
  EXPECT_EQ(entry->key(), "key");
  EXPECT_EQ(entry->upstream(), "u");
  EXPECT_EQ(entry->head(), "h");
}

TEST(Entry, MayHaveNothingButAnIdentity) {
  EntryParts parts;
  parts.identity = "identity";
  const EntryPtr entry = make_entry(parts);
  EXPECT_EQ(entry->key(), "");
  EXPECT_EQ(entry->body(), "");
  EXPECT_TRUE(entry->tags().empty());
}

TEST(Entry, IsNotMadeOfAnIdentityTooLongForItsFormat) {
  const std::string identity(65536, 'i');
  EntryParts parts;
  parts.identity = identity;
  EXPECT_FALSE(make_entry(parts));
}

TEST(Entry, IsNotMadeOfAHeadTooLongForItsFormat) {
  const std::string head(1U << 24, 'h');
  EntryParts parts;
  parts.head = head;
  EXPECT_FALSE(make_entry(parts));
}

TEST(Entry, TakesTheLongestIdentityAndKey) {
  const std::string identity(65535, 'i');
  const std::string key(65535, 'k');
  EntryParts parts;
  parts.identity = identity;
  parts.key = key;
  parts.head = "head";
  const EntryPtr entry = make_entry(parts);
  EXPECT_EQ(entry->identity(), identity);
  EXPECT_EQ(entry->key(), key);
  EXPECT_EQ(entry->head(), "head");
}

TEST(Entry, TakesHeadAndBodyWhereTheyAreWrittenLater) {
  EntryParts parts;
  parts.identity = "https|host|key";
  parts.key = "key";
  parts.type = "t";
  char* content = nullptr;
  const EntryPtr entry = make_entry(parts, 4, 6, content);
  ASSERT_TRUE(entry);
  std::string_view{"headbodies"}.copy(content, 10);
  EXPECT_EQ(entry->type(), "t");
  EXPECT_EQ(entry->head(), "head");
  EXPECT_EQ(entry->body(), "bodies");
}

TEST(Entry, IsFreedWithItsLastPointer) {
  const ManualClock clock;
  EntryPtr first = make({.key = "k", .body = "body"}, clock);
  EntryPtr second = first;
  first = {};
  EXPECT_EQ(second->body(), "body");
  second = EntryPtr{std::move(second)};
  EXPECT_EQ(second->body(), "body");
}

TEST(Entry, CopiedWithOtherMetadataIsTheSameResponse) {
  const ManualClock clock;
  const EntryPtr entry = make({.key = "k", .tags = {"t"}, .body = "body"}, clock);
  entry->count_hit();
  EntryMeta meta = entry->meta;
  meta.fresh_until_ms = 5;
  const EntryPtr copy = with_meta(*entry, meta);
  EXPECT_EQ(copy->meta.fresh_until_ms, 5);
  EXPECT_EQ(copy->identity(), entry->identity());
  EXPECT_EQ(copy->head(), entry->head());
  EXPECT_EQ(copy->body(), "body");
  EXPECT_EQ(copy->hits(), 1U);
  EXPECT_EQ(copy->tags()[0], entry->tags()[0]);
}

TEST(Entry, CountsAllBytesThatItsAllocationTakes) {
  const ManualClock clock;
  const EntryPtr entry = make({.key = "k", .body = std::string(1000, 'x')}, clock);
  EXPECT_GE(entry->footprint(), malloc_usable_size(const_cast<Entry*>(entry.get())) + sizeof(void*));
}

// Identity, bookkeeping and the allocator together; slot and ghost come on top (see MemoryTier).
TEST(Entry, CostsLittleBesidesHeadAndBody) {
  const ManualClock clock;
  std::vector<EntryPtr> entries;
  std::size_t least = SIZE_MAX;
  // The allocator now and then gives a hole that is a little too large.
  for (int i = 0; i < 100; ++i) {
    entries.push_back(make(
        {.key = "metadata:series:tmdbId:1399:en-US", .tags = {"series", "tmdb:1399"}, .body = std::string(1024, 'x')},
        clock));
    const auto& entry = *entries.back();
    least = std::min(least, entry.footprint() - entry.head().size() - entry.body().size());
  }
  EXPECT_LE(least, 256U);
}

}  // namespace
}  // namespace cachearr::store
