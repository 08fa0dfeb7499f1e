#include "base/hash.hpp"

#include <array>
#include <cstring>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <xxhash.h>

namespace cachearr {

Hash128 hash128(std::string_view bytes) noexcept {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.low64, hash.high64};
}

Hash128 keyed_hash(std::string_view key, std::string_view secret) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(secret.data()),
       secret.size(), digest.data(), &length);
  Hash128 hash;
  std::memcpy(&hash.low, digest.data(), sizeof hash.low);
  std::memcpy(&hash.high, digest.data() + sizeof hash.low, sizeof hash.high);
  return hash;
}

std::string to_hex(const Hash128& hash) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text(32, '0');
  for (unsigned i = 0; i < 16; ++i) {
    text[i] = digits[hash.high >> (60U - 4U * i) & 15U];
    text[16 + i] = digits[hash.low >> (60U - 4U * i) & 15U];
  }
  return text;
}

}  // namespace cachearr
