// Whatever has happened to the file: no wrong byte is served, nothing crashes, and the store goes on.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <gtest/gtest.h>
#include <random>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "store/store.hpp"
#include "support/until.hpp"
#include "unit/store/folder.hpp"
#include "unit/store/made.hpp"

// A file found damaged in the middle of an operation is left as it is, with all that belongs to it: see DiskFile.
// NOLINTBEGIN(bugprone-reserved-identifier): the sanitizer calls it by this name
extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:liblmdb\nleak:run_guarded\n"; }
// NOLINTEND(bugprone-reserved-identifier)

namespace cachearr::store {
namespace {

using test::id_of;
using test::identity_of;
using test::make;

using test::kMiB;
constexpr int kAnswers = 120;

/// The same damage each time; CACHEARR_DAMAGE_SEED, a number, asks for another (130 damaged stores each).
std::mt19937_64 random_damage(std::uint64_t kind) {
  const char* const asked = std::getenv("CACHEARR_DAMAGE_SEED");
  return std::mt19937_64{kind + (asked ? std::strtoull(asked, nullptr, 10) * 1000 : 0)};
}

std::string body_of(int i) {
  std::mt19937 random{static_cast<unsigned>(i)};
  std::string body(200 + random() % 5000, '\0');
  for (char& c : body) c = static_cast<char>(random());
  return body;
}

class Damage : public ::testing::Test {
 protected:
  void SetUp() override {
    options.memory_max = 4 * kMiB;
    options.disk_path = folder.path();
    options.disk_max = 16 * kMiB;
    options.disk_check_first = Duration{60'000};  // however slow the machine is
    const auto store = started();
    for (int i = 0; i < kAnswers; ++i)
      store->put(make({.key = std::to_string(i), .tags = {"t"}, .body = body_of(i)}, clock));
    store->put_state("bucket", "state");
  }
  std::unique_ptr<Store> started() {
    auto made = make_store(options, clock);
    return made ? std::move(made).value() : nullptr;
  }
  static EntryPtr find(Store& store, const std::string& key) {
    if (EntryPtr entry = store.find(id_of(key), identity_of(key))) return entry;
    std::promise<EntryPtr> found;
    store.find_on_disk(id_of(key), identity_of(key), [&](EntryPtr entry) { found.set_value(std::move(entry)); });
    return found.get_future().get();
  }
  static void wait_until_up(const Store& store) {
    EXPECT_TRUE(cachearr::test::until([&] { return store.stats().disk_problem.empty(); }));
  }
  /// Reads everything, and uses the store further. Returns how many answers were still there.
  int use() {
    const auto store = started();
    EXPECT_TRUE(store);
    wait_until_up(*store);
    int left = 0;
    for (int i = 0; i < kAnswers; ++i) {
      const EntryPtr entry = find(*store, std::to_string(i));
      if (!entry) continue;
      ++left;
      EXPECT_EQ(entry->body(), body_of(i));
    }
    EXPECT_TRUE(store->invalidate({Invalidation::Kind::pattern, "1*", false}));
    for (int i = 0; i < 20; ++i) store->put(make({.key = "new" + std::to_string(i), .body = body_of(i)}, clock));
    store->flush();
    for (int i = 0; i < 20; ++i) EXPECT_TRUE(find(*store, "new" + std::to_string(i)));
    // It may have been found damaged just now; another file takes its place at once.
    wait_until_up(*store);
    EXPECT_EQ(store->stats().disk_problem, "");
    return left;
  }
  void overwrite(std::uint64_t at, const std::string& bytes) const {
    std::fstream file{folder.data(), std::ios::in | std::ios::out | std::ios::binary};
    file.seekp(static_cast<std::streamoff>(at));
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  bool set_aside() const {
    for (const auto& file : std::filesystem::directory_iterator{folder.path()}) {
      if (file.path().filename().string().starts_with("data.mdb.bad-")) return true;
    }
    return false;
  }

  ManualClock clock;
  test::Folder folder;
  StoreOptions options;
};

TEST_F(Damage, NoneLosesNothing) {
  EXPECT_EQ(use(), kAnswers);
  EXPECT_FALSE(set_aside());
}

// 0: nobody waits for the check, as with a large file; so it is read unchecked, and written to only afterwards.
class DamageBeforeOrAfterTheCheck : public Damage, public ::testing::WithParamInterface<int> {
 protected:
  void SetUp() override {
    Damage::SetUp();
    options.disk_check_first = Duration{GetParam()};
  }
};
INSTANTIATE_TEST_SUITE_P(Wait, DamageBeforeOrAfterTheCheck, ::testing::Values(0, 10'000));

TEST_P(DamageBeforeOrAfterTheCheck, OfSingleBitsNeverServesAWrongByte) {
  const auto whole = folder.path() + "/whole";
  std::filesystem::copy_file(folder.data(), whole);
  auto random = random_damage(7);
  for (int round = 0; round < 25; ++round) {
    std::filesystem::copy_file(whole, folder.data(), std::filesystem::copy_options::overwrite_existing);
    std::ifstream in{whole, std::ios::binary};
    for (int flips = 0; flips < 4; ++flips) {
      const auto at = random() % std::filesystem::file_size(whole);
      in.seekg(static_cast<std::streamoff>(at));
      overwrite(at, {1, static_cast<char>(in.get() ^ (1 << random() % 8))});
    }
    use();
    ASSERT_FALSE(HasFailure()) << "round " << round;
  }
}

TEST_P(DamageBeforeOrAfterTheCheck, OfZeroedPagesNeverServesAWrongByte) {
  const auto whole = folder.path() + "/whole";
  std::filesystem::copy_file(folder.data(), whole);
  auto random = random_damage(11);
  for (int round = 0; round < 25; ++round) {
    std::filesystem::copy_file(whole, folder.data(), std::filesystem::copy_options::overwrite_existing);
    for (int page = 0; page < 2; ++page)
      overwrite(random() % (std::filesystem::file_size(whole) / 4096) * 4096, std::string(4096, '\0'));
    use();
    ASSERT_FALSE(HasFailure()) << "round " << round;
  }
}

TEST_P(DamageBeforeOrAfterTheCheck, ByTruncationIsSurvived) {
  const auto whole = folder.path() + "/whole";
  std::filesystem::copy_file(folder.data(), whole);
  auto random = random_damage(13);
  for (int round = 0; round < 15; ++round) {
    std::filesystem::copy_file(whole, folder.data(), std::filesystem::copy_options::overwrite_existing);
    std::filesystem::resize_file(folder.data(), random() % std::filesystem::file_size(whole));
    use();
    ASSERT_FALSE(HasFailure()) << "round " << round;
  }
}

TEST_F(Damage, WhileItIsInUseIsSurvived) {
  const auto store = started();
  ASSERT_EQ(::truncate(folder.data().c_str(), 3 * 4096), 0);
  for (int i = 0; i < kAnswers; ++i) {
    if (const EntryPtr entry = find(*store, std::to_string(i))) {
      EXPECT_EQ(entry->body(), body_of(i));
    }
  }
  store->put(make({.key = "new", .body = "new"}, clock));
  store->flush();
  EXPECT_TRUE(find(*store, "new"));
}

TEST_F(Damage, ThatMakesItSomethingElseSetsItAside) {
  std::ofstream{folder.data(), std::ios::binary} << std::string(50'000, 'x');
  EXPECT_EQ(use(), 0);
  EXPECT_TRUE(set_aside());
}

TEST_F(Damage, OneFileSetAsideIsKeptNotMany) {
  for (int round = 0; round < 3; ++round) {
    std::ofstream{folder.data(), std::ios::binary} << std::string(50'000, 'x');
    clock.advance(Duration{2'000});
    use();
  }
  int count = 0;
  for (const auto& file : std::filesystem::directory_iterator{folder.path()}) {
    count += file.path().filename().string().starts_with("data.mdb.bad-") ? 1 : 0;
  }
  EXPECT_EQ(count, 1);
}

TEST_F(Damage, OfAnEmptyFileIsNone) {
  std::filesystem::resize_file(folder.data(), 0);
  EXPECT_EQ(use(), 0);
}

TEST_F(Damage, OfAFolderThatCannotBeMadeLeavesMemory) {
  options.disk_path = folder.data() + "/not-a-folder";
  const auto store = started();
  ASSERT_TRUE(store);
  store->put(make({.key = "a"}, clock));
  store->flush();
  EXPECT_TRUE(store->find(id_of("a"), identity_of("a")));
  EXPECT_FALSE(store->may_be_on_disk(id_of("b")));
  EXPECT_TRUE(store->stats().disk_enabled);
  EXPECT_NE(store->stats().disk_problem, "");
  EXPECT_FALSE(store->invalidate({Invalidation::Kind::all, "", false})) << "the folder may be back with what it had";
  EXPECT_FALSE(store->find(id_of("a"), identity_of("a")));
}

TEST_F(Damage, ByTheFileVanishingIsNoticedAndRepaired) {
  options.disk_retry = Duration{10};
  const auto store = started();
  std::filesystem::remove(folder.data());
  EXPECT_TRUE(cachearr::test::until([&] { return std::filesystem::exists(folder.data()); }));
  store->put(make({.key = "new"}, clock));
  store->flush();
  EXPECT_TRUE(std::filesystem::exists(folder.data()));
}

TEST_F(Damage, OfTheFolderIsOverOnceTheFolderCanBeMade) {
  const std::string blocked = folder.path() + "/blocked";
  std::ofstream{blocked} << "a file where the folder should be";
  options.disk_path = blocked + "/store";
  options.disk_retry = Duration{10};
  const auto store = started();
  store->put(make({.key = "a", .body = "put while the disk was away"}, clock));
  EXPECT_NE(store->stats().disk_problem, "");
  std::filesystem::remove(blocked);
  wait_until_up(*store);
  EXPECT_EQ(store->stats().disk_problem, "");
  store->flush();
  EXPECT_EQ(store->stats().disk.entries, 1U);
}

TEST_F(Damage, IsLookedForInEveryByteAfterAPowerFailure) {
  std::ofstream{folder.path() + "/unsynced"} << "another boot\n";
  // One byte of one body: the structure is sound, and only its own reader would find it.
  std::string whole;
  {
    std::ifstream in{folder.data(), std::ios::binary};
    whole.assign(std::istreambuf_iterator<char>{in}, {});
  }
  const auto at = whole.rfind(body_of(5).substr(0, 100));
  ASSERT_NE(at, std::string::npos);
  overwrite(at + 10, "?");
  EXPECT_EQ(use(), 0);
  EXPECT_TRUE(set_aside());
}

TEST_F(Damage, ThatAPowerFailureDidNotDoCostsNothing) {
  std::ofstream{folder.path() + "/unsynced"} << "another boot\n";
  options.disk_retry = Duration{10};
  const auto store = started();
  wait_until_up(*store);
  for (int i = 0; i < kAnswers; ++i) EXPECT_TRUE(find(*store, std::to_string(i)));
}

TEST_F(Damage, OfNoKindLosesWhatIsPutBeforeTheCheckHasEnded) {
  options.disk_check_first = Duration{0};
  {
    const auto store = started();
    store->put(make({.key = "early", .body = "put while the file is checked"}, clock));
    EXPECT_EQ(store->invalidate({Invalidation::Kind::key, "3", false}).value(), 1U);
    EXPECT_FALSE(find(*store, "3"));
  }
  EXPECT_EQ(std::filesystem::file_size(folder.path() + "/purges"), 0U);
  const auto store = started();
  EXPECT_TRUE(find(*store, "early"));
  EXPECT_FALSE(find(*store, "3"));
  EXPECT_TRUE(find(*store, "4"));
}

TEST_F(Damage, OfAnotherFormatSetsTheFileAside) {
  std::string whole;
  {
    std::ifstream in{folder.data(), std::ios::binary};
    whole.assign(std::istreambuf_iterator<char>{in}, {});
  }
  // The value after the name in the one leaf of the database "meta".
  std::size_t changed = 0;
  for (auto at = whole.find("format"); at != std::string::npos; at = whole.find("format", at + 1)) {
    overwrite(at + 6, std::string{"\1\0\0\0", 4});
    ++changed;
  }
  ASSERT_GT(changed, 0U);
  EXPECT_EQ(use(), 0);
  EXPECT_TRUE(set_aside());
}

}  // namespace
}  // namespace cachearr::store
