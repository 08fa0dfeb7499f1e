#include "http/content_range.hpp"

#include "base/text.hpp"

namespace cachearr::http {

std::optional<ContentRange> parse_content_range(std::string_view value) noexcept {
  constexpr std::string_view unit = "bytes ";
  if (!text::iequals(value.substr(0, unit.size()), unit)) return std::nullopt;
  value.remove_prefix(unit.size());
  const auto dash = value.find('-');
  const auto slash = value.find('/');
  if (slash == std::string_view::npos || dash == std::string_view::npos || dash > slash) return std::nullopt;
  const auto first = text::parse_unsigned(value.substr(0, dash));
  const auto last = text::parse_unsigned(value.substr(dash + 1, slash - dash - 1));
  const auto size = text::parse_unsigned(value.substr(slash + 1));
  if (!first || !last || !size || *last < *first || *size <= *last) return std::nullopt;
  return ContentRange{*first, *last, *size};
}

void append(std::string& out, const ContentRange& range) {
  out.append("bytes ").append(std::to_string(range.first)).append("-").append(std::to_string(range.last));
  out.append("/").append(std::to_string(range.size));
}

}  // namespace cachearr::http
