// What the body of an answer is expected to be: what its rule says, whatever the Content-Type says. Plain value.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace cachearr::content {

enum class Expect : std::uint8_t { any, json, xml, feed, image, nzb, torrent, html };

/// The names that rules files use, in the order of the values.
inline constexpr std::array<std::string_view, 8> kExpectNames = {"any",   "json", "xml",     "feed",
                                                                 "image", "nzb",  "torrent", "html"};

constexpr std::string_view name_of(Expect expect) noexcept { return kExpectNames[static_cast<std::size_t>(expect)]; }

constexpr std::optional<Expect> expect_named(std::string_view name) noexcept {
  for (std::size_t i = 0; i < kExpectNames.size(); ++i) {
    if (kExpectNames[i] == name) return static_cast<Expect>(i);
  }
  return std::nullopt;
}

}  // namespace cachearr::content
