// Rows of the history as bytes, and segments of rows. Pure; reading survives any bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "upkeep/history/figures.hpp"

namespace cachearr::upkeep {

inline constexpr std::size_t kMostNames = 64;        // of upstreams, and of types, in one row
inline constexpr std::size_t kMostRowBytes = 3'500;  // with all rows that are kept: 17 MB

/// Only what is not 0 takes a byte. Of too many names the busiest are kept.
std::string encode_row(Sample sample);
/// None: these are not the bytes of a row.
std::optional<Sample> decode_row(std::string_view bytes);

/// Which rows a segment holds: those of `step` seconds each, of the stretch with this number since 1970.
struct SegmentName {
  std::int64_t step = 0;
  std::int64_t number = 0;
  friend bool operator==(const SegmentName&, const SegmentName&) = default;
};
std::string begin_segment(const SegmentName& name);
/// `place`: of the row within the segment; larger than those before.
void append_row(std::string& segment, std::uint64_t place, std::string_view row);

enum class SegmentState : std::uint8_t { sound, unreadable };
/// Calls `visit` with each row, in order, until the first that cannot be read. `name` is set where there is one.
SegmentState read_segment(std::string_view segment, std::optional<SegmentName>& name,
                          const std::function<void(std::uint64_t place, std::string_view row)>& visit);

}  // namespace cachearr::upkeep
