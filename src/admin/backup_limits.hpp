// How much the calls of export and import take.
#pragma once

#include <cstdint>

namespace cachearr::admin {

/// An export without the store: rules, a history of up to 17 MB, savings.
inline constexpr std::uint64_t kLongestImport = 64ULL << 20;

}  // namespace cachearr::admin
