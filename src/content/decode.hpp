// Content codings undone, within limits. Pure, any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace cachearr::content {

/// More than any answer that a rule looks into; a bomb ends here.
inline constexpr std::size_t kMostDecoded = 32 * 1024 * 1024;

/// `body` without the codings of a Content-Encoding value (gzip, x-gzip, deflate, br, identity, in any order and number
/// up to 3). None: an unknown coding, broken data or more than `most` bytes.
std::optional<std::string> decode_content(std::string_view codings, std::string_view body,
                                          std::size_t most = kMostDecoded);

}  // namespace cachearr::content
