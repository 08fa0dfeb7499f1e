#include "store/page_check.hpp"

#include <cstring>

namespace cachearr::store {
namespace {

// Offsets and values of LMDB 0.9's file format (mdb.c: MDB_page, MDB_node, MDB_db, MDB_meta).
constexpr std::size_t kPageHeader = 16;
constexpr std::size_t kNodeHeader = 8;
constexpr std::size_t kFlagsAt = 10, kLowerAt = 12, kUpperAt = 14, kOverflowPagesAt = 12;
constexpr std::uint16_t kBranch = 0x01, kLeaf = 0x02, kOverflow = 0x04, kMeta = 0x08;
constexpr std::uint16_t kBigData = 0x01, kSubTree = 0x02;
constexpr std::size_t kTreeSize = 48;
constexpr std::size_t kFreeTreeAt = kPageHeader + 24, kMainTreeAt = kFreeTreeAt + kTreeSize;
constexpr std::size_t kLastPageAt = kMainTreeAt + kTreeSize, kTransactionAt = kLastPageAt + 8;
constexpr std::uint32_t kMagic = 0xBEEFC0DE;
constexpr std::uint64_t kNoPage = ~std::uint64_t{0};
constexpr unsigned kMaxDepth = 32;

template <class T>
T read(const unsigned char* at) noexcept {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

}  // namespace

PageCheck::PageCheck(const unsigned char* bytes, std::size_t size, std::size_t page_size)
    : bytes_{bytes}, size_{size}, page_size_{page_size} {}

bool PageCheck::fail(const std::string& what, std::uint64_t page) {
  if (damage_.empty()) damage_ = what + " at page " + std::to_string(page);
  return false;
}

std::string PageCheck::run(std::uint64_t transaction) {
  const unsigned char* meta = nullptr;
  for (std::uint64_t page = 0; page < 2 && (page + 1) * page_size_ <= size_; ++page) {
    const auto* here = at(page);
    if (read<std::uint32_t>(here + kPageHeader) != kMagic || (read<std::uint16_t>(here + kFlagsAt) & kMeta) == 0) {
      fail("no meta page", page);
    } else if (read<std::uint64_t>(here + kTransactionAt) == transaction) {
      meta = here;
    }
  }
  if (meta == nullptr) fail("no such transaction", 0);
  if (!damage_.empty()) return damage_;
  last_page_ = read<std::uint64_t>(meta + kLastPageAt);
  if (last_page_ >= (std::uint64_t{1} << 40)) return fail("an absurd size", 0), damage_;
  claimed_.assign(last_page_ + 1, false);
  if (claim(0, 2) && check_tree(meta + kMainTreeAt, true, false)) check_tree(meta + kFreeTreeAt, false, true);
  return damage_;
}

bool PageCheck::claim(std::uint64_t page, std::uint64_t count) {
  if (page > last_page_ || count > last_page_ + 1 - page) return fail("a page outside of the file", page);
  for (std::uint64_t i = page; i < page + count; ++i) {
    if (claimed_[i]) return fail("a page used twice", i);
    claimed_[i] = true;
  }
  return true;
}

bool PageCheck::check_tree(const unsigned char* description, bool holds_trees, bool holds_free_pages) {
  Tree tree;
  tree.depth = read<std::uint16_t>(description + 6);
  tree.branches = read<std::uint64_t>(description + 8);
  tree.leaves = read<std::uint64_t>(description + 16);
  tree.overflows = read<std::uint64_t>(description + 24);
  tree.entries = read<std::uint64_t>(description + 32);
  tree.root = read<std::uint64_t>(description + 40);
  if (tree.root == kNoPage) return tree.entries == 0 || fail("an empty tree with entries", 0);
  if (tree.depth == 0 || tree.depth > kMaxDepth) return fail("a tree of absurd depth", tree.root);
  holds_trees_ = holds_trees;
  holds_free_pages_ = holds_free_pages;
  Count count;
  if (!check_page(tree.root, 1, tree, count)) return false;
  const bool agrees = count.branches == tree.branches && count.leaves == tree.leaves &&
                      count.overflows == tree.overflows && count.entries == tree.entries;
  return agrees || fail("a tree that was counted otherwise", tree.root);
}

bool PageCheck::check_page(std::uint64_t page, unsigned level, const Tree& tree, Count& count) {
  if (!claim(page)) return false;
  if ((page + 1) * page_size_ > size_) return fail("the file ends early", page);
  const auto* here = at(page);
  const auto flags = read<std::uint16_t>(here + kFlagsAt);
  const bool is_leaf = level == tree.depth;
  if (read<std::uint64_t>(here) != page || flags != (is_leaf ? kLeaf : kBranch)) return fail("another page", page);
  const std::size_t lower = read<std::uint16_t>(here + kLowerAt);
  const std::size_t upper = read<std::uint16_t>(here + kUpperAt);
  if (lower < kPageHeader + 2 || lower % 2 != 0 || lower > upper || upper > page_size_)
    return fail("a bad header", page);
  const std::size_t nodes = (lower - kPageHeader) / 2;
  is_leaf ? ++count.leaves : ++count.branches;
  std::size_t sum = 0;
  for (std::size_t i = 0; i < nodes; ++i) {
    const std::size_t node = read<std::uint16_t>(here + kPageHeader + 2 * i);
    std::size_t size = 0;
    if (node < upper || !check_node(page, node, is_leaf, size)) return fail("a node outside of its page", page);
    sum += size;
    if (is_leaf) ++count.entries;
    if (!check_child(here + node, is_leaf, level, tree, count)) return false;
  }
  // Nodes are packed against the end of the page, without gaps.
  return sum == page_size_ - upper || fail("nodes that overlap", page);
}

bool PageCheck::check_node(std::uint64_t page, std::size_t node, bool is_leaf, std::size_t& size) {
  if (node + kNodeHeader > page_size_) return false;
  const auto* here = at(page) + node;
  size = kNodeHeader + read<std::uint16_t>(here + 6);
  if (is_leaf) {
    const std::size_t data = read<std::uint16_t>(here) | std::size_t{read<std::uint16_t>(here + 2)} << 16;
    size += (read<std::uint16_t>(here + 4) & kBigData) != 0 ? sizeof(std::uint64_t) : data;
  }
  size += size % 2;
  return size <= page_size_ && node + size <= page_size_;
}

/// What hangs below a node: a page, a run of overflow pages, another tree, or nothing.
bool PageCheck::check_child(const unsigned char* node, bool is_leaf, unsigned level, const Tree& tree, Count& count) {
  const std::uint64_t low = read<std::uint16_t>(node) | std::uint64_t{read<std::uint16_t>(node + 2)} << 16;
  const auto flags = read<std::uint16_t>(node + 4);
  if (!is_leaf) return check_page(low | std::uint64_t{flags} << 32, level + 1, tree, count);
  const auto* data = node + kNodeHeader + read<std::uint16_t>(node + 6);
  if ((flags & kBigData) != 0) {
    const auto first = read<std::uint64_t>(data);
    if (first > last_page_ || (first + 1) * page_size_ > size_)
      return fail("an overflow page outside of the file", first);
    const std::uint64_t pages = read<std::uint32_t>(at(first) + kOverflowPagesAt);
    if (read<std::uint64_t>(at(first)) != first || read<std::uint16_t>(at(first) + kFlagsAt) != kOverflow) {
      return fail("another page", first);
    }
    if (pages != (kPageHeader + low + page_size_ - 1) / page_size_ || !claim(first, pages))
      return fail("a bad overflow", first);
    if ((first + pages) * page_size_ > size_) return fail("the file ends early", first);
    count.overflows += pages;
    return !holds_free_pages_ || check_free_pages(at(first) + kPageHeader, low);
  }
  if (holds_free_pages_) return check_free_pages(data, low);
  if (!holds_trees_) return flags == 0 || fail("a node of an unknown kind", tree.root);
  if (flags != kSubTree || low != kTreeSize) return fail("a name without a tree", tree.root);
  const bool sound = check_tree(data, false, false);
  holds_trees_ = true;
  return sound;
}

/// A list of free pages: its length, then the pages.
bool PageCheck::check_free_pages(const unsigned char* data, std::size_t size) {
  const auto count = size < 8 ? 0 : read<std::uint64_t>(data);
  if (size < 8 || count > size / 8 - 1) return fail("a bad list of free pages", 0);
  for (std::uint64_t i = 1; i <= count; ++i) {
    if (!claim(read<std::uint64_t>(data + 8 * i))) return false;
  }
  return true;
}

}  // namespace cachearr::store
