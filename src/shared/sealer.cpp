#include "shared/sealer.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <utility>

#include "base/hash.hpp"

namespace cachearr::shared {

namespace {

constexpr char kFormat = '\1';
constexpr std::size_t kSalt = 16, kCount = 8, kTag = 16, kNonce = 12;
constexpr std::size_t kMostKeys = 256;

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, FreeCipher>;

const unsigned char* bytes_of(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) noexcept { return reinterpret_cast<unsigned char*>(text.data()); }

std::string count_bytes(std::uint64_t count) {
  std::string bytes(kCount, '\0');
  std::memcpy(bytes.data(), &count, kCount);
  return bytes;
}

/// The nonce is the count; the last four bytes stay zero.
std::array<unsigned char, kNonce> nonce_of(std::string_view count) noexcept {
  std::array<unsigned char, kNonce> nonce{};
  std::copy(count.begin(), count.end(), nonce.begin());
  return nonce;
}

bool bind_to(EVP_CIPHER_CTX* context, bool sealing, std::string_view bound) noexcept {
  int length = 0;
  const auto size = static_cast<int>(bound.size());
  return size == 0 || (sealing ? EVP_EncryptUpdate(context, nullptr, &length, bytes_of(bound), size)
                               : EVP_DecryptUpdate(context, nullptr, &length, bytes_of(bound), size)) == 1;
}

}  // namespace

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  if (RAND_bytes(bytes_of(bytes), static_cast<int>(count)) != 1) std::abort();  // no secret may be made of nothing
  return bytes;
}

Sealer::Sealer(std::string secret, std::string salt) : secret_{std::move(secret)}, salt_{std::move(salt)} {}

std::string Sealer::name_of(std::string_view purpose, std::string_view text) const {
  std::string whole{purpose};
  whole += '\0';
  whole += text;
  return to_hex(keyed_hash(secret_, whole));
}

const Sealer::Key& Sealer::key_of(std::string_view purpose, std::string_view salt) {
  std::string name{purpose};
  name += '\0';
  name += salt;
  if (const auto found = keys_.find(name); found != keys_.end()) return found->second;
  if (keys_.size() >= kMostKeys) keys_.clear();
  Key key{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), secret_.data(), static_cast<int>(secret_.size()), bytes_of(std::string_view{name}), name.size(),
       key.data(), &size);
  return keys_.emplace(std::move(name), key).first->second;
}

std::string Sealer::seal(std::string_view purpose, std::string_view bound, std::string_view plain) {
  const auto count = count_bytes(++count_);
  const auto nonce = nonce_of(count);
  std::string out;
  out.reserve(plain.size() + kOverhead);
  out += kFormat;
  out.append(salt_).append(count);
  const auto at = out.size();
  out.resize(at + plain.size() + kTag);
  const Cipher context{EVP_CIPHER_CTX_new()};
  int length = 0;
  const bool sealed =
      context &&
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key_of(purpose, salt_).data(), nonce.data()) == 1 &&
      bind_to(context.get(), true, bound) &&
      EVP_EncryptUpdate(context.get(), bytes_of(out) + at, &length, bytes_of(plain), static_cast<int>(plain.size())) ==
          1 &&
      EVP_EncryptFinal_ex(context.get(), bytes_of(out) + at + length, &length) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(kTag),
                          bytes_of(out) + at + plain.size()) == 1;
  return sealed ? out : std::string{};
}

std::optional<std::string> Sealer::open(std::string_view purpose, std::string_view bound, std::string_view sealed) {
  if (sealed.size() < kOverhead || sealed.front() != kFormat) return std::nullopt;
  const auto salt = sealed.substr(1, kSalt), count = sealed.substr(1 + kSalt, kCount);
  const auto body = sealed.substr(1 + kSalt + kCount, sealed.size() - kOverhead);
  std::string tag{sealed.substr(sealed.size() - kTag)};
  const auto nonce = nonce_of(count);
  std::string plain(body.size(), '\0');
  const Cipher context{EVP_CIPHER_CTX_new()};
  int length = 0;
  const bool opened =
      context &&
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, key_of(purpose, salt).data(), nonce.data()) == 1 &&
      bind_to(context.get(), false, bound) &&
      EVP_DecryptUpdate(context.get(), bytes_of(plain), &length, bytes_of(body), static_cast<int>(body.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(kTag), tag.data()) == 1 &&
      EVP_DecryptFinal_ex(context.get(), bytes_of(plain) + length, &length) == 1;
  if (!opened) return std::nullopt;
  return plain;
}

}  // namespace cachearr::shared
