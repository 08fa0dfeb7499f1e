// Content-Range of one part (RFC 9110 14.4). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace cachearr::http {

/// "bytes first-last/size": a part, and the complete length of what it is a part of.
struct ContentRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;  // inclusive
  std::uint64_t size = 0;

  std::uint64_t length() const noexcept { return last - first + 1; }
  bool is_whole() const noexcept { return first == 0 && last + 1 == size; }
  bool covers(std::uint64_t from, std::uint64_t to) const noexcept { return first <= from && to <= last; }
  friend bool operator==(const ContentRange&, const ContentRange&) = default;
};

/// None for another unit, an unsatisfied range, an unknown length, and what contradicts itself.
std::optional<ContentRange> parse_content_range(std::string_view value) noexcept;
/// Appends the value.
void append(std::string& out, const ContentRange& range);

}  // namespace cachearr::http
