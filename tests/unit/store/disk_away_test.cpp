// What the client was told while the disk takes nothing holds when it is back, and after a restart.
#include <filesystem>
#include <gtest/gtest.h>
#include <string>

#include "store/store.hpp"
#include "support/until.hpp"
#include "unit/store/file_size_limit.hpp"
#include "unit/store/two_tier.hpp"

namespace cachearr::store {
namespace {

using test::FileSizeLimit;
using test::id_of;
using test::identity_of;
using Kind = Invalidation::Kind;

class DiskAway : public test::TwoTier {
 protected:
  /// With what is not put on disk, so that everything else is evicted from memory.
  void fill_memory() {
    for (int i = 0; i < 500; ++i)
      put({.key = "filler" + std::to_string(i), .body = std::string(20'000, 'f'), .ttl_ms = 1});
  }
};

TEST_F(DiskAway, KeepsAPurgeBesideAFileThatTakesNothing) {
  put({.key = "a"});
  put({.key = "b"});
  store->flush();
  {
    const FileSizeLimit full{4096};
    EXPECT_EQ(purge(Kind::key, "a"), 1U);
    store.reset();  // nor does its end write anything
  }
  start();
  EXPECT_FALSE(find("a"));
  EXPECT_TRUE(find("b"));
}

TEST_F(DiskAway, DoesNotAcknowledgeAPurgeThatARestartMayForget) {
  put({.key = "a"});
  store->flush();
  const FileSizeLimit full{0};
  const auto purged = store->invalidate({Kind::key, "a", false});
  ASSERT_FALSE(purged);
  EXPECT_NE(purged.error().what.find("File too large"), std::string::npos) << purged.error().what;
  EXPECT_FALSE(find("a"));
}

TEST_F(DiskAway, KeepsAPurgeThatWasNotAcknowledgedAsSoonAsItCan) {
  options.disk_retry = Duration{10};
  restart();
  put({.key = "a"});
  store->flush();
  {
    const FileSizeLimit full{0};
    ASSERT_FALSE(store->invalidate({Kind::key, "a", false}));
  }
  EXPECT_TRUE(cachearr::test::until([&] { return store->stats().disk_problem.empty(); }));
  restart();
  EXPECT_FALSE(find("a"));
}

TEST_F(DiskAway, FindsNothingOlderThanWhatTheDiskHasMissed) {
  options.disk_retry = Duration{10};
  restart();
  for (const auto* key : {"replaced", "erased", "untouched"}) put({.key = key, .body = "old"});
  store->flush();
  {
    const FileSizeLimit full{0};
    put({.key = "untouched too"});
    store->flush();
    ASSERT_NE(store->stats().disk_problem, "");
    put({.key = "replaced", .body = "new"});
    store->erase(id_of("erased"), identity_of("erased"));
    fill_memory();
    EXPECT_FALSE(store->find(id_of("replaced"), identity_of("replaced")));
  }
  const auto found_again = [&] {
    const EntryPtr replaced = find("replaced");
    return (replaced && replaced->body() == "old") || find("erased");
  };
  EXPECT_TRUE(cachearr::test::until([&] {
    EXPECT_FALSE(found_again());
    return store->stats().disk_problem.empty();
  }));
  store->flush();
  EXPECT_FALSE(found_again());
  EXPECT_TRUE(store->find_key("erased").empty());
  restart();
  EXPECT_FALSE(found_again());
  EXPECT_TRUE(find("untouched"));
}

TEST_F(DiskAway, DoesNotBelieveAnOlderCopyOfItsFile) {
  options.disk_retry = Duration{10};
  restart();
  put({.key = "a", .body = "old"});
  put({.key = "b"});
  store->flush();
  const std::string copy = folder.path() + "/copy";
  std::filesystem::copy_file(folder.data(), copy);
  put({.key = "a", .body = "new"});
  purge(Kind::key, "b");
  store->flush();
  fill_memory();
  std::filesystem::rename(copy, folder.data());
  const auto older = [&] {
    const EntryPtr a = find("a");
    return (a && a->body() == "old") || find("b");
  };
  EXPECT_TRUE(cachearr::test::until([&] {
    EXPECT_FALSE(older());
    return store->stats().disk.errors != 0 && store->stats().disk_problem.empty();
  }));
  EXPECT_FALSE(older());
  restart();
  EXPECT_FALSE(older());
}

}  // namespace
}  // namespace cachearr::store
