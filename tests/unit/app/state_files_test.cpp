#include "app/state_files.hpp"

#include <filesystem>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/scratch.hpp"

namespace cachearr::app {
namespace {

using std::filesystem::perms;
using testing::HasSubstr;
using testing::MatchesRegex;

perms mode_of(const std::string& path) { return std::filesystem::status(path).permissions(); }

TEST(StateDirectory, IsMadeForItsOwnerAlone) {
  const test::Scratch scratch;
  EXPECT_FALSE(prepare_state_directory(scratch / "a/b/state"));
  EXPECT_EQ(mode_of(scratch / "a/b/state"), perms::owner_all);
}

TEST(StateDirectory, ThatOthersMayReadIsTaken) {
  const test::Scratch scratch;
  std::filesystem::create_directory(scratch / "state");
  std::filesystem::permissions(scratch / "state", perms{0755});
  EXPECT_FALSE(prepare_state_directory(scratch / "state"));
}

class WritableByOthers : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(Modes, WritableByOthers, testing::Values(0770U, 0777U, 0702U, 01777U));

TEST_P(WritableByOthers, AStateDirectoryIsRefusedAndTheReasonSaysHowToMendIt) {
  const test::Scratch scratch;
  std::filesystem::create_directory(scratch / "state");
  std::filesystem::permissions(scratch / "state", perms{GetParam()});
  const auto refused = prepare_state_directory(scratch / "state");
  ASSERT_TRUE(refused);
  EXPECT_THAT(refused->what, HasSubstr("chmod go-w " + (scratch / "state")));
}

TEST(StateDirectory, ThatIsAFileIsRefused) {
  const test::Scratch scratch;
  scratch.file("state", "");
  EXPECT_TRUE(prepare_state_directory(scratch / "state"));
}

TEST(ASecret, IsMadeOnceAndReadAgain) {
  const test::Scratch scratch;
  const auto made = read_or_make_secret(scratch / "api_key", 16);
  ASSERT_TRUE(made.ok());
  EXPECT_THAT(*made, MatchesRegex("[0-9a-f]{32}"));
  EXPECT_EQ(mode_of(scratch / "api_key"), perms{0600});
  EXPECT_EQ(*read_or_make_secret(scratch / "api_key", 16), *made);
}

TEST(ASecret, ThatSomebodyWroteByHandIsTaken) {
  const test::Scratch scratch;
  scratch.file("api_key", "correct horse battery staple\r\n");
  EXPECT_EQ(*read_or_make_secret(scratch / "api_key", 16), "correct horse battery staple");
}

TEST(ASecret, OfWhichOnlyAPartWasWrittenIsMadeAnew) {
  const test::Scratch scratch;
  scratch.file("api_key", "0123");
  EXPECT_EQ(read_or_make_secret(scratch / "api_key", 16)->size(), 32U);
}

TEST(ASecret, IsNotWrittenThroughALinkThatWasPlanted) {
  const test::Scratch scratch;
  scratch.file("precious", "precious");
  std::filesystem::create_symlink(scratch / "precious", scratch / "api_key.new");
  ASSERT_TRUE(read_or_make_secret(scratch / "api_key", 16).ok());
  EXPECT_EQ(test::content_of(scratch / "precious"), "precious");
  EXPECT_FALSE(std::filesystem::is_symlink(scratch / "api_key"));
}

TEST(ASecret, IsNotReadThroughALink) {
  const test::Scratch scratch;
  scratch.file("planted", "0123456789abcdef0123456789abcdef\n");
  std::filesystem::create_symlink(scratch / "planted", scratch / "api_key");
  const auto refused = read_or_make_secret(scratch / "api_key", 16);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().what, HasSubstr("symbolic link"));
}

TEST(ASecret, ThatOthersMayWriteIsNotUsed) {
  const test::Scratch scratch;
  scratch.file("secret", "0123456789abcdef0123456789abcdef\n");
  std::filesystem::permissions(scratch / "secret", perms{0622});
  const auto refused = read_or_make_secret(scratch / "secret", 16);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().what, HasSubstr("chmod go-w"));
}

TEST(ASecret, ThatIsNoFileIsAnErrorAndNothingWaits) {
  const test::Scratch scratch;
  std::filesystem::create_directory(scratch / "secret");
  EXPECT_FALSE(read_or_make_secret(scratch / "secret", 16).ok());
}

}  // namespace
}  // namespace cachearr::app
