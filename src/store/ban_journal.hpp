// What cannot be written to the store's file yet, because it is still being checked, is not open or its disk is full:
// bans, and the ids of what was replaced or erased. A small file beside it that they are appended to, so that nothing
// older comes back when the process is killed before. Blocks are set aside for it, so that a full disk takes some
// thousands of them too. Owned by the disk tier's writer.
//
// The file is a sequence of pairs [u32 size][key][u32 size][value] with a checksum in each value: a ban as in the
// database "rules", or an id with nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/hash.hpp"
#include "base/result.hpp"
#include "store/ban_list.hpp"

namespace cachearr::store {

class BanJournal {
 public:
  explicit BanJournal(const std::string& folder) : path_{folder + "/purges"} {}

  /// Makes sure that a full disk takes bans for a while. Where that cannot be had, append() fails on a full disk.
  void set_blocks_aside() const;
  /// All of them, or none and why not. What an earlier failure left behind is cut off first.
  std::optional<Error> append(const std::vector<Ban>& bans, const std::vector<Hash128>& missed = {});
  struct Contents {
    std::vector<Ban> bans;  // in the order in which they were added
    std::vector<Hash128> missed;
  };
  Contents read() const;
  bool empty() const;
  void clear();

 private:
  bool find_end(int file);

  std::string path_;
  std::int64_t end_ = -1;  // of the last whole ban; -1: not known
};

}  // namespace cachearr::store
