// Reads a JSON text in one pass without building a document: is it whole, what stands at these places, what does its
// outermost object say. Memory does not grow with the text. Pure, any thread.
//
// Laxer than RFC 8259 in two points, because real services are and a client that copes must get its answer: a comma
// before a closing bracket (thexem.info), and any escape inside a string.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "content/entity.hpp"
#include "content/pass.hpp"
#include "content/value.hpp"

namespace cachearr::content {

struct JsonRead {
  Shape shape = Shape::broken;
  char opens_with = 0;  // '{', '[', or another value's first character; 0: nothing there
  /// Names of the outermost object's first members and their values, strings cut at kLongestMember.
  std::vector<std::pair<std::string, Value>> members;
  std::size_t member_count = 0;
  EntityTags entities;  // what the outermost object is about

  const Value* member(std::string_view name) const noexcept;
};

inline constexpr std::size_t kMostMembers = 32;
inline constexpr std::size_t kLongestMember = 1024;

/// `pointers` are JSON pointers (RFC 6901); `found` is called once for each that leads to a value, also where the text
/// breaks further on.
JsonRead read_json(std::string_view text, std::span<const std::string_view> pointers = {}, const OnValue& found = {});
/// The same in steps. REQUIRES: the text, the pointers' texts and `found` live as long.
std::unique_ptr<Pass<JsonRead>> json_pass(std::string_view text, std::span<const std::string_view> pointers,
                                          const OnValue& found);

}  // namespace cachearr::content
