#include "app/backup/swap.hpp"

#include <filesystem>
#include <gtest/gtest.h>

#include "support/scratch.hpp"

namespace cachearr::app::backup {
namespace {

using test::content_of;

class Swapping : public testing::Test {
 protected:
  Swapping() {
    scratch_.file("a", "old a");
    scratch_.file("a.new", "new a");
    scratch_.file("b.new", "new b");
  }
  Swap swap(const std::string& name) const {
    return {scratch_ / (name + ".new"), scratch_ / name, scratch_ / (name + ".old")};
  }
  bool is_there(const std::string& name) const { return std::filesystem::exists(scratch_ / name); }

  test::Scratch scratch_;
};

TEST_F(Swapping, PutsTheNewInPlaceAndKeepsTheOldBeside) {
  Swaps swaps{scratch_.path()};
  ASSERT_FALSE(swaps.make({swap("a"), swap("b")}));
  swaps.keep();
  EXPECT_EQ(content_of(scratch_ / "a"), "new a");
  EXPECT_EQ(content_of(scratch_ / "a.old"), "old a");
  EXPECT_EQ(content_of(scratch_ / "b"), "new b");
  EXPECT_FALSE(is_there("b.old"));
  EXPECT_FALSE(is_there("import.journal"));
}

TEST_F(Swapping, UndoesAllOfItWhereOneCannotBeMade) {
  Swaps swaps{scratch_.path()};
  const Swap impossible{scratch_ / "b.new", scratch_ / "missing/b", scratch_ / "missing/b.old"};
  EXPECT_TRUE(swaps.make({swap("a"), impossible}));
  EXPECT_EQ(content_of(scratch_ / "a"), "old a");
  EXPECT_EQ(content_of(scratch_ / "a.new"), "new a");
  EXPECT_EQ(content_of(scratch_ / "b.new"), "new b");
  EXPECT_FALSE(is_there("import.journal"));
}

TEST_F(Swapping, UndoesItWhenAskedTo) {
  Swaps swaps{scratch_.path()};
  ASSERT_FALSE(swaps.make({swap("a"), swap("b")}));
  swaps.undo();
  EXPECT_EQ(content_of(scratch_ / "a"), "old a");
  EXPECT_FALSE(is_there("b"));
}

TEST_F(Swapping, GoesOnAfterAKillWhereverThatWas) {
  const std::string journal = scratch_ / "import.journal";
  {
    Swaps swaps{scratch_.path()};
    ASSERT_FALSE(swaps.make({swap("a"), swap("b")}));
  }
  const auto text = content_of(journal);
  ASSERT_FALSE(text.empty());  // kept until keep() or undo()
  // As if it had been killed between the two moves of the first one.
  std::filesystem::rename(scratch_ / "a", scratch_ / "a.new");
  std::filesystem::rename(scratch_ / "b", scratch_ / "b.new");
  EXPECT_FALSE(finish_swaps(scratch_.path()));
  EXPECT_EQ(content_of(scratch_ / "a"), "new a");
  EXPECT_EQ(content_of(scratch_ / "a.old"), "old a");
  EXPECT_EQ(content_of(scratch_ / "b"), "new b");
  EXPECT_FALSE(is_there("import.journal"));
}

TEST_F(Swapping, NeverPutsAnotherOverTheOldThatIsKept) {
  std::filesystem::rename(scratch_ / "a", scratch_ / "a.old");
  scratch_.file("a", "put there meanwhile");
  Swaps swaps{scratch_.path()};
  ASSERT_FALSE(swaps.make({swap("a")}));
  swaps.keep();
  EXPECT_EQ(content_of(scratch_ / "a"), "new a");
  EXPECT_EQ(content_of(scratch_ / "a.old"), "old a");
}

TEST_F(Swapping, LeavesNoSecondNameWhereTheNewCannotTakeItsPlace) {
  std::filesystem::remove(scratch_ / "a.new");
  std::filesystem::create_directory(scratch_ / "a.new");  // no folder takes the place of a file
  Swaps swaps{scratch_.path()};
  EXPECT_TRUE(swaps.make({swap("a")}));
  EXPECT_EQ(content_of(scratch_ / "a"), "old a");
  EXPECT_FALSE(is_there("a.old"));
}

TEST_F(Swapping, PutsAFolderInPlaceOfALinkToOneAndBack) {
  std::filesystem::create_directory(scratch_ / "far");
  std::filesystem::create_directory_symlink("far", scratch_ / "folder");
  std::filesystem::create_directory(scratch_ / "folder.new");
  Swaps swaps{scratch_.path()};
  ASSERT_FALSE(swaps.make({swap("folder")}));
  EXPECT_FALSE(std::filesystem::is_symlink(scratch_ / "folder"));
  EXPECT_TRUE(std::filesystem::is_symlink(scratch_ / "folder.old"));
  swaps.undo();
  EXPECT_TRUE(std::filesystem::is_symlink(scratch_ / "folder"));
  EXPECT_FALSE(is_there("folder.old"));
}

TEST_F(Swapping, SaysSoWhereTheJournalCannotBeRead) {
  scratch_.file("import.journal", "garbage");
  EXPECT_TRUE(finish_swaps(scratch_.path()));
  EXPECT_EQ(content_of(scratch_ / "a"), "old a");
}

TEST_F(Swapping, HasNothingToFinishWithoutAJournal) { EXPECT_FALSE(finish_swaps(scratch_.path())); }

}  // namespace
}  // namespace cachearr::app::backup
