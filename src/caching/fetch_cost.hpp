// What it took to bring a response here: what each reuse of it saves. A plain value, copied into every entry.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace cachearr::caching {

/// All three stay at the largest number where they would grow beyond it.
struct FetchCost {
  std::uint32_t milliseconds = 0;  // from sending the request to the last byte of the response
  std::uint32_t bytes = 0;         // of the body, as they came
  std::uint32_t quota_units = 0;   // quotas of the upstream that the request counted against
  friend bool operator==(const FetchCost&, const FetchCost&) = default;
};

/// As a part of a cost.
constexpr std::uint32_t capped(std::uint64_t value) noexcept {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, std::numeric_limits<std::uint32_t>::max()));
}

/// Of a response that two requests have brought, which one request could have brought as well.
constexpr FetchCost joined(const FetchCost& a, const FetchCost& b) noexcept {
  return {capped(std::uint64_t{a.milliseconds} + b.milliseconds), capped(std::uint64_t{a.bytes} + b.bytes),
          std::max(a.quota_units, b.quota_units)};
}

}  // namespace cachearr::caching
