#include "authority/distrust.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>

namespace cachearr::authority {

std::optional<std::string> distrust_of(SSL* ssl) {
  const auto code = ERR_peek_last_error();
  ERR_clear_error();
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return std::nullopt;
  const char* alert = nullptr;
  switch (ERR_GET_REASON(code)) {
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA: alert = "unknown_ca"; break;
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE: alert = "bad_certificate"; break;
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN: alert = "certificate_unknown"; break;
    case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE: alert = "unsupported_certificate"; break;
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED: alert = "certificate_expired"; break;
    case SSL_R_TLSV1_ALERT_ACCESS_DENIED: alert = "access_denied"; break;
    default: return std::nullopt;
  }
  const char* host = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  return std::string{"the client does not believe the local authority's certificate for "} +
         (host != nullptr ? host : "the host") + " (TLS alert " + alert +
         "): let it trust the authority (\"cachearr ca trust-help\"), or it pins its own";
}

}  // namespace cachearr::authority
