// Bytes that only instances with the same secret can read or make: AES-256-GCM under keys derived from the secret.
//
// One for each process; belongs to one thread. Each process writes under a salt of its own and counts, so that no key
// meets the same nonce twice.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace cachearr::shared {

class Sealer {
 public:
  /// `secret`: at least 16 bytes. `salt`: 16 random bytes, new in each process.
  Sealer(std::string secret, std::string salt);

  /// `purpose` separates kinds of what is sealed; `bound` is checked with it, but not part of it.
  std::string seal(std::string_view purpose, std::string_view bound, std::string_view plain);
  /// None where it was not sealed so, by this secret, or not in whole.
  std::optional<std::string> open(std::string_view purpose, std::string_view bound, std::string_view sealed);
  /// How much longer than the plain text it is.
  static constexpr std::size_t kOverhead = 1 + 16 + 8 + 16;

  /// 32 hexadecimal digits that nobody without the secret can tell for this text.
  std::string name_of(std::string_view purpose, std::string_view text) const;

 private:
  using Key = std::array<unsigned char, 32>;
  const Key& key_of(std::string_view purpose, std::string_view salt);

  std::string secret_;
  std::string salt_;
  std::uint64_t count_ = 0;
  std::map<std::string, Key, std::less<>> keys_;  // by purpose and salt; a bounded number
};

/// Random bytes of the system.
std::string random_bytes(std::size_t count);

}  // namespace cachearr::shared
