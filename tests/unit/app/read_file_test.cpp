#include "app/read_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>
#include <sys/stat.h>

#include "support/scratch.hpp"

namespace cachearr::app {
namespace {

using testing::HasSubstr;

std::string problem_with(const std::string& path, std::uint64_t most = 10) {
  const auto read = read_file(path, most);
  return read ? "none" : read.error().what;
}

TEST(ReadingAFile, GivesAllOfItOrNothing) {
  const test::Scratch scratch;
  const auto file = scratch.file("file", "0123456789");
  const auto read = read_file(file, 10);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, "0123456789");
  EXPECT_THAT(problem_with(file, 9), HasSubstr("too large"));
  EXPECT_THAT(problem_with(scratch / "missing"), HasSubstr("missing cannot be read: No such file"));
}

TEST(ReadingAFile, RefusesWhatIsNoneInWords) {
  const test::Scratch scratch;
  EXPECT_THAT(problem_with(scratch.path()), HasSubstr("Is a directory"));
  EXPECT_THAT(problem_with("/dev/zero"), HasSubstr("neither a file nor a pipe"));
}

TEST(ReadingAFile, KnowsAPipe) {
  const test::Scratch scratch;
  ASSERT_EQ(::mkfifo((scratch / "pipe").c_str(), 0600), 0);
  EXPECT_TRUE(*is_pipe(scratch / "pipe"));
  EXPECT_FALSE(*is_pipe(scratch.file("file", "")));
}

TEST(ReadingAFile, EndsAtItsLimitWhereverItComesFrom) {
  std::istringstream in{std::string(200'000, 'x')};
  EXPECT_FALSE(read_rest(in, "endless", 100'000));
}

}  // namespace
}  // namespace cachearr::app
