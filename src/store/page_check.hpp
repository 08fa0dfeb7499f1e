// Checks the pages of an LMDB file against the format of LMDB 0.9, without LMDB: that every page hangs in the tree
// exactly once, is what it says, and holds what it points to. LMDB trusts its pages; a flipped bit in one makes it
// write beyond its buffers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace cachearr::store {

class PageCheck {
 public:
  /// The bytes of the file; they must outlive the check and may not end before the last page in use.
  PageCheck(const unsigned char* bytes, std::size_t size, std::size_t page_size);
  /// What is wrong in the state after the transaction of this number; empty if nothing.
  std::string run(std::uint64_t transaction);

 private:
  struct Tree {
    std::uint16_t depth = 0;
    std::uint64_t branches = 0, leaves = 0, overflows = 0, entries = 0, root = 0;
  };
  struct Count {
    std::uint64_t branches = 0, leaves = 0, overflows = 0, entries = 0;
  };
  bool fail(const std::string& what, std::uint64_t page);
  bool check_tree(const unsigned char* description, bool holds_trees, bool holds_free_pages);
  bool check_page(std::uint64_t page, unsigned level, const Tree& tree, Count& count);
  bool check_node(std::uint64_t page, std::size_t at, bool is_leaf, std::size_t& size);
  bool check_child(const unsigned char* node, bool is_leaf, unsigned level, const Tree& tree, Count& count);
  bool check_free_pages(const unsigned char* data, std::size_t size);
  bool claim(std::uint64_t page, std::uint64_t count = 1);
  const unsigned char* at(std::uint64_t page) const noexcept { return bytes_ + page * page_size_; }

  const unsigned char* bytes_;
  std::size_t size_;
  std::size_t page_size_;
  std::uint64_t last_page_ = 0;
  bool holds_trees_ = false;  // of the tree under way
  bool holds_free_pages_ = false;
  std::vector<bool> claimed_;
  std::string damage_;
};

}  // namespace cachearr::store
