#include "store/mapped_file.hpp"

#include <fcntl.h>
#include <fstream>
#include <gtest/gtest.h>
#include <string>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit/store/folder.hpp"

namespace cachearr::store {
namespace {

constexpr std::size_t kSize = 1024 * 1024;

class MappedFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::ofstream{folder.data()} << std::string(kSize, 'x');
    file = ::open(folder.data().c_str(), O_RDWR | O_CLOEXEC);
    map = ::mmap(nullptr, kSize, PROT_READ, MAP_SHARED, file, 0);
    ASSERT_NE(map, MAP_FAILED);
    struct stat status = {};
    ::fstat(file, &status);
    inode = status.st_ino;
  }
  void TearDown() override {
    ::munmap(map, kSize);
    ::close(file);
  }

  test::Folder folder;
  int file = -1;
  void* map = nullptr;
  std::uint64_t inode = 0;
};

TEST_F(MappedFileTest, IsResidentWhileTheKernelHasItsPages) {
  EXPECT_TRUE(MappedFile::find(inode).is_resident(kSize));
  ::fdatasync(file);
  ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED);
  unsigned char state = 1;
  ASSERT_EQ(::mincore(map, 1, &state), 0);
  if ((state & 1U) != 0) GTEST_SKIP() << "this file system keeps its pages in any case";
  EXPECT_FALSE(MappedFile::find(inode).is_resident(kSize));
}

TEST_F(MappedFileTest, ThatIsNotMappedIsNot) { EXPECT_FALSE(MappedFile::find(inode + 1).is_resident(kSize)); }

}  // namespace
}  // namespace cachearr::store
