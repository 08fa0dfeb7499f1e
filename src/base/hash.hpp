// 128-bit hashes: names of stored responses and of credentials. Pure, any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace cachearr {

struct Hash128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend bool operator==(const Hash128&, const Hash128&) = default;
  bool empty() const noexcept { return low == 0 && high == 0; }
};

/// XXH3-128 of the bytes.
Hash128 hash128(std::string_view bytes) noexcept;

/// Keyed hash (HMAC-SHA256, truncated) of a secret, for identity where the secret itself must not be kept.
/// `key` is the installation's own secret: at least 16 bytes.
Hash128 keyed_hash(std::string_view key, std::string_view secret);

/// 32 lower-case hexadecimal digits.
std::string to_hex(const Hash128& hash);

}  // namespace cachearr

template <>
struct std::hash<cachearr::Hash128> {
  std::size_t operator()(const cachearr::Hash128& h) const noexcept { return h.low; }
};
