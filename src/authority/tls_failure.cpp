// The sentences of why(): one for each way in which an upstream's TLS fails.
#include <array>
#include <ctime>
#include <openssl/err.h>
#include <openssl/sslerr.h>
#include <string>

#include "authority/client_context.hpp"
#include "authority/client_state.hpp"

namespace cachearr::authority {
namespace {

std::string date_of(const ASN1_TIME* time) {
  std::tm parts{};
  std::array<char, 32> out{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) return "an unreadable date";
  const auto size = std::strftime(out.data(), out.size(), "%Y-%m-%d %H:%M UTC", &parts);
  return {out.data(), size};
}

/// The certificate's common name or organisation, for people; a peer chose it, so control bytes do not pass.
std::string issuer_of(const X509* certificate) {
  std::array<char, 128> out{};
  const X509_NAME* issuer = X509_get_issuer_name(certificate);
  if (X509_NAME_get_text_by_NID(issuer, NID_commonName, out.data(), out.size()) <= 0 &&
      X509_NAME_get_text_by_NID(issuer, NID_organizationName, out.data(), out.size()) <= 0) {
    return "an unnamed issuer";
  }
  std::string name;
  for (const char c : std::string{out.data()}) name += c >= 0x20 && c < 0x7f ? c : '?';
  return "\"" + name + "\"";
}

std::string wrong_host(const std::string& host, const X509* leaf) {
  const auto names = names_of(leaf, 3);
  if (names.empty())
    return "the certificate names no host (it has no subject alternative name), so it is not for " + host;
  return "the certificate is for " + names + ", not for " + host;
}

std::string unknown_issuer(SSL* ssl, const X509* leaf) {
  std::string out = "the certificate's issuer " + issuer_of(leaf) +
                    " is not trusted, or the server leaves out an intermediate certificate";
  if (!state_of(SSL_get_SSL_CTX(ssl)).system_roots) out += " (only the upstream's ca_file counts)";
  return out;
}

std::string about_certificate(SSL* ssl, long verdict, const X509* leaf) {
  const auto& state = state_of(ssl);
  if (state.is_own_authority) {
    return "the certificate comes from this proxy's own authority: the name " + state.host +
           " leads back to this proxy instead of to the upstream";
  }
  switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED: return "the certificate expired on " + date_of(X509_get0_notAfter(leaf));
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "the certificate is not valid before " + date_of(X509_get0_notBefore(leaf)) +
             " (or this machine's clock is wrong)";
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: return wrong_host(state.host, leaf);
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: return "the certificate is self-signed";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN: return "the chain ends in a root that is not trusted";
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_UNTRUSTED: return unknown_issuer(ssl, leaf);
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL: return "the certificate's key is too weak (less than 2048 bits RSA)";
    case X509_V_ERR_CA_MD_TOO_WEAK: return "the certificate is signed with a weak digest (SHA-1 or MD5)";
    case X509_V_ERR_INVALID_PURPOSE: return "the certificate is not meant for a server (extended key usage)";
    case X509_V_ERR_INVALID_CA:
    case X509_V_ERR_INVALID_NON_CA:
    case X509_V_ERR_KEYUSAGE_NO_CERTSIGN: return "the certificate was issued by one that may not issue certificates";
    case X509_V_ERR_PATH_LENGTH_EXCEEDED:
    case X509_V_ERR_CERT_CHAIN_TOO_LONG: return "the chain of certificates is too long";
    case X509_V_ERR_PERMITTED_VIOLATION:
    case X509_V_ERR_EXCLUDED_VIOLATION:
    case X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE:
    case X509_V_ERR_SUBTREE_MINMAX: return "the certificate's issuer may not issue for this name (name constraints)";
    case X509_V_ERR_CERT_SIGNATURE_FAILURE: return "the certificate's signature is wrong";
    case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
      return "the certificate has a critical extension that is not understood";
    case X509_V_ERR_CERT_REVOKED: return "the certificate is revoked";
    default: return std::string{"the certificate does not verify: "} + X509_verify_cert_error_string(verdict);
  }
}

std::string about_protocol(unsigned long code) {
  if (ERR_GET_LIB(code) != ERR_LIB_SSL) return {};
  switch (ERR_GET_REASON(code)) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_NO_PROTOCOLS_AVAILABLE:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION: return "the server speaks only an old TLS version (before 1.2)";
    case SSL_R_WRONG_VERSION_NUMBER:
    case SSL_R_HTTP_REQUEST:
    case SSL_R_RECORD_TOO_SMALL: return "the server does not speak TLS on this port";
    case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE: return "the server asks for a client certificate";
    case SSL_R_DH_KEY_TOO_SMALL:
    case SSL_R_EE_KEY_TOO_SMALL:
    case SSL_R_CA_KEY_TOO_SMALL:
    case SSL_R_BAD_ECPOINT: return "the server's key is too weak";
    case SSL_R_CA_MD_TOO_WEAK:
    case SSL_R_WRONG_SIGNATURE_TYPE:
    case SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM: return "the server signs with a weak algorithm (SHA-1 or MD5)";
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
    case SSL_R_NO_SHARED_CIPHER:
    case SSL_R_TLSV1_ALERT_INSUFFICIENT_SECURITY:
      return "the server refused the handshake (no common cipher, or it asks for a client certificate)";
    case SSL_R_TLSV1_UNRECOGNIZED_NAME: return "the server does not know the name it was asked for (SNI)";
    case SSL_R_EXCESSIVE_MESSAGE_SIZE:
    case SSL_R_CERT_LENGTH_MISMATCH: return "the server's certificates are larger than 100 KiB";
    case SSL_R_UNEXPECTED_EOF_WHILE_READING: return "the server closed the connection in the middle (truncated)";
    case SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED: return "the server cannot renegotiate safely (RFC 5746)";
    default: return {};
  }
}

}  // namespace

std::string why(SSL* ssl) {
  const auto code = ERR_peek_last_error();
  const auto reason = last_openssl_error();
  if (state_of(ssl).is_revoked) return "the certificate is revoked (stapled OCSP answer)";
  const auto verdict = SSL_get_verify_result(ssl);
  if (const auto& leaf = state_of(ssl).refused; leaf && verdict != X509_V_OK) {
    return about_certificate(ssl, verdict, leaf.get());
  }
  if (auto sentence = about_protocol(code); !sentence.empty()) return sentence;
  return code == 0 ? "the server closed the connection during the handshake" : "TLS failed: " + reason;
}

}  // namespace cachearr::authority
