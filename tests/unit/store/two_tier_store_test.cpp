#include <filesystem>
#include <fstream>
#include <future>
#include <gtest/gtest.h>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "store/store.hpp"
#include "support/until.hpp"
#include "unit/store/made.hpp"
#include "unit/store/two_tier.hpp"

namespace cachearr::store {
namespace {

using test::id_of;
using test::identity_of;
using test::kMiB;
using Kind = Invalidation::Kind;

class TwoTierStore : public test::TwoTier {};

TEST_F(TwoTierStore, BringsBackEverythingAfterARestart) {
  for (int i = 0; i < 500; ++i) put({.key = "k" + std::to_string(i), .body = "body " + std::to_string(i)});
  restart();
  for (int i = 0; i < 500; ++i) {
    const EntryPtr entry = find("k" + std::to_string(i));
    ASSERT_TRUE(entry) << i;
    EXPECT_EQ(entry->body(), "body " + std::to_string(i));
  }
}

TEST_F(TwoTierStore, BringsBackEveryPartOfAnAnswer) {
  put({.key = "a",
       .upstream = "sonarr",
       .type = "series",
       .tags = {"one", "two"},
       .head = "HTTP/1.1 404 Not Found\r\n",
       .body = std::string(100'000, 'b'),
       .flags = EntryFlag::kNegative,
       .variant = "en"});
  const EntryPtr before = store->find(id_of("a", "en"), identity_of("a", "en"));
  before->count_hit();
  restart();
  const EntryPtr after = find("a", "en");
  ASSERT_TRUE(after);
  EXPECT_EQ(after->key(), "a");
  EXPECT_EQ(after->upstream(), "sonarr");
  EXPECT_EQ(after->type(), "series");
  EXPECT_EQ(after->head(), "HTTP/1.1 404 Not Found\r\n");
  EXPECT_EQ(after->body(), before->body());
  EXPECT_EQ(after->meta.flags, EntryFlag::kNegative);
  EXPECT_EQ(after->meta.born_ms, before->meta.born_ms);
  EXPECT_EQ(after->meta.fresh_until_ms, before->meta.fresh_until_ms);
  EXPECT_EQ(after->hits(), 1U);
  ASSERT_EQ(after->tags().size(), 2U);
  EXPECT_EQ(after->tags()[1], hash128("two").low);
}

TEST_F(TwoTierStore, BringsBackMarkersToo) {
  put({.key = "a", .head = "Accept-Language", .body = "", .flags = EntryFlag::kVaryMarker});
  put({.key = "b", .body = "", .flags = EntryFlag::kHitForMiss});
  restart();
  EXPECT_EQ(find("a")->meta.flags, EntryFlag::kVaryMarker);
  EXPECT_EQ(find("b")->meta.flags, EntryFlag::kHitForMiss);
}

TEST_F(TwoTierStore, KeepsTheNewestAnswer) {
  put({.key = "a", .body = "old"});
  store->flush();
  put({.key = "a", .body = "new"});
  restart();
  EXPECT_EQ(find("a")->body(), "new");
  EXPECT_EQ(store->stats().disk.entries, 1U);
}

TEST_F(TwoTierStore, DoesNotFindAnotherIdentityOfTheSameHash) {
  put({.key = "a"});
  restart();
  std::promise<EntryPtr> found;
  store->find_on_disk(id_of("a"), "another identity", [&](EntryPtr entry) { found.set_value(std::move(entry)); });
  EXPECT_FALSE(found.get_future().get());
}

TEST_F(TwoTierStore, FindsOnDiskWhatMemoryIsTooSmallFor) {
  put({.key = "large", .body = std::string(3 * kMiB, 'x')});
  EXPECT_FALSE(store->find(id_of("large"), identity_of("large")));
  ASSERT_TRUE(find("large"));
  store->flush();
  EXPECT_EQ(find("large")->body().size(), 3 * kMiB);
}

TEST_F(TwoTierStore, KnowsWhatIsNotOnDiskWithoutLooking) {
  put({.key = "a"});
  restart();
  ASSERT_TRUE(find("a"));
  store->flush();
  EXPECT_TRUE(cachearr::test::until([&] { return !store->may_be_on_disk(id_of("b")); }));
}

TEST_F(TwoTierStore, DoesNotWriteWhatDiesAtOnce) {
  put({.key = "a", .ttl_ms = 1000});
  store->flush();
  EXPECT_EQ(store->stats().disk.entries, 0U);
}

TEST_F(TwoTierStore, ForgetsOnDiskWhatAShortLivedAnswerReplaces) {
  put({.key = "a", .body = "old"});
  store->flush();
  put({.key = "a", .body = "new", .ttl_ms = 1000});
  restart();
  EXPECT_FALSE(find("a"));
}

TEST_F(TwoTierStore, ErasesInBothTiers) {
  put({.key = "a"});
  store->flush();
  EXPECT_TRUE(store->erase(id_of("a"), identity_of("a")));
  EXPECT_FALSE(find("a"));
  restart();
  EXPECT_FALSE(find("a"));
}

class Purge : public TwoTierStore, public ::testing::WithParamInterface<bool> {};

TEST_P(Purge, CountsEachResponseOnceInWhicheverTierItIs) {
  for (int i = 0; i < 3000; ++i) put({.key = "k:" + std::to_string(i), .tags = {"t"}, .body = std::string(1500, 'x')});
  put({.key = "marker", .tags = {"t"}, .flags = EntryFlag::kVaryMarker});
  put({.key = "large", .tags = {"t"}, .body = std::string(kMiB, 'x')});
  if (GetParam()) store->flush();
  ASSERT_GT(store->stats().memory.evictions, 0U);
  EXPECT_EQ(purge(Kind::pattern, "k:1*"), 1111U);
  EXPECT_EQ(purge(Kind::key, "k:2"), 1U);
  EXPECT_EQ(purge(Kind::tag, "t"), 3001U - 1112U);
  EXPECT_EQ(purge(Kind::all, ""), 0U);
}

INSTANTIATE_TEST_SUITE_P(WrittenOrNot, Purge, ::testing::Bool());

TEST_F(TwoTierStore, APurgedAnswerStaysAwayAfterARestart) {
  for (int i = 0; i < 100; ++i) put({.key = "k:" + std::to_string(i)});
  store->flush();
  purge(Kind::pattern, "k:1*");
  restart();
  EXPECT_FALSE(find("k:1"));
  EXPECT_FALSE(find("k:19"));
  EXPECT_TRUE(find("k:2"));
}

TEST_F(TwoTierStore, APurgeIsSweptFromDisk) {
  for (int i = 0; i < 100; ++i) put({.key = "k:" + std::to_string(i), .upstream = i % 2 == 0 ? "even" : "odd"});
  store->flush();
  purge(Kind::upstream, "even");
  restart();  // the end of the store does not wait for a sweep, the next start resumes it
  EXPECT_TRUE(cachearr::test::until([&] { return store->stats().disk.entries <= 50; }));
  EXPECT_EQ(store->stats().disk.entries, 50U);
}

TEST_F(TwoTierStore, WhatIsStoredAfterAPurgeSurvivesIt) {
  put({.key = "a", .body = "old"});
  store->flush();
  purge(Kind::all, "");
  put({.key = "a", .body = "new"});
  restart();
  EXPECT_EQ(find("a")->body(), "new");
}

TEST_F(TwoTierStore, ASoftPurgeIsRememberedOnDisk) {
  put({.key = "a"});
  store->flush();
  EXPECT_EQ(purge(Kind::key, "a", true), 1U);
  restart();
  const EntryPtr stale = find("a");
  ASSERT_TRUE(stale);
  EXPECT_NE(stale->meta.flags & EntryFlag::kInvalidated, 0);
  EXPECT_LE(stale->meta.fresh_until_ms, clock.now().time_since_epoch().count());
}

TEST_F(TwoTierStore, PurgingSoonReachesTheDiskToo) {
  put({.key = "a"});
  store->flush();
  store->invalidate_soon({Kind::key, "a", false});
  EXPECT_FALSE(find("a"));
  restart();
  EXPECT_FALSE(find("a"));
}

TEST_F(TwoTierStore, RefusesOnDiskWhatAPurgeOvertookOnItsWay) {
  const auto asked_at = store->generation();
  purge(Kind::all, "");
  put({.key = "a", .generation = asked_at});
  EXPECT_FALSE(find("a"));
  restart();
  EXPECT_FALSE(find("a"));
}

TEST_F(TwoTierStore, StaysWithinItsDiskBudget) {
  for (int i = 0; i < 12'000; ++i) {
    put({.key = std::to_string(i), .body = std::string(4000, 'x')});
    if (i % 1000 == 0) store->flush();
  }
  store->flush();
  EXPECT_LE(store->stats().disk.bytes, 16 * kMiB);
  EXPECT_LE(std::filesystem::file_size(folder.data()), 16 * kMiB);
  EXPECT_GT(store->stats().disk.entries, 1500U);
  EXPECT_GT(store->stats().disk.evictions, 0U);
  EXPECT_EQ(store->stats().disk_problem, "");
}

TEST_F(TwoTierStore, EvictsWhatHasExpiredFirst) {
  // What expires is known once the index is complete.
  ASSERT_TRUE(cachearr::test::until([&] { return !store->may_be_on_disk(id_of("nothing")); }));
  for (int i = 0; i < 1000; ++i)
    put({.key = "old" + std::to_string(i), .body = std::string(4000, 'x'), .ttl_ms = 60'000});
  for (int i = 0; i < 1000; ++i) put({.key = "good" + std::to_string(i), .body = std::string(4000, 'x')});
  store->flush();
  clock.advance(Duration{120'000});
  for (int i = 0; i < 1000; ++i) put({.key = "new" + std::to_string(i), .body = std::string(4000, 'x')});
  store->flush();
  // A small file may be short of pages in a row when there is room enough, and then makes some.
  EXPECT_GT(store->stats().disk.expired, 2 * store->stats().disk.evictions);
}

TEST_F(TwoTierStore, ComesBackToMemoryWhenAskedForAgain) {
  for (int i = 0; i < 4000; ++i) put({.key = std::to_string(i), .body = std::string(1500, 'x')});
  store->flush();
  std::string lost;
  for (int i = 0; i < 4000 && lost.empty(); ++i) {
    if (!store->find(id_of(std::to_string(i)), identity_of(std::to_string(i)))) lost = std::to_string(i);
  }
  ASSERT_TRUE(find_on_disk(lost));
  EXPECT_FALSE(store->find(id_of(lost), identity_of(lost)));
  ASSERT_TRUE(find_on_disk(lost));
  EXPECT_TRUE(store->find(id_of(lost), identity_of(lost)));
}

TEST_F(TwoTierStore, HasWhatIsTooLargeForMemoryOnceForAllThatAreSentIt) {
  const std::string body(kMiB, 'x');
  put({.key = "large", .body = body});
  store->flush();
  EXPECT_FALSE(store->find(id_of("large"), identity_of("large")));
  const EntryPtr first = find_on_disk("large");
  const EntryPtr second = find_on_disk("large");
  ASSERT_TRUE(first);
  EXPECT_EQ(first.get(), second.get());

  clock.advance(Duration{1});
  put({.key = "large", .body = std::string(kMiB, 'y')});
  store->flush();
  EXPECT_EQ(find_on_disk("large")->body(), std::string(kMiB, 'y'));
  EXPECT_EQ(first->body(), body);

  purge(Invalidation::Kind::key, "large");
  EXPECT_FALSE(find_on_disk("large"));
}

TEST_F(TwoTierStore, ReadsWhatIsSmallAndInMemoryWhereItIsAskedFor) {
  put({.key = "small", .body = std::string(16'000, 's')});
  put({.key = "large", .body = std::string(100'000, 'l')});
  store->flush();
  const auto is_read_here = [&](const std::string& key) {
    std::promise<std::thread::id> reader;
    store->find_on_disk(id_of(key), identity_of(key), [&](EntryPtr entry) {
      EXPECT_TRUE(entry);
      reader.set_value(std::this_thread::get_id());
    });
    return reader.get_future().get() == std::this_thread::get_id();
  };
  EXPECT_TRUE(cachearr::test::until([&] { return is_read_here("small"); }));
  EXPECT_FALSE(is_read_here("large"));
}

TEST_F(TwoTierStore, TellsWhetherALookUpHasToWait) {
  put({.key = "small", .body = std::string(16'000, 's')});
  put({.key = "large", .body = std::string(100'000, 'l')});
  store->flush();
  EntryPtr found;
  const auto look = [&](const std::string& key) {
    return store->find_on_disk_here(id_of(key), identity_of(key), found);
  };
  EXPECT_TRUE(cachearr::test::until([&] { return look("small"); }));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->body(), std::string(16'000, 's'));
  EXPECT_FALSE(look("large"));
  EXPECT_FALSE(store->find_on_disk_here(id_of("small"), "another identity", found) && found);
}

TEST_F(TwoTierStore, UnpacksNothingLargeWhereItIsAskedForAlsoAfterARestart) {
  options.compression = true;
  restart();
  put({.key = "small", .body = std::string(16'000, 's'), .flags = EntryFlag::kText});
  put({.key = "large", .body = std::string(200'000, 'l'), .flags = EntryFlag::kText});
  store->flush();
  restart();
  EntryPtr found;
  const auto look = [&](const std::string& key) {
    return store->find_on_disk_here(id_of(key), identity_of(key), found);
  };
  EXPECT_EQ(find_on_disk("large")->body().size(), 200'000U);
  EXPECT_TRUE(cachearr::test::until([&] { return look("small"); }));
  EXPECT_FALSE(look("large"));
}

TEST_F(TwoTierStore, RemembersStateAcrossARestart) {
  EXPECT_EQ(store->get_state("bucket:tmdb"), "");
  store->put_state("bucket:tmdb", std::string_view{"\0binary", 7});
  restart();
  EXPECT_EQ(store->get_state("bucket:tmdb"), (std::string{"\0binary", 7}));
}

TEST_F(TwoTierStore, RefusesAFolderThatIsInUseAndSaysByWhom) {
  const auto second = make_store(options, clock);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().what.find("process " + std::to_string(::getpid())), std::string::npos)
      << second.error().what;
}

TEST_F(TwoTierStore, KeepsItsFilesFromOtherUsers) {
  put({.key = "a"});
  store->flush();
  struct stat status = {};
  ASSERT_EQ(::stat(folder.path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
  ASSERT_EQ(::stat(folder.data().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(TwoTierStore, KeepsTextSmallOnDiskAndServesItAsItWas) {
  options.compression = true;
  restart();
  const std::string text(200'000, 'x');
  put({.key = "text", .body = text, .flags = EntryFlag::kText});
  put({.key = "image", .body = text});
  put({.key = "packed",
       .head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n",
       .body = text,
       .flags = EntryFlag::kText});
  store->flush();
  EXPECT_LT(store->stats().disk.bytes, 600'000U);
  options.compression = false;  // what is packed is unpacked whatever the setting is now
  restart();
  for (const auto* key : {"text", "image", "packed"}) EXPECT_EQ(find(key)->body(), text) << key;
  EXPECT_FALSE(find("text")->compressed());
}

TEST_F(TwoTierStore, PacksTextFromTheMomentThatItIsToldTo) {
  const std::string text(200'000, 'x');
  put({.key = "before", .body = text, .flags = EntryFlag::kText});
  store->flush();
  const auto unpacked = store->stats().disk.bytes;
  store->set_compression(true);
  put({.key = "after", .body = text, .flags = EntryFlag::kText});
  store->flush();
  EXPECT_LT(store->stats().disk.bytes - unpacked, 50'000U);
  restart();
  for (const auto* key : {"before", "after"}) EXPECT_EQ(find(key)->body(), text) << key;
}

}  // namespace
}  // namespace cachearr::store
