// Where each value of a JSON text with comments stands, and what is wrong with its syntax. A plain value without any
// JSON library; made once from a text that must outlive it, then read by any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/position.hpp"

namespace cachearr {

/// Maps JSON pointers (RFC 6901) to lines and columns. Columns count characters, not bytes.
class JsonPositions {
 public:
  /// Scans strictly: JSON and, between its tokens, `//` and `/* */` comments.
  JsonPositions(std::string file, std::string_view text);

  /// The first syntax error, if any, and every repeated key.
  const Problems& problems() const noexcept { return problems_; }
  /// False after a syntax error: then only what stands before it has a position.
  bool sound() const noexcept { return sound_; }

  /// Where the value begins; of the nearest enclosing value where the pointer leads to nothing.
  Position value(std::string_view pointer) const;
  /// Where the member's key begins; the value itself for array elements and the whole document.
  Position key(std::string_view pointer) const;
  Position at_offset(std::size_t byte) const;

 private:
  friend class JsonScanner;
  struct Entry {
    std::uint64_t pointer;  // hash of its text: 16 bytes an entry even for millions of values
    std::uint32_t key_at, value_at;
  };
  const Entry* find(std::string_view pointer) const noexcept;

  std::string file_;
  std::string_view text_;
  std::vector<Entry> entries_;              // sorted by pointer
  std::vector<std::uint32_t> line_starts_;  // byte offsets
  Problems problems_;
  bool sound_ = true;
};

/// `parent` + "/" + the token, escaped.
std::string json_pointer(std::string_view parent, std::string_view token);
std::string json_pointer(std::string_view parent, std::size_t index);

}  // namespace cachearr
