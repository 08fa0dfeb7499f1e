// What this module hangs on OpenSSL's objects towards upstreams: known sessions on a context, findings on a connection.
// Private to this module. It lives exactly as long as the OpenSSL object, whoever holds that one.
#pragma once

#include <ctime>
#include <mutex>
#include <string>
#include <unordered_map>

#include "authority/openssl.hpp"

namespace cachearr::authority {

/// Set before the context is used and constant from then on, except for the sessions. Thread-safe.
class ContextState {
 public:
  std::string own_fingerprint;
  bool system_roots = true;

  /// Keeps `session` for the next connection to `host`.
  void keep(const std::string& host, SessionPtr session);
  /// A session that may still be resumed, or null. TLS 1.3 sessions are given out once (RFC 8446 C.4).
  SessionPtr take(const std::string& host);

 private:
  struct Kept {
    SessionPtr session;
    std::time_t at = 0;
  };
  std::mutex mutex_;
  std::unordered_map<std::string, Kept> sessions_;  // guarded by mutex_
};

/// Owned by the thread that drives the connection.
struct ConnectionState {
  std::string host;
  CertificatePtr refused;  // the server's certificate, where it did not verify: OpenSSL itself does not keep it
  bool is_own_authority = false;
  bool is_revoked = false;
};

ContextState& state_of(SSL_CTX* context);
ConnectionState& state_of(SSL* connection);

/// Asks for a stapled OCSP answer and refuses a certificate that such an answer, signed as it must be, calls revoked.
/// No answer, or one that proves nothing, is no reason to refuse.
void check_stapled_status(SSL_CTX* context);

}  // namespace cachearr::authority
