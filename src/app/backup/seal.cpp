#include "app/backup/seal.hpp"

#include <array>
#include <memory>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

namespace cachearr::app::backup {
namespace {

constexpr std::string_view kSealed = "cachearr sealed 1\n";
constexpr std::size_t kSalt = 16, kNonce = 12, kTag = 16;
constexpr std::uint64_t kCost = 65'536, kBlockSize = 8, kLanes = 1, kMostMemory = 128ULL * 1024 * 1024;
using CipherPtr = std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)>;

/// Wiped with its scope.
struct SealKey {
  std::array<unsigned char, 32> bytes{};
  ~SealKey() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
};

const unsigned char* raw(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
unsigned char* raw(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

bool make_key(std::string_view passphrase, std::string_view salt, SealKey& into) {
  return EVP_PBE_scrypt(passphrase.data(), passphrase.size(), raw(salt), salt.size(), kCost, kBlockSize, kLanes,
                        kMostMemory, into.bytes.data(), into.bytes.size()) == 1;
}

Error no_crypto() { return Error{"the cryptographic library refuses to work"}; }

}  // namespace

Result<std::string> seal(std::string_view plain, std::string_view passphrase) {
  std::string salt(kSalt, '\0'), nonce(kNonce, '\0'), tag(kTag, '\0'), closed(plain.size(), '\0');
  SealKey key;
  if (RAND_bytes(raw(salt), kSalt) != 1 || RAND_bytes(raw(nonce), kNonce) != 1 || !make_key(passphrase, salt, key))
    return no_crypto();
  const CipherPtr cipher{EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free};
  int size = 0, rest = 0;
  const bool done =
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key.bytes.data(), raw(nonce)) == 1 &&
      EVP_EncryptUpdate(cipher.get(), nullptr, &size, raw(kSealed), static_cast<int>(kSealed.size())) == 1 &&
      EVP_EncryptUpdate(cipher.get(), raw(closed), &size, raw(plain), static_cast<int>(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), raw(closed) + size, &rest) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTag, tag.data()) == 1;
  if (!done) return no_crypto();
  return std::string{kSealed} + salt + nonce + tag + closed;
}

Result<std::string> unseal(std::string_view sealed, std::string_view passphrase) {
  constexpr auto head = kSealed.size() + kSalt + kNonce + kTag;
  if (!sealed.starts_with(kSealed) || sealed.size() < head) return Error{"this was not sealed by cachearr"};
  const auto salt = sealed.substr(kSealed.size(), kSalt), nonce = sealed.substr(kSealed.size() + kSalt, kNonce);
  std::string tag{sealed.substr(head - kTag, kTag)};
  const auto closed = sealed.substr(head);
  std::string plain(closed.size(), '\0');
  SealKey key;
  if (!make_key(passphrase, salt, key)) return no_crypto();
  const CipherPtr cipher{EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free};
  int size = 0, rest = 0;
  const bool opened =
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, key.bytes.data(), raw(nonce)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &size, raw(kSealed), static_cast<int>(kSealed.size())) == 1 &&
      EVP_DecryptUpdate(cipher.get(), raw(plain), &size, raw(closed), static_cast<int>(closed.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, kTag, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), raw(plain) + size, &rest) == 1;
  if (!opened) return Error{"the passphrase is wrong, or the authority in the export is damaged"};
  return plain;
}

}  // namespace cachearr::app::backup
