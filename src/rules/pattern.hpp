// Patterns of paths and query values: `{name}`, `{name:int}`, `{name:lower}`, `*` inside a segment, `**` any rest.
// Plain values, made by the loader, matched by any thread; matching allocates nothing and is linear in practice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cachearr::rules {

/// What a capture takes: any text, digits only, or any text that is trimmed and lower-cased for the key.
enum class CaptureKind : std::uint8_t { any, integer, lower };

struct Token {
  enum class Kind : std::uint8_t { literal, any, capture } kind = Kind::literal;
  CaptureKind capture = CaptureKind::any;
  bool optional = false;  // `{name?}`, in queries: an absent parameter gives an empty capture
  std::string text;       // the literal, or the capture's name
};

/// One segment of a path or one query value.
struct Segment {
  std::vector<Token> tokens;
  bool is_literal() const noexcept {
    return tokens.empty() || (tokens.size() == 1 && tokens[0].kind == Token::Kind::literal);
  }
  bool is_capture() const noexcept { return tokens.size() == 1 && tokens[0].kind == Token::Kind::capture; }
  std::string_view literal() const noexcept {
    return tokens.empty() ? std::string_view{} : std::string_view{tokens[0].text};
  }
};

/// The name under which what `**` took is bound.
inline constexpr std::string_view kRestName = "**";

struct PathPattern {
  std::vector<Segment> segments;
  bool open_end = false;    // ends in `**`: any rest, also an empty one
  bool lenient = false;     // neither case nor a last slash counts
  bool binds_rest = false;  // what `**` took is bound as {**}

  /// Makes it lenient.
  void loosen();
};

/// What a match bound so far: views into the request, turned into Captures once a whole rule matches.
class Bindings {
 public:
  struct Item {
    const Token* token;
    std::string_view value;
    bool from_query;
    bool absent;
  };
  Bindings() noexcept {}                    // the places stay uninitialised until they are used
  static constexpr std::size_t kMost = 24;  // captures a rule may have; the loader refuses more
  void clear() noexcept { used_ = 0; }
  void add(const Item& item) noexcept { std::construct_at(&items_[used_++], item); }
  std::size_t size() const noexcept { return used_; }
  void cut(std::size_t size) noexcept { used_ = size; }
  std::span<const Item> items() const noexcept { return {items_, used_}; }

 private:
  union {
    Item items_[kMost];
  };
  std::size_t used_ = 0;
};

/// A path cut at its slashes. What lies beyond the last place is left in one piece: only `**` can match it.
struct PathSegments {
  static constexpr std::size_t kMost = 64;
  explicit PathSegments(std::string_view path) noexcept;
  std::span<const std::string_view> all() const noexcept { return {items, count}; }
  std::span<const std::string_view> without_last_slash() const noexcept {
    return {items, count > 1 && items[count - 1].empty() ? count - 1 : count};
  }
  /// False for a path in which origins may see another one: with ".", ".." or empty segments.
  bool is_clear() const noexcept;
  union {  // not initialised beyond `count`: most paths have few segments
    std::string_view items[kMost];
  };
  std::size_t count = 0;
};

/// `any_case`: literals match in upper and lower case.
bool matches(const Segment& pattern, std::string_view text, bool from_query, bool any_case, Bindings& into) noexcept;
bool matches(const PathPattern& pattern, const PathSegments& path, Bindings& into) noexcept;

}  // namespace cachearr::rules
