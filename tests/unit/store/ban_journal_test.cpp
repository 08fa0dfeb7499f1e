#include "store/ban_journal.hpp"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "store/store.hpp"
#include "unit/store/file_size_limit.hpp"
#include "unit/store/folder.hpp"
#include "unit/store/made.hpp"

namespace cachearr::store {
namespace {

using Kind = Invalidation::Kind;

const std::vector<Ban> kBans{make_ban(7, {Kind::key, "a", false}), make_ban(8, {Kind::tag, "t", true})};

class BanJournalTest : public ::testing::Test {
 protected:
  std::vector<std::uint32_t> generations() const {
    std::vector<std::uint32_t> found;
    for (const auto& ban : BanJournal{folder.path()}.read().bans) found.push_back(ban.generation);
    return found;
  }
  std::uintmax_t size() const { return std::filesystem::file_size(file); }

  test::Folder folder;
  const std::string file = folder.path() + "/purges";
  BanJournal journal{folder.path()};
};

using Generations = std::vector<std::uint32_t>;

TEST_F(BanJournalTest, GivesBackWhatWasAppended) {
  EXPECT_TRUE(journal.empty());
  EXPECT_FALSE(journal.append({kBans[0]}));
  EXPECT_FALSE(journal.append({kBans[1]}));
  EXPECT_FALSE(journal.empty());
  const auto bans = journal.read().bans;
  ASSERT_EQ(bans.size(), 2U);
  for (std::size_t i = 0; i < bans.size(); ++i) {
    EXPECT_EQ(bans[i].generation, kBans[i].generation);
    EXPECT_EQ(bans[i].what, kBans[i].what);
    EXPECT_EQ(bans[i].tag, kBans[i].tag);
  }
  journal.clear();
  EXPECT_TRUE(journal.empty());
  EXPECT_EQ(generations(), Generations{});
}

TEST_F(BanJournalTest, KeepsIdsBesideBans) {
  ASSERT_FALSE(journal.append({kBans[0]}, {{1, 2}, {3, 4}}));
  ASSERT_FALSE(journal.append({kBans[1]}));
  const auto contents = journal.read();
  EXPECT_EQ(contents.missed, (std::vector<Hash128>{{1, 2}, {3, 4}}));
  EXPECT_EQ(contents.bans.size(), 2U);
}

TEST_F(BanJournalTest, EndsWhereItWasCutOff) {
  ASSERT_FALSE(journal.append(kBans));
  for (auto left = size() - 1; left > 0; --left) {
    std::filesystem::resize_file(file, left);
    EXPECT_LT(generations().size(), 2U);
  }
}

TEST_F(BanJournalTest, KeepsAllOrNothingOfWhatTheDiskRefuses) {
  ASSERT_FALSE(journal.append({kBans[0]}));
  const auto whole = size();
  for (auto limit = whole; limit < whole + 20; ++limit) {
    const test::FileSizeLimit full{limit};
    const auto problem = journal.append({kBans[1], kBans[1]});
    ASSERT_TRUE(problem);
    EXPECT_NE(problem->what.find(file), std::string::npos) << problem->what;
    EXPECT_EQ(size(), whole);
  }
  EXPECT_EQ(generations(), Generations{7});
}

TEST_F(BanJournalTest, ReadsBackWhatCameAfterAShortWrite) {
  ASSERT_FALSE(journal.append({kBans[0]}));
  {
    const test::FileSizeLimit full{size() + 5};
    ASSERT_TRUE(journal.append({kBans[1]}));
  }
  ASSERT_FALSE(journal.append({make_ban(9, {Kind::key, "b", false})}));
  EXPECT_EQ(generations(), (Generations{7, 9}));
}

TEST_F(BanJournalTest, CutsOffWhatAnEarlierProcessLeftInPieces) {
  ASSERT_FALSE(journal.append(kBans));
  std::filesystem::resize_file(file, size() - 3);
  BanJournal next{folder.path()};
  ASSERT_FALSE(next.append({make_ban(9, {Kind::key, "b", false})}));
  EXPECT_EQ(generations(), (Generations{7, 9}));
}

TEST_F(BanJournalTest, GoesOnInAFileThatSomebodyRemoved) {
  ASSERT_FALSE(journal.append(kBans));
  std::filesystem::remove(file);
  ASSERT_FALSE(journal.append({kBans[0]}));
  EXPECT_EQ(generations(), Generations{7});
}

TEST_F(BanJournalTest, SetsBlocksAsideThatDoNotCountAsContent) {
  journal.set_blocks_aside();
  EXPECT_TRUE(journal.empty());
  ASSERT_FALSE(journal.append(kBans));
  EXPECT_EQ(generations(), (Generations{7, 8}));
}

TEST_F(BanJournalTest, IsAppliedToTheStoreAtTheNextStart) {
  ManualClock clock;
  StoreOptions options;
  options.disk_path = folder.path();
  { make_store(options, clock).value()->put(test::make({.key = "a"}, clock)); }
  ASSERT_FALSE(journal.append({make_ban(UINT32_MAX - 1, {Kind::key, "a", false})}));
  const auto store = make_store(options, clock).value();
  EXPECT_TRUE(store->find_key("a").empty());
  store->flush();
  EXPECT_TRUE(journal.empty());
}

}  // namespace
}  // namespace cachearr::store
