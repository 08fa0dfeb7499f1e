// What becomes of the body of a response. Plain values.
#pragma once

#include <cstdint>

namespace cachearr::fetch {

enum class BodyMode : std::uint8_t {
  pass,                // shown as it comes; what all readers have seen is let go
  stream,              // shown as it comes, and stored once it is whole
  stream_and_inspect,  // shown as it comes; looked at before it is stored
  buffer,              // shown to nobody before it was looked at, and never stored: a refusal
  buffer_and_inspect,  // shown to nobody before it was looked at, and stored where it is good
};
constexpr bool is_shown(BodyMode mode) noexcept { return mode <= BodyMode::stream_and_inspect; }
constexpr bool is_stored(BodyMode mode) noexcept { return mode != BodyMode::pass && mode != BodyMode::buffer; }
constexpr bool is_inspected(BodyMode mode) noexcept { return mode >= BodyMode::stream_and_inspect; }

struct BodyBounds {
  std::uint64_t buffer = 0;  // a longer body is shown as it comes
  std::uint64_t store = 0;   // a longer body is not stored
};

}  // namespace cachearr::fetch
