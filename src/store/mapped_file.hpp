// Where LMDB has mapped its file, and whether the kernel has the file's pages in memory. A value; any thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cachearr::store {

class MappedFile {
 public:
  MappedFile() = default;
  /// Finds the map of the data file with this inode among the mappings of this process; LMDB does not tell it.
  static MappedFile find(std::uint64_t inode);
  /// Whether reading anywhere in the first `bytes` will hardly wait for the disk: some hundred pages, spread over them,
  /// are all in memory. Takes less than a millisecond.
  bool is_resident(std::uint64_t bytes) const noexcept;

 private:
  std::uintptr_t begin_ = 0;
  std::size_t size_ = 0;
};

}  // namespace cachearr::store
