// What an invalidation names: one value for rules, event feeds, webhooks, the admin API and the store. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cachearr::caching {

struct Invalidation {
  enum class Kind : std::uint8_t { key, pattern, tag, upstream, all, key_family } kind = Kind::all;
  // Key, glob pattern ('*' any run of characters), tag, or upstream's name; empty with `all`. Of a family it is the
  // key, which names what has further query parameters appended as well.
  std::string text;
  bool soft = false;  // mark stale instead of removing
  friend bool operator==(const Invalidation&, const Invalidation&) = default;
};

/// As rules write it: "tag:x" names a tag, a text with '*' a pattern of keys, any other text a family of keys, since a
/// rule does not know which parameters clients append. The text may be a template; what is filled in later changes
/// nothing about its kind.
Invalidation parse_invalidation(std::string_view text);

/// By the name of its kind as the admin API has it: "key", "pattern", "tag", "upstream" with a text, "all" without.
/// None where the name or the text is not of these.
std::optional<Invalidation> make_invalidation(std::string_view kind, std::string_view text, bool soft = false);

}  // namespace cachearr::caching
