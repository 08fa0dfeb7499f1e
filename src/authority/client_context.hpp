// TLS towards upstreams: which certificates are believed, and why one was not.
//
// Owner: the application holds one ClientContexts; connections hold the context they were made from. Thread-safe.
// A connection is made in this order, all of it without blocking:
//   context = contexts.get(settings); ssl = SSL_new(context.get()); prepare(ssl, host); SSL_set_fd; SSL_connect…
// and when SSL_connect, SSL_read or SSL_write fail with SSL_ERROR_SSL, `why(ssl)` comes before any other call of
// OpenSSL on that thread. Nothing has to be checked after a handshake that succeeded.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "authority/context_handle.hpp"
#include "base/result.hpp"

struct ssl_st;

namespace cachearr::authority {

/// The part of an upstream's "tls" settings that decides what is believed.
struct ClientTls {
  bool verify = true;
  std::string ca_file = {};  // PEM; believed instead of the system's roots. Empty: the system's roots
  std::string certificate_file = {},
              key_file = {};  // PEM; what we show of ourselves where we are asked. Empty: nothing
};

class ClientContexts {
 public:
  /// `own_fingerprint`: of this installation's own authority, which is never believed upstream even where the system's
  /// store holds it; empty where there is none.
  explicit ClientContexts(std::string own_fingerprint = {});

  /// One context for equal settings: TLS 1.2 and 1.3, security level 2, ALPN http/1.1, no renegotiation, no
  /// compression; non-blocking writes may move their buffer and may be partial. Fails where a file cannot be read.
  Result<ContextHandle> get(const ClientTls& settings);
  /// Forgets all contexts (files may have changed, the authority may be a new one); open connections keep theirs.
  void reset(std::string own_fingerprint);

 private:
  std::mutex mutex_;
  std::string own_fingerprint_;                              // guarded by mutex_
  std::unordered_map<std::string, ContextHandle> contexts_;  // guarded by mutex_; by settings
};

/// Says whom `ssl` has to reach: SNI (not for IP literals) and the name or address the certificate must be for, and
/// offers an earlier session with that host. `host` is the upstream's `server_name` where it has one, else the host
/// asked for; brackets of IPv6 literals and a final dot are taken off. False: no certificate could ever be for such a
/// host.
[[nodiscard]] bool prepare(ssl_st* ssl, std::string_view host);

/// Why a connection failed, as a sentence for users: "the certificate expired on …". Empties the thread's error queue.
std::string why(ssl_st* ssl);

}  // namespace cachearr::authority
