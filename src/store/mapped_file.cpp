#include "store/mapped_file.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace cachearr::store {
namespace {

constexpr std::uint64_t kSample = 256;

}  // namespace

MappedFile MappedFile::find(std::uint64_t inode) {
  MappedFile found;
  std::ifstream maps{"/proc/self/maps"};
  for (std::string line; std::getline(maps, line);) {
    unsigned long begin = 0, end = 0, offset = 0, number = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx %*s %lx %*s %lu", &begin, &end, &offset, &number) != 4) continue;
    if (number != inode || offset != 0 || !line.ends_with("/data.mdb")) continue;
    found.begin_ = begin;
    found.size_ = end - begin;
  }
  return found;
}

bool MappedFile::is_resident(std::uint64_t bytes) const noexcept {
  if (begin_ == 0) return false;
  const auto page_size = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  const std::uint64_t pages = std::min<std::uint64_t>(bytes, size_) / page_size;
  const std::uint64_t step = std::max<std::uint64_t>(pages / kSample, 1);
  for (std::uint64_t page = 0; page < pages; page += step) {
    unsigned char state = 0;
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the system gives the address as text
    if (::mincore(reinterpret_cast<void*>(begin_ + page * page_size), page_size, &state) != 0) return false;
    if ((state & 1U) == 0) return false;
  }
  return true;
}

}  // namespace cachearr::store
