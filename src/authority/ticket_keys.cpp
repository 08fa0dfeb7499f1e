#include "authority/ticket_keys.hpp"

#include <algorithm>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <utility>

namespace cachearr::authority {
namespace {

using KeysHandle = std::shared_ptr<TicketKeys>;

void release(void*, void* keys, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<KeysHandle*>(keys); }

int keys_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, &release);
  return index;
}

bool set_mac_key(EVP_MAC_CTX* mac, TicketKey& key) {
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
                               OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                               OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, params) == 1;
}

/// OpenSSL's answers: 0 no ticket, 1 fine, 2 fine but give out a new one, -1 give up.
int seal(TicketKeys& keys, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
  auto key = keys.current();
  if (!key || RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return 0;
  std::copy(key->name.begin(), key->name.end(), name);
  const bool done =
      EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key->cipher.data(), iv) == 1 && set_mac_key(mac, *key);
  return done ? 1 : -1;
}

int open(TicketKeys& keys, const unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
  auto key = keys.find(name);
  if (!key) return 0;
  const bool done =
      EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key->cipher.data(), iv) == 1 && set_mac_key(mac, *key);
  if (!done) return -1;
  return key->is_last ? 2 : 1;
}

int on_ticket(SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int sealing) {
  const auto* keys = static_cast<KeysHandle*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), keys_index()));
  return sealing == 1 ? seal(**keys, name, iv, cipher, mac) : open(**keys, name, iv, cipher, mac);
}

std::optional<TicketKey> make_key(TimePoint now) {
  TicketKey key;
  key.made = now;
  const auto fill = [](auto& bytes) { return RAND_priv_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1; };
  if (!fill(key.name) || !fill(key.cipher) || !fill(key.mac)) return std::nullopt;
  return key;
}

}  // namespace

TicketKeys::~TicketKeys() {
  if (current_) OPENSSL_cleanse(&*current_, sizeof *current_);
  if (previous_) OPENSSL_cleanse(&*previous_, sizeof *previous_);
}

void TicketKeys::turn() {
  const auto now = clock_.now();
  if (current_ && now - current_->made < kTicketKeyTurn) return;
  previous_ = std::exchange(current_, make_key(now));
  if (previous_) previous_->is_last = true;
  if (previous_ && now - previous_->made >= 2 * kTicketKeyTurn) previous_.reset();
}

std::optional<TicketKey> TicketKeys::current() {
  const std::lock_guard lock{mutex_};
  turn();
  return current_;
}

std::optional<TicketKey> TicketKeys::find(const unsigned char* name) {
  const std::lock_guard lock{mutex_};
  turn();
  for (const auto& key : {current_, previous_}) {
    if (key && std::equal(key->name.begin(), key->name.end(), name)) return key;
  }
  return std::nullopt;
}

void use_tickets(SSL_CTX* context, std::shared_ptr<TicketKeys> keys) {
  SSL_CTX_set_ex_data(context, keys_index(), new KeysHandle{std::move(keys)});
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &on_ticket);
  SSL_CTX_set_timeout(context, std::chrono::duration_cast<std::chrono::seconds>(kTicketKeyTurn).count());
}

}  // namespace cachearr::authority
