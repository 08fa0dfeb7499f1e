#include "app/backup/staging.hpp"

#include <filesystem>
#include <gtest/gtest.h>

#include "support/scratch.hpp"

namespace cachearr::app::backup {
namespace {

class StagingFolder : public testing::Test {
 protected:
  /// As a killed program leaves it.
  std::string abandoned(const std::string& name) const {
    auto path = scratch_ / (".cachearr-import-" + name);
    std::filesystem::create_directory(path);
    return path;
  }
  static bool is_there(const std::string& path) { return std::filesystem::exists(path); }

  test::Scratch scratch_;
};

TEST_F(StagingFolder, IsGoneWithItsScope) {
  std::string path;
  {
    const auto staging = Staging::in(scratch_.path());
    ASSERT_TRUE(staging);
    path = (*staging)->path();
    EXPECT_TRUE(is_there(path));
  }
  EXPECT_FALSE(is_there(path));
}

TEST_F(StagingFolder, IsRemovedByTheNextOneWhereItWasAbandonedButNotWhereItIsInUse) {
  const auto path = abandoned("left");
  const auto other = scratch_ / "other-import-left";
  std::filesystem::create_directory(other);
  const auto first = Staging::in(scratch_.path());
  ASSERT_TRUE(first);
  EXPECT_FALSE(is_there(path));
  const auto second = Staging::in(scratch_.path());
  ASSERT_TRUE(second);
  EXPECT_TRUE(is_there((*first)->path()));
  EXPECT_TRUE(is_there(other));
}

TEST_F(StagingFolder, StaysAbandonedForAsLongAsItsJournalIsThere) {
  const auto journal = scratch_.file("import.journal", "[]");
  const auto path = abandoned("left");
  {
    const auto staging = Staging::in(scratch_ / "missing/yet");
    ASSERT_TRUE(staging);
    EXPECT_EQ((*staging)->around(), scratch_.path());
    ASSERT_TRUE((*staging)->keep_for(journal));
    EXPECT_TRUE((*staging)->keep_for(journal));
    std::filesystem::create_directory(path);
    std::filesystem::copy((*staging)->path() + "/.journal", path + "/.journal");
  }
  remove_abandoned(scratch_.path());
  EXPECT_TRUE(is_there(path));
  std::filesystem::remove(journal);
  remove_abandoned(scratch_.path());
  EXPECT_FALSE(is_there(path));
}

}  // namespace
}  // namespace cachearr::app::backup
