#include "authority/tls_settings.hpp"

namespace cachearr::authority {

bool apply_common_settings(SSL_CTX* context, const char* tls_1_2_ciphers) {
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_clear_options(context, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1) return false;
  if (SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION) != 1) return false;
  if (SSL_CTX_set_cipher_list(context, tls_1_2_ciphers) != 1) return false;
  SSL_CTX_set_security_level(context, 2);
  return true;
}

}  // namespace cachearr::authority
