// The protocol of Redis and Valkey (RESP2 and RESP3) as bytes: commands out, replies in. Pure: no socket, no clock.
//
// A reader belongs to one connection. Whatever a server sends, memory stays bounded: a reply has a most of nodes, depth
// and bytes; a text over the limit is skipped while it arrives, and anything that is no protocol ends the connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cachearr::shared {

struct Reply {
  enum class Kind : std::uint8_t {
    null,
    text,      // simple, bulk, verbatim, big number or double
    error,     // "NOSCRIPT No matching script"
    number,    // also of booleans: 0 and 1
    list,      // array or set
    map,       // `items`: names and values by turns
    push,      // not asked for; a list
    too_large  // a text over the limit: its bytes were dropped
  };
  Kind kind = Kind::null;
  std::string text;
  std::int64_t number = 0;
  std::vector<Reply> items;

  bool is_error() const noexcept { return kind == Kind::error; }
  /// An error of this kind: its first word.
  bool is_error(std::string_view word) const noexcept;
  bool is_list() const noexcept { return kind == Kind::list || kind == Kind::map || kind == Kind::push; }
  /// The value behind this name in a map, or in a list of names and values; null where there is none.
  const Reply* find(std::string_view name) const noexcept;
  /// Its number, or its text as one; `otherwise` where it is neither.
  std::int64_t to_number(std::int64_t otherwise = 0) const noexcept;
};

/// The command as it goes out: a list of texts, whatever bytes they hold.
void append_command(std::string& out, std::span<const std::string_view> words);
std::string command(std::span<const std::string_view> words);
std::string command(std::initializer_list<std::string_view> words);

class ReplyReader {
 public:
  static constexpr std::size_t kMostNodes = 8'192, kMostDepth = 8, kLongestLine = 4'096;
  /// All texts of a reply together may be so long, and one more of the longest.
  static constexpr std::size_t kMostText = 8 * 1024 * 1024;
  enum class Status : std::uint8_t { need_more, ready, broken };

  explicit ReplyReader(std::size_t longest_text) noexcept : longest_text_{longest_text} {}
  /// Takes bytes from the front of `bytes` up to the end of one reply. Ready: take() gives it. Broken: no protocol; for
  /// good.
  Status feed(std::string_view& bytes);
  Reply take() { return std::move(done_); }

 private:
  struct Frame {
    Reply reply;
    std::uint64_t left = 0;   // values still to come
    bool is_dropped = false;  // an attribute: it belongs to the value behind it, which nobody asks about
  };
  Status take_line(std::string_view& bytes);
  Status take_text(std::string_view& bytes);
  Status end_line(std::string_view line);
  Status begin_text(std::string_view digits, Reply::Kind kind);
  Status begin_list(std::string_view digits, char type);
  Status complete(Reply reply);
  Status fail() noexcept;
  /// False where the texts of this reply have become too many.
  bool has_room_for(std::uint64_t bytes) noexcept;

  std::size_t longest_text_;
  std::vector<Frame> open_;
  std::string line_;
  Reply text_;
  std::uint64_t text_left_ = 0;  // its line end included
  bool in_text_ = false;
  bool broken_ = false;
  std::size_t nodes_ = 0;
  std::uint64_t text_bytes_ = 0;
  Reply done_;
};

}  // namespace cachearr::shared
