#include "authority/server_context.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "authority/tls_settings.hpp"

namespace cachearr::authority {
namespace {

/// Where it stands among what the client offers, its length before it; null: nowhere.
const unsigned char* find_offer(const unsigned char* offered, unsigned int length, std::string_view wanted) noexcept {
  for (unsigned int at = 0; at < length; at += offered[at] + 1U) {
    const std::string_view name{reinterpret_cast<const char*>(offered + at + 1),
                                std::min<std::size_t>(offered[at], length - at - 1)};
    if (name == wanted) return offered + at;
  }
  return nullptr;
}

/// Only what this program speaks is ever chosen, and HTTP/2 only where it may. A client that offers nothing of it gets
/// no ALPN and may still speak HTTP/1.1.
int on_alpn(SSL* ssl, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
            unsigned int length, void*) {
  const auto* found = SSL_get_app_data(ssl) != nullptr ? find_offer(offered, length, "h2") : nullptr;
  if (found == nullptr) found = find_offer(offered, length, "http/1.1");
  if (found == nullptr) return SSL_TLSEXT_ERR_NOACK;
  *chosen = found + 1;
  *size = *found;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

Result<ContextPtr> make_server_context(std::shared_ptr<TicketKeys> tickets) {
  ContextPtr context{SSL_CTX_new(TLS_server_method())};
  if (!context || !apply_common_settings(context.get(), kCiphersForClients)) {
    return Error{"TLS towards clients cannot be set up: " + last_openssl_error()};
  }
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);  // tickets only
  SSL_CTX_set_num_tickets(context.get(), 1);
  SSL_CTX_set_max_early_data(context.get(), 0);  // a request that may be replayed is none we could count
  SSL_CTX_set_alpn_select_cb(context.get(), &on_alpn, nullptr);
  use_tickets(context.get(), std::move(tickets));
  return context;
}

bool show_leaf(SSL* ssl, X509* leaf, EVP_PKEY* leaf_key, const std::string& host) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  return EVP_Digest(host.data(), host.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1 &&
         SSL_set_session_id_context(ssl, digest.data(), std::min(size, 32U)) == 1 &&
         SSL_use_certificate(ssl, leaf) == 1 && SSL_use_PrivateKey(ssl, leaf_key) == 1;
}

void allow_http2(SSL* ssl) noexcept {
  static char yes;
  SSL_set_app_data(ssl, &yes);
}

}  // namespace cachearr::authority
